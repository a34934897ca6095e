-- Which version of a Part 2 program's own notice (42 CFR 2.22) a patient was given, on which day and how (a code of
-- v3-ParticipationMode). Who recorded it stands sealed in the audit log.
CREATE TABLE patient_notice (
    patient_id  TEXT NOT NULL REFERENCES patient (id),
    partner     TEXT NOT NULL,
    version     TEXT NOT NULL,
    given_on    TEXT NOT NULL,
    way         TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    PRIMARY KEY (patient_id, partner, version)
) WITHOUT ROWID;
