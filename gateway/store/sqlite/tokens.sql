-- name: use
INSERT INTO used_assertion (issuer, jti, expires_at) VALUES (:issuer, :jti, :expires_at) ON CONFLICT DO NOTHING;

-- name: forget_expired
DELETE FROM used_assertion WHERE expires_at < :before;
