-- name: add
INSERT INTO legal_hold (id, reason, patient_id, partner, since, until, placed_at, placed_by)
VALUES (:id, :reason, :patient_id, :partner, :since, :until, :placed_at, :placed_by) ON CONFLICT DO NOTHING;

-- name: get
SELECT id, reason, patient_id, partner, since, until, placed_at, placed_by, lifted_at FROM legal_hold WHERE id = :id;

-- name: standing
SELECT id, reason, patient_id, partner, since, until, placed_at, placed_by, lifted_at FROM legal_hold
WHERE lifted_at = '' ORDER BY placed_at, id;

-- name: lifted
SELECT id, reason, patient_id, partner, since, until, placed_at, placed_by, lifted_at FROM legal_hold
WHERE lifted_at <> '' ORDER BY placed_at DESC, id DESC LIMIT :limit;

-- name: lift
UPDATE legal_hold SET lifted_at = :at WHERE id = :id AND lifted_at = '';

-- name: reaches_patient
-- Something of hers came, left, was asked for or was kept within the span, from or to the partner where one is named.
SELECT 1 AS found WHERE EXISTS (
    SELECT 1 FROM inbox WHERE patient_id = :patient_id AND (:partner = '' OR partner = :partner)
      AND received_at >= :since AND received_at < :until
) OR EXISTS (
    SELECT 1 FROM audit WHERE patient_id = :patient_id AND partner <> '' AND (:partner = '' OR partner = :partner)
      AND at >= :since AND at < :until
) OR EXISTS (
    SELECT 1 FROM intent WHERE patient_id = :patient_id AND (:partner = '' OR :partner IN (partner, source_partner))
      AND created_at >= :since AND created_at < :until
) OR (:partner = '' AND EXISTS (
    SELECT 1 FROM record WHERE patient_id = :patient_id AND current = 1 AND updated_at >= :since AND updated_at < :until
));
