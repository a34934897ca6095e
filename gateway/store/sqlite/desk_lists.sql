-- name: stuck
-- What a person must decide, by cause. `reason` is the code of the last try.
SELECT state, partner, kind, reason, count(*) AS number, min(created_at) AS oldest, max(updated_at) AS newest
FROM intent INDEXED BY intent_waiting
WHERE state IN ('dead', 'unknown') AND state NOT IN ('delivered', 'refused', 'cancelled')
GROUP BY state, partner, kind, reason;

-- name: trying
SELECT partner, count(*) AS number, max(attempts) AS attempts, max(reason) AS reason, min(first_tried_at) AS since
FROM intent INDEXED BY intent_waiting
WHERE state = 'retry' AND state NOT IN ('delivered', 'refused', 'cancelled') GROUP BY partner;

-- name: messages_before
SELECT id, partner, channel, control_id, body_sha256, format, state, faults, business_key, patient_id, received_at,
       replay_of FROM inbox INDEXED BY inbox_newest
WHERE received_at <= :before AND (received_at < :before OR id < :before_id) AND (:partner IS NULL OR partner = :partner) AND received_at >= :since
ORDER BY received_at DESC, id DESC LIMIT :limit;

-- name: messages_in_state_before
SELECT id, partner, channel, control_id, body_sha256, format, state, faults, business_key, patient_id, received_at,
       replay_of FROM inbox INDEXED BY inbox_state
WHERE state = :state AND received_at <= :before AND (received_at < :before OR id < :before_id) AND (:partner IS NULL OR partner = :partner) AND received_at >= :since
ORDER BY received_at DESC, id DESC LIMIT :limit;

-- name: consents_after
SELECT consent_id, patient_id, version, standing, recorded_by, recorded_at, reasons
FROM consent_state WHERE consent_id > :after ORDER BY consent_id LIMIT :limit;

-- name: consent_steps
SELECT consent_id, epoch, version, standing, recorded_by, recorded_at, reasons
FROM consent_history WHERE patient_id = :patient_id ORDER BY consent_id, epoch;
