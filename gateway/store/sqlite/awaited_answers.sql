-- name: watched_upto
SELECT upto FROM answers_watched WHERE id = 1;

-- name: set_watched_upto
UPDATE answers_watched SET upto = :upto WHERE id = 1;

-- name: made_after
SELECT sequence, id, kind, created_at FROM intent WHERE sequence > :upto ORDER BY sequence LIMIT :limit;

-- name: to_look_at
SELECT intent_id, over_since FROM awaited_answer INDEXED BY awaited_answer_look
WHERE look_at <= :now ORDER BY look_at, intent_id LIMIT :limit;

-- name: keep
INSERT INTO awaited_answer (intent_id, look_at, over_since) VALUES (:intent_id, :look_at, :over_since)
ON CONFLICT (intent_id) DO UPDATE SET look_at = excluded.look_at, over_since = excluded.over_since;

-- name: drop
DELETE FROM awaited_answer WHERE intent_id = :intent_id;

-- name: of_intent
SELECT over_since FROM awaited_answer WHERE intent_id = :intent_id;

-- name: over
SELECT intent_id, over_since FROM awaited_answer INDEXED BY awaited_answer_over
WHERE over_since <> '' ORDER BY over_since, intent_id LIMIT :limit;

-- name: over_by_partner
SELECT partner, count(*) AS number, min(over_since) AS oldest FROM awaited_answer INDEXED BY awaited_answer_over
JOIN intent ON intent.id = intent_id WHERE over_since <> '' GROUP BY partner ORDER BY partner;
