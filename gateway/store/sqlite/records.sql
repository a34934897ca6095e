-- name: current
-- `+ 0`: not by the index of a patient's records.
SELECT record.resource_type, record.id, record.version, record.patient_id, record.digest, record.set_id, record_set.sealed
FROM record CROSS JOIN record_set ON record_set.id = record.set_id
WHERE record.place = :place AND record.current + 0 = 1 AND record.id = :id AND record.resource_type = :type;

-- name: of_version
SELECT resource_type, id, version, patient_id, updated_at, digest, set_id
FROM record WHERE place = :place AND id = :id AND resource_type = :type AND version = :version;

-- name: history
SELECT resource_type, id, version, patient_id, updated_at, digest, set_id
FROM record WHERE place = :place AND id = :id AND resource_type = :type AND version < :below ORDER BY version DESC LIMIT :limit;

-- name: of_patient
SELECT resource_type, id, version, patient_id, updated_at, digest, set_id
FROM record INDEXED BY record_of_patient
WHERE patient_id = :patient_id AND current = 1 AND deleted = 0;

-- name: of_patient_and_type
SELECT resource_type, id, version, patient_id, updated_at, digest, set_id
FROM record INDEXED BY record_of_patient
WHERE patient_id = :patient_id AND resource_type = :type AND current = 1 AND deleted = 0;

-- name: retire
UPDATE record SET current = 0, digest = x'' WHERE place = :place AND id = :id AND resource_type = :type AND version = :version;

-- name: add
INSERT INTO record (place, resource_type, id, version, patient_id, updated_at, deleted, digest, set_id)
VALUES (:place, :type, :id, :version, :patient_id, :updated_at, :deleted, :digest, :set_id);

-- name: next_set
SELECT coalesce(max(id), 0) + 1 AS id FROM record_set;

-- name: add_set
INSERT INTO record_set (id, patient_id, sealed) VALUES (:id, :patient_id, :sealed);

-- name: sets
-- `wanted` is JSON: a list of ids.
SELECT record_set.id, record_set.sealed FROM json_each(:wanted) AS wanted
CROSS JOIN record_set ON record_set.id = wanted.value;

-- name: all_current
-- `wanted` is JSON: a list of places, at which other records may stand as well.
SELECT record.resource_type, record.id, record.version, record.patient_id, record.updated_at, record.digest, record.set_id
FROM json_each(:wanted) AS wanted
CROSS JOIN record ON record.place = wanted.value AND record.current = 1;

-- name: of_versions
-- `wanted` is JSON: a list of [place, type, id, version].
SELECT record.resource_type, record.id, record.version, record.patient_id, record.updated_at, record.digest, record.set_id
FROM json_each(:wanted) AS wanted
CROSS JOIN record ON record.place = json_extract(wanted.value, '$[0]')
    AND record.resource_type = json_extract(wanted.value, '$[1]') AND record.id = json_extract(wanted.value, '$[2]')
    AND record.version = json_extract(wanted.value, '$[3]');

-- name: drop_digests
UPDATE record INDEXED BY record_of_patient SET digest = x'' WHERE patient_id = :patient_id AND current = 1;

-- name: drop_tokens
DELETE FROM search_token WHERE id = :id AND resource_type = :type;

-- name: add_token
INSERT INTO search_token (token, resource_type, param, id) VALUES (:token, :type, :param, :id) ON CONFLICT DO NOTHING;

-- name: find_token
SELECT resource_type, id FROM search_token
WHERE token = :token AND resource_type = :type AND param = :param ORDER BY id;
