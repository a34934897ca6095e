-- name: add
INSERT INTO withdrawal (audit_seq, patient_id) VALUES (:audit_seq, :patient_id);

-- name: newest
SELECT max(audit_seq) AS seq FROM withdrawal;

-- name: open
SELECT audit_seq FROM withdrawal INDEXED BY withdrawal_open
WHERE open = 1 AND audit_seq < :before ORDER BY audit_seq DESC LIMIT :limit;

-- name: open_of_patient
SELECT audit_seq FROM withdrawal INDEXED BY withdrawal_patient
WHERE open = 1 AND patient_id = :patient_id AND audit_seq < :before ORDER BY audit_seq DESC LIMIT :limit;

-- name: settle
UPDATE withdrawal SET open = 0 WHERE audit_seq = :audit_seq;

-- name: is_leaving
SELECT 1 AS found FROM releases
WHERE patient_id = :patient_id AND state = 'handed_over' AND intent_id IS NOT NULL LIMIT 1;
