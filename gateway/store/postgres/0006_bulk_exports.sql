-- The same as sqlite/0006_bulk_exports.sql.
-- Bulk exports that clients asked for. `asked`: what of (JSON of codes, ids and times). `after_patient`: how far it is written;
-- empty: nothing yet. One of a client is written at a time.
CREATE TABLE bulk_export (
    id            TEXT COLLATE "C" PRIMARY KEY,
    partner       TEXT COLLATE "C" NOT NULL,
    client_id     TEXT COLLATE "C" NOT NULL,
    purpose       TEXT COLLATE "C" NOT NULL,
    asked         TEXT COLLATE "C" NOT NULL,
    begun_at      TEXT COLLATE "C" NOT NULL,
    ends_at       TEXT COLLATE "C" NOT NULL,
    status        TEXT COLLATE "C" NOT NULL CHECK (status IN ('writing', 'ready', 'failed')),
    after_patient TEXT COLLATE "C" NOT NULL DEFAULT ''
);
CREATE INDEX bulk_export_client ON bulk_export (client_id, id);
CREATE UNIQUE INDEX bulk_export_writing ON bulk_export (client_id) WHERE status = 'writing';
CREATE INDEX bulk_export_end ON bulk_export (ends_at);

-- What an export holds of one patient: the names of records, sealed under her key. Their words are not kept here.
CREATE TABLE bulk_export_part (
    export_id  TEXT COLLATE "C" NOT NULL REFERENCES bulk_export (id),
    patient_id TEXT COLLATE "C" NOT NULL REFERENCES patient (id),
    sealed     BYTEA NOT NULL,
    PRIMARY KEY (export_id, patient_id)
);
CREATE INDEX bulk_export_part_patient ON bulk_export_part (patient_id);

-- Whom a partner knows: by an identifier of its own, or by a referral that was released to it.
CREATE INDEX patient_link_partner ON patient_link (partner, patient_id);
CREATE INDEX intent_referred ON intent (partner, patient_id) WHERE kind = 'referral' AND state = 'delivered';
