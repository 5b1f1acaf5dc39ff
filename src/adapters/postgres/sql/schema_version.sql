-- One row with the version of the schema. The only table without buckets.
CREATE TABLE IF NOT EXISTS {s}.schema_version (
    one     boolean NOT NULL PRIMARY KEY CHECK (one),
    version integer NOT NULL,
    moved   boolean NOT NULL DEFAULT false
)
