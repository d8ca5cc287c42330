-- Version 1: see store/base.py for what each table promises.

-- One counter for the whole store: raised in every transaction that changes a run.
CREATE TABLE clock (one INTEGER PRIMARY KEY CHECK (one = 1), rev INTEGER NOT NULL);
INSERT INTO clock VALUES (1, 0);

CREATE TABLE experiment (
  name TEXT PRIMARY KEY,
  created_at REAL NOT NULL,
  last_number INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- Processes that own runs. One heartbeat per process, however many runs it has.
CREATE TABLE owner (
  owner_id INTEGER PRIMARY KEY,
  host TEXT NOT NULL,
  pid_space TEXT NOT NULL,
  pid INTEGER NOT NULL,
  pid_started_at REAL NOT NULL,
  kernel_id TEXT,
  heartbeat_at REAL NOT NULL,
  UNIQUE (host, pid_space, pid, pid_started_at)
);

-- What is true now.
CREATE TABLE run (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id TEXT NOT NULL UNIQUE,
  rev INTEGER NOT NULL,
  experiment TEXT NOT NULL,
  number INTEGER NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  type TEXT,
  status TEXT NOT NULL CHECK (status IN ('NotStarted','Queued','Preparing','Running','Finalizing','Completed','Failed','Canceled')),
  parent_id TEXT,
  root_id TEXT NOT NULL,
  created_at REAL NOT NULL,
  started_at REAL,
  ended_at REAL,
  cancel_requested_at REAL,
  cancel_by TEXT,
  cancel_via TEXT,
  error_code TEXT,
  error_message TEXT,
  error_traceback TEXT,
  submitted_by TEXT NOT NULL,
  owner_id INTEGER REFERENCES owner (owner_id),
  progress_done REAL,
  progress_total REAL,
  progress_message TEXT,
  log_bytes INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX run_number ON run (experiment, number);
CREATE INDEX run_rev ON run (rev);
CREATE INDEX run_child ON run (parent_id, seq) WHERE parent_id IS NOT NULL;
CREATE INDEX run_experiment_root ON run (experiment, seq) WHERE parent_id IS NULL;
CREATE INDEX run_root ON run (seq) WHERE parent_id IS NULL;
CREATE INDEX run_unfinished ON run (owner_id, cancel_requested_at) WHERE status NOT IN ('Completed','Failed','Canceled');

-- Runs that are gone, so that the feed can say so.
CREATE TABLE tombstone (rev INTEGER NOT NULL, run_id TEXT PRIMARY KEY);
CREATE INDEX tombstone_rev ON tombstone (rev);

-- kind: tag | property | param. Properties and params are insert-only by trigger.
CREATE TABLE tag (
  run_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('tag','property','param')),
  key TEXT NOT NULL,
  value TEXT,
  PRIMARY KEY (run_id, kind, key)
) WITHOUT ROWID;
CREATE INDEX tag_find ON tag (kind, key, value, run_id);
CREATE TRIGGER property_is_permanent BEFORE UPDATE ON tag WHEN OLD.kind <> 'tag' AND OLD.value IS NOT NEW.value
BEGIN SELECT RAISE(ABORT, 'properties never change'); END;

-- One row a metric: its last value and extremes, so that no list has to read points.
CREATE TABLE series (
  series_id INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('number','text','list','row','table')),
  count INTEGER NOT NULL,
  last,
  min REAL,
  max REAL,
  updated_at REAL NOT NULL,
  UNIQUE (run_id, name)
);

-- value: numbers as they are, NULL for NaN, everything else as JSON text. seq is the store's order of logging and half of the feed's cursor:
-- it must never be given out twice, so whoever deletes points keeps the newest row. (AUTOINCREMENT would cost a page per value.)
CREATE TABLE point (
  seq INTEGER PRIMARY KEY,
  series_id INTEGER NOT NULL,
  step REAL,
  at REAL NOT NULL,
  value
);
CREATE INDEX point_series ON point (series_id, seq);

-- The small human timeline; that a run was created stands in its own row.
CREATE TABLE event (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id TEXT NOT NULL,
  at REAL NOT NULL,
  kind TEXT NOT NULL,
  by TEXT,
  body TEXT NOT NULL
);
CREATE INDEX event_run ON event (run_id, seq);
