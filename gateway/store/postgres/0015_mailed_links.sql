-- The same as sqlite/0015_mailed_links.sql.
-- Mails with a link that are to be sent: to whom and with which link is sealed, under the client's key where it is hers.
-- `handed_over`: it may have left, so nothing sends it again; `due_at`: when it is looked at next; gone after `expires_at`.
CREATE TABLE mailed_link (
    id         TEXT COLLATE "C" PRIMARY KEY,
    patient_id TEXT COLLATE "C" REFERENCES patient (id),
    state      TEXT COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'handed_over')),
    due_at     TEXT COLLATE "C" NOT NULL,
    expires_at TEXT COLLATE "C" NOT NULL,
    attempts   BIGINT NOT NULL DEFAULT 0,
    sealed     BYTEA NOT NULL
);
CREATE INDEX mailed_link_due ON mailed_link (due_at, id);
