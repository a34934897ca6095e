-- The same as sqlite/0003_application_ack.sql.
-- Application acknowledgements (HL7 v2, MSH-16) that the sender of a message asked for: sent later, as messages of their own.
CREATE TABLE application_ack (
    message_id TEXT COLLATE "C" PRIMARY KEY REFERENCES inbox (id),
    partner    TEXT COLLATE "C" NOT NULL,
    state      TEXT COLLATE "C" NOT NULL CHECK (state IN ('due', 'sent', 'given_up')),
    asked_at   TEXT COLLATE "C" NOT NULL,
    due_at     TEXT COLLATE "C" NOT NULL,
    attempts   BIGINT NOT NULL
);
CREATE INDEX application_ack_due ON application_ack (due_at, asked_at) WHERE state = 'due';
