-- name: due_of_partner
-- What another process is just changing is passed over, not waited for. Of a restored store nothing, by nobody, until a
-- named person ends its standstill.
SELECT id, patient_id, partner, source_partner, business_key, purpose, kind, format, message_id, focus, state, due_at,
       attempts, reason, created_at, updated_at, sequence, first_tried_at, message_type FROM intent
WHERE partner = :partner AND head = 1 AND state IN ('due', 'retry') AND due_at <= :now
  AND NOT EXISTS (SELECT 1 FROM lease WHERE name = 'standstill')
ORDER BY due_at, sequence LIMIT :limit FOR UPDATE SKIP LOCKED;

-- name: claim
UPDATE intent SET state = 'sending', attempts = attempts + 1, updated_at = :at, sender = current_setting('handoff.process'),
       first_tried_at = CASE WHEN first_tried_at = '' THEN :at ELSE first_tried_at END
WHERE sequence = :sequence;

-- name: sending
-- Without what a living process is sending.
SELECT intent.id, intent.partner, intent.patient_id, intent.business_key,
       (SELECT state FROM releases WHERE intent_id = intent.id ORDER BY created_at DESC, rowid DESC LIMIT 1)
       AS release_state
FROM intent
WHERE intent.state = 'sending' AND NOT EXISTS (SELECT 1 FROM process WHERE process.id = intent.sender
    AND process.seen_at > clock_timestamp() - current_setting('handoff.silence')::interval);
