-- name: latest
SELECT said_at FROM message_time WHERE place = :place AND resource_type = :type AND id = :id;

-- name: number_of
SELECT said_under FROM message_time WHERE place = :place AND resource_type = :type AND id = :id;

-- name: keep
INSERT INTO message_time (place, resource_type, id, said_at, said_under) VALUES (:place, :type, :id, :said_at, :said_under)
ON CONFLICT (place, resource_type, id) DO UPDATE SET said_at = excluded.said_at, said_under = excluded.said_under
WHERE excluded.said_at > message_time.said_at
    OR (excluded.said_at = message_time.said_at AND message_time.said_under = '' AND excluded.said_under <> '');

-- name: under
SELECT record.id, message_time.said_at
FROM record INDEXED BY record_of_patient
CROSS JOIN message_time ON message_time.place = record.place AND message_time.resource_type = record.resource_type
    AND message_time.id = record.id
WHERE record.patient_id = :patient_id AND record.resource_type = :type AND record.current = 1 AND record.deleted = 0
    AND message_time.said_under = :said_under ORDER BY record.id;

-- name: drop_of_patient
DELETE FROM message_time WHERE (place, resource_type, id) IN (
    SELECT place, resource_type, id FROM record INDEXED BY record_of_patient WHERE patient_id = :patient_id AND current = 1);
