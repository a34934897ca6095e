-- The same as sqlite/0018_message_numbers.sql.
ALTER TABLE message_time ADD COLUMN said_under TEXT COLLATE "C" NOT NULL DEFAULT '';
