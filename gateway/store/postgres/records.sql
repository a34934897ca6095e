-- Each row wanted is looked for by itself (`OFFSET 0` forbids anything else): a few look-ups, however many rows there are.

-- name: sets
-- `wanted` is JSON: a list of ids.
SELECT found.id, found.sealed FROM json_array_elements_text(:wanted::json) AS wanted (id)
JOIN LATERAL (SELECT id, sealed FROM record_set WHERE record_set.id = wanted.id::bigint OFFSET 0) AS found ON true;

-- name: all_current
-- `wanted` is JSON: a list of places, at which other records may stand as well. `+ 0`: not by the index of a patient's
-- records.
SELECT found.resource_type, found.id, found.version, found.patient_id, found.updated_at, found.digest, found.set_id
FROM json_array_elements_text(:wanted::json) AS wanted (place)
JOIN LATERAL (
    SELECT * FROM record WHERE place = wanted.place::bigint AND current + 0 = 1 OFFSET 0) AS found ON true;

-- name: of_versions
-- `wanted` is JSON: a list of [place, type, id, version].
SELECT found.resource_type, found.id, found.version, found.patient_id, found.updated_at, found.digest, found.set_id
FROM json_array_elements(:wanted::json) AS wanted (key)
JOIN LATERAL (
    SELECT * FROM record WHERE place = (wanted.key ->> 0)::bigint AND resource_type = (wanted.key ->> 1)
    AND id = (wanted.key ->> 2) AND version = (wanted.key ->> 3)::bigint OFFSET 0) AS found ON true;
