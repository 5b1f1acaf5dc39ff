SELECT record, count, idx, body, seq, at
FROM {s}.event
WHERE {ok} AND shard = $1 AND tenant = $2 AND seq > $3
ORDER BY seq
LIMIT $4
