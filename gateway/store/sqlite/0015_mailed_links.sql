-- Mails with a link that are to be sent: to whom and with which link is sealed, under the client's key where it is hers.
-- `handed_over`: it may have left, so nothing sends it again; `due_at`: when it is looked at next; gone after `expires_at`.
CREATE TABLE mailed_link (
    id         TEXT PRIMARY KEY,
    patient_id TEXT REFERENCES patient (id),
    state      TEXT NOT NULL CHECK (state IN ('waiting', 'handed_over')),
    due_at     TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    sealed     BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX mailed_link_due ON mailed_link (due_at, id);
