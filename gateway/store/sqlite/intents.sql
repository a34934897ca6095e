-- name: add
INSERT INTO intent (id, patient_id, partner, source_partner, business_key, purpose, kind, format, message_id, focus,
                    state, due_at, attempts, reason, created_at, updated_at, message_type, blocked, head)
VALUES (:id, :patient_id, :partner, :source_partner, :business_key, :purpose, :kind, :format, :message_id, :focus,
        :state, :due_at, :attempts, :reason, :created_at, :updated_at, :message_type, :blocked, :head);

-- name: get
SELECT id, patient_id, partner, source_partner, business_key, purpose, kind, format, message_id, focus, state, due_at,
       attempts, reason, created_at, updated_at, sequence, first_tried_at, message_type FROM intent WHERE id = :id;

-- name: of_patient
SELECT id, patient_id, partner, source_partner, business_key, purpose, kind, format, message_id, focus, state, due_at,
       attempts, reason, created_at, updated_at, sequence, first_tried_at, message_type FROM intent WHERE patient_id = :patient_id ORDER BY sequence;

-- name: at_desk
SELECT id, patient_id, partner, source_partner, business_key, purpose, kind, format, message_id, focus, state, due_at,
       attempts, reason, created_at, updated_at, sequence, first_tried_at, message_type FROM intent INDEXED BY intent_at_desk
WHERE partner = :partner AND reason = 'AT_DESK' AND sequence < :before ORDER BY sequence DESC LIMIT :limit;

-- name: next_referred_by
SELECT min(patient_id) AS patient_id FROM intent
WHERE source_partner = :partner AND kind = 'referral' AND patient_id > :after;

-- name: of_key
SELECT id, patient_id, partner, source_partner, business_key, purpose, kind, format, message_id, focus, state, due_at,
       attempts, reason, created_at, updated_at, sequence, first_tried_at, message_type FROM intent
WHERE patient_id = :patient_id AND partner = :partner AND business_key = :business_key ORDER BY sequence;

-- name: of_message
SELECT id, patient_id, partner, source_partner, business_key, purpose, kind, format, message_id, focus, state, due_at,
       attempts, reason, created_at, updated_at, sequence, first_tried_at, message_type FROM intent WHERE message_id = :message_id ORDER BY sequence;

-- name: in_state
SELECT id, patient_id, partner, source_partner, business_key, purpose, kind, format, message_id, focus, state, due_at,
       attempts, reason, created_at, updated_at, sequence, first_tried_at, message_type FROM intent INDEXED BY intent_waiting
WHERE state = :state AND state NOT IN ('delivered', 'refused', 'cancelled')
  AND (:partner IS NULL OR partner = :partner) ORDER BY due_at LIMIT :limit;

-- name: partners_with_due
-- Jumps from partner to partner in the index: a few look-ups for each partner, however much is queued.
WITH RECURSIVE waiting (partner) AS (
    SELECT (SELECT min(partner) FROM intent WHERE head = 1 AND state IN ('due', 'retry'))
    UNION ALL
    SELECT (SELECT min(partner) FROM intent
            WHERE head = 1 AND state IN ('due', 'retry') AND partner > waiting.partner)
    FROM waiting WHERE waiting.partner IS NOT NULL
), first AS (
    SELECT partner, (SELECT min(due_at) FROM intent
                     WHERE partner = waiting.partner AND head = 1 AND state IN ('due', 'retry')) AS due_at
    FROM waiting WHERE partner IS NOT NULL
)
SELECT partner FROM first WHERE due_at <= :now ORDER BY due_at;

-- name: due_of_partner
SELECT id, patient_id, partner, source_partner, business_key, purpose, kind, format, message_id, focus, state, due_at,
       attempts, reason, created_at, updated_at, sequence, first_tried_at, message_type FROM intent INDEXED BY intent_claim
WHERE partner = :partner AND head = 1 AND state IN ('due', 'retry') AND due_at <= :now
ORDER BY due_at, sequence LIMIT :limit;

-- name: next_due_at
SELECT min(due_at) AS due_at FROM intent WHERE partner = :partner AND head = 1 AND state IN ('due', 'retry');

-- name: bring_forward
-- One at a time of each lane may go: only heads wait for a time of their own.
UPDATE intent SET due_at = :now
WHERE partner = :partner AND head = 1 AND state IN ('due', 'retry') AND state = 'retry' AND due_at > :now AND due_at <= :latest;

