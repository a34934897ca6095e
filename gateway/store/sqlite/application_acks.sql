-- name: ask
INSERT INTO application_ack (message_id, partner, state, asked_at, due_at, attempts)
VALUES (:message_id, :partner, 'due', :at, :at, 0)
ON CONFLICT (message_id) DO UPDATE SET state = 'due', asked_at = excluded.asked_at, due_at = excluded.due_at, attempts = 0
WHERE application_ack.state <> 'due';

-- name: partners_due
SELECT partner, min(due_at) AS oldest FROM application_ack
WHERE state = 'due' AND due_at <= :now GROUP BY partner ORDER BY oldest, partner;

-- name: due
SELECT message_id, partner, state, asked_at, due_at, attempts FROM application_ack
WHERE state = 'due' AND due_at <= :now AND partner = :partner ORDER BY due_at, asked_at LIMIT :limit;

-- name: get
SELECT message_id, partner, state, asked_at, due_at, attempts FROM application_ack WHERE message_id = :message_id;

-- name: settle
UPDATE application_ack SET state = :state, due_at = :due_at, attempts = :attempts WHERE message_id = :message_id;
