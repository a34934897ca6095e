-- name: save
INSERT INTO consent_state (consent_id, patient_id, version, standing, recorded_by, recorded_at, reasons)
VALUES (:consent_id, :patient_id, :version, :standing, :recorded_by, :recorded_at, :reasons)
ON CONFLICT (consent_id) DO UPDATE SET patient_id = excluded.patient_id, version = excluded.version,
    standing = excluded.standing, recorded_by = excluded.recorded_by, recorded_at = excluded.recorded_at,
    reasons = excluded.reasons;

-- name: get
SELECT consent_id, patient_id, version, standing, recorded_by, recorded_at, reasons
FROM consent_state WHERE consent_id = :consent_id;

-- name: of_patient
SELECT consent_id, patient_id, version, standing, recorded_by, recorded_at, reasons
FROM consent_state WHERE patient_id = :patient_id ORDER BY consent_id;

-- name: keep_history
INSERT INTO consent_history (patient_id, consent_id, epoch, version, standing, recorded_by, recorded_at, reasons)
SELECT id, :consent_id, epoch, :version, :standing, :recorded_by, :recorded_at, :reasons FROM patient WHERE id = :patient_id
ON CONFLICT (patient_id, consent_id, epoch) DO UPDATE SET version = excluded.version, standing = excluded.standing,
    recorded_by = excluded.recorded_by, recorded_at = excluded.recorded_at, reasons = excluded.reasons;

-- name: of_patient_at
SELECT consent_id, patient_id, version, standing, recorded_by, recorded_at, reasons
FROM consent_history AS one WHERE patient_id = :patient_id AND epoch = (
    SELECT max(epoch) FROM consent_history
    WHERE patient_id = one.patient_id AND consent_id = one.consent_id AND epoch <= :epoch
) ORDER BY consent_id;

-- name: of_standing_after
SELECT consent_id, patient_id, version, standing, recorded_by, recorded_at, reasons
FROM consent_state WHERE standing = :standing AND consent_id > :after ORDER BY consent_id LIMIT :limit;

-- name: of_recorder_after
SELECT consent_id, patient_id, version, standing, recorded_by, recorded_at, reasons
FROM consent_state WHERE recorded_by = :recorded_by AND standing = :standing AND consent_id > :after
ORDER BY consent_id LIMIT :limit;
