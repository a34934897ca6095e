-- Uses of emergency access (42 CFR 2.51). What each was about stands in the audit entry `audit_seq`, sealed; here is what is
-- counted and reviewed. `request_token`, `facts_token`, `clinician_token`: keyed HMACs. `review_seq`: the audit entry of its
-- review; 0: nobody has reviewed it yet.
CREATE TABLE emergency_use (
    id              TEXT PRIMARY KEY,
    partner         TEXT NOT NULL,
    request_token   TEXT NOT NULL,
    facts_token     TEXT NOT NULL,
    clinician_token TEXT NOT NULL,
    patient_id      TEXT NOT NULL REFERENCES patient (id),
    opened_at       TEXT NOT NULL,
    audit_seq       INTEGER NOT NULL REFERENCES audit (seq),
    review_due      TEXT NOT NULL,
    review_seq      INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE UNIQUE INDEX emergency_use_once ON emergency_use (partner, request_token);
CREATE INDEX emergency_use_clinician ON emergency_use (clinician_token, opened_at);
CREATE INDEX emergency_use_open ON emergency_use (review_due, id) WHERE review_seq = 0;

-- FHIR Subscriptions of partners. `about`: our id of the one patient it is limited to; empty: any. `seen_set`: up to which
-- record set it was looked for changes. `positions` counts its events, `numbered` those that may have left.
CREATE TABLE subscription (
    id                TEXT PRIMARY KEY,
    partner           TEXT NOT NULL,
    client_id         TEXT NOT NULL,
    purpose           TEXT NOT NULL,
    topic             TEXT NOT NULL,
    about             TEXT NOT NULL,
    endpoint          TEXT NOT NULL,
    payload           TEXT NOT NULL CHECK (payload IN ('empty', 'id-only')),
    heartbeat_seconds INTEGER NOT NULL,
    ends_at           TEXT NOT NULL,
    status            TEXT NOT NULL CHECK (status IN ('requested', 'active', 'error', 'off')),
    version           INTEGER NOT NULL,
    created_at        TEXT NOT NULL,
    updated_at        TEXT NOT NULL,
    seen_set          INTEGER NOT NULL,
    positions         INTEGER NOT NULL DEFAULT 0,
    numbered          INTEGER NOT NULL DEFAULT 0,
    due_at            TEXT NOT NULL,
    attempts          INTEGER NOT NULL DEFAULT 0,
    failing_since     TEXT NOT NULL DEFAULT '',
    reason            TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX subscription_partner ON subscription (partner, id);
CREATE INDEX subscription_status ON subscription (status, id);

-- What a subscription may tell, in order. `number` is 0 until its notice may have left; numbers have no gaps.
CREATE TABLE subscription_event (
    subscription_id TEXT NOT NULL REFERENCES subscription (id),
    position        INTEGER NOT NULL,
    number          INTEGER NOT NULL DEFAULT 0,
    at              TEXT NOT NULL,
    patient_id      TEXT NOT NULL REFERENCES patient (id),
    resource_type   TEXT NOT NULL,
    resource_id     TEXT NOT NULL,
    version         INTEGER NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('waiting', 'handed_over', 'delivered', 'withheld')),
    PRIMARY KEY (subscription_id, position)
) WITHOUT ROWID;
CREATE INDEX subscription_event_open ON subscription_event (subscription_id, position)
    WHERE state IN ('waiting', 'handed_over');
CREATE UNIQUE INDEX subscription_event_number ON subscription_event (subscription_id, number) WHERE number > 0;
CREATE INDEX subscription_event_patient ON subscription_event (patient_id);
