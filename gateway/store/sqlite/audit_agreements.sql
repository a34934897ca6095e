-- name: add
INSERT INTO audit_agreement (id, auditor, first_day, last_day, copies, made_at)
VALUES (:id, :auditor, :first_day, :last_day, :copies, :made_at);

-- name: get
SELECT id, auditor, first_day, last_day, copies, made_at, ended_at FROM audit_agreement WHERE id = :id;

-- name: of_auditor
SELECT id, auditor, first_day, last_day, copies, made_at, ended_at FROM audit_agreement
WHERE auditor = :auditor AND last_day >= :day AND first_day <= :day AND ended_at = ''
ORDER BY copies DESC, last_day DESC, id;

-- name: ending_from
SELECT id, auditor, first_day, last_day, copies, made_at, ended_at FROM audit_agreement
WHERE last_day >= :day ORDER BY last_day, id LIMIT :limit;

-- name: newest
SELECT id, auditor, first_day, last_day, copies, made_at, ended_at FROM audit_agreement
ORDER BY last_day DESC, id DESC LIMIT :limit;

-- name: end
UPDATE audit_agreement SET ended_at = :at WHERE id = :id AND ended_at = '';
