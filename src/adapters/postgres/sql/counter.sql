SELECT coalesce(counter.value, 0) AS value, {read_only}
FROM (SELECT 1) AS always
LEFT JOIN {s}.counter ON counter.shard = $1 AND counter.key = $2
WHERE {ok}
