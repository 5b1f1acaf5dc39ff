SELECT record, count, idx, body, seq
FROM event
WHERE tenant = ?1 AND seq > ?2
ORDER BY seq
LIMIT ?3
