UPDATE {s}.record
SET tenant = $3, kind = $4, user_id = $5, wake_at = $6, expires_at = $7, registered = $8,
    locked_until = $9, updated_at = $10, version_count = $11::bigint * {may_write},
    version_nonce = $12, body = $13
WHERE {ok} AND shard = $1 AND key = $2 AND version_count = $14 AND version_nonce = $15
