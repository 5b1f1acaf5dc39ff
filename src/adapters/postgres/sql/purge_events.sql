WITH gone AS (
    DELETE FROM {s}.event
    WHERE {ok} AND shard = $1 AND at < $2 AND seq = ANY (ARRAY(
        SELECT seq
        FROM {s}.event
        WHERE shard = $1 AND at < $2
        ORDER BY at
        LIMIT $3
        FOR UPDATE SKIP LOCKED
    ))
    RETURNING 1
)
SELECT count(*) * {may_write} AS done FROM gone
