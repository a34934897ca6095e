-- name: waiting
SELECT partner, count(*) AS number, min(due_at) AS oldest FROM intent INDEXED BY intent_waiting
WHERE state IN ('due', 'retry') AND state NOT IN ('delivered', 'refused', 'cancelled')
GROUP BY partner HAVING min(due_at) < :before ORDER BY oldest;

-- name: for_a_person
SELECT state, partner, count(*) AS number, min(updated_at) AS oldest FROM intent INDEXED BY intent_waiting
WHERE state IN ('dead', 'unknown') AND state NOT IN ('delivered', 'refused', 'cancelled')
GROUP BY state, partner ORDER BY state, partner;

-- name: consent_requests
SELECT owner, count(*) AS number, count(CASE WHEN due_at < :now THEN 1 END) AS overdue, min(due_at) AS oldest
FROM consent_request INDEXED BY consent_request_owner WHERE state = 'open' GROUP BY owner ORDER BY owner;

-- name: held_without_request
SELECT count(*) AS number FROM intent INDEXED BY intent_waiting
WHERE state = 'held' AND state NOT IN ('delivered', 'refused', 'cancelled') AND reason <> 'IDENTITY_PENDING'
  AND NOT EXISTS (SELECT 1 FROM consent_request WHERE intent_id = intent.id AND state = 'open');

-- name: messages_in_need
SELECT count(*) AS number, min(received_at) AS oldest FROM inbox INDEXED BY inbox_state WHERE state = 'needs_attention';

-- name: last_destruction
SELECT max(at) AS at FROM destroyed_scope WHERE scope >= 'patient:' AND scope < 'patient;';

-- name: in_doubt
SELECT count(*) AS number, min(created_at) AS oldest FROM patient INDEXED BY patient_in_doubt WHERE certain = 0;
