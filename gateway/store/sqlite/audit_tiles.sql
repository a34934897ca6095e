-- name: get
SELECT hashes FROM audit_tile WHERE level = :level AND place = :place;

-- name: put
INSERT INTO audit_tile (level, place, hashes) VALUES (:level, :place, :hashes)
ON CONFLICT (level, place) DO UPDATE SET hashes = excluded.hashes;

-- name: count
SELECT max(place) + 1 AS number FROM audit_tile WHERE level = 0;

-- name: kept
SELECT count(*) AS number FROM audit_tile WHERE level = 0;

-- name: forget
DELETE FROM audit_tile;

-- name: leaves
SELECT seq, leaf_hash, chain_hash FROM audit WHERE seq >= :from_seq AND seq <= :upto_seq ORDER BY seq;
