-- name: has
SELECT 1 FROM kept_version WHERE kind = :kind AND version = :version;

-- name: keep
INSERT INTO kept_version (kind, version, kept_at, sealed) VALUES (:kind, :version, :kept_at, :sealed);

-- name: get
SELECT sealed FROM kept_version WHERE kind = :kind AND version = :version;

-- name: of_kind
SELECT version FROM kept_version WHERE kind = :kind ORDER BY kept_at, version;
