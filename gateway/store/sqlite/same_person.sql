-- name: join
INSERT INTO joined_patient (patient_id, joined_to, joined_at, audit_seq, sealed)
VALUES (:patient_id, :joined_to, :at, :audit_seq, :sealed);

-- name: part
UPDATE joined_patient SET parted_at = :at WHERE patient_id = :patient_id AND parted_at = '';

-- name: joined_now
SELECT patient_id, joined_to, joined_at, audit_seq, sealed FROM joined_patient
WHERE patient_id = :patient_id AND parted_at = '';

-- name: joined_to
SELECT patient_id FROM joined_patient WHERE joined_to = :patient_id AND parted_at = '' ORDER BY joined_at;

-- name: tell_apart
INSERT OR IGNORE INTO told_apart (one, other, at) VALUES (:one, :other, :at);

-- name: are_told_apart
SELECT 1 AS found FROM told_apart WHERE one = :one AND other = :other;

-- name: move_link
UPDATE patient_link SET patient_id = :to WHERE token = :token AND partner = :partner;

-- name: drop_match_keys
DELETE FROM match_key WHERE patient_id = :patient_id;
