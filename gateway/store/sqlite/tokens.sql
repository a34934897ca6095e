-- name: use
INSERT OR IGNORE INTO used_assertion (issuer, jti, expires_at) VALUES (:issuer, :jti, :expires_at);

-- name: forget_expired
DELETE FROM used_assertion WHERE expires_at < :before;
