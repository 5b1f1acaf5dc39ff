//! Large records, long names, many accounts.

use std::collections::BTreeSet;
use std::pin::Pin;

use crate::audit::{ActorKind, Event};
use crate::conformance::kit::{Kit, PropertyResult, Stop, ensure, put};
use crate::conformance::sample::{Draft, at, key, same, tenant};
use crate::port::{Commit, EventsOf, Record, RecordKey, RecordKind};
use crate::testing::join_all;
use crate::{InvalidInput, TenantId, UserId};

/// One character of four bytes in UTF-8.
const WIDE: &str = "\u{1f5dd}";

pub(in super::super) async fn commit_takes_the_largest_records(kit: Kit) -> PropertyResult {
    let owner = tenant(&WIDE.repeat(TenantId::MAX_BYTES / 4));
    let user = UserId::parse(&WIDE.repeat(UserId::MAX_BYTES / 4))
        .map_err(|error: InvalidInput| Stop::Seen(error.to_string()))?;
    let frame = r#"{"kind":"meta","check":""}"#.len();
    let wide = WIDE.repeat((Record::MAX_BODY - frame) / 4);
    let mut draft = Draft::first(1).of(&owner).wake(Some(at(1)));
    for step in 0..3 {
        draft = draft.with_body(&format!(r#"{{"kind":"meta","check":"{wide}"}}"#)).events(8);
        for event in &mut draft.events {
            event.user = Some(user.clone());
            event.actor = ActorKind::Administrator(WIDE.repeat(500));
            fill(event, step);
        }
        kit.put(&draft).await?;
        let there = kit.load(key(1)).await?;
        ensure!(
            there.as_ref().is_some_and(|found| same(found, &draft.record)),
            "a body of {} bytes came back as {:?}",
            draft.record.body().len(),
            there.map(|found| found.body().len())
        );
        let scanned = kit.scan(&owner, RecordKind::Account, 10).await?;
        let whole = matches!(&*scanned, [found] if same(found, &draft.record));
        ensure!(whole, "{} records scanned, or a changed one", scanned.len());
        for of in [EventsOf::Record(&key(1)), EventsOf::Tenant(&owner)] {
            let events = kit.events(of, 3).await?;
            let last = events.len().saturating_sub(8);
            let (found, right) = (events.len(), 8 * (step + 1));
            ensure!(found == right, "{found} of {right} events of 4 KiB");
            ensure!(events[last..] == draft.events, "events of 4 KiB came back changed");
        }
        let due = kit.due(at(1), 10).await?;
        ensure!(due == [key(1)], "due are {due:?}");
        draft = draft.after();
    }
    Ok(())
}

pub(in super::super) async fn commit_takes_many_events(kit: Kit) -> PropertyResult {
    let mut draft = Draft::first(1);
    let mut written = Vec::new();
    for step in 0..3 {
        draft = draft.events(EVENTS_MOST);
        if step == 2 {
            draft.events.iter_mut().for_each(|event| fill(event, step));
        }
        kit.put(&draft).await?;
        written.extend(draft.events.clone());
        for of in [EventsOf::Record(&key(1)), EventsOf::Tenant(&tenant("kit"))] {
            let events = kit.events(of, 50).await?;
            let (found, right) = (events.len(), written.len());
            ensure!(found == right, "{found} of {right} events, {EVENTS_MOST} of them in a commit");
            ensure!(events == written, "events of one commit are out of order, or changed");
        }
        draft = draft.after();
    }
    Ok(())
}

/// How many events a commit may have.
const EVENTS_MOST: u16 = Commit::MAX_EVENTS as u16;

/// Makes the stored form of an event 4 KiB long.
fn fill(event: &mut Event, step: usize) {
    event.source = Some(format!("{step} "));
    let rest = EVENT_MAX.saturating_sub(event.encode().len());
    event.source = Some(format!("{step} {}", "x".repeat(rest)));
}

/// The longest event, in bytes.
const EVENT_MAX: usize = 4096;

pub(in super::super) async fn listings_keep_long_tenants_apart(kit: Kit) -> PropertyResult {
    // Names of the greatest length that differ only in the last letter, and the prefix of both.
    let long = "t".repeat(TenantId::MAX_BYTES - 1);
    let names = [format!("{long}a"), format!("{long}b"), long];
    for (n, name) in (0..).zip(&names) {
        kit.put(&Draft::first(n).of(&tenant(name)).events(2)).await?;
    }
    for (n, name) in (0..).zip(&names) {
        let found = kit.scan(&tenant(name), RecordKind::Account, 10).await?;
        let keys: Vec<_> = found.iter().map(Record::key).collect();
        ensure!(keys == [&key(n)], "{} records of a tenant with one", keys.len());
        let events = kit.events(EventsOf::Tenant(&tenant(name)), 10).await?;
        let own = events.iter().filter(|event| event.id.record == key(n)).count();
        ensure!((own, events.len()) == (2, 2), "{own} own of {} events", events.len());
    }
    Ok(())
}

type Put<'a> = Pin<Box<dyn Future<Output = PropertyResult> + Send + 'a>>;

pub(in super::super) async fn listings_are_complete_at_any_size(kit: Kit) -> PropertyResult {
    let accounts = kit.harness.accounts();
    // Concurrent commits: a store may flush many of them at once.
    for from in (0..accounts).step_by(64) {
        let drafts: Vec<Draft> = (from..accounts.min(from + 64)).map(account).collect();
        let mut puts: Vec<Put<'_>> = Vec::new();
        for draft in &drafts {
            puts.push(Box::pin(put(&*kit.store, draft)));
        }
        join_all(puts).await.into_iter().collect::<PropertyResult>()?;
    }
    let all: BTreeSet<RecordKey> = (0..accounts).map(key).collect();
    let kit_tenant = tenant("kit");
    let few = usize::try_from(accounts / 7 + 1).unwrap_or(1000).min(1000);
    for limit in [few, 1_000_000] {
        let scanned = kit.scan(&kit_tenant, RecordKind::Account, limit).await?;
        once(&all, "scanned", limit, scanned.iter().map(|record| *record.key()))?;
        let due = kit.due(at(accounts.cast_signed()), limit).await?;
        once(&all, "due", limit, due.into_iter())?;
        let events = kit.events(EventsOf::Tenant(&kit_tenant), limit).await?;
        once(&all, "in the trail", limit, events.iter().map(|event| event.id.record))?;
    }
    // At a time in the middle, exactly the first half is due.
    let half = accounts / 2;
    let due = kit.due(at(half.cast_signed() - 1), 1000).await?;
    once(&(0..half).map(key).collect(), "due by half time", 1000, due.into_iter())?;
    for n in (0..accounts).step_by(usize::try_from(accounts / 50 + 1).unwrap_or(1)) {
        let (there, right) = (kit.load(key(n)).await?, account(n));
        ensure!(
            there.as_ref().is_some_and(|found| same(found, &right.record)),
            "{there:?} is account {n} of {accounts}"
        );
        kit.put(&right.after()).await?;
    }
    Ok(())
}

/// Account number `n`, with an alarm at second `n`.
fn account(n: u64) -> Draft {
    Draft::first(n).wake(Some(at(n.cast_signed()))).events(1)
}

/// Checks that all keys were listed once, and no others.
fn once(
    all: &BTreeSet<RecordKey>,
    what: &str,
    limit: usize,
    found: impl Iterator<Item = RecordKey>,
) -> PropertyResult {
    let mut seen = BTreeSet::new();
    let (mut many, mut foreign) = (0, 0);
    for key in found {
        many += 1;
        foreign += usize::from(!all.contains(&key));
        seen.insert(key);
    }
    let (different, right) = (seen.len(), all.len());
    ensure!(
        (many, different, foreign) == (right, right, 0),
        "{many} {what} by pages of at most {limit}, {different} of them different and {foreign} \
             foreign, expected {right}"
    );
    Ok(())
}
