SELECT key, version_count, version_nonce, body
FROM record
WHERE tenant = ?1 AND kind = ?2 AND key > ?3
ORDER BY key
LIMIT ?4
