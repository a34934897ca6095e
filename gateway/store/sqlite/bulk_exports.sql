-- name: begin
INSERT INTO bulk_export (id, partner, client_id, purpose, asked, begun_at, ends_at, status)
VALUES (:id, :partner, :client_id, :purpose, :asked, :begun_at, :ends_at, 'writing') ON CONFLICT DO NOTHING;

-- name: get
SELECT id, partner, client_id, purpose, asked, begun_at, ends_at, status, after_patient FROM bulk_export WHERE id = :id;

-- name: number_of_client
SELECT count(*) AS number FROM bulk_export WHERE client_id = :client_id AND ends_at > :now;

-- name: first_to_write
SELECT id, partner, client_id, purpose, asked, begun_at, ends_at, status, after_patient
FROM bulk_export WHERE status = 'writing' AND ends_at > :now AND id > :after ORDER BY id LIMIT 1;

-- name: go_on
UPDATE bulk_export SET after_patient = :patient_id WHERE id = :id AND status = 'writing';

-- name: finish
UPDATE bulk_export SET status = :status WHERE id = :id AND status = 'writing';

-- name: keep_part
INSERT INTO bulk_export_part (export_id, patient_id, sealed) VALUES (:export_id, :patient_id, :sealed);

-- name: drop_part
DELETE FROM bulk_export_part WHERE export_id = :export_id AND patient_id = :patient_id;

-- name: next_part
SELECT patient_id, sealed FROM bulk_export_part WHERE export_id = :export_id AND patient_id > :after
ORDER BY patient_id LIMIT 1;

-- name: drop_parts
DELETE FROM bulk_export_part WHERE export_id = :id;

-- name: drop
DELETE FROM bulk_export WHERE id = :id;

-- name: ended
SELECT id FROM bulk_export WHERE ends_at <= :now ORDER BY ends_at LIMIT 100;

-- name: next_known
SELECT min(patient_id) AS patient_id FROM patient_link WHERE partner = :partner AND patient_id > :after;

-- name: next_referred
SELECT min(patient_id) AS patient_id FROM intent
WHERE partner = :partner AND kind = 'referral' AND state = 'delivered' AND patient_id > :after;

-- name: drop_parts_of_patient
DELETE FROM bulk_export_part WHERE patient_id = :patient_id;
