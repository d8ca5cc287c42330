-- Version 4: journals of writers on other machines, see `Store.ship`.

CREATE TABLE journal (
  run_id TEXT NOT NULL,
  writer TEXT NOT NULL,
  -- Bytes of it that are done.
  shipped INTEGER NOT NULL,
  -- What of it was refused, as JSON: [first, last, count, reason, message] each.
  refused TEXT NOT NULL DEFAULT '[]',
  PRIMARY KEY (run_id, writer)
) WITHOUT ROWID;
