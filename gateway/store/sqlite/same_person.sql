-- name: join
INSERT INTO joined_patient (patient_id, joined_to, joined_seq, sealed)
VALUES (:patient_id, :joined_to, :joined_seq, :sealed);

-- name: part
UPDATE joined_patient SET parted_seq = :parted_seq WHERE patient_id = :patient_id AND parted_seq = 0;

-- name: joined_now
SELECT patient_id, joined_to, joined_seq, parted_seq, sealed FROM joined_patient
WHERE patient_id = :patient_id AND parted_seq = 0;

-- name: of_patient
SELECT patient_id, joined_to, joined_seq, parted_seq, sealed FROM joined_patient WHERE patient_id = :patient_id
UNION ALL
SELECT patient_id, joined_to, joined_seq, parted_seq, sealed FROM joined_patient WHERE joined_to = :patient_id
ORDER BY joined_seq;

-- name: joined_to
SELECT patient_id FROM joined_patient WHERE joined_to = :patient_id AND parted_seq = 0 ORDER BY joined_seq;

-- name: tell_apart
INSERT INTO told_apart (one, other, at) VALUES (:one, :other, :at) ON CONFLICT DO NOTHING;

-- name: are_told_apart
SELECT 1 AS found FROM told_apart WHERE one = :one AND other = :other;

-- name: move_link
UPDATE patient_link SET patient_id = :to WHERE token = :token AND partner = :partner AND patient_id = :from;

-- name: drop_link
DELETE FROM patient_link WHERE token = :token AND partner = :partner AND patient_id = :from;

-- name: drop_match_keys
DELETE FROM match_key WHERE patient_id = :patient_id;

-- name: add_unsorted
INSERT INTO unsorted_record (resource_type, id, one, other) VALUES (:type, :id, :one, :other)
ON CONFLICT (resource_type, id) DO UPDATE SET one = excluded.one, other = excluded.other;

-- name: drop_unsorted
DELETE FROM unsorted_record WHERE resource_type = :type AND id = :id;

-- name: unsorted
SELECT resource_type, id, one, other FROM unsorted_record WHERE resource_type = :type AND id = :id;

-- name: unsorted_of
SELECT resource_type, id, one, other FROM unsorted_record WHERE one = :patient_id
UNION
SELECT resource_type, id, one, other FROM unsorted_record WHERE other = :patient_id;

-- name: left_behind
SELECT (
    SELECT count(*) FROM record AS hers INDEXED BY record_of_patient
    CROSS JOIN record AS version
    ON version.place = hers.place AND version.resource_type = hers.resource_type AND version.id = hers.id
    WHERE hers.patient_id = :patient_id AND hers.current = 1 AND version.patient_id = :other
) + (
    SELECT count(*) FROM intent CROSS JOIN releases ON releases.intent_id = intent.id
    WHERE intent.patient_id = :patient_id AND releases.patient_id = :other
) AS number;
