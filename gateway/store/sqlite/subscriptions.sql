-- name: add
INSERT INTO subscription (id, partner, client_id, purpose, topic, about, endpoint, payload, heartbeat_seconds, ends_at, status,
    version, created_at, updated_at, seen_set, due_at, header)
VALUES (:id, :partner, :client_id, :purpose, :topic, :about, :endpoint, :payload, :heartbeat_seconds, :ends_at, :status,
    :version, :created_at, :updated_at, :seen_set, :due_at, :header);

-- name: get
SELECT id, partner, client_id, purpose, topic, about, endpoint, payload, heartbeat_seconds, ends_at, status, version, created_at,
    updated_at, seen_set, positions, numbered, due_at, attempts, failing_since, reason, header
FROM subscription WHERE id = :id;

-- name: of_partner
SELECT id, partner, client_id, purpose, topic, about, endpoint, payload, heartbeat_seconds, ends_at, status, version, created_at,
    updated_at, seen_set, positions, numbered, due_at, attempts, failing_since, reason, header
FROM subscription WHERE partner = :partner ORDER BY id;

-- name: of_status
SELECT id, partner, client_id, purpose, topic, about, endpoint, payload, heartbeat_seconds, ends_at, status, version, created_at,
    updated_at, seen_set, positions, numbered, due_at, attempts, failing_since, reason, header
FROM subscription WHERE status = :status ORDER BY id;

-- name: change
UPDATE subscription SET purpose = :purpose, topic = :topic, about = :about, endpoint = :endpoint, payload = :payload,
    heartbeat_seconds = :heartbeat_seconds, ends_at = :ends_at, status = :status, version = :version, updated_at = :updated_at,
    seen_set = :seen_set, positions = :positions, numbered = :numbered, due_at = :due_at, attempts = :attempts,
    failing_since = :failing_since, reason = :reason, header = :header
WHERE id = :id;

-- name: remove
DELETE FROM subscription WHERE id = :id;

-- name: newest_set
SELECT max(id) AS number FROM record_set;

-- name: sets_after
SELECT id, patient_id, sealed FROM record_set WHERE id > :after ORDER BY id LIMIT :limit;

-- name: add_event
INSERT INTO subscription_event (subscription_id, position, at, patient_id, resource_type, resource_id, version, state)
VALUES (:subscription_id, :position, :at, :patient_id, :resource_type, :resource_id, :version, 'waiting');

-- name: first_open
SELECT subscription_id, position, number, at, patient_id, resource_type, resource_id, version, state
FROM subscription_event WHERE subscription_id = :subscription_id AND state IN ('waiting', 'handed_over')
ORDER BY position LIMIT 1;

-- name: event
SELECT subscription_id, position, number, at, patient_id, resource_type, resource_id, version, state
FROM subscription_event WHERE subscription_id = :subscription_id AND position = :position;

-- name: numbered
SELECT subscription_id, position, number, at, patient_id, resource_type, resource_id, version, state
FROM subscription_event WHERE subscription_id = :subscription_id AND number >= :first AND number <= :last AND number > 0
ORDER BY number LIMIT :limit;

-- name: settle_event
UPDATE subscription_event SET number = :number, state = :state
WHERE subscription_id = :subscription_id AND position = :position;

-- name: withhold_open
UPDATE subscription_event SET state = 'withheld'
WHERE subscription_id = :subscription_id AND state IN ('waiting', 'handed_over');

-- name: remove_events
DELETE FROM subscription_event WHERE subscription_id = :subscription_id;
