-- name: add
INSERT INTO releases (id, intent_id, patient_id, partner, audit_seq, sha256, media_type, created_at, state, updated_at,
                      sealed)
VALUES (:id, :intent_id, :patient_id, :partner, :audit_seq, :sha256, :media_type, :created_at, :state, :created_at,
        :sealed);

-- name: get
SELECT id, intent_id, patient_id, partner, audit_seq, sha256, media_type, created_at, state
FROM releases WHERE id = :id;

-- name: sealed
SELECT patient_id, sealed FROM releases WHERE id = :id;

-- name: mark
UPDATE releases SET state = :state, updated_at = :at WHERE id = :id;

-- name: close
UPDATE releases SET state = :state, updated_at = :at WHERE id = :id AND state IN ('prepared', 'handed_over');

-- name: of_intent
SELECT id, intent_id, patient_id, partner, audit_seq, sha256, media_type, created_at, state
FROM releases WHERE intent_id = :intent_id ORDER BY created_at, rowid;

-- name: of_audit
SELECT id, intent_id, patient_id, partner, audit_seq, sha256, media_type, created_at, state
FROM releases WHERE audit_seq = :audit_seq ORDER BY rowid;

-- name: of_patient
SELECT id, intent_id, patient_id, partner, audit_seq, sha256, media_type, created_at, state
FROM releases WHERE patient_id = :patient_id ORDER BY created_at, rowid;

-- name: pushes_handed_over
SELECT id, intent_id, patient_id, partner, audit_seq, sha256, media_type, created_at, state
FROM releases INDEXED BY releases_handed_over
WHERE state = 'handed_over' AND intent_id IS NOT NULL ORDER BY created_at, rowid;
