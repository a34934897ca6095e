-- The same as sqlite/0009_agreements_and_feeds.sql.
-- Between which days an auditor may look, and whether she may take copies (42 CFR 2.53). For which audit, and who recorded it,
-- stands sealed in the audit log under the id.
CREATE TABLE audit_agreement (
    id        TEXT COLLATE "C" PRIMARY KEY,
    auditor   TEXT COLLATE "C" NOT NULL,
    first_day TEXT COLLATE "C" NOT NULL,
    last_day  TEXT COLLATE "C" NOT NULL,
    copies    BIGINT NOT NULL CHECK (copies IN (0, 1)),
    made_at   TEXT COLLATE "C" NOT NULL,
    ended_at  TEXT COLLATE "C" NOT NULL DEFAULT ''
);
CREATE INDEX audit_agreement_auditor ON audit_agreement (auditor, last_day);
CREATE INDEX audit_agreement_ends ON audit_agreement (last_day, id);

-- Up to which entry of the audit log another system was told.
CREATE TABLE audit_feed (
    name    TEXT COLLATE "C" PRIMARY KEY,
    told_to BIGINT NOT NULL
);
