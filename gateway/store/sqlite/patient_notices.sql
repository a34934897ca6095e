-- name: keep
INSERT INTO patient_notice (patient_id, partner, version, given_on, way, recorded_at)
VALUES (:patient_id, :partner, :version, :given_on, :way, :recorded_at)
ON CONFLICT (patient_id, partner, version) DO UPDATE SET given_on = excluded.given_on, way = excluded.way,
    recorded_at = excluded.recorded_at;

-- name: drop
-- Also what was given to whom she was found to be one with, as it counts as given to her.
DELETE FROM patient_notice WHERE partner = :partner AND version = :version AND (patient_id = :patient_id OR patient_id IN (
    SELECT patient_id FROM joined_patient WHERE joined_to = :patient_id AND parted_seq = 0
));

-- name: of_patient
SELECT patient_id, partner, version, given_on, way, recorded_at FROM patient_notice
WHERE patient_id = :patient_id AND partner = :partner
UNION ALL
SELECT given.patient_id, given.partner, given.version, given.given_on, given.way, given.recorded_at
FROM joined_patient AS joined CROSS JOIN patient_notice AS given
ON given.patient_id = joined.patient_id AND given.partner = :partner
WHERE joined.joined_to = :patient_id AND joined.parted_seq = 0
ORDER BY given_on, recorded_at;

-- name: without
-- Whom a partner knows and has not given that version (empty: any). What was given to whom she was found to be one with counts.
SELECT DISTINCT known.patient_id FROM patient_link AS known INDEXED BY patient_link_partner
WHERE known.partner = :partner AND known.patient_id > :after AND NOT EXISTS (
    SELECT 1 FROM patient_notice AS given
    WHERE given.patient_id = known.patient_id AND given.partner = :partner AND :version IN ('', given.version)
) AND NOT EXISTS (
    SELECT 1 FROM joined_patient AS joined CROSS JOIN patient_notice AS given
    ON given.patient_id = joined.patient_id AND given.partner = :partner AND :version IN ('', given.version)
    WHERE joined.joined_to = known.patient_id AND joined.parted_seq = 0
) ORDER BY known.patient_id LIMIT :limit;

-- name: drop_of_patient
-- Her key is destroyed: a row says whose patient she was.
DELETE FROM patient_notice WHERE patient_id = :patient_id;
