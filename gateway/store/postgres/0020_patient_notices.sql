-- The same as sqlite/0020_patient_notices.sql.
-- Which version of a Part 2 program's own notice (42 CFR 2.22) a patient was given, on which day and how (a code of
-- v3-ParticipationMode). Who recorded it stands sealed in the audit log.
CREATE TABLE patient_notice (
    patient_id  TEXT COLLATE "C" NOT NULL REFERENCES patient (id),
    partner     TEXT COLLATE "C" NOT NULL,
    version     TEXT COLLATE "C" NOT NULL,
    given_on    TEXT COLLATE "C" NOT NULL,
    way         TEXT COLLATE "C" NOT NULL,
    recorded_at TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (patient_id, partner, version)
);
