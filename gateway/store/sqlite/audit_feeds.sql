-- name: told_to
SELECT told_to FROM audit_feed WHERE name = :name;

-- name: keep
INSERT INTO audit_feed (name, told_to) VALUES (:name, :told_to)
ON CONFLICT (name) DO UPDATE SET told_to = excluded.told_to WHERE audit_feed.told_to < excluded.told_to;
