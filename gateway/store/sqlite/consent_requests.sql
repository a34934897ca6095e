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

-- name: closed_for
SELECT 1 FROM consent_request WHERE id = :id AND state = 'closed' AND reason = :reason;

-- name: move
UPDATE consent_request SET patient_id = :to WHERE intent_id = :intent_id;

-- name: waiting
SELECT consent_request.id, consent_request.intent_id, consent_request.patient_id, owner, opened_at, consent_request.due_at,
       consent_request.state, closed_at, consent_request.reason, partner, source_partner, created_at
FROM consent_request JOIN intent ON intent.id = consent_request.intent_id
WHERE consent_request.state = 'open' AND intent.state = 'held' AND (:owner IS NULL OR owner = :owner)
ORDER BY consent_request.due_at, consent_request.id LIMIT :limit;

-- name: ask_again_at
UPDATE consent_request SET due_at = :due_at WHERE intent_id = :intent_id AND state = 'open';

-- name: assign
UPDATE consent_request SET owner = :owner, due_at = :due_at WHERE intent_id = :intent_id AND state = 'open';

-- name: held_before
SELECT id FROM intent
WHERE state = 'held' AND state NOT IN ('delivered', 'refused', 'cancelled') AND created_at < :before
ORDER BY sequence LIMIT :limit;

-- name: close_settled
UPDATE consent_request SET state = 'closed', closed_at = :at, reason = :reason
WHERE state = 'open' AND EXISTS (
    SELECT 1 FROM intent WHERE intent.id = consent_request.intent_id AND intent.state IN ('delivered', 'refused', 'cancelled'));

-- name: waiting_of_source
-- The few that are open are looked through by their due time, whoever the owner is.
SELECT consent_request.id, consent_request.intent_id, consent_request.patient_id, owner, opened_at, consent_request.due_at,
       consent_request.state, closed_at, consent_request.reason, partner, source_partner, created_at
FROM consent_request JOIN intent ON intent.id = consent_request.intent_id
WHERE consent_request.state = 'open' AND intent.state = 'held' AND intent.source_partner = :source
ORDER BY consent_request.due_at, consent_request.id LIMIT :limit;

-- name: said_no
UPDATE consent_request SET due_at = :due_at, reason = :reason WHERE intent_id = :intent_id AND state = 'open';
