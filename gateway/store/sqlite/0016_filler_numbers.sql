-- Which order a filler means by a number of its own. `token`: keyed HMAC of the filler and its number.
CREATE TABLE filler_number (
    token   TEXT PRIMARY KEY,
    task_id TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX filler_number_task ON filler_number (task_id);
