INSERT INTO counter (key, value, expires_at)
VALUES (?1, ?2, ?3)
ON CONFLICT (key) DO UPDATE
SET value = min(value, 9223372036854775807 - excluded.value) + excluded.value,
    expires_at = max(expires_at, excluded.expires_at)
RETURNING value
