-- The same tables as sqlite/0001_first_tables.sql, with what several processes on one database need besides.
-- Every time is ISO 8601 text in UTC; every `sealed` column is AES-256-GCM; every token is a keyed HMAC.
-- Text is ordered by its bytes, as in SQLite: text order is time order, whatever the database's own language is.

CREATE TABLE data_key (
    scope      TEXT COLLATE "C" NOT NULL,
    generation BIGINT NOT NULL,
    kek_id     TEXT COLLATE "C" NOT NULL,
    wrapped    BYTEA NOT NULL,
    PRIMARY KEY (scope, generation)
);

-- Scopes whose keys were destroyed: no new key is ever made for them. `number`: by it the other processes hear of it.
CREATE TABLE destroyed_scope (
    scope  TEXT COLLATE "C" PRIMARY KEY,
    at     TEXT COLLATE "C" NOT NULL,
    number BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE
);

CREATE TABLE inbox (
    id           TEXT COLLATE "C" PRIMARY KEY,
    partner      TEXT COLLATE "C" NOT NULL,
    channel      TEXT COLLATE "C" NOT NULL,
    control_id   TEXT COLLATE "C" NOT NULL,
    body_sha256  TEXT COLLATE "C" NOT NULL,
    format       TEXT COLLATE "C" NOT NULL,
    state        TEXT COLLATE "C" NOT NULL,
    faults       TEXT COLLATE "C" NOT NULL,
    business_key TEXT COLLATE "C" NOT NULL,
    patient_id   TEXT COLLATE "C",
    received_at  TEXT COLLATE "C" NOT NULL,
    replay_of    TEXT COLLATE "C" REFERENCES inbox (id),
    sealed       BYTEA NOT NULL,
    rowid        BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE
);
CREATE UNIQUE INDEX inbox_once ON inbox (partner, channel, control_id, body_sha256) WHERE replay_of IS NULL;
CREATE INDEX inbox_newest ON inbox (received_at);
CREATE INDEX inbox_state ON inbox (state, received_at);
CREATE INDEX inbox_patient ON inbox (patient_id) WHERE patient_id IS NOT NULL;

