-- The same as sqlite/0008_message_type.sql.
ALTER TABLE intent ADD COLUMN message_type TEXT COLLATE "C" NOT NULL DEFAULT '';
