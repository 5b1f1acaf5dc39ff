SELECT record, count, idx, body, seq
FROM event
WHERE record = ?1 AND (count, idx, seq) > (?2, ?3, ?4)
ORDER BY count, idx, seq
LIMIT ?5
