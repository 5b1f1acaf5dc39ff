-- The schema of version 1.
--
-- Texts are compared by their bytes (COLLATE "C"), so no index depends on a locale library. The checks on `shard`
-- tie a row to its bucket: a row in another bucket would be read as absent.

-- A record changes with each attempt. Free space on its page, and no index on the columns that change, avoid
-- new index entries for most changes (HOT); a body of some KiB stays in its row.
CREATE TABLE IF NOT EXISTS {s}.record (
    shard         smallint NOT NULL CHECK (shard = get_byte(key, 0) % 16),
    key           bytea    NOT NULL CHECK (length(key) = 32),
    version_count bigint   NOT NULL,
    version_nonce bigint   NOT NULL,
    tenant        text     COLLATE "C" NOT NULL,
    kind          text     COLLATE "C" NOT NULL,
    user_id       text     COLLATE "C",
    wake_at       bigint,
    expires_at    bigint,
    registered    boolean  NOT NULL,
    locked_until  bigint,
    updated_at    bigint   NOT NULL,
    body          text     COLLATE "C" NOT NULL,
    PRIMARY KEY (shard, key)
) WITH (fillfactor = 50, toast_tuple_target = 4080);
CREATE INDEX IF NOT EXISTS record_to_wake ON {s}.record (shard, wake_at, key)
    WHERE wake_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS record_to_expire ON {s}.record (shard, expires_at)
    WHERE expires_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS record_of_tenant ON {s}.record (shard, tenant, kind, key);

CREATE TABLE IF NOT EXISTS {s}.event_head (
    shard smallint NOT NULL PRIMARY KEY,
    last  bigint   NOT NULL
) WITH (fillfactor = 10);

CREATE TABLE IF NOT EXISTS {s}.event (
    shard   smallint NOT NULL CHECK (shard = get_byte(record, 0) % 16),
    seq     bigint   NOT NULL,
    record  bytea    NOT NULL CHECK (length(record) = 32),
    count   bigint   NOT NULL,
    idx     integer  NOT NULL,
    tenant  text     COLLATE "C" NOT NULL,
    at      bigint   NOT NULL,
    code    text     COLLATE "C" NOT NULL,
    user_id text     COLLATE "C",
    body    text     COLLATE "C" NOT NULL,
    PRIMARY KEY (shard, seq)
);
-- Not unique: a record may restart its count after a purge while its old events are still kept.
CREATE INDEX IF NOT EXISTS event_of_record ON {s}.event (shard, record, count, idx, seq);
CREATE INDEX IF NOT EXISTS event_of_tenant ON {s}.event (shard, tenant, seq);
CREATE INDEX IF NOT EXISTS event_at ON {s}.event (shard, at);

CREATE TABLE IF NOT EXISTS {s}.counter (
    shard      smallint NOT NULL CHECK (shard = get_byte(key, 0) % 16),
    key        bytea    NOT NULL CHECK (length(key) = 32),
    value      bigint   NOT NULL,
    expires_at bigint   NOT NULL,
    PRIMARY KEY (shard, key)
) WITH (fillfactor = 70);
CREATE INDEX IF NOT EXISTS counter_to_expire ON {s}.counter (shard, expires_at);
