-- Every time is ISO 8601 text in UTC; every `sealed` column is AES-256-GCM; every token is a keyed HMAC.

CREATE TABLE data_key (
    scope      TEXT NOT NULL,
    generation INTEGER NOT NULL,
    kek_id     TEXT NOT NULL,
    wrapped    BLOB NOT NULL,
    PRIMARY KEY (scope, generation)
) WITHOUT ROWID;

-- Scopes whose keys were destroyed: no new key is ever made for them.
CREATE TABLE destroyed_scope (
    scope TEXT PRIMARY KEY,
    at    TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE inbox (
    id           TEXT PRIMARY KEY,
    partner      TEXT NOT NULL,
    channel      TEXT NOT NULL,
    control_id   TEXT NOT NULL,
    body_sha256  TEXT NOT NULL,
    format       TEXT NOT NULL,
    state        TEXT NOT NULL,
    faults       TEXT NOT NULL,
    business_key TEXT NOT NULL,
    patient_id   TEXT,
    received_at  TEXT NOT NULL,
    replay_of    TEXT REFERENCES inbox (id),
    sealed       BLOB NOT NULL
);
CREATE UNIQUE INDEX inbox_once ON inbox (partner, channel, control_id, body_sha256) WHERE replay_of IS NULL;
CREATE INDEX inbox_newest ON inbox (received_at);
CREATE INDEX inbox_state ON inbox (state, received_at);
CREATE INDEX inbox_patient ON inbox (patient_id) WHERE patient_id IS NOT NULL;

CREATE TABLE patient (
    id         TEXT PRIMARY KEY,
    created_at TEXT NOT NULL,
    certain    INTEGER NOT NULL CHECK (certain IN (0, 1)),
    epoch      INTEGER NOT NULL DEFAULT 1
) WITHOUT ROWID;
CREATE INDEX patient_in_doubt ON patient (created_at) WHERE certain = 0;

CREATE TABLE patient_link (
    token      TEXT NOT NULL,
    partner    TEXT NOT NULL,
    patient_id TEXT NOT NULL REFERENCES patient (id),
    PRIMARY KEY (token, partner)
) WITHOUT ROWID;
CREATE INDEX patient_link_patient ON patient_link (patient_id);

CREATE TABLE match_key (
    key        TEXT NOT NULL,
    patient_id TEXT NOT NULL REFERENCES patient (id),
    PRIMARY KEY (key, patient_id)
) WITHOUT ROWID;
CREATE INDEX match_key_patient ON match_key (patient_id);

-- Record versions that were saved together, sealed as one with everything that is known of them.
CREATE TABLE record_set (
    id         INTEGER PRIMARY KEY,
    patient_id TEXT REFERENCES patient (id),
    sealed     BLOB NOT NULL
);

-- Where to find them. `digest`: keyed hash of content and facts, by which the same again is known without opening it;
-- empty once another version took its place. `place`: a number made of type and id, by which a row is found: an index of
-- numbers stays small, and random ids would else change a page each. No foreign keys: they would cost as much as the rows.
CREATE TABLE record (
    place         INTEGER NOT NULL,
    resource_type TEXT NOT NULL,
    id            TEXT NOT NULL,
    version       INTEGER NOT NULL,
    patient_id    TEXT,
    updated_at    TEXT NOT NULL,
    deleted       INTEGER NOT NULL,
    digest        BLOB NOT NULL,
    set_id        INTEGER NOT NULL,
    current       INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX record_place ON record (place);
CREATE INDEX record_of_patient ON record (patient_id, resource_type) WHERE current = 1;

CREATE TABLE search_token (
    token         TEXT NOT NULL,
    resource_type TEXT NOT NULL,
    param         TEXT NOT NULL,
    id            TEXT NOT NULL,
    PRIMARY KEY (token, resource_type, param, id)
) WITHOUT ROWID;
CREATE INDEX search_token_record ON search_token (id, resource_type);

CREATE TABLE consent_state (
    consent_id  TEXT PRIMARY KEY,
    patient_id  TEXT NOT NULL REFERENCES patient (id),
    version     INTEGER NOT NULL,
    standing    TEXT NOT NULL CHECK (standing IN ('usable', 'unverified', 'deficient', 'unrelated')),
    recorded_by TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    reasons     TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX consent_state_patient ON consent_state (patient_id);

-- Every state a consent has had, with the patient's epoch from which it held; read only to decide again.
CREATE TABLE consent_history (
    patient_id  TEXT NOT NULL REFERENCES patient (id),
    consent_id  TEXT NOT NULL,
    epoch       INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    standing    TEXT NOT NULL,
    recorded_by TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    reasons     TEXT NOT NULL,
    PRIMARY KEY (patient_id, consent_id, epoch)
) WITHOUT ROWID;

-- Every configuration and table version that a decision named, as it was; read only to decide again.
CREATE TABLE kept_version (
    kind    TEXT NOT NULL,
    version TEXT NOT NULL,
    kept_at TEXT NOT NULL,
    sealed  BLOB NOT NULL,
    PRIMARY KEY (kind, version)
) WITHOUT ROWID;

-- `blocked`: an earlier intent of the same business key is held, unknown or dead.
-- `head`: the one intent of its lane (patient, partner) that may be sent or is being sent.
-- `first_tried_at`: when it was first tried since it last became due; empty before.
CREATE TABLE intent (
    sequence       INTEGER PRIMARY KEY AUTOINCREMENT,
    id             TEXT NOT NULL UNIQUE,
    patient_id     TEXT NOT NULL REFERENCES patient (id),
    partner        TEXT NOT NULL,
    source_partner TEXT NOT NULL,
    business_key   TEXT NOT NULL,
    purpose        TEXT NOT NULL,
    kind           TEXT NOT NULL,
    format         TEXT NOT NULL,
    message_id     TEXT REFERENCES inbox (id),
    focus          TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN
                   ('due', 'held', 'sending', 'retry', 'delivered', 'refused', 'unknown', 'dead', 'cancelled')),
    due_at         TEXT NOT NULL,
    attempts       INTEGER NOT NULL,
    reason         TEXT NOT NULL,
    created_at     TEXT NOT NULL,
    updated_at     TEXT NOT NULL,
    first_tried_at TEXT NOT NULL DEFAULT '',
    blocked        INTEGER NOT NULL DEFAULT 0,
    head           INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX intent_claim ON intent (partner, due_at, sequence) WHERE head = 1 AND state IN ('due', 'retry');
CREATE UNIQUE INDEX intent_head ON intent (patient_id, partner) WHERE head = 1;
CREATE INDEX intent_lane ON intent (patient_id, partner, sequence) WHERE blocked = 0 AND state IN ('due', 'retry');
CREATE INDEX intent_key ON intent (patient_id, partner, business_key, sequence);
CREATE INDEX intent_waiting ON intent (state, partner, due_at) WHERE state NOT IN ('delivered', 'refused', 'cancelled');
CREATE INDEX intent_message ON intent (message_id) WHERE message_id IS NOT NULL;

CREATE TABLE audit (
    seq        INTEGER PRIMARY KEY CHECK (seq > 0),
    at         TEXT NOT NULL,
    kind       TEXT NOT NULL,
    patient_id TEXT,
    partner    TEXT NOT NULL,
    purpose    TEXT NOT NULL,
    outcome    TEXT NOT NULL,
    request_id TEXT NOT NULL,
    sealed     BLOB NOT NULL,
    facts_hash BLOB NOT NULL,
    leaf_hash  BLOB NOT NULL,
    chain_hash BLOB NOT NULL
);
CREATE INDEX audit_request ON audit (request_id);
CREATE INDEX audit_patient ON audit (patient_id, seq) WHERE patient_id IS NOT NULL;
CREATE INDEX audit_partner ON audit (partner, seq);
CREATE TRIGGER audit_never_changes BEFORE UPDATE ON audit BEGIN
    SELECT RAISE (ABORT, 'audit entries never change');
END;
CREATE TRIGGER audit_never_shrinks BEFORE DELETE ON audit BEGIN
    SELECT RAISE (ABORT, 'audit entries are never deleted');
END;

CREATE TABLE audit_checkpoint (
    size       INTEGER PRIMARY KEY,
    chain_hash BLOB NOT NULL,
    note       TEXT NOT NULL,
    at         TEXT NOT NULL
);

-- Bytes that may leave. No row without the audit entry that allowed exactly these bytes.
CREATE TABLE releases (
    id         TEXT PRIMARY KEY,
    intent_id  TEXT REFERENCES intent (id),
    patient_id TEXT NOT NULL REFERENCES patient (id),
    partner    TEXT NOT NULL,
    audit_seq  INTEGER NOT NULL REFERENCES audit (seq),
    sha256     TEXT NOT NULL,
    media_type TEXT NOT NULL,
    created_at TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('prepared', 'handed_over', 'delivered', 'failed', 'unknown')),
    updated_at TEXT NOT NULL,
    sealed     BLOB NOT NULL
);
CREATE INDEX releases_intent ON releases (intent_id, created_at) WHERE intent_id IS NOT NULL;
CREATE INDEX releases_audit ON releases (audit_seq);
CREATE INDEX releases_handed_over ON releases (created_at) WHERE state = 'handed_over' AND intent_id IS NOT NULL;
CREATE INDEX releases_patient ON releases (patient_id, created_at);

CREATE TABLE consent_request (
    id         TEXT PRIMARY KEY,
    intent_id  TEXT NOT NULL REFERENCES intent (id),
    patient_id TEXT NOT NULL REFERENCES patient (id),
    owner      TEXT NOT NULL,
    opened_at  TEXT NOT NULL,
    due_at     TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('open', 'closed')),
    closed_at  TEXT,
    reason     TEXT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX consent_request_open ON consent_request (intent_id) WHERE state = 'open';
CREATE INDEX consent_request_owner ON consent_request (owner, due_at) WHERE state = 'open';

CREATE TABLE used_assertion (
    issuer     TEXT NOT NULL,
    jti        TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    PRIMARY KEY (issuer, jti)
) WITHOUT ROWID;
CREATE INDEX used_assertion_expiry ON used_assertion (expires_at);
