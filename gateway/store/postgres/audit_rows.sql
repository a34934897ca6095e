-- name: chains_before
-- `wanted` is JSON: a list of numbers, each looked for by itself.
SELECT found.seq + 1 AS seq, found.chain_hash AS chain_hash FROM json_array_elements_text(:wanted::json) AS wanted (seq)
JOIN LATERAL (SELECT seq, chain_hash FROM audit WHERE audit.seq = wanted.seq::bigint - 1 OFFSET 0) AS found ON true;