-- name: bring_one_forward
UPDATE intent SET due_at = :now WHERE sequence = (
    SELECT sequence FROM intent WHERE partner = :partner AND head = 1 AND state IN ('due', 'retry')
    ORDER BY due_at, sequence LIMIT 1) AND state = 'retry' AND due_at > :now;

-- name: claim
UPDATE intent SET state = 'sending', attempts = attempts + 1, updated_at = :at,
       first_tried_at = CASE WHEN first_tried_at = '' THEN :at ELSE first_tried_at END
WHERE sequence = :sequence;

-- name: set_state
UPDATE intent SET state = :state, updated_at = :at, reason = :reason, due_at = coalesce(:due_at, due_at),
       first_tried_at = CASE WHEN :state IN ('due', 'held') THEN '' ELSE first_tried_at END, head = 0, blocked = 0
WHERE id = :id;

-- name: end_attempt
UPDATE intent SET state = :state, updated_at = :at, reason = :reason, due_at = coalesce(:due_at, due_at),
       first_tried_at = CASE WHEN :state IN ('due', 'held') THEN '' ELSE first_tried_at END, head = 0, blocked = 0
WHERE id = :id AND state = 'sending' AND attempts = :attempts;

-- name: lane
-- The head, the head if it is being sent, and which one should be the head.
SELECT (SELECT sequence FROM intent WHERE patient_id = :patient_id AND partner = :partner AND head = 1) AS head,
       (SELECT sequence FROM intent WHERE patient_id = :patient_id AND partner = :partner AND head = 1
        AND state = 'sending') AS sending,
       (SELECT sequence FROM intent INDEXED BY intent_lane
        WHERE patient_id = :patient_id AND partner = :partner AND blocked = 0 AND state IN ('due', 'retry')
        ORDER BY sequence LIMIT 1) AS first;

-- name: lane_before_adding
-- What holds back the business key, and the head. Without a head nothing of the lane may go.
SELECT (SELECT sequence FROM intent
        WHERE patient_id = :patient_id AND partner = :partner AND business_key = :business_key
        AND state IN ('held', 'unknown', 'dead') AND business_key <> '' ORDER BY sequence LIMIT 1) AS holder,
       (SELECT sequence FROM intent WHERE patient_id = :patient_id AND partner = :partner AND head = 1) AS head;

-- name: set_head
UPDATE intent SET head = :head WHERE sequence = :sequence;

-- name: key_holder
SELECT sequence FROM intent
WHERE patient_id = :patient_id AND partner = :partner AND business_key = :business_key
  AND state IN ('held', 'unknown', 'dead')
ORDER BY sequence LIMIT 1;

-- name: block_after
UPDATE intent SET blocked = CASE WHEN sequence > :holder THEN 1 ELSE 0 END,
       head = CASE WHEN sequence < :holder THEN head ELSE 0 END
WHERE patient_id = :patient_id AND partner = :partner AND business_key = :business_key
  AND state IN ('due', 'retry') AND blocked <> CASE WHEN sequence > :holder THEN 1 ELSE 0 END;

-- name: held_of_patient
SELECT id, partner, business_key FROM intent
WHERE patient_id = :patient_id AND state = 'held' ORDER BY sequence;

-- name: counts
SELECT partner, state, count(*) AS number FROM intent INDEXED BY intent_waiting
WHERE state NOT IN ('delivered', 'refused', 'cancelled') GROUP BY state, partner;

-- name: sending
SELECT intent.id, intent.partner, intent.patient_id, intent.business_key,
       (SELECT state FROM releases WHERE intent_id = intent.id ORDER BY created_at DESC, rowid DESC LIMIT 1)
       AS release_state
FROM intent INDEXED BY intent_waiting
WHERE intent.state = 'sending' AND intent.state NOT IN ('delivered', 'refused', 'cancelled');

-- name: move
UPDATE intent SET patient_id = :to, focus = :focus, head = 0, blocked = 0 WHERE id = :id;

-- name: held_until
SELECT id FROM intent INDEXED BY intent_waiting
WHERE state = 'held' AND due_at <= :now AND state NOT IN ('delivered', 'refused', 'cancelled') ORDER BY sequence LIMIT :limit;
