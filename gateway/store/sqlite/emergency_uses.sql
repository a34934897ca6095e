-- name: add
INSERT INTO emergency_use (id, partner, request_token, facts_token, clinician_token, patient_id, opened_at, audit_seq, review_due)
VALUES (:id, :partner, :request_token, :facts_token, :clinician_token, :patient_id, :opened_at, :audit_seq, :review_due);

-- name: of_request
SELECT id, partner, request_token, facts_token, clinician_token, patient_id, opened_at, audit_seq, review_due, review_seq
FROM emergency_use WHERE partner = :partner AND request_token = :request_token;

-- name: of_clinician
SELECT opened_at FROM emergency_use
WHERE clinician_token = :clinician_token AND opened_at > :since ORDER BY opened_at;

-- name: number_of_partner
SELECT count(*) AS number FROM emergency_use WHERE partner = :partner AND opened_at > :since;

-- name: not_reviewed
SELECT id, partner, request_token, facts_token, clinician_token, patient_id, opened_at, audit_seq, review_due, review_seq
FROM emergency_use WHERE review_seq = 0 ORDER BY review_due, id LIMIT :limit;

-- name: get
SELECT id, partner, request_token, facts_token, clinician_token, patient_id, opened_at, audit_seq, review_due, review_seq
FROM emergency_use WHERE id = :id;

-- name: reviewed
UPDATE emergency_use SET review_seq = :review_seq WHERE id = :id AND review_seq = 0;

-- name: opened_between
SELECT id, partner, request_token, facts_token, clinician_token, patient_id, opened_at, audit_seq, review_due, review_seq
FROM emergency_use WHERE opened_at >= :since AND opened_at < :until ORDER BY opened_at, id LIMIT :limit;
