-- name: sets
SELECT id, sealed FROM record_set WHERE patient_id = :patient_id;

-- name: releases
SELECT id, sealed FROM releases WHERE patient_id = :patient_id;

-- name: messages
SELECT id FROM inbox WHERE patient_id = :patient_id;

-- name: audit_entries
SELECT count(*) AS number FROM audit WHERE patient_id = :patient_id;

-- name: old_messages
SELECT id, received_at FROM inbox INDEXED BY inbox_state
WHERE state = :state AND received_at >= :after AND (received_at > :after OR id > :after_id) AND received_at < :before
  AND length(sealed) > 0
  AND NOT EXISTS (SELECT 1 FROM intent WHERE message_id = inbox.id AND state NOT IN ('delivered', 'refused', 'cancelled'))
ORDER BY received_at, id LIMIT :limit;

-- name: empty_message
UPDATE inbox SET sealed = x''
WHERE id = :id AND length(sealed) > 0 AND state IN ('accepted', 'closed', 'rejected', 'replayed')
  AND NOT EXISTS (SELECT 1 FROM intent WHERE message_id = inbox.id AND state NOT IN ('delivered', 'refused', 'cancelled'));

-- name: messages_of_nobody
SELECT id FROM inbox WHERE patient_id IS NULL AND length(sealed) > 0 AND id > :after ORDER BY id LIMIT :limit;

-- name: count_as_hers
UPDATE inbox SET patient_id = :patient_id WHERE id = :id AND patient_id IS NULL;
