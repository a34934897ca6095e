-- The same as sqlite/0002_same_person.sql.
-- Patients whom a person found to be another patient, and what came along: given back when it was a mistake.
-- `sealed`: the journal, under the key of the patient who stays. The numbers are of the audit entries that say so;
-- `parted_seq` is 0 while the two are one.
CREATE TABLE joined_patient (
    patient_id TEXT COLLATE "C" NOT NULL REFERENCES patient (id),
    joined_to  TEXT COLLATE "C" NOT NULL REFERENCES patient (id),
    joined_seq BIGINT NOT NULL REFERENCES audit (seq),
    parted_seq BIGINT NOT NULL DEFAULT 0,
    sealed     BYTEA NOT NULL,
    PRIMARY KEY (patient_id, joined_seq)
);
CREATE UNIQUE INDEX joined_patient_now ON joined_patient (patient_id) WHERE parted_seq = 0;
CREATE INDEX joined_patient_to ON joined_patient (joined_to);

-- Records that came while two were one, and of which only a person can say whose they are. Kept with `other` meanwhile.
CREATE TABLE unsorted_record (
    resource_type TEXT COLLATE "C" NOT NULL,
    id            TEXT COLLATE "C" NOT NULL,
    one           TEXT COLLATE "C" NOT NULL REFERENCES patient (id),
    other         TEXT COLLATE "C" NOT NULL REFERENCES patient (id),
    PRIMARY KEY (resource_type, id)
);
CREATE INDEX unsorted_record_one ON unsorted_record (one);
CREATE INDEX unsorted_record_other ON unsorted_record (other);

CREATE INDEX consent_request_intent ON consent_request (intent_id);

-- Two patients of whom a person has said that they are two people; `one` is the smaller id.
CREATE TABLE told_apart (
    one   TEXT COLLATE "C" NOT NULL REFERENCES patient (id),
    other TEXT COLLATE "C" NOT NULL REFERENCES patient (id),
    at    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (one, other)
);
