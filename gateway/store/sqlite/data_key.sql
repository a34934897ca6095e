-- name: newest
SELECT generation, kek_id, wrapped FROM data_key WHERE scope = :scope ORDER BY generation DESC LIMIT 1;

-- name: of_generation
SELECT generation, kek_id, wrapped FROM data_key WHERE scope = :scope AND generation = :generation;

-- name: add
INSERT INTO data_key (scope, generation, kek_id, wrapped) VALUES (:scope, :generation, :kek_id, :wrapped);

-- name: rewrap
UPDATE data_key SET kek_id = :kek_id, wrapped = :wrapped WHERE scope = :scope AND generation = :generation;

-- name: under_other_key
SELECT scope, generation, kek_id, wrapped FROM data_key WHERE kek_id <> :kek_id LIMIT :limit;

-- name: is_destroyed
SELECT 1 FROM destroyed_scope WHERE scope = :scope;

-- name: mark_destroyed
INSERT OR IGNORE INTO destroyed_scope (scope, at) VALUES (:scope, :at);

-- name: destroy
DELETE FROM data_key WHERE scope = :scope;

-- name: message_scopes
SELECT 'message:' || id AS scope FROM inbox WHERE patient_id = :patient_id;
