INSERT INTO record (key, shard, tenant, kind, user_id, wake_at, expires_at, registered,
                    locked_until, updated_at, version_count, version_nonce, body)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
ON CONFLICT (key) DO NOTHING
