-- name: put
INSERT INTO audit_count (zone, after_seq, upto_seq, counts) VALUES (:zone, :after_seq, :upto_seq, :counts)
ON CONFLICT DO NOTHING;

-- name: counted_to
SELECT max(upto_seq) AS seq FROM audit_count WHERE zone = :zone AND upto_seq - after_seq = :entries;

-- name: between
SELECT after_seq, counts FROM audit_count
WHERE zone = :zone AND after_seq >= :after_seq AND after_seq < :upto_seq AND upto_seq - after_seq = :entries;
