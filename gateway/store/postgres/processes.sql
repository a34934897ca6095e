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

-- name: forget_groups
-- Of processes that have not written for a day; of the living the next group of works makes it anew.
DELETE FROM lease WHERE name LIKE 'group/%' AND until < clock_timestamp();

-- name: configuration
-- By which configuration whoever writes decides; no row before the first that has one.
SELECT holder FROM lease WHERE name = 'configuration';

-- name: configure
INSERT INTO lease (name, holder, until) VALUES ('configuration', :configuration, 'infinity')
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder;

-- name: take_lease
-- One row for who holds it now: taken when it was free, had run out, or was held already.
INSERT INTO lease (name, holder, until)
VALUES (:lease, :id, clock_timestamp() + current_setting('handoff.silence')::interval)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
WHERE lease.holder = excluded.holder OR lease.until < clock_timestamp();

-- name: give_lease
DELETE FROM lease WHERE holder = :id OR name = 'group/' || :id;

-- name: destroyed_since
SELECT number, scope FROM destroyed_scope WHERE number > :number ORDER BY number;

-- name: standstill
SELECT 1 FROM lease WHERE name = 'standstill';

-- name: end_standstill
DELETE FROM lease WHERE name = 'standstill';

-- name: keeper
-- How many gateways live, and whether one of them holds the lease of the keeper.
SELECT count(*) AS number, (SELECT count(*) FROM lease WHERE name = 'keeper' AND until > clock_timestamp()) AS kept
FROM process WHERE id <> :id AND seen_at > clock_timestamp() - current_setting('handoff.silence')::interval;

-- name: server
-- What the server does with what it says is durable, and how this connection comes to it; `address` is empty on its own
-- machine.
SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS pages,
       current_setting('autovacuum') AS autovacuum, coalesce(host(inet_server_addr()), '') AS address,
       (SELECT CASE WHEN ssl THEN 1 ELSE 0 END FROM pg_stat_ssl WHERE pid = pg_backend_pid()) AS encrypted;
