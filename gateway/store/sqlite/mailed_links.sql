-- name: add
INSERT INTO mailed_link (id, patient_id, state, due_at, expires_at, sealed)
VALUES (:id, :patient_id, 'waiting', :due_at, :expires_at, :sealed);

-- name: next
SELECT id, patient_id, state, expires_at, attempts, sealed FROM mailed_link
WHERE due_at <= :now ORDER BY due_at, id LIMIT 1;

-- name: hand_over
UPDATE mailed_link SET state = 'handed_over', attempts = attempts + 1, due_at = :due_at
WHERE id = :id AND state = 'waiting';

-- name: again
UPDATE mailed_link SET state = 'waiting', due_at = :due_at WHERE id = :id AND state = 'handed_over';

-- name: drop
DELETE FROM mailed_link WHERE id = :id;
