-- Bulk exports that clients asked for. `asked`: what of (JSON of codes, ids and times). `after_patient`: how far it is written;
-- empty: nothing yet. One of a client is written at a time.
CREATE TABLE bulk_export (
    id            TEXT PRIMARY KEY,
    partner       TEXT NOT NULL,
    client_id     TEXT NOT NULL,
    purpose       TEXT NOT NULL,
    asked         TEXT NOT NULL,
    begun_at      TEXT NOT NULL,
    ends_at       TEXT NOT NULL,
    status        TEXT NOT NULL CHECK (status IN ('writing', 'ready', 'failed')),
    after_patient TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX bulk_export_client ON bulk_export (client_id, id);
CREATE UNIQUE INDEX bulk_export_writing ON bulk_export (client_id) WHERE status = 'writing';
CREATE INDEX bulk_export_end ON bulk_export (ends_at);

-- What an export holds of one patient: the names of records, sealed under her key. Their words are not kept here.
CREATE TABLE bulk_export_part (
    export_id  TEXT NOT NULL REFERENCES bulk_export (id),
    patient_id TEXT NOT NULL REFERENCES patient (id),
    sealed     BLOB NOT NULL,
    PRIMARY KEY (export_id, patient_id)
) WITHOUT ROWID;
CREATE INDEX bulk_export_part_patient ON bulk_export_part (patient_id);

-- Whom a partner knows: by an identifier of its own, or by a referral that was released to it.
CREATE INDEX patient_link_partner ON patient_link (partner, patient_id);
CREATE INDEX intent_referred ON intent (partner, patient_id) WHERE kind = 'referral' AND state = 'delivered';
