-- name: keep
INSERT INTO console_account (login, name, roles, last_day, is_enabled, set_at, ended_at)
VALUES (:login, :name, :roles, :last_day, :is_enabled, :set_at, :ended_at)
ON CONFLICT (login) DO UPDATE SET name = excluded.name, roles = excluded.roles, last_day = excluded.last_day,
    is_enabled = excluded.is_enabled, set_at = excluded.set_at, ended_at = excluded.ended_at;

-- name: get
SELECT login, name, roles, last_day, is_enabled, set_at, ended_at FROM console_account WHERE login = :login;

-- name: every
SELECT login, name, roles, last_day, is_enabled, set_at, ended_at FROM console_account WHERE login > '' ORDER BY login;
