-- Between which days an auditor may look, and whether she may take copies (42 CFR 2.53). For which audit, and who recorded it,
-- stands sealed in the audit log under the id.
CREATE TABLE audit_agreement (
    id        TEXT PRIMARY KEY,
    auditor   TEXT NOT NULL,
    first_day TEXT NOT NULL,
    last_day  TEXT NOT NULL,
    copies    INTEGER NOT NULL CHECK (copies IN (0, 1)),
    made_at   TEXT NOT NULL,
    ended_at  TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX audit_agreement_auditor ON audit_agreement (auditor, last_day);
CREATE INDEX audit_agreement_ends ON audit_agreement (last_day, id);

-- Up to which entry of the audit log another system was told.
CREATE TABLE audit_feed (
    name    TEXT PRIMARY KEY,
    told_to INTEGER NOT NULL
) WITHOUT ROWID;
