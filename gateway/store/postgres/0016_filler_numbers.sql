-- The same as sqlite/0016_filler_numbers.sql.
-- Which order a filler means by a number of its own. `token`: keyed HMAC of the filler and its number.
CREATE TABLE filler_number (
    token   TEXT COLLATE "C" PRIMARY KEY,
    task_id TEXT COLLATE "C" NOT NULL
);
CREATE INDEX filler_number_task ON filler_number (task_id);
