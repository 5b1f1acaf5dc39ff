SELECT record, count, idx, body, seq, at
FROM {s}.event
WHERE {ok} AND shard = $1 AND record = $2 AND (count, idx, seq) > ($3, $4, $5)
ORDER BY count, idx, seq
LIMIT $6
