-- Nodes of the Merkle tree over the audit log (RFC 6962), 256 hashes in a tile: of level 0 leaf hashes, full tiles only; of
-- each level above the roots of the full tiles below. A cache: the sealer makes it from `audit`, of an older log too.
CREATE TABLE audit_tile (
    level  INTEGER NOT NULL,
    place  INTEGER NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY (level, place)
);
