//! The calls that write.

use std::fmt;

use bytes::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::error::{PostgresFault, refused};
use super::session::{Session, Values, column, pipelined};
use super::{bucket, sql};
use crate::port::{Commit, Committed, CounterIncrement, Cutoff, PortResult};
use crate::{Timestamp, UserId};

/// The largest commit: its body and its events. The engine's own are below 32 KiB.
const MAX_COMMIT_BYTES: usize = 1 << 20;

/// A parameter that `Debug` hides, since the driver may log its parameters.
struct Hidden<T>(T);

impl<T> fmt::Debug for Hidden<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("...")
    }
}

impl<T: ToSql> ToSql for Hidden<T> {
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
struct EventColumns<'a> {
    idx: Vec<i32>,
    tenant: Vec<&'a str>,
    at: Vec<i64>,
    code: Vec<&'a str>,
    user: Hidden<Vec<Option<&'a str>>>,
    body: Hidden<Vec<String>>,
}

impl<'a> EventColumns<'a> {
    fn new(commit: &Commit<'a>) -> PortResult<Self> {
        let (key, count) = (commit.next.key(), commit.next.version().count());
        let events = commit.events;
        if events.iter().any(|event| event.id.record != *key || event.id.count != count) {
            return Err(refused("event: belongs to another record or version"));
        }
        Ok(Self {
            idx: events.iter().map(|event| event.id.index.into()).collect(),
            tenant: events.iter().map(|event| event.tenant.as_str()).collect(),
            at: events.iter().map(|event| event.at.unix_millis()).collect(),
            code: events.iter().map(|event| event.code()).collect(),
            user: Hidden(
                events.iter().map(|event| event.user.as_ref().map(UserId::as_str)).collect(),
            ),
            body: Hidden(events.iter().map(|event| event.encode()).collect()),
        })
    }

    fn values(&self) -> [&(dyn ToSql + Sync); 6] {
        [&self.idx, &self.tenant, &self.at, &self.code, &self.user, &self.body]
    }
}

/// A commit, as the parameters of its statement.
pub(super) struct CommitJob<'a> {
    commit: Commit<'a>,
    events: EventColumns<'a>,
}

impl<'a> CommitJob<'a> {
    pub(super) fn new(commit: Commit<'a>) -> PortResult<Self> {
        let events = EventColumns::new(&commit)?;
        let body = commit.next.body();
        let bytes = events.body.0.iter().map(String::len).sum::<usize>() + body.len();
        if bytes > MAX_COMMIT_BYTES {
            return Err(refused("commit: larger than 1 MiB"));
        }
        // JSON writes it as \u0000, so no body of the engine contains it.
        if body.contains('\0') || events.body.0.iter().any(|event| event.contains('\0')) {
            return Err(refused("commit: a text contains U+0000, which the server cannot store"));
        }
        Ok(Self { commit, events })
    }

    /// Runs one statement: the condition, the write and the events.
    pub(super) async fn run(&self, session: &Session) -> Result<Committed, PostgresFault> {
        let Commit { next, expected, columns, events } = self.commit;
        let millis = |at: Option<Timestamp>| at.map(Timestamp::unix_millis);
        let shard = bucket(next.key().shard());
        let key = &next.key().as_bytes()[..];
        let (tenant, kind) = (columns.tenant.as_str(), columns.kind.as_str());
        let user = Hidden(columns.user.as_ref().map(UserId::as_str));
        let (wake_at, expires_at) = (millis(columns.wake_at), millis(columns.expires_at));
        let locked_until = millis(columns.locked_until);
        let updated_at = columns.updated_at.unix_millis();
        let (count, nonce) = signed(next.version());
        let body = Hidden(next.body());
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
            values.extend(self.events.values());
            let replaces = expected.is_some();
            let sql = if replaces { &sql::UPDATE_WITH_EVENTS } else { &sql::INSERT_WITH_EVENTS };
            number(session, sql, &values).await?
        };
        Ok(if changed == 1 { Committed::Applied } else { Committed::Stale })
    }
}

fn signed(version: crate::port::Version) -> (i64, i64) {
    (version.count().cast_signed(), version.nonce().cast_signed())
}

