-- Version 3: the older points of a long series are sealed into chunks: half the space, and a picture of a million points in milliseconds.

-- How many points of the series are in chunks: always its oldest. The others are rows of `point`, the newest always.
ALTER TABLE series ADD COLUMN sealed INTEGER NOT NULL DEFAULT 0;

-- Consecutive points. What is known of them stands before the points themselves, so that it is read without them.
CREATE TABLE chunk (
  chunk_id INTEGER PRIMARY KEY,
  series_id INTEGER NOT NULL,
  -- The position of the first point in its series, and how many there are.
  start INTEGER NOT NULL,
  count INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  -- Where they are on either axis; a point without a step is at its position.
  step_from REAL NOT NULL,
  step_to REAL NOT NULL,
  at_from REAL NOT NULL,
  at_to REAL NOT NULL,
  -- The smallest and the largest finite number; the first point twice where there is none.
  low_index INTEGER NOT NULL,
  low_step REAL,
  low_at REAL NOT NULL,
  low,
  high_index INTEGER NOT NULL,
  high_step REAL,
  high_at REAL NOT NULL,
  high,
  -- Columns: see store/sql_chunks.py.
  data BLOB NOT NULL
);
CREATE UNIQUE INDEX chunk_series ON chunk (series_id, start);
