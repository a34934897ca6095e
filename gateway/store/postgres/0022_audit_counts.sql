-- The same as sqlite/0022_audit_counts.sql.
-- How many entries of each day, kind, outcome, partner and purpose a whole span of `audit` has, as JSON, for the pages of the
-- console; days are those of the time zone `zone`. A cache: made from `audit`, of an older log too. No verification reads it.
CREATE TABLE audit_count (
    zone      TEXT COLLATE "C" NOT NULL,
    after_seq BIGINT NOT NULL,
    upto_seq  BIGINT NOT NULL,
    counts    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (zone, after_seq, upto_seq)
);
