-- name: latest
SELECT said_at FROM message_time WHERE place = :place AND resource_type = :type AND id = :id;

-- name: keep
INSERT INTO message_time (place, resource_type, id, said_at) VALUES (:place, :type, :id, :said_at)
ON CONFLICT (place, resource_type, id) DO UPDATE SET said_at = excluded.said_at WHERE excluded.said_at > message_time.said_at;

-- name: drop_of_patient
DELETE FROM message_time WHERE (place, resource_type, id) IN (
    SELECT place, resource_type, id FROM record INDEXED BY record_of_patient WHERE patient_id = :patient_id AND current = 1);
