INSERT INTO {s}.counter (shard, key, value, expires_at)
VALUES ($1, $2, $3::bigint * {may_write}, $4)
ON CONFLICT (shard, key) DO UPDATE
SET value = LEAST(counter.value, 9223372036854775807 - EXCLUDED.value) + EXCLUDED.value,
    expires_at = GREATEST(counter.expires_at, EXCLUDED.expires_at)
RETURNING value
