-- Version 2: submitted scripts, archive and bin, models, search by metric.

-- What the launcher of a script needs to know, as JSON; NULL for runs of cells.
ALTER TABLE run ADD COLUMN job TEXT;
-- Out of the way of listings, by hand.
ALTER TABLE run ADD COLUMN archived_at REAL;
-- In the bin since; `gc` removes it for good.
ALTER TABLE run ADD COLUMN deleted_at REAL;
ALTER TABLE experiment ADD COLUMN archived_at REAL;
ALTER TABLE experiment ADD COLUMN tags TEXT NOT NULL DEFAULT '{}';

DROP INDEX run_root;
DROP INDEX run_experiment_root;
CREATE INDEX run_root ON run (seq) WHERE parent_id IS NULL AND archived_at IS NULL AND deleted_at IS NULL;
CREATE INDEX run_experiment_root ON run (experiment, seq) WHERE parent_id IS NULL AND archived_at IS NULL AND deleted_at IS NULL;
CREATE INDEX run_deleted ON run (deleted_at) WHERE deleted_at IS NOT NULL;
-- Not on `last`: an index on it would be written with every value logged.
CREATE INDEX series_name ON series (name, run_id);

-- Files that were registered under a name, version by version. path: folder or file, relative to the workspace.
CREATE TABLE model (
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  run_id TEXT,
  created_at REAL NOT NULL,
  created_by TEXT NOT NULL,
  description TEXT,
  framework TEXT,
  framework_version TEXT,
  tags TEXT NOT NULL DEFAULT '{}',
  properties TEXT NOT NULL DEFAULT '{}',
  path TEXT NOT NULL,
  PRIMARY KEY (name, version)
) WITHOUT ROWID;
CREATE INDEX model_run ON model (run_id);

-- In the bin with its runs since; gone when `gc` has removed the last of them.
ALTER TABLE experiment ADD COLUMN deleted_at REAL;
-- When `gc` removed the run: tombstones are kept for some days.
ALTER TABLE tombstone ADD COLUMN at REAL NOT NULL DEFAULT 0;
