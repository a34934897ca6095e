-- name: sets
SELECT id, sealed FROM record_set WHERE patient_id = :patient_id;

-- name: releases
SELECT id, sealed FROM releases WHERE patient_id = :patient_id;

-- name: messages
SELECT id FROM inbox WHERE patient_id = :patient_id;

-- name: audit_entries
SELECT count(*) AS number FROM audit WHERE patient_id = :patient_id;
