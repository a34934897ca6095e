-- name: append
INSERT INTO audit (seq, at, kind, patient_id, partner, purpose, outcome, request_id, sealed, facts_hash, leaf_hash,
                   chain_hash)
VALUES (:seq, :at, :kind, :patient_id, :partner, :purpose, :outcome, :request_id, :sealed, :facts_hash, :leaf_hash,
        :chain_hash);

-- name: last
SELECT seq, chain_hash FROM audit ORDER BY seq DESC LIMIT 1;

-- name: last_number
SELECT seq FROM audit ORDER BY seq DESC LIMIT 1;

-- name: get
SELECT seq, at, kind, patient_id, partner, purpose, outcome, request_id, sealed, facts_hash, leaf_hash, chain_hash
FROM audit WHERE seq = :seq;

-- name: page
SELECT seq, at, kind, patient_id, partner, purpose, outcome, request_id, sealed, facts_hash, leaf_hash, chain_hash
FROM audit WHERE seq >= :from_seq ORDER BY seq LIMIT :limit;

-- name: numbers
SELECT seq FROM audit WHERE seq >= :from_seq ORDER BY seq LIMIT :limit;

-- name: of_request
SELECT seq, at, kind, patient_id, partner, purpose, outcome, request_id, sealed, facts_hash, leaf_hash, chain_hash
FROM audit WHERE request_id = :request_id ORDER BY seq;

-- name: of_patient
SELECT seq, at, kind, patient_id, partner, purpose, outcome, request_id, sealed, facts_hash, leaf_hash, chain_hash
FROM audit WHERE patient_id = :patient_id ORDER BY seq;

-- name: before_patient
SELECT hers.seq AS seq, before.chain_hash AS chain_hash FROM audit AS hers JOIN audit AS before ON before.seq = hers.seq - 1
WHERE hers.patient_id = :patient_id;

-- name: chains_before
-- `wanted` is JSON: a list of numbers.
SELECT audit.seq + 1 AS seq, audit.chain_hash AS chain_hash FROM json_each(:wanted) AS wanted
CROSS JOIN audit ON audit.seq = wanted.value - 1;

-- name: newest
SELECT seq, at, kind, patient_id, partner, purpose, outcome, request_id, sealed, facts_hash, leaf_hash, chain_hash
FROM audit
WHERE seq < :before_seq AND (:kind IS NULL OR kind = :kind) AND (:purpose IS NULL OR purpose = :purpose)
  AND (:outcome IS NULL OR outcome = :outcome) AND (:since IS NULL OR at >= :since) AND (:until IS NULL OR at < :until)
ORDER BY seq DESC LIMIT :limit;

-- name: newest_of_partner
SELECT seq, at, kind, patient_id, partner, purpose, outcome, request_id, sealed, facts_hash, leaf_hash, chain_hash
FROM audit
WHERE partner = :partner
  AND (:never_of IS NULL OR substr(request_id, 15, 1) <> :never_of)
  AND seq < :before_seq AND (:kind IS NULL OR kind = :kind) AND (:purpose IS NULL OR purpose = :purpose)
  AND (:outcome IS NULL OR outcome = :outcome) AND (:since IS NULL OR at >= :since) AND (:until IS NULL OR at < :until)
ORDER BY seq DESC LIMIT :limit;

-- name: newest_of_patient
SELECT seq, at, kind, patient_id, partner, purpose, outcome, request_id, sealed, facts_hash, leaf_hash, chain_hash
FROM audit
WHERE patient_id = :patient_id AND (:partner IS NULL OR partner = :partner)
  AND seq < :before_seq AND (:kind IS NULL OR kind = :kind) AND (:purpose IS NULL OR purpose = :purpose)
  AND (:outcome IS NULL OR outcome = :outcome) AND (:since IS NULL OR at >= :since) AND (:until IS NULL OR at < :until)
ORDER BY seq DESC LIMIT :limit;

-- name: latest_release_entry
SELECT max(audit_seq) AS seq FROM releases;

-- name: add_checkpoint
INSERT INTO audit_checkpoint (size, chain_hash, note, at) VALUES (:size, :chain_hash, :note, :at);

-- name: last_checkpoint
SELECT size, chain_hash, note, at FROM audit_checkpoint ORDER BY size DESC LIMIT 1;

-- name: checkpoints
SELECT size, chain_hash, note, at FROM audit_checkpoint WHERE size >= :from_size ORDER BY size LIMIT :limit;

-- name: checkpoint
SELECT size, chain_hash, note, at FROM audit_checkpoint WHERE size = :size;

-- name: sizes
SELECT size FROM audit_checkpoint WHERE size >= :from_size ORDER BY size LIMIT :limit;
