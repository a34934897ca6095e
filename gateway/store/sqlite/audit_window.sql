-- name: at
SELECT at FROM audit WHERE seq = :seq;

-- name: counted
SELECT substr(at, 1, 13) AS hour, kind, outcome, partner, purpose, count(*) AS number, min(seq) AS lowest, max(seq) AS highest
FROM audit
WHERE seq > :after_seq AND seq <= :upto_seq GROUP BY substr(at, 1, 13), kind, outcome, partner, purpose;

-- name: newest_between
SELECT seq, at, kind, patient_id, partner, purpose, outcome, request_id, sealed, facts_hash, leaf_hash, chain_hash
FROM audit
WHERE seq > :after_seq AND seq < :before_seq
  AND (:looks = 1 OR kind <> 'read' OR partner <> '') AND (:kind IS NULL OR kind = :kind) AND (:partner IS NULL OR partner = :partner)
  AND (:purpose IS NULL OR purpose = :purpose) AND (:outcome IS NULL OR outcome = :outcome)
  AND (:since IS NULL OR at >= :since) AND (:until IS NULL OR at < :until)
ORDER BY seq DESC LIMIT :limit;

-- name: newest_checkpoints
SELECT size, chain_hash, note, at FROM audit_checkpoint WHERE size < :below ORDER BY size DESC LIMIT :limit;

-- name: first_checkpoint_from
SELECT size, chain_hash, note, at FROM audit_checkpoint WHERE size >= :size ORDER BY size LIMIT 1;
