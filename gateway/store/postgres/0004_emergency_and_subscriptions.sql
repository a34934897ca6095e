-- The same as sqlite/0004_emergency_and_subscriptions.sql.
-- Uses of emergency access (42 CFR 2.51). What each was about stands in the audit entry `audit_seq`, sealed; here is what is
-- counted and reviewed. `request_token`, `facts_token`, `clinician_token`: keyed HMACs. `review_seq`: the audit entry of its
-- review; 0: nobody has reviewed it yet.
CREATE TABLE emergency_use (
    id              TEXT COLLATE "C" PRIMARY KEY,
    partner         TEXT COLLATE "C" NOT NULL,
    request_token   TEXT COLLATE "C" NOT NULL,
    facts_token     TEXT COLLATE "C" NOT NULL,
    clinician_token TEXT COLLATE "C" NOT NULL,
    patient_id      TEXT COLLATE "C" NOT NULL REFERENCES patient (id),
    opened_at       TEXT COLLATE "C" NOT NULL,
    audit_seq       BIGINT NOT NULL REFERENCES audit (seq),
    review_due      TEXT COLLATE "C" NOT NULL,
    review_seq      BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX emergency_use_once ON emergency_use (partner, request_token);
CREATE INDEX emergency_use_clinician ON emergency_use (clinician_token, opened_at);
CREATE INDEX emergency_use_open ON emergency_use (review_due, id) WHERE review_seq = 0;

-- FHIR Subscriptions of partners. `about`: our id of the one patient it is limited to; empty: any. `seen_set`: up to which
-- record set it was looked for changes. `positions` counts its events, `numbered` those that may have left.
CREATE TABLE subscription (
    id                TEXT COLLATE "C" PRIMARY KEY,
    partner           TEXT COLLATE "C" NOT NULL,
    client_id         TEXT COLLATE "C" NOT NULL,
    purpose           TEXT COLLATE "C" NOT NULL,
    topic             TEXT COLLATE "C" NOT NULL,
    about             TEXT COLLATE "C" NOT NULL,
    endpoint          TEXT COLLATE "C" NOT NULL,
    payload           TEXT COLLATE "C" NOT NULL CHECK (payload IN ('empty', 'id-only')),
    heartbeat_seconds BIGINT NOT NULL,
    ends_at           TEXT COLLATE "C" NOT NULL,
    status            TEXT COLLATE "C" NOT NULL CHECK (status IN ('requested', 'active', 'error', 'off')),
    version           BIGINT NOT NULL,
    created_at        TEXT COLLATE "C" NOT NULL,
    updated_at        TEXT COLLATE "C" NOT NULL,
    seen_set          BIGINT NOT NULL,
    positions         BIGINT NOT NULL DEFAULT 0,
    numbered          BIGINT NOT NULL DEFAULT 0,
    due_at            TEXT COLLATE "C" NOT NULL,
    attempts          BIGINT NOT NULL DEFAULT 0,
    failing_since     TEXT COLLATE "C" NOT NULL DEFAULT '',
    reason            TEXT COLLATE "C" NOT NULL DEFAULT ''
);
CREATE INDEX subscription_partner ON subscription (partner, id);
CREATE INDEX subscription_status ON subscription (status, id);

-- What a subscription may tell, in order. `number` is 0 until its notice may have left; numbers have no gaps.
CREATE TABLE subscription_event (
    subscription_id TEXT COLLATE "C" NOT NULL REFERENCES subscription (id),
    position        BIGINT NOT NULL,
    number          BIGINT NOT NULL DEFAULT 0,
    at              TEXT COLLATE "C" NOT NULL,
    patient_id      TEXT COLLATE "C" NOT NULL REFERENCES patient (id),
    resource_type   TEXT COLLATE "C" NOT NULL,
    resource_id     TEXT COLLATE "C" NOT NULL,
    version         BIGINT NOT NULL,
    state           TEXT COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'handed_over', 'delivered', 'withheld')),
    PRIMARY KEY (subscription_id, position)
);
CREATE INDEX subscription_event_open ON subscription_event (subscription_id, position)
    WHERE state IN ('waiting', 'handed_over');
CREATE UNIQUE INDEX subscription_event_number ON subscription_event (subscription_id, number) WHERE number > 0;
CREATE INDEX subscription_event_patient ON subscription_event (patient_id);
