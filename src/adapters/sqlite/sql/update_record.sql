UPDATE record
SET wake_at = ?6, expires_at = ?7, registered = ?8, locked_until = ?9, updated_at = ?10,
    version_count = ?11, version_nonce = ?12, body = ?13
WHERE key = ?1 AND version_count = ?14 AND version_nonce = ?15
  AND tenant = ?3 AND kind = ?4 AND user_id IS ?5 AND shard = ?2
