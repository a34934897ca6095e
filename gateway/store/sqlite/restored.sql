-- name: waiting
SELECT id, patient_id, partner, state FROM intent INDEXED BY intent_waiting
WHERE state IN ('due', 'retry', 'sending', 'held') AND state NOT IN ('delivered', 'refused', 'cancelled')
ORDER BY state, partner, due_at, sequence;
