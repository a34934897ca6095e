-- name: begin
INSERT INTO process (id, configuration) VALUES (:id, :configuration);

-- name: others
-- Configurations by which other living processes decide.
SELECT DISTINCT configuration FROM process
WHERE id <> :id AND seen_at > clock_timestamp() - current_setting('handoff.silence')::interval;

-- name: be_seen
UPDATE process SET seen_at = clock_timestamp() WHERE id = :id;

-- name: end
DELETE FROM process WHERE id = :id;

-- name: forget_dead
DELETE FROM process WHERE seen_at < clock_timestamp() - interval '1 day'
  AND NOT EXISTS (SELECT 1 FROM intent WHERE intent.state = 'sending' AND intent.sender = process.id);

-- name: take_lease
-- One row for who holds it now: taken when it was free, had run out, or was held already.
INSERT INTO lease (name, holder, until)
VALUES (:lease, :id, clock_timestamp() + current_setting('handoff.silence')::interval)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
WHERE lease.holder = excluded.holder OR lease.until < clock_timestamp();

-- name: give_lease
DELETE FROM lease WHERE holder = :id;

-- name: destroyed_since
SELECT number, scope FROM destroyed_scope WHERE number > :number ORDER BY number;
