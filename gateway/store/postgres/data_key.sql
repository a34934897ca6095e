-- name: of_scopes
-- `wanted` is JSON: a list of scopes, each looked for by itself.
SELECT found.scope, found.generation, found.kek_id, found.wrapped FROM json_array_elements_text(:wanted::json) AS wanted (scope)
JOIN LATERAL (SELECT * FROM data_key WHERE data_key.scope = wanted.scope COLLATE "C" OFFSET 0) AS found ON true;

-- name: make
INSERT INTO data_key (scope, generation, kek_id, wrapped)
SELECT :scope::text, :generation::bigint, :kek_id::text, :wrapped::bytea
WHERE NOT EXISTS (SELECT 1 FROM destroyed_scope WHERE scope = :scope) ON CONFLICT DO NOTHING;
