-- name: task_of
SELECT task_id FROM filler_number WHERE token = :token;

-- name: keep
INSERT INTO filler_number (token, task_id, said_at) VALUES (:token, :task_id, :said_at)
ON CONFLICT (token) DO UPDATE SET task_id = excluded.task_id, said_at = excluded.said_at
WHERE excluded.said_at >= filler_number.said_at;

-- name: drop_of_patient
DELETE FROM filler_number WHERE task_id IN (
    SELECT id FROM record INDEXED BY record_of_patient
    WHERE patient_id = :patient_id AND resource_type = 'Task' AND current = 1);
