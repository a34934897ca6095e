-- name: keep
INSERT INTO inbox (id, partner, channel, control_id, body_sha256, format, state, faults, business_key, patient_id,
                   received_at, replay_of, sealed)
VALUES (:id, :partner, :channel, :control_id, :body_sha256, :format, :state, :faults, :business_key, :patient_id,
        :received_at, :replay_of, :sealed);

-- name: get
SELECT id, partner, channel, control_id, body_sha256, format, state, faults, business_key, patient_id, received_at,
       replay_of FROM inbox WHERE id = :id;

-- name: find
SELECT id, partner, channel, control_id, body_sha256, format, state, faults, business_key, patient_id, received_at,
       replay_of FROM inbox
WHERE partner = :partner AND channel = :channel AND control_id = :control_id AND replay_of IS NULL
ORDER BY received_at DESC, rowid DESC;

-- name: sealed
SELECT sealed FROM inbox WHERE id = :id;

-- name: set_state
UPDATE inbox SET state = :state, faults = :faults WHERE id = :id;

-- name: newest
SELECT id, partner, channel, control_id, body_sha256, format, state, faults, business_key, patient_id, received_at,
       replay_of FROM inbox
WHERE (:partner IS NULL OR partner = :partner)
ORDER BY received_at DESC, rowid DESC LIMIT :limit;

-- name: newest_in_state
SELECT id, partner, channel, control_id, body_sha256, format, state, faults, business_key, patient_id, received_at,
       replay_of FROM inbox
WHERE state = :state AND (:partner IS NULL OR partner = :partner)
ORDER BY received_at DESC, rowid DESC LIMIT :limit;

-- name: about_somebody
SELECT id, partner, channel, control_id, body_sha256, format, state, faults, business_key, patient_id, received_at,
       replay_of FROM inbox INDEXED BY inbox_newest
WHERE received_at >= :at AND (received_at > :at OR id > :id) AND patient_id IS NOT NULL AND state IN ('accepted', 'closed')
ORDER BY received_at, id LIMIT :limit;

-- name: set_patient
UPDATE inbox SET patient_id = :patient_id WHERE id = :id;
