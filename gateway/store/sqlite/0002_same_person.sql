-- Patients whom a person found to be another patient, and what came along: taken back when it was a mistake.
-- `sealed`: the journal, under the key of the patient who stays. `parted_at`: empty while the two are one.
CREATE TABLE joined_patient (
    patient_id TEXT NOT NULL REFERENCES patient (id),
    joined_to  TEXT NOT NULL REFERENCES patient (id),
    joined_at  TEXT NOT NULL,
    audit_seq  INTEGER NOT NULL REFERENCES audit (seq),
    parted_at  TEXT NOT NULL DEFAULT '',
    sealed     BLOB NOT NULL,
    PRIMARY KEY (patient_id, joined_at)
) WITHOUT ROWID;
CREATE UNIQUE INDEX joined_patient_now ON joined_patient (patient_id) WHERE parted_at = '';
CREATE INDEX joined_patient_to ON joined_patient (joined_to) WHERE parted_at = '';

CREATE INDEX consent_request_intent ON consent_request (intent_id);

-- Two patients of whom a person has said that they are two people; `one` is the smaller id.
CREATE TABLE told_apart (
    one   TEXT NOT NULL REFERENCES patient (id),
    other TEXT NOT NULL REFERENCES patient (id),
    at    TEXT NOT NULL,
    PRIMARY KEY (one, other)
) WITHOUT ROWID;
