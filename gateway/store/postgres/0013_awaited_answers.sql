-- The same as sqlite/0013_awaited_answers.sql.
-- Referrals that their addressees have not answered yet. `look_at`: when it is looked at next whether somebody has;
-- `over_since`: when the time for it was over; empty: not yet.
CREATE TABLE awaited_answer (
    intent_id  TEXT COLLATE "C" PRIMARY KEY REFERENCES intent (id),
    look_at    TEXT COLLATE "C" NOT NULL,
    over_since TEXT COLLATE "C" NOT NULL DEFAULT ''
);
CREATE INDEX awaited_answer_look ON awaited_answer (look_at, intent_id);
CREATE INDEX awaited_answer_over ON awaited_answer (over_since, intent_id) WHERE over_since <> '';

-- Up to which intent this was begun; what is over 30 days old at this step is not asked about any more.
CREATE TABLE answers_watched (id BIGINT PRIMARY KEY CHECK (id = 1), upto BIGINT NOT NULL);
INSERT INTO answers_watched (id, upto)
SELECT 1, coalesce(max(sequence), 0) FROM intent
WHERE created_at < to_char((now() AT TIME ZONE 'UTC') - interval '30 days', 'YYYY-MM-DD"T"HH24:MI:SS');

-- Withdrawals that were closed before this step are looked at once more: of people who were one for a while, one could be
-- closed although somebody was not told. Those of which nobody is to be told close again by themselves.
UPDATE withdrawal SET open = 1 WHERE open = 0;
