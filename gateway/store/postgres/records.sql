-- name: sets
-- `wanted` is JSON: a list of ids.
SELECT record_set.id, record_set.sealed FROM json_array_elements_text(:wanted::json) AS wanted (id)
JOIN record_set ON record_set.id = wanted.id::bigint;

-- name: all_current
-- `wanted` is JSON: a list of [place, type, id].
SELECT record.resource_type, record.id, record.version, record.patient_id, record.updated_at, record.digest, record.set_id
FROM json_array_elements(:wanted::json) AS wanted (key)
JOIN record ON record.place = (wanted.key ->> 0)::bigint AND record.resource_type = (wanted.key ->> 1)
    AND record.id = (wanted.key ->> 2) AND record.current = 1;

-- name: of_versions
-- `wanted` is JSON: a list of [place, type, id, version].
SELECT record.resource_type, record.id, record.version, record.patient_id, record.updated_at, record.digest, record.set_id
FROM json_array_elements(:wanted::json) AS wanted (key)
JOIN record ON record.place = (wanted.key ->> 0)::bigint AND record.resource_type = (wanted.key ->> 1)
    AND record.id = (wanted.key ->> 2) AND record.version = (wanted.key ->> 3)::bigint;
