-- name: last_of_sets
SELECT max(id) AS number FROM record_set;

-- name: sets
SELECT id, patient_id, sealed FROM record_set WHERE id <= :at ORDER BY id DESC LIMIT 1;

-- name: last_of_releases
SELECT max(rowid) AS number FROM releases;

-- name: releases
SELECT rowid, id, patient_id, sealed FROM releases WHERE rowid <= :at ORDER BY rowid DESC LIMIT 1;

-- name: last_of_messages
SELECT max(rowid) AS number FROM inbox;

-- name: messages
SELECT rowid, id FROM inbox WHERE rowid <= :at ORDER BY rowid DESC LIMIT 1;
