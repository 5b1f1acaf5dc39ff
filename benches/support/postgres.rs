//! The baselines of `engine_postgres`: its statements by a plain client, through the store alone,
//! and by `pgbench`.

use std::sync::Arc;

use sspr::adapters::postgres::PostgresStore;
use sspr::audit::{Event, EventId};
use sspr::port::{Columns, Record, RecordKey, RecordKind, Store as _, Version};
use sspr::port::{Commit, Committed};
use sspr::{TenantId, Timestamp, UserId};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, Statement};

use crate::servers::postgres::Postgres;
use crate::servers::{command_as, program, run};
use crate::sql;

/// What a guess writes: an event, and the body, of which it changes the bytes between two places.
/// PostgreSQL logs only these, so the limits change the same: a body that is written back unchanged
/// takes a tenth of the log.
pub(crate) struct Change {
    from: usize,
    to: usize,
    event: Event,
    event_text: String,
}

impl Change {
    /// What differs between two bodies of one account, and the event beside the second.
    pub(crate) fn between(before: &str, after: &str, event: Event) -> Self {
        let same = |(one, other): &(u8, u8)| one == other;
        let from = before.bytes().zip(after.bytes()).take_while(same).count();
        let tail = before.bytes().rev().zip(after.bytes().rev()).take_while(same).count();
        let event_text = event.encode();
        Self { from, to: after.len() - tail, event, event_text }
    }

    /// A body of the same size, in which each digit in this range is another one.
    fn of(&self, body: &str) -> String {
        let within = self.from..self.to;
        let changed = |(place, byte): (usize, char)| match byte {
            '0'..='8' if within.contains(&place) => char::from(byte as u8 + 1),
            '9' if within.contains(&place) => '0',
            _ => byte,
        };
        body.char_indices().map(changed).collect()
    }

    /// The same as an expression of SQL on the body `:b`.
    fn sql(&self) -> String {
        let (from, length) = (self.from + 1, self.to - self.from);
        format!(
            "overlay(:b::text PLACING translate(substr(:b::text, {from}, {length}), \
             '0123456789', '1234567890') FROM {from})"
        )
    }
}

/// A client of the same driver, with a connection of its own and the store's statements.
#[derive(Clone)]
pub(crate) struct Plain {
    client: Arc<Client>,
    read: Statement,
    write: Statement,
}

impl Plain {
    pub(crate) async fn open(url: &str) -> Self {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("connected");
        tokio::spawn(connection);
        // Without the store's condition on its session: this is the limit, not the store.
        let plain = |text: &str| sql::expand(text).replace("{s}", "plain").replace("{ok}", "true");
        let read = client.prepare(&plain(sql::LOAD)).await.expect("prepared");
        let write = client.prepare(&plain(&sql::UPDATE_WITH_EVENTS)).await.expect("prepared");
        Self { client: client.into(), read, write }
    }

    pub(crate) async fn step(&self, key: &RecordKey, change: &Change) {
        let (shard, key) = ((key.shard() % 16).cast_signed(), &key.as_bytes()[..]);
        let row = self.client.query_one(&self.read, &[&shard, &key]).await.expect("read");
        let (count, nonce, body): (i64, i64, &str) = (row.get(1), row.get(2), row.get(3));
        let (none, time) = (None::<i64>, 1_i64);
        let user = change.event.user.as_ref().map(UserId::as_str);
        let next = change.of(body);
        let values: [&(dyn ToSql + Sync); 21] = [
            &shard,
            &key,
            &"contoso",
            &"account",
            &user,
            &time,
            &none,
            &true,
            &none,
            &time,
            &(count + 1),
            &nonce,
            &next,
            &count,
            &nonce,
            &vec![0_i32],
            &vec!["contoso"],
            &vec![time],
            &vec!["attempt_counted"],
            &vec![user],
            &vec![&*change.event_text],
        ];
        let row = self.client.query_one(&self.write, &values).await.expect("written");
        assert_eq!(row.get::<_, i64>(0), 1, "the version was the one read");
    }
}

/// The same statements through the store.
pub(crate) async fn step(store: &PostgresStore, key: &RecordKey, change: &Change) {
    let stored = store.load(key).await.expect("loaded").expect("a record");
    let version = Version::new(stored.version().count() + 1, stored.version().nonce());
    let next = Record::loaded(*key, version, change.of(stored.body()));
    let tenant = TenantId::parse("contoso").expect("valid");
    let now = Timestamp::from_unix_millis(1);
    let mut columns = Columns::new(tenant, RecordKind::Account, now);
    columns.wake_at = Some(now);
    columns.user.clone_from(&change.event.user);
    let mut event = change.event.clone();
    event.id = EventId::new(*key, version.count(), 0);
    let events = [event];
    let commit = Commit::new(&next, Some(stored.version()), &columns, &events);
    assert_eq!(store.commit(commit).await.expect("committed"), Committed::Applied);
}

/// The rate of the same two statements in `pgbench`.
pub(crate) fn pgbench(server: &Postgres, change: &Change, clients: u64, seconds: u64) -> f64 {
    let script = "\\set n random(1, 1000)\n\
         SELECT key AS k, shard AS s, version_count AS v, body AS b FROM sample \
         JOIN record USING (shard, key) WHERE n = :n \\gset\n\
         WITH changed AS (UPDATE record SET version_count = version_count + 1, body = CHANGED, \
         updated_at = updated_at + 1 WHERE shard = :s AND key = :k RETURNING 1), \
         moved AS (INSERT INTO event_head (shard, last) SELECT :s, 1 FROM changed \
         ON CONFLICT (shard) DO UPDATE SET last = event_head.last + 1 RETURNING last), \
         told AS (INSERT INTO event (shard, seq, record, count, idx, tenant, at, code, user_id, \
         body) SELECT :s, moved.last, :k, 1, 0, 'contoso', 1, 'attempt_counted', 'USER', \
         left(:b, EVENT) FROM moved) SELECT count(*) FROM changed;\n"
        .replace("CHANGED", &change.sql())
        .replace("USER", change.event.user.as_ref().map_or("", UserId::as_str))
        .replace("EVENT", &change.event_text.len().to_string());
    let path = server.socket().join("script.sql");
    std::fs::write(&path, script).expect("written");
    let mut command = command_as("postgres", &program("pgbench", &["postgresql"]));
    command.env("PGPASSWORD", server.password()).env("PGOPTIONS", "-c search_path=plain");
    command.args(["-n", "-M", "prepared", "-h", "127.0.0.1", "-U", "postgres"]);
    command.arg("-p").arg(server.port().to_string()).arg("-f").arg(&path);
    command.args(["-c", &clients.to_string(), "-j", "2", "-T", &seconds.to_string(), "postgres"]);
    let output = run(&mut command);
    let rate = output
        .lines()
        .find_map(|line| line.strip_prefix("tps = "))
        .and_then(|rest| rest.split(' ').next())
        .and_then(|rate| rate.parse().ok());
    rate.unwrap_or_else(|| panic!("no rate in the output of pgbench: {output}"))
}
