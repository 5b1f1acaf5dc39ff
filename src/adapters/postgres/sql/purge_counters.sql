WITH gone AS (
    DELETE FROM {s}.counter
    WHERE {ok} AND shard = $1 AND expires_at <= $2 AND key = ANY (ARRAY(
        SELECT key
        FROM {s}.counter
        WHERE shard = $1 AND expires_at <= $2
        ORDER BY expires_at
        LIMIT $3
        FOR UPDATE SKIP LOCKED
    ))
    RETURNING 1
)
SELECT count(*) * {may_write} AS done FROM gone
