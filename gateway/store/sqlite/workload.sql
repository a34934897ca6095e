-- name: waiting
SELECT partner, state, count(*) AS number, min(created_at) AS oldest FROM intent INDEXED BY intent_waiting
WHERE state NOT IN ('delivered', 'refused', 'cancelled') GROUP BY state, partner;

-- name: needing_attention
SELECT count(*) AS number, min(received_at) AS oldest FROM inbox INDEXED BY inbox_state WHERE state = 'needs_attention';

-- name: in_doubt
SELECT count(*) AS number, min(created_at) AS oldest FROM patient INDEXED BY patient_in_doubt WHERE certain = 0;

-- name: consent_requests
SELECT count(*) AS number, count(CASE WHEN due_at < :now THEN 1 END) AS overdue
FROM consent_request INDEXED BY consent_request_owner WHERE state = 'open';

-- name: logged_after
SELECT kind, partner, outcome, count(*) AS number, max(seq) AS last FROM audit WHERE seq > :seq GROUP BY kind, partner, outcome;

-- name: accepted
SELECT partner, count(*) AS number,
       count(CASE WHEN NOT EXISTS (SELECT 1 FROM intent WHERE intent.message_id = inbox.id) THEN 1 END) AS without_news
FROM inbox INDEXED BY inbox_newest
WHERE received_at >= :since AND received_at < :until AND state IN ('accepted', 'closed', 'replayed') GROUP BY partner;

-- name: intended
SELECT partner, state, count(*) AS number FROM intent WHERE message_id IN (
    SELECT id FROM inbox INDEXED BY inbox_newest WHERE received_at >= :since AND received_at < :until)
GROUP BY partner, state;

-- name: delivered_unaccounted
-- Intents that count as delivered without a handover in the audit log, or by a person's word.
SELECT intent.id FROM intent WHERE intent.state = 'delivered' AND intent.message_id IN (
    SELECT id FROM inbox INDEXED BY inbox_newest WHERE received_at >= :since AND received_at < :until)
AND intent.reason <> 'BY_A_PERSON' AND NOT EXISTS (
    SELECT 1 FROM releases JOIN audit AS allowed ON allowed.seq = releases.audit_seq
    JOIN audit AS done ON done.request_id = allowed.request_id AND done.kind = 'handover'
    WHERE releases.intent_id = intent.id)
ORDER BY intent.id LIMIT :limit;

-- name: handed_over_unreleased
-- Entries that say bytes left, for which no release is there.
SELECT audit.seq FROM audit WHERE audit.seq > :after_seq AND audit.seq <= :upto_seq
  AND audit.kind = 'handover' AND audit.at >= :since AND audit.at < :until AND NOT EXISTS (
    SELECT 1 FROM audit AS allowed JOIN releases ON releases.audit_seq = allowed.seq
    WHERE allowed.request_id = audit.request_id)
ORDER BY audit.seq LIMIT :limit;
