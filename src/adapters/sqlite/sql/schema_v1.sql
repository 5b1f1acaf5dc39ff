-- The schema of version 1.

-- With a rowid: a body of some KiB stays in one leaf, while a table without rowid would spill anything
-- above a quarter of a page.
CREATE TABLE record (
    key           BLOB    NOT NULL PRIMARY KEY CHECK (length(key) = 32),
    shard         INTEGER NOT NULL,
    version_count INTEGER NOT NULL,
    version_nonce INTEGER NOT NULL,
    tenant        TEXT    NOT NULL,
    kind          TEXT    NOT NULL,
    user_id       TEXT,
    wake_at       INTEGER,
    expires_at    INTEGER,
    registered    INTEGER NOT NULL,
    locked_until  INTEGER,
    updated_at    INTEGER NOT NULL,
    body          TEXT    NOT NULL
) STRICT;
CREATE INDEX record_to_wake ON record (wake_at, key) WHERE wake_at IS NOT NULL;
CREATE INDEX record_to_expire ON record (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX record_of_tenant ON record (tenant, kind, key);

-- AUTOINCREMENT: otherwise the number of a purged newest event would be used again, and a reader whose
-- cursor is at that number would miss the new event.
CREATE TABLE event (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    record  BLOB    NOT NULL CHECK (length(record) = 32),
    count   INTEGER NOT NULL,
    idx     INTEGER NOT NULL,
    tenant  TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    code    TEXT    NOT NULL,
    user_id TEXT,
    body    TEXT    NOT NULL
) STRICT;
-- Not unique: the record's version decides whether an event is written, and a purged record may restart
-- its count while its old events are still kept.
CREATE INDEX event_of_record ON event (record, count, idx);
CREATE INDEX event_of_tenant ON event (tenant);
CREATE INDEX event_at ON event (at);

CREATE TABLE counter (
    key        BLOB    NOT NULL PRIMARY KEY CHECK (length(key) = 32),
    value      INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX counter_to_expire ON counter (expires_at);
