-- Application acknowledgements (HL7 v2, MSH-16) that the sender of a message asked for: sent later, as messages of their own.
CREATE TABLE application_ack (
    message_id TEXT PRIMARY KEY REFERENCES inbox (id),
    partner    TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('due', 'sent', 'given_up')),
    asked_at   TEXT NOT NULL,
    due_at     TEXT NOT NULL,
    attempts   INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX application_ack_due ON application_ack (due_at, asked_at) WHERE state = 'due';
