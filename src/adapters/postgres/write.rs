//! The calls that write.

use std::fmt;

use bytes::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::error::{PostgresFault, refused};
use super::session::{Session, Values, column, pipelined};
use super::{bucket, sql};
use crate::domain::ids::UserId;
use crate::domain::time::Timestamp;
use crate::port::{Commit, Committed, CounterIncrement, Cutoff, PortResult};

/// The largest commit: its body and its events. The engine's own stay below 32 KiB.
const MAX_COMMIT_BYTES: usize = 1 << 20;

/// What is not shown where the driver writes parameters into a log of its own.
struct Quiet<T>(T);

impl<T> fmt::Debug for Quiet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("...")
    }
}

impl<T: ToSql> ToSql for Quiet<T> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        self.0.to_sql(kind, out)
    }

    fn accepts(kind: &Type) -> bool {
        T::accepts(kind)
    }

    to_sql_checked!();
}

/// The events of one commit, column by column.
struct Told<'a> {
    idx: Vec<i32>,
    tenant: Vec<&'a str>,
    at: Vec<i64>,
    code: Vec<&'a str>,
    user: Quiet<Vec<Option<&'a str>>>,
    body: Quiet<Vec<String>>,
}

impl<'a> Told<'a> {
    fn new(commit: &Commit<'a>) -> PortResult<Self> {
        let (key, count) = (commit.next.key(), commit.next.version().count());
        let events = commit.events;
        if events.iter().any(|event| event.id.record != *key || event.id.count != count) {
            return Err(refused("an event of another record or version"));
        }
        Ok(Self {
            idx: events.iter().map(|event| event.id.index.into()).collect(),
            tenant: events.iter().map(|event| event.tenant.as_str()).collect(),
            at: events.iter().map(|event| event.at.unix_millis()).collect(),
            code: events.iter().map(|event| event.code()).collect(),
            user: Quiet(
                events.iter().map(|event| event.user.as_ref().map(UserId::as_str)).collect(),
            ),
            body: Quiet(events.iter().map(|event| event.encode()).collect()),
        })
    }

    fn values(&self) -> [&(dyn ToSql + Sync); 6] {
        [&self.idx, &self.tenant, &self.at, &self.code, &self.user, &self.body]
    }
}

/// A commit, as the parameters of its statement.
pub(super) struct CommitJob<'a> {
    commit: Commit<'a>,
    told: Told<'a>,
}

impl<'a> CommitJob<'a> {
    pub(super) fn new(commit: Commit<'a>) -> PortResult<Self> {
        let told = Told::new(&commit)?;
        let body = commit.next.body();
        let bytes = told.body.0.iter().map(String::len).sum::<usize>() + body.len();
        if bytes > MAX_COMMIT_BYTES {
            return Err(refused("a commit of more than 1 MiB"));
        }
        // JSON writes it as \u0000, so no body of the engine's holds it.
        if body.contains('\0') || told.body.0.iter().any(|event| event.contains('\0')) {
            return Err(refused("a text with U+0000, which the server cannot keep"));
        }
        Ok(Self { commit, told })
    }

    /// One statement: the condition, the write and the events.
    pub(super) async fn run(&self, session: &Session) -> Result<Committed, PostgresFault> {
        let Commit { next, expected, columns, events } = self.commit;
        let millis = |at: Option<Timestamp>| at.map(Timestamp::unix_millis);
        let shard = bucket(next.key().shard());
        let key = &next.key().as_bytes()[..];
        let (tenant, kind) = (columns.tenant.as_str(), columns.kind.as_str());
        let user = Quiet(columns.user.as_ref().map(UserId::as_str));
        let (wake_at, expires_at) = (millis(columns.wake_at), millis(columns.expires_at));
        let locked_until = millis(columns.locked_until);
        let updated_at = columns.updated_at.unix_millis();
        let (count, nonce) = signed(next.version());
        let body = Quiet(next.body());
        let (expected_count, expected_nonce) = expected.map_or((0, 0), signed);

        let mut values: Vec<&(dyn ToSql + Sync)> = vec![
            &shard,
            &key,
            &tenant,
            &kind,
            &user,
            &wake_at,
            &expires_at,
            &columns.registered,
            &locked_until,
            &updated_at,
            &count,
            &nonce,
            &body,
        ];
        if expected.is_some() {
            values.extend([&expected_count as &(dyn ToSql + Sync), &expected_nonce]);
        }
        let changed = if events.is_empty() {
            let sql = if expected.is_some() { sql::UPDATE } else { sql::INSERT };
            session.execute(sql, &values).await?
        } else {
            values.extend(self.told.values());
            let some = expected.is_some();
            let sql = if some { sql::UPDATE_WITH_EVENTS } else { sql::INSERT_WITH_EVENTS };
            number(session, sql, &values).await?
        };
        Ok(if changed == 1 { Committed::Applied } else { Committed::Stale })
    }
}

