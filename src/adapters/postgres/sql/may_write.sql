CAST(coalesce(
    (SELECT CASE WHEN moved THEN 'closed to writers'
                 WHEN version = 1 THEN '1'
                 ELSE 'schema version ' || version
            END
     FROM {s}.schema_version
     WHERE {ok}),
    'no schema version'
) AS integer)
