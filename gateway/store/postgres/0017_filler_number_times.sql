-- The same as sqlite/0017_filler_number_times.sql.
ALTER TABLE filler_number ADD COLUMN said_at TEXT COLLATE "C" NOT NULL DEFAULT '';