/// The one number that a statement returns.
async fn number(
    session: &Session,
    sql: &'static str,
    values: Values<'_>,
) -> Result<u64, PostgresFault> {
    let rows = session.query(sql, values).await?;
    let number: i64 = match rows.as_slice() {
        [row] => column(row, "done")?,
        _ => return Err(PostgresFault::Corrupt("no reply to a write")),
    };
    u64::try_from(number).map_err(|_| PostgresFault::Corrupt("a negative number of rows"))
}

/// Adds each increment by a transaction of its own, all in one round trip. No increment waits for a
/// lock while it holds another, and a key that occurs twice is added to twice.
pub(super) async fn add(
    session: &Session,
    increments: &[CounterIncrement],
) -> Result<Vec<u64>, PostgresFault> {
    let (add, count) = (session.prepare(sql::ADD).await?, session.prepare(sql::COUNT).await?);
    let (add, count) = (&add, &count);
    let add_one = |increment: &CounterIncrement| {
        let CounterIncrement { key, amount, expires_at } = *increment;
        async move {
            let shard = bucket(key.shard());
            let bytes = &key.as_bytes()[..];
            let (amount, expires_at) = (i64::from(amount), expires_at.unix_millis());
            let rows = if amount == 0 {
                session.query_prepared(count, &[&shard, &bytes]).await?
            } else {
                session.query_prepared(add, &[&shard, &bytes, &amount, &expires_at]).await?
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
    let queries = increments.iter().map(|increment| Box::pin(add_one(increment)) as _).collect();
    let outcomes: Vec<Result<u64, PostgresFault>> = pipelined(queries).await;
    // Increments that succeeded, or may have, are not undone by the failure of another.
    let may_have_added = |outcome: &Result<u64, PostgresFault>| {
        outcome.as_ref().map_or_else(PostgresFault::unsure, |_| true)
    };
    let partly = outcomes.iter().any(may_have_added);
    outcomes.into_iter().collect::<Result<_, _>>().map_err(|fault| match fault {
        fault if partly => PostgresFault::InPart(Box::new(fault)),
        fault => fault,
    })
}

/// Purges kind by kind and bucket by bucket. The first kind and bucket change from call to call, so
/// that none is always last. Each kind first gets a third of the limit, so that many rows of one
/// kind do not delay the others for ever.
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
    let kinds = (0..3_u16).map(|offset| kinds[usize::from(turn.wrapping_add(offset) % 3)]);
    let limit = i64::from(limit);
    let mut removed = 0_i64;
    let mut left = Vec::new();
    for (sql, bound) in kinds {
        let share = ((limit + 2) / 3).min(limit - removed);
        let purged = purge_kind(session, sql, bound, share, turn)
            .await
            .map_err(|fault| in_part(fault, removed > 0))?;
        removed += purged;
        if purged >= share {
            left.push((sql, bound));
        }
    }
    for (sql, bound) in left {
        let purged = purge_kind(session, sql, bound, limit - removed, turn).await;
        removed += purged.map_err(|fault| in_part(fault, removed > 0))?;
    }
    Ok(removed.unsigned_abs())
}

fn in_part(fault: PostgresFault, partly: bool) -> PostgresFault {
    if partly { PostgresFault::InPart(Box::new(fault)) } else { fault }
}

async fn purge_kind(
    session: &Session,
    sql: &'static str,
    bound: i64,
    room: i64,
    turn: u16,
) -> Result<i64, PostgresFault> {
    let mut removed = 0;
    for step in 0..super::BUCKETS {
        let left = room - removed;
        if left <= 0 {
            break;
        }
        let shard = bucket(turn.wrapping_add(step));
        let purged = number(session, sql, &[&shard, &bound, &left])
            .await
            .map_err(|fault| in_part(fault, removed > 0))?;
        removed = removed.saturating_add_unsigned(purged);
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_of_the_driver_shows_no_body() {
        let values: [&(dyn ToSql + Sync); 2] =
            [&Hidden("ada@contoso.example"), &Hidden(vec!["ada@contoso.example"])];
        assert_eq!(format!("{values:?}"), "[..., ...]");
    }
}
