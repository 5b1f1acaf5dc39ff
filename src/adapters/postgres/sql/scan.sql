SELECT key, version_count, version_nonce, body
FROM {s}.record
WHERE {ok} AND shard = $1 AND tenant = $2 AND kind = $3 AND key > $4
ORDER BY key
LIMIT $5
