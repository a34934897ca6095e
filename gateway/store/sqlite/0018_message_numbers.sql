-- Under which number (a keyed hash of visit, document, ...) its sender said a record that is one of a list, last: what a later
-- message under the same number leaves out of the list, it has withdrawn. Empty for what stands in no list.
ALTER TABLE message_time ADD COLUMN said_under TEXT NOT NULL DEFAULT '';
