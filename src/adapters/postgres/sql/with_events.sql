WITH changed AS (
    {change}
    RETURNING 1
), head AS (
    INSERT INTO {s}.event_head (shard, last)
    SELECT $1, cardinality({idx}::int[]) FROM changed
    ON CONFLICT (shard) DO UPDATE SET last = event_head.last + EXCLUDED.last
    RETURNING last
), appended AS (
    INSERT INTO {s}.event (shard, seq, record, count, idx, tenant, at, code, user_id, body)
    SELECT $1, head.last - cardinality({idx}::int[]) + e.place, $2, $11,
           e.idx, e.tenant, e.at, e.code, e.user_id, e.body
    FROM head, unnest({idx}::int[], {tenant}::text[], {at}::bigint[], {code}::text[],
                      {user_id}::text[], {body}::text[])
         WITH ORDINALITY AS e (idx, tenant, at, code, user_id, body, place)
)
SELECT count(*) AS done FROM changed
