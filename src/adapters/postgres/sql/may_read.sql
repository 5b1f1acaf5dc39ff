SELECT {read_only}
FROM (SELECT 1) AS always
LEFT JOIN {s}.event_head ON event_head.shard = $1
WHERE {ok}
