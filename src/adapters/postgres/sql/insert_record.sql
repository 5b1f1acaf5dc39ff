INSERT INTO {s}.record (shard, key, tenant, kind, user_id, wake_at, expires_at, registered,
                        locked_until, updated_at, version_count, version_nonce, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::bigint * {may_write}, $12, $13)
ON CONFLICT (shard, key) DO NOTHING
