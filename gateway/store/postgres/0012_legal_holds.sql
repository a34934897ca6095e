-- The same as sqlite/0012_legal_holds.sql.
-- What must not be destroyed until a person lifts the hold: what is of a patient, a partner, a span of time, or all of these
-- at once; a hold that names none of them is on everything. Why in words stands sealed in the audit log under the id.
-- `since` and `until` are instants, empty for none; `placed_by` is a login, by which a second person is known.
CREATE TABLE legal_hold (
    id         TEXT COLLATE "C" PRIMARY KEY,
    reason     TEXT COLLATE "C" NOT NULL,
    patient_id TEXT COLLATE "C" NOT NULL,
    partner    TEXT COLLATE "C" NOT NULL,
    since      TEXT COLLATE "C" NOT NULL,
    until      TEXT COLLATE "C" NOT NULL,
    placed_at  TEXT COLLATE "C" NOT NULL,
    placed_by  TEXT COLLATE "C" NOT NULL,
    lifted_at  TEXT COLLATE "C" NOT NULL DEFAULT ''
);
CREATE INDEX legal_hold_standing ON legal_hold (placed_at, id) WHERE lifted_at = '';
CREATE INDEX legal_hold_newest ON legal_hold (placed_at, id);
