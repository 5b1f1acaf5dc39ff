//! Stored bodies, damaged or of an unknown writer: no call panics, what cannot be read is left as it is, and
//! what can be read stays readable.

use sspr::testing::ManualClock;
use std::sync::{Arc, LazyLock};

use sspr::adapters::memory::MemoryStore;
use sspr::audit::Event;
use sspr::port::{Columns, Record, RecordKind, Store};
use sspr::port::{Commit, Committed, PortErrorKind};
use sspr::testing::{Encoded, block_on};
use sspr::{Engine, Error, Timestamp};

use crate::support::{MAIL, World, ada, admin, code, email, one_gate, request, tenant, user};
use crate::text;

struct Written {
    account: Record,
    policy: Record,
    now: Timestamp,
}

async fn write() -> Written {
    use sspr::port::Clock as _;

    let store = Arc::new(Encoded::new(MemoryStore::new()));
    let world =
        World::builder().store(Arc::clone(&store)).settings(one_gate()).registered().open().await;
    let reply = world.start().await;
    world.challenged(&reply.ticket, &email(), MAIL).await;
    let only = async |kind| {
        let page = store.scan(&tenant(), kind, None, 2).await.expect("listed");
        let [record] = &page.items[..] else { panic!("one {kind:?}: {:?}", page.items) };
        record.clone()
    };
    let (account, policy) = (only(RecordKind::Account).await, only(RecordKind::Policy).await);
    Written { account, policy, now: world.clock.now() }
}

/// The body of an account or of a policy: the bytes themselves, or edits of one that an engine wrote.
/// Returns whether the engine could read a body that it has not written.
pub fn record(data: &[u8]) -> bool {
    static WRITTEN: LazyLock<Written> = LazyLock::new(|| block_on(write()));

    let written = &*WRITTEN;
    let (form, rest) = data.split_first().unwrap_or((&0, &[]));
    let (kind, genuine) = match form % 2 {
        0 => (RecordKind::Account, &written.account),
        _ => (RecordKind::Policy, &written.policy),
    };
    let whole = matches!(form, 2 | 3);
    let body = if whole { text(rest) } else { edited(genuine.body(), rest) };
    event(&body);
    event(&text(data));
    let changed = Record::loaded(*genuine.key(), genuine.version(), body);
    let other = if form % 2 == 0 { &written.policy } else { &written.account };
    let readable = block_on(served(written.now, [&changed, other], kind));
    readable && changed.body() != genuine.body()
}

/// What numbers are replaced by.
const NUMBERS: [&str; 12] = [
    "9223372036854775807",
    "-9223372036854775808",
    "4294967295",
    "0",
    "1",
    "-1",
    "255",
    "256",
    "65536",
    "4294967296",
    "18446744073709551615",
    "1e308",
];

/// What other values are replaced by.
const VALUES: [&str; 6] = ["null", "true", "[]", "{}", "\"\"", "\"\\u0000\""];

/// Edits: two bytes for the place, one for what is done, one for how.
fn edited(genuine: &str, data: &[u8]) -> String {
    let mut bytes = genuine.as_bytes().to_vec();
    for edit in data.chunks_exact(4).take(4) {
        let (place, how) = (u16::from_be_bytes([edit[0], edit[1]]), usize::from(edit[3]));
        let at = usize::from(place) % (bytes.len() + 1);
        let end = bytes.len().min(at + 1 + how % 64);
        match edit[2] % 16 {
            0..=7 => replace(&mut bytes, place, NUMBERS[how % NUMBERS.len()], u8::is_ascii_digit),
            8..=12 => replace(&mut bytes, place, VALUES[how % VALUES.len()], |byte| *byte == b'"'),
            13 => drop(bytes.splice(at..end, [])),
            14 => drop(bytes.splice(at..at, bytes[at..end].to_vec())),
            _ => drop(bytes.splice(at..end.min(at + 1), [edit[3]])),
        }
    }
    text(&bytes)
}

/// Replaces the n-th value that starts like this, counted around.
fn replace(bytes: &mut Vec<u8>, n: u16, by: &str, starts: fn(&u8) -> bool) {
    let opens = |byte: &u8| matches!(byte, b':' | b'[' | b',');
    let begins = |pair: &[u8]| opens(&pair[0]) && starts(&pair[1]);
    let found: Vec<usize> = bytes
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| begins(pair))
        .map(|(at, _)| at + 1)
        .collect();
    let Some(start) = found.get(usize::from(n) % found.len().max(1)).copied() else { return };
    let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b':');
    let length = bytes[start..].iter().position(ends).unwrap_or(bytes.len() - start);
    bytes.splice(start..start + length, by.bytes());
}

/// An event that is read says the same when it is written and read again.
fn event(body: &str) {
    if let Ok(event) = Event::decode(body) {
        assert_eq!(Event::decode(&event.encode()), Ok(event), "{body:?}");
    }
}

async fn put(store: &dyn Store, record: &Record, kind: RecordKind, now: Timestamp) {
    let mut columns = Columns::new(tenant(), kind, now);
    columns.wake_at = Some(now);
    let commit = Commit::new(record, None, &columns, &[]);
    assert_eq!(store.commit(commit).await.expect("committed"), Committed::Applied);
}

/// Whether an administrator can read the account and the policy.
async fn readable(engine: &Engine) -> bool {
    let (tenant, root) = (tenant(), admin());
    let admin = engine.admin(&tenant, &root);
    let corrupt = |error: &Error| matches!(error, Error::Fault(fault) if fault.error.kind() == PortErrorKind::Corrupt);
    let explained = admin.explain(&user()).await.map(drop);
    let policy = admin.policy().await.map(drop);
    ![explained, policy].iter().any(|answer| answer.as_ref().is_err_and(corrupt))
}

/// Serves a user, an administrator and maintenance over these records, the changed one first. Returns
/// whether the changed one could be read.
async fn served(now: Timestamp, [changed, other]: [&Record; 2], kind: RecordKind) -> bool {
    let store = Arc::new(Encoded::new(MemoryStore::new()));
    let others = if kind == RecordKind::Account { RecordKind::Policy } else { RecordKind::Account };
    put(&*store, changed, kind, now).await;
    put(&*store, other, others, now).await;
    // A new world would ask for the policy, which may be the record that cannot be read.
    let clock = ManualClock::new(now);
    let world = World::builder().clock(clock).without_abilities().open().await;
    let joined = world.beside().store(Arc::clone(&store)).seed(9).try_open().await;
    let Ok(World { engine, .. }) = joined else { return false };

    let before = readable(&engine).await;
    let (tenant, root, request) = (tenant(), admin(), request());
    if let Ok(reply) = engine.reset().start(&request, &ada()).await {
        let _ = engine.reset().challenge(&request, &reply.ticket, &email()).await;
        let _ = engine.reset().prove(&request, &reply.ticket, &code("00000000")).await;
        let _ = engine.reset().view(&request, &reply.ticket).await;
    }
    let admin = engine.admin(&tenant, &root);
    let listed = admin.accounts(None, 10).await.expect("listed");
    assert_eq!(listed.items.len(), 1, "{:?}", changed.body());
    let _ = engine.maintain(100).await;
    if !before {
        let after = store.load(changed.key()).await.expect("loaded").expect("there");
        assert_eq!(after.body(), changed.body(), "an unreadable record was changed");
        return false;
    }
    let _ = admin.unblock(&user()).await;
    assert!(readable(&engine).await, "the engine made it unreadable: {:?}", changed.body());
    true
}
