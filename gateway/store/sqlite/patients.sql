-- name: create
INSERT INTO patient (id, created_at, certain) VALUES (:id, :at, :certain);

-- name: get
SELECT certain, epoch FROM patient WHERE id = :id;

-- name: standing_toward
SELECT epoch, (SELECT 1 FROM partner_pause WHERE partner = :partner) AS paused FROM patient WHERE id = :id;

-- name: raise_epoch
UPDATE patient SET epoch = epoch + 1 WHERE id = :id;

-- name: raise_all_epochs
UPDATE patient SET epoch = epoch + 1;

-- name: doubt
UPDATE patient SET certain = 0 WHERE id = :id;

-- name: settle_doubt
UPDATE patient SET certain = 1 WHERE id = :id;

-- name: in_doubt
SELECT id, created_at FROM patient INDEXED BY patient_in_doubt WHERE certain = 0 ORDER BY created_at LIMIT :limit;

-- name: link
INSERT INTO patient_link (token, partner, patient_id) VALUES (:token, :partner, :patient_id) ON CONFLICT DO NOTHING;

-- name: unlink
DELETE FROM patient_link WHERE token = :token AND partner = :partner AND patient_id = :patient_id;

-- name: linked
SELECT patient_id FROM patient_link WHERE token = :token AND partner = :partner;

-- name: by_token
SELECT partner, patient_id FROM patient_link WHERE token = :token AND partner = :partner;

-- name: by_token_of_any
SELECT partner, patient_id FROM patient_link WHERE token = :token ORDER BY partner;

-- name: links_of
SELECT partner, token FROM patient_link WHERE patient_id = :patient_id ORDER BY partner, token;

-- name: add_match_key
INSERT INTO match_key (key, patient_id) VALUES (:key, :patient_id) ON CONFLICT DO NOTHING;

-- name: by_match_key
SELECT patient_id FROM match_key WHERE key = :key ORDER BY patient_id;

-- name: match_keys_of
SELECT key FROM match_key WHERE patient_id = :patient_id;

-- name: drop_links
DELETE FROM patient_link WHERE patient_id = :patient_id;

-- name: drop_match_keys
DELETE FROM match_key WHERE patient_id = :patient_id;

-- name: drop_tokens
DELETE FROM search_token WHERE (id, resource_type) IN (
    SELECT id, resource_type FROM record INDEXED BY record_of_patient WHERE patient_id = :patient_id AND current = 1);
