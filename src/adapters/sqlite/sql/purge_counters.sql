DELETE FROM counter
WHERE key IN (SELECT key FROM counter WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)