fn signed(version: crate::domain::record::Version) -> (i64, i64) {
    (version.count().cast_signed(), version.nonce().cast_signed())
}

/// The one number that a statement answers.
async fn number(session: &Session, sql: &str, values: Values<'_>) -> Result<u64, PostgresFault> {
    let rows = session.query(sql, values).await?;
    let number: i64 = match rows.as_slice() {
        [row] => column(row, "done")?,
        _ => return Err(PostgresFault::Corrupt("no answer to a write")),
    };
    u64::try_from(number).map_err(|_| PostgresFault::Corrupt("a negative number of rows"))
}

/// CounterIncrement by increment, each a transaction, in one go: none waits for another's lock while it holds
/// its own, and a key that stands twice is added to twice.
pub(super) async fn add(
    session: &Session,
    increments: &[CounterIncrement],
) -> Result<Vec<u64>, PostgresFault> {
    let (add, count) = (session.prepare(sql::ADD).await?, session.prepare(sql::COUNT).await?);
    let (add, count) = (&add, &count);
    let one = |increment: &CounterIncrement| {
        let CounterIncrement { key, amount, expires_at } = *increment;
        async move {
            let shard = bucket(key.shard());
            let key = &key.as_bytes()[..];
            let (amount, expires_at) = (i64::from(amount), expires_at.unix_millis());
            let rows = if amount == 0 {
                session.query_prepared(count, &[&shard, &key]).await?
            } else {
                session.query_prepared(add, &[&shard, &key, &amount, &expires_at]).await?
            };
            let [row] = rows.as_slice() else {
                return Err(PostgresFault::Corrupt("no value of a counter"));
            };
            if amount == 0 && column(row, "read_only")? {
                return Err(PostgresFault::ReadOnly);
            }
            let value: i64 = column(row, "value")?;
            u64::try_from(value).map_err(|_| PostgresFault::Corrupt("a negative counter"))
        }
    };
    let asked = increments.iter().map(|increment| Box::pin(one(increment)) as _).collect();
    let answers: Vec<Result<u64, PostgresFault>> = pipelined(asked).await;
    // What others of them added stays.
    let in_part = |answer: &Result<u64, PostgresFault>| {
        answer.as_ref().map_or_else(PostgresFault::unsure, |_| true)
    };
    let some = answers.iter().any(in_part);
    answers.into_iter().collect::<Result<_, _>>().map_err(|fault| match fault {
        fault if some => PostgresFault::InPart(Box::new(fault)),
        fault => fault,
    })
}

/// Kind of row by kind of row and bucket by bucket, from ones that change from call to call, so that
/// none is always the last. Each kind gets a third of the rows first: however many there are of one,
/// the others are reached.
pub(super) async fn purge(
    session: &Session,
    cutoff: Cutoff,
    limit: u16,
    turn: u16,
) -> Result<u64, PostgresFault> {
    let (expired, before) = (cutoff.expired.unix_millis(), cutoff.events_before.unix_millis());
    let kinds = [
        (sql::PURGE_RECORDS, expired),
        (sql::PURGE_COUNTERS, expired),
        (sql::PURGE_EVENTS, before),
    ];
    let kinds = (0..3_u16).map(|place| kinds[usize::from(turn.wrapping_add(place) % 3)]);
    let limit = i64::from(limit);
    let mut removed = 0_i64;
    let mut left = Vec::new();
    for (sql, bound) in kinds {
        let share = ((limit + 2) / 3).min(limit - removed);
        let some = purge_kind(session, sql, bound, share, turn).await;
        let some = some.map_err(|fault| in_part(fault, removed > 0))?;
        removed += some;
        if some >= share {
            left.push((sql, bound));
        }
    }
    for (sql, bound) in left {
        let some = purge_kind(session, sql, bound, limit - removed, turn).await;
        removed += some.map_err(|fault| in_part(fault, removed > 0))?;
    }
    Ok(removed.unsigned_abs())
}

fn in_part(fault: PostgresFault, some: bool) -> PostgresFault {
    if some { PostgresFault::InPart(Box::new(fault)) } else { fault }
}

async fn purge_kind(
    session: &Session,
    sql: &str,
    bound: i64,
    room: i64,
    turn: u16,
) -> Result<i64, PostgresFault> {
    let mut removed = 0;
    for step in 0..super::BUCKETS {
        let room = room - removed;
        if room <= 0 {
            break;
        }
        let shard = bucket(turn.wrapping_add(step));
        let some = number(session, sql, &[&shard, &bound, &room]).await;
        let some = some.map_err(|fault| in_part(fault, removed > 0))?;
        removed = removed.saturating_add_unsigned(some);
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_of_the_drivers_shows_no_body() {
        let values: [&(dyn ToSql + Sync); 2] =
            [&Quiet("ada@contoso.example"), &Quiet(vec!["ada@contoso.example"])];
        assert_eq!(format!("{values:?}"), "[..., ...]");
    }
}
