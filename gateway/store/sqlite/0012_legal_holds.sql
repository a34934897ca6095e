-- What must not be destroyed until a person lifts the hold: what is of a patient, a partner, a span of time, or all of these
-- at once; a hold that names none of them is on everything. Why in words stands sealed in the audit log under the id.
-- `since` and `until` are instants, empty for none; `placed_by` is a login, by which a second person is known.
CREATE TABLE legal_hold (
    id         TEXT PRIMARY KEY,
    reason     TEXT NOT NULL,
    patient_id TEXT NOT NULL,
    partner    TEXT NOT NULL,
    since      TEXT NOT NULL,
    until      TEXT NOT NULL,
    placed_at  TEXT NOT NULL,
    placed_by  TEXT NOT NULL,
    lifted_at  TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX legal_hold_standing ON legal_hold (placed_at, id) WHERE lifted_at = '';
CREATE INDEX legal_hold_newest ON legal_hold (placed_at, id);
