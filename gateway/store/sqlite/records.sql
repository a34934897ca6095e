-- name: current
SELECT resource_type, id, version, patient_id, source_partner, sources, part2, updated_at, deleted, sealed
FROM record WHERE id = :id AND resource_type = :type ORDER BY version DESC LIMIT 1;

-- name: of_version
SELECT resource_type, id, version, patient_id, source_partner, sources, part2, updated_at, deleted, sealed
FROM record WHERE id = :id AND resource_type = :type AND version = :version;

-- name: history
SELECT resource_type, id, version, patient_id, source_partner, sources, part2, updated_at, deleted, sealed
FROM record WHERE id = :id AND resource_type = :type ORDER BY version DESC LIMIT :limit;

-- name: of_patient
SELECT resource_type, id, version, patient_id, source_partner, sources, part2, updated_at, deleted, sealed
FROM record INDEXED BY record_of_patient
WHERE patient_id = :patient_id AND current = 1 AND deleted = 0 ORDER BY resource_type, id;

-- name: of_patient_and_type
SELECT resource_type, id, version, patient_id, source_partner, sources, part2, updated_at, deleted, sealed
FROM record INDEXED BY record_of_patient
WHERE patient_id = :patient_id AND resource_type = :type AND current = 1 AND deleted = 0 ORDER BY id;

-- name: ids_of_patient_and_type
SELECT id FROM record INDEXED BY record_of_patient
WHERE patient_id = :patient_id AND resource_type = :type AND current = 1 AND deleted = 0 ORDER BY id;

-- name: retire
UPDATE record SET current = 0 WHERE id = :id AND resource_type = :type AND version = :version;

-- name: add
INSERT INTO record (resource_type, id, version, patient_id, source_partner, sources, part2, updated_at, deleted,
                    sealed)
VALUES (:type, :id, :version, :patient_id, :source_partner, :sources, :part2, :updated_at, :deleted, :sealed);

-- name: drop_tokens
DELETE FROM search_token WHERE id = :id AND resource_type = :type;

-- name: add_token
INSERT OR IGNORE INTO search_token (token, resource_type, param, id) VALUES (:token, :type, :param, :id);

-- name: find_token
SELECT resource_type, id FROM search_token
WHERE token = :token AND resource_type = :type AND param = :param ORDER BY id;
