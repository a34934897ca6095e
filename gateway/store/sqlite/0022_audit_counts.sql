-- How many entries of each day, kind, outcome, partner and purpose a whole span of `audit` has, as JSON, for the pages of the
-- console; days are those of the time zone `zone`. A cache: made from `audit`, of an older log too. No verification reads it.
CREATE TABLE audit_count (
    zone      TEXT NOT NULL,
    after_seq INTEGER NOT NULL,
    upto_seq  INTEGER NOT NULL,
    counts    TEXT NOT NULL,
    PRIMARY KEY (zone, after_seq, upto_seq)
) WITHOUT ROWID;
