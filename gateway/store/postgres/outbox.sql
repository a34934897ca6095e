-- name: pushes_handed_over
-- Without those whose intent a living process is sending.
SELECT releases.id, releases.intent_id, releases.patient_id, releases.partner, releases.audit_seq, releases.sha256,
       releases.media_type, releases.created_at, releases.state
FROM releases JOIN intent ON intent.id = releases.intent_id
WHERE releases.state = 'handed_over' AND releases.intent_id IS NOT NULL
  AND NOT (intent.state = 'sending' AND EXISTS (SELECT 1 FROM process WHERE process.id = intent.sender
    AND process.seen_at > clock_timestamp() - current_setting('handoff.silence')::interval))
ORDER BY releases.created_at, releases.rowid;
