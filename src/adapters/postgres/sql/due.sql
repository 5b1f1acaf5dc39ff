SELECT wake_at, key
FROM {s}.record
WHERE {ok} AND shard = $1 AND wake_at <= $2 AND (wake_at, key) > ($3, $4)
ORDER BY wake_at, key
LIMIT $5
