-- name: add
INSERT INTO privacy_request (id, kind, patient_id, received_on, due_on, state)
VALUES (:id, :kind, :patient_id, :received_on, :due_on, 'received');

-- name: get
SELECT id, kind, patient_id, received_on, due_on, state, extended, decision FROM privacy_request WHERE id = :id;

-- name: not_answered
SELECT id, kind, patient_id, received_on, due_on, state, extended, decision FROM privacy_request
WHERE state <> 'answered' ORDER BY due_on, id LIMIT :limit;

-- name: newest
SELECT id, kind, patient_id, received_on, due_on, state, extended, decision FROM privacy_request
ORDER BY received_on DESC, id DESC LIMIT :limit;

-- name: agreed
SELECT id, kind, patient_id, received_on, due_on, state, extended, decision FROM privacy_request
WHERE patient_id = :patient_id AND kind = :kind AND decision IN ('granted', 'partly') ORDER BY received_on, id;

-- name: move
UPDATE privacy_request SET state = :state, decision = :decision WHERE id = :id AND state = :from_state;

-- name: extend
UPDATE privacy_request SET extended = 1, due_on = :due_on WHERE id = :id AND extended = 0 AND state IN ('received', 'checked');
