-- name: every
SELECT partner, since, audit_seq FROM partner_pause ORDER BY partner;

-- name: of_partner
SELECT 1 AS found FROM partner_pause WHERE partner = :partner;

-- name: begin
INSERT INTO partner_pause (partner, since, audit_seq) VALUES (:partner, :since, :audit_seq) ON CONFLICT DO NOTHING;

-- name: end
DELETE FROM partner_pause WHERE partner = :partner;
