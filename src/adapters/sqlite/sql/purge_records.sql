DELETE FROM record
WHERE rowid IN (SELECT rowid FROM record WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)
