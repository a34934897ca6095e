-- The same as sqlite/0007_requests_and_pauses.sql.
-- What people ask of the privacy officer. What was said stands in the audit log under the id; here are kinds, days and states.
CREATE TABLE privacy_request (
    id          TEXT COLLATE "C" PRIMARY KEY,
    kind        TEXT COLLATE "C" NOT NULL,
    patient_id  TEXT COLLATE "C" REFERENCES patient (id),
    received_on TEXT COLLATE "C" NOT NULL,
    due_on      TEXT COLLATE "C" NOT NULL,
    state       TEXT COLLATE "C" NOT NULL CHECK (state IN ('received', 'checked', 'decided', 'answered')),
    extended    BIGINT NOT NULL DEFAULT 0,
    decision    TEXT COLLATE "C" NOT NULL DEFAULT ''
);
CREATE INDEX privacy_request_open ON privacy_request (due_on, id) WHERE state <> 'answered';
CREATE INDEX privacy_request_patient ON privacy_request (patient_id);
CREATE INDEX privacy_request_received ON privacy_request (received_on, id);

-- To whom a person has nothing sent for now, beside what network.yaml says; by which entry of the log.
CREATE TABLE partner_pause (
    partner   TEXT COLLATE "C" PRIMARY KEY,
    since     TEXT COLLATE "C" NOT NULL,
    audit_seq BIGINT NOT NULL
);

-- The uses of emergency access of a month.
CREATE INDEX emergency_use_opened ON emergency_use (opened_at, id);
