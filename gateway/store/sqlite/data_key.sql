-- name: newest
SELECT generation, kek_id, wrapped FROM data_key WHERE scope = :scope ORDER BY generation DESC LIMIT 1;

-- name: of_generation
SELECT generation, kek_id, wrapped FROM data_key WHERE scope = :scope AND generation = :generation;

-- name: of_scopes
-- `wanted` is JSON: a list of scopes.
SELECT data_key.scope, data_key.generation, data_key.kek_id, data_key.wrapped FROM json_each(:wanted) AS wanted
CROSS JOIN data_key ON data_key.scope = wanted.value;

-- name: make
INSERT INTO data_key (scope, generation, kek_id, wrapped)
SELECT :scope, :generation, :kek_id, :wrapped
WHERE NOT EXISTS (SELECT 1 FROM destroyed_scope WHERE scope = :scope) ON CONFLICT DO NOTHING;

-- name: rewrap
UPDATE data_key SET kek_id = :kek_id, wrapped = :wrapped WHERE scope = :scope AND generation = :generation;

-- name: under_other_key
-- All generations of a scope are taken together: there is one, unless a later release makes more.
SELECT scope, generation, kek_id, wrapped FROM data_key
WHERE scope > :after AND kek_id <> :kek_id ORDER BY scope, generation LIMIT :limit;

-- name: any_under_other_key
SELECT 1 FROM data_key WHERE kek_id <> :kek_id LIMIT 1;

-- name: count_by_kek
SELECT kek_id, count(*) AS number FROM data_key GROUP BY kek_id;

-- name: destroyed
SELECT scope, at FROM destroyed_scope WHERE scope > :after ORDER BY scope LIMIT :limit;

-- name: is_destroyed
SELECT 1 FROM destroyed_scope WHERE scope = :scope;

-- name: mark_destroyed
INSERT INTO destroyed_scope (scope, at) VALUES (:scope, :at) ON CONFLICT DO NOTHING;

-- name: destroy
DELETE FROM data_key WHERE scope = :scope;

-- name: message_scopes
SELECT 'message:' || id AS scope FROM inbox WHERE patient_id = :patient_id;
