-- Who may log in to the console, once anybody stands here. `login` is by what she is told from others (a typed name in small
-- letters, of a login at a provider its id in brackets); `roles` with a blank between; `last_day` is empty where she has no end;
-- until `ended_at` every link and session of hers was ended.
CREATE TABLE console_account (
    login      TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    roles      TEXT NOT NULL,
    last_day   TEXT NOT NULL,
    is_enabled INTEGER NOT NULL CHECK (is_enabled IN (0, 1)),
    set_at     TEXT NOT NULL,
    ended_at   TEXT NOT NULL
) WITHOUT ROWID;