CREATE TABLE patient (
    id         TEXT COLLATE "C" PRIMARY KEY,
    created_at TEXT COLLATE "C" NOT NULL,
    certain    BIGINT NOT NULL CHECK (certain IN (0, 1)),
    epoch      BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX patient_in_doubt ON patient (created_at) WHERE certain = 0;

CREATE TABLE patient_link (
    token      TEXT COLLATE "C" NOT NULL,
    partner    TEXT COLLATE "C" NOT NULL,
    patient_id TEXT COLLATE "C" NOT NULL REFERENCES patient (id),
    PRIMARY KEY (token, partner)
);
CREATE INDEX patient_link_patient ON patient_link (patient_id);

CREATE TABLE match_key (
    key        TEXT COLLATE "C" NOT NULL,
    patient_id TEXT COLLATE "C" NOT NULL REFERENCES patient (id),
    PRIMARY KEY (key, patient_id)
);
CREATE INDEX match_key_patient ON match_key (patient_id);

-- Record versions that were saved together, sealed as one with everything that is known of them.
CREATE TABLE record_set (
    id         BIGINT PRIMARY KEY,
    patient_id TEXT COLLATE "C" REFERENCES patient (id),
    sealed     BYTEA NOT NULL
);

-- Where to find them. `digest`: keyed hash of content and facts, by which the same again is known without opening it;
-- empty once another version took its place. `place`: a number made of type and id, by which a row is found: an index of
-- numbers stays small, and random ids would else change a page each. No foreign keys: they would cost as much as the rows.
CREATE TABLE record (
    place         BIGINT NOT NULL,
    resource_type TEXT COLLATE "C" NOT NULL,
    id            TEXT COLLATE "C" NOT NULL,
    version       BIGINT NOT NULL,
    patient_id    TEXT COLLATE "C",
    updated_at    TEXT COLLATE "C" NOT NULL,
    deleted       BIGINT NOT NULL,
    digest        BYTEA NOT NULL,
    set_id        BIGINT NOT NULL,
    current       BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX record_place ON record (place);
-- Without the type, which SQLite has here too: PostgreSQL would look for a record by its type alone.
CREATE INDEX record_of_patient ON record (patient_id) WHERE current = 1;

CREATE TABLE search_token (
    token         TEXT COLLATE "C" NOT NULL,
    resource_type TEXT COLLATE "C" NOT NULL,
    param         TEXT COLLATE "C" NOT NULL,
    id            TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (token, resource_type, param, id)
);
CREATE INDEX search_token_record ON search_token (id, resource_type);

CREATE TABLE consent_state (
    consent_id  TEXT COLLATE "C" PRIMARY KEY,
    patient_id  TEXT COLLATE "C" NOT NULL REFERENCES patient (id),
    version     BIGINT NOT NULL,
    standing    TEXT COLLATE "C" NOT NULL CHECK (standing IN ('usable', 'unverified', 'deficient', 'unrelated')),
    recorded_by TEXT COLLATE "C" NOT NULL,
    recorded_at TEXT COLLATE "C" NOT NULL,
    reasons     TEXT COLLATE "C" NOT NULL
);
CREATE INDEX consent_state_patient ON consent_state (patient_id);

-- Every state a consent has had, with the patient's epoch from which it held; read only to decide again.
CREATE TABLE consent_history (
    patient_id  TEXT COLLATE "C" NOT NULL REFERENCES patient (id),
    consent_id  TEXT COLLATE "C" NOT NULL,
    epoch       BIGINT NOT NULL,
    version     BIGINT NOT NULL,
    standing    TEXT COLLATE "C" NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    recorded_at TEXT COLLATE "C" NOT NULL,
    reasons     TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (patient_id, consent_id, epoch)
);

-- Every configuration and table version that a decision named, as it was; read only to decide again.
CREATE TABLE kept_version (
    kind    TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    kept_at TEXT COLLATE "C" NOT NULL,
    sealed  BYTEA NOT NULL,
    PRIMARY KEY (kind, version)
);

-- `blocked`: an earlier intent of the same business key is held, unknown or dead.
-- `head`: the one intent of its lane (patient, partner) that may be sent or is being sent.
-- `first_tried_at`: when it was first tried since it last became due; empty before.
-- `sender`: the process that claimed it last.
CREATE TABLE intent (
    sequence       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id             TEXT COLLATE "C" NOT NULL UNIQUE,
    patient_id     TEXT COLLATE "C" NOT NULL REFERENCES patient (id),
    partner        TEXT COLLATE "C" NOT NULL,
    source_partner TEXT COLLATE "C" NOT NULL,
    business_key   TEXT COLLATE "C" NOT NULL,
    purpose        TEXT COLLATE "C" NOT NULL,
    kind           TEXT COLLATE "C" NOT NULL,
    format         TEXT COLLATE "C" NOT NULL,
    message_id     TEXT COLLATE "C" REFERENCES inbox (id),
    focus          TEXT COLLATE "C" NOT NULL,
    state          TEXT COLLATE "C" NOT NULL CHECK (state IN
                   ('due', 'held', 'sending', 'retry', 'delivered', 'refused', 'unknown', 'dead', 'cancelled')),
    due_at         TEXT COLLATE "C" NOT NULL,
    attempts       BIGINT NOT NULL,
    reason         TEXT COLLATE "C" NOT NULL,
    created_at     TEXT COLLATE "C" NOT NULL,
    updated_at     TEXT COLLATE "C" NOT NULL,
    first_tried_at TEXT COLLATE "C" NOT NULL DEFAULT '',
    blocked        BIGINT NOT NULL DEFAULT 0,
    head           BIGINT NOT NULL DEFAULT 0,
    sender         TEXT COLLATE "C" NOT NULL DEFAULT ''
);
CREATE INDEX intent_claim ON intent (partner, due_at, sequence) WHERE head = 1 AND state IN ('due', 'retry');
CREATE UNIQUE INDEX intent_head ON intent (patient_id, partner) WHERE head = 1;
CREATE INDEX intent_lane ON intent (patient_id, partner, sequence) WHERE blocked = 0 AND state IN ('due', 'retry');
CREATE INDEX intent_key ON intent (patient_id, partner, business_key, sequence);
CREATE INDEX intent_waiting ON intent (state, partner, due_at) WHERE state NOT IN ('delivered', 'refused', 'cancelled');
CREATE INDEX intent_message ON intent (message_id) WHERE message_id IS NOT NULL;

CREATE TABLE audit (
    seq        BIGINT PRIMARY KEY CHECK (seq > 0),
    at         TEXT COLLATE "C" NOT NULL,
    kind       TEXT COLLATE "C" NOT NULL,
    patient_id TEXT COLLATE "C",
    partner    TEXT COLLATE "C" NOT NULL,
    purpose    TEXT COLLATE "C" NOT NULL,
    outcome    TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    sealed     BYTEA NOT NULL,
    facts_hash BYTEA NOT NULL,
    leaf_hash  BYTEA NOT NULL,
    chain_hash BYTEA NOT NULL
);
CREATE INDEX audit_request ON audit (request_id);
CREATE INDEX audit_patient ON audit (patient_id, seq) WHERE patient_id IS NOT NULL;
CREATE INDEX audit_partner ON audit (partner, seq);
CREATE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit entries never change and are never deleted';
END
$$;
CREATE TRIGGER audit_never_changes BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_refuses();
CREATE TRIGGER audit_never_shrinks BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses();

CREATE TABLE audit_checkpoint (
    size       BIGINT PRIMARY KEY,
    chain_hash BYTEA NOT NULL,
    note       TEXT COLLATE "C" NOT NULL,
    at         TEXT COLLATE "C" NOT NULL
);

-- Bytes that may leave. No row without the audit entry that allowed exactly these bytes.
CREATE TABLE releases (
    id         TEXT COLLATE "C" PRIMARY KEY,
    intent_id  TEXT COLLATE "C" REFERENCES intent (id),
    patient_id TEXT COLLATE "C" NOT NULL REFERENCES patient (id),
    partner    TEXT COLLATE "C" NOT NULL,
    audit_seq  BIGINT NOT NULL REFERENCES audit (seq),
    sha256     TEXT COLLATE "C" NOT NULL,
    media_type TEXT COLLATE "C" NOT NULL,
    created_at TEXT COLLATE "C" NOT NULL,
    state      TEXT COLLATE "C" NOT NULL CHECK (state IN ('prepared', 'handed_over', 'delivered', 'failed', 'unknown')),
    updated_at TEXT COLLATE "C" NOT NULL,
    sealed     BYTEA NOT NULL,
    rowid      BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE
);
CREATE INDEX releases_intent ON releases (intent_id, created_at) WHERE intent_id IS NOT NULL;
CREATE INDEX releases_audit ON releases (audit_seq);
CREATE INDEX releases_handed_over ON releases (created_at) WHERE state = 'handed_over' AND intent_id IS NOT NULL;
CREATE INDEX releases_patient ON releases (patient_id, created_at);

CREATE TABLE consent_request (
    id         TEXT COLLATE "C" PRIMARY KEY,
    intent_id  TEXT COLLATE "C" NOT NULL REFERENCES intent (id),
    patient_id TEXT COLLATE "C" NOT NULL REFERENCES patient (id),
    owner      TEXT COLLATE "C" NOT NULL,
    opened_at  TEXT COLLATE "C" NOT NULL,
    due_at     TEXT COLLATE "C" NOT NULL,
    state      TEXT COLLATE "C" NOT NULL CHECK (state IN ('open', 'closed')),
    closed_at  TEXT COLLATE "C",
    reason     TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX consent_request_open ON consent_request (intent_id) WHERE state = 'open';
CREATE INDEX consent_request_owner ON consent_request (owner, due_at) WHERE state = 'open';

CREATE TABLE used_assertion (
    issuer     TEXT COLLATE "C" NOT NULL,
    jti        TEXT COLLATE "C" NOT NULL,
    expires_at TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (issuer, jti)
);
CREATE INDEX used_assertion_expiry ON used_assertion (expires_at);

-- The gateways on this database; one that was not seen for a while has ended. `configuration`: what it decides by.
CREATE TABLE process (
    id            TEXT COLLATE "C" PRIMARY KEY,
    configuration TEXT COLLATE "C" NOT NULL,
    seen_at       TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
);

-- What only one of them may do at a time, and who does it.
CREATE TABLE lease (
    name   TEXT COLLATE "C" PRIMARY KEY,
    holder TEXT COLLATE "C" NOT NULL,
    until  TIMESTAMPTZ NOT NULL
);
