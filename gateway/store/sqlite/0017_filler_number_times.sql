-- When the message was made that told the number last: an older one that comes later does not move it to another order.
ALTER TABLE filler_number ADD COLUMN said_at TEXT NOT NULL DEFAULT '';
