SELECT key, version_count, version_nonce, body
FROM record
WHERE key = ?1
