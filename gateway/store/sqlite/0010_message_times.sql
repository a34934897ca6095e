-- When the newest message about a record was made by its sender, as it says itself: what was said before that and comes
-- later takes nothing's place. `place` as in `record`.
CREATE TABLE message_time (
    place         INTEGER NOT NULL,
    resource_type TEXT NOT NULL,
    id            TEXT NOT NULL,
    said_at       TEXT NOT NULL,
    PRIMARY KEY (place, resource_type, id)
) WITHOUT ROWID;
