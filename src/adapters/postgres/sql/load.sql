SELECT record.key, record.version_count, record.version_nonce, record.body, {read_only}
FROM (SELECT 1) AS always
LEFT JOIN {s}.record ON record.shard = $1 AND record.key = $2
WHERE {ok}
