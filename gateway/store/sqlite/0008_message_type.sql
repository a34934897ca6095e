-- As which message (`ORM^O01`, as `messages` of network.yaml writes it) the sender sent what an intent is of, or answers:
-- by it a status goes in the format that this sender takes for that. Empty: by no message of HL7 v2, or before this column.
ALTER TABLE intent ADD COLUMN message_type TEXT NOT NULL DEFAULT '';
