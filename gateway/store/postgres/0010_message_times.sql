-- The same as sqlite/0010_message_times.sql.
-- When the newest message about a record was made by its sender, as it says itself: what was said before that and comes
-- later takes nothing's place. `place` as in `record`.
CREATE TABLE message_time (
    place         BIGINT NOT NULL,
    resource_type TEXT COLLATE "C" NOT NULL,
    id            TEXT COLLATE "C" NOT NULL,
    said_at       TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (place, resource_type, id)
);
