-- name: open
INSERT INTO consent_request (id, intent_id, patient_id, owner, opened_at, due_at, state, reason)
VALUES (:id, :intent_id, :patient_id, :owner, :opened_at, :due_at, 'open', :reason) ON CONFLICT DO NOTHING;

-- name: of_intent
SELECT id, intent_id, patient_id, owner, opened_at, due_at, state, closed_at, reason
FROM consent_request WHERE intent_id = :intent_id AND state = 'open';

-- name: open_of_owner
SELECT id, intent_id, patient_id, owner, opened_at, due_at, state, closed_at, reason
FROM consent_request WHERE owner = :owner AND state = 'open' ORDER BY due_at, id LIMIT :limit;

-- name: close_of_intent
UPDATE consent_request SET state = 'closed', closed_at = :at, reason = :reason
WHERE intent_id = :intent_id AND state = 'open';

-- name: move
UPDATE consent_request SET patient_id = :to WHERE intent_id = :intent_id;
