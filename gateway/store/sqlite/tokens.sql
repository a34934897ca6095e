-- name: use
INSERT INTO used_assertion (issuer, jti, expires_at) VALUES (:issuer, :jti, :expires_at) ON CONFLICT DO NOTHING;

-- name: forget_expired
DELETE FROM used_assertion WHERE expires_at < :before;

-- name: was_used
SELECT 1 AS found FROM used_assertion WHERE issuer = :issuer AND jti = :jti;

-- name: remember
INSERT INTO used_assertion (issuer, jti, expires_at) VALUES (:issuer, :jti, :expires_at)
ON CONFLICT (issuer, jti) DO UPDATE SET expires_at = excluded.expires_at;

-- name: that_begin
SELECT jti FROM used_assertion WHERE issuer = :issuer AND jti >= :start AND jti < :stop ORDER BY jti;

-- name: remembered_until
SELECT expires_at FROM used_assertion WHERE issuer = :issuer AND jti = :jti;
