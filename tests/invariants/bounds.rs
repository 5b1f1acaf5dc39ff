//! Inv. 17: no commit has more events than every store takes, whatever ends at once; and each end
//! is in the audit trail once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use sspr::audit::{Event, EventKind};
use sspr::port::{Commit, Committed, PortResult, Store, async_trait};
use sspr::testing::{block_on, forward};
use sspr::{Error, MethodKind};

use crate::every::every;
use crate::stores::{StoreUnderTest, all, memory};
use crate::support::{World, email};

/// What is in the record, and ends at once.
#[derive(Clone, Debug)]
struct Crowd {
    flows: u32,
    messages: u32,
    /// Kinds with a lock, a closed pool, a disabled method and a warning that are not recorded yet.
    blocked: usize,
    /// Whether a directory write is past its deadline.
    writing: bool,
}

/// Four kinds of callers may have ten live flows each, besides changes and registrations. An outbox
/// holds sixteen messages.
const WORST: Crowd = Crowd { flows: 44, messages: 16, blocked: 8, writing: true };

#[derive(Clone, Copy, Debug)]
enum Act {
    Maintain,
    Challenge,
    RevokeFlows,
    RevokeMethods,
    Forget,
    Unblock,
    InitiateReset,
}

const ACTS: [Act; 7] = [
    Act::Maintain,
    Act::Challenge,
    Act::RevokeFlows,
    Act::RevokeMethods,
    Act::Forget,
    Act::Unblock,
    Act::InitiateReset,
];

/// Notes the most events of one commit.
struct Counted {
    inner: Arc<dyn Store>,
    most: Arc<AtomicUsize>,
}

#[async_trait]
impl Store for Counted {
    forward!(self.inner => load, increment, due, scan, events, purge, fence);

    async fn commit(&self, commit: Commit<'_>) -> PortResult<Committed> {
        self.most.fetch_max(commit.events.len(), Ordering::Relaxed);
        self.inner.commit(commit).await
    }
}

impl Crowd {
    /// Puts the crowd into a body that has one flow and one notice.
    fn enter(&self, body: &mut Value) {
        let start = World::START * 1_000;
        let flow = body["flows"][0].clone();
        let flows = (1..=self.flows).map(|number| {
            let mut flow = flow.clone();
            flow["number"] = json!(number);
            flow["id"] = json!(format!("{number:032x}"));
            flow["challenges"] = json!([]);
            flow
        });
        body["flows"] = flows.collect();
        let is_notice = |pending: &&Value| pending["body"].get("notice").is_some();
        let outbox = body["outbox"].as_array().expect("a list");
        let notice = outbox.iter().find(is_notice).expect("a notice").clone();
        let messages = (1..=self.messages).map(|number| {
            let mut notice = notice.clone();
            notice["number"] = json!(number);
            notice["tries"] = json!(24);
            notice["not_after"] = json!(start);
            notice
        });
        body["outbox"] = messages.collect();
        let effects = json!({
            "locked_until": start + 100_000_000, "disabled": true, "closed": true, "told": true,
        });
        let blocked = MethodKind::ALL.into_iter().take(self.blocked).map(|kind| {
            json!({
                "method": kind, "consecutive": 50, "disabled": true, "closed": true, "told": true,
                "verdicts": [{ "at": start, "pool": "anonymous", "effects": effects.clone() }],
            })
        });
        body["budgets"] = blocked.collect();
        if self.writing {
            body["write"] = json!({
                "number": 1, "flow": 1, "effect": "reset", "started_at": start,
                "deadline": start + 60_000, "state": "writing",
            });
        }
        body["numbers"]["flow"] = json!(1_000);
        body["numbers"]["message"] = json!(1_000);
    }

    fn check(&self, events: &[Event], act: Act, name: &str) {
        let count = |code: &str| events.iter().filter(|event| event.code() == code).count();
        let ended: Vec<u32> = events
            .iter()
            .filter_map(|event| match event.kind {
                EventKind::FlowEnded { flow, .. } => Some(flow.get()),
                _ => None,
            })
            .filter(|flow| *flow <= self.flows)
            .collect();
        let different: BTreeSet<u32> = ended.iter().copied().collect();
        let all = self.flows as usize;
        assert_eq!((ended.len(), different.len()), (all, all), "{name}, {act:?}: flows");
        // What was forgotten, or cleared by an administrator, was recorded first.
        for code in ["blocked", "method_closed", "method_disabled"] {
            assert_eq!(count(code), self.blocked, "{name}, {act:?}: {code}");
        }
        let failed = |event: &&Event| matches!(event.kind, EventKind::MessageFailed { message, .. } if message.get() <= self.messages);
        let failed = events.iter().filter(failed).count();
        assert_eq!(failed, self.messages as usize, "{name}, {act:?}: messages");
        let unsettled = usize::from(self.writing);
        assert_eq!(count("directory_write_unsettled"), unsettled, "{name}, {act:?}");
        let ids: BTreeSet<_> = events.iter().map(|event| event.id).collect();
        assert_eq!(ids.len(), events.len(), "{name}, {act:?}: an id twice");
        assert!(events.is_sorted_by_key(|event| event.at), "{name}, {act:?}: out of order");
    }
}

/// Acts on a crowded account, and runs maintenance until it has no more work. Returns the most
/// events of one commit, and whether events had to wait.
async fn crowded(under_test: &StoreUnderTest, crowd: &Crowd, act: Act) -> (usize, bool) {
    let name = under_test.name;
    let world = under_test.world(every(2)).await;
    world.admin().require_registration(&world.user).await.expect("notices");
    let reply = world.start().await;
    world.challenge(&reply.ticket, &email()).await;
    under_test.edit(|body| crowd.enter(body)).await;
    let mut trail = None;
    under_test.events_after(&mut trail).await;
    world.clock.advance(Duration::from_secs(86_400));
    let most = Arc::new(AtomicUsize::new(0));
    let store = Counted { inner: Arc::clone(&under_test.store), most: Arc::clone(&most) };
    let engine = world.beside().store(store).seed(7).open().await;
    let admin = engine.admin();
    let user = &engine.user;
    let done = match act {
        Act::Maintain => engine.engine.maintain(1).await.map(|_| ()),
        Act::Challenge => {
            let reply = engine.start().await;
            engine.challenge(&reply.ticket, &email()).await;
            Ok(())
        }
        Act::RevokeFlows => admin.revoke_flows(user).await,
        Act::RevokeMethods => admin.revoke_methods(user).await,
        Act::Forget => admin.forget(user).await,
        Act::Unblock => admin.unblock(user).await,
        Act::InitiateReset => admin.initiate_reset(user).await,
    };
    // A full outbox or a disabled method may refuse the act; the store must not.
    assert!(!matches!(done, Err(Error::Fault(_))), "{name}, {act:?}: {done:?}");
    let waited = under_test.body().await.get("unwritten").is_some();
    engine.deliver().await;
    assert_eq!(under_test.body().await.get("unwritten"), None, "{name}, {act:?}");
    crowd.check(&under_test.events_after(&mut trail).await, act, name);
    (most.load(Ordering::Relaxed), waited)
}

/// On every store, those on real servers too.
#[test]
fn the_worst_case_commits_on_every_store() {
    for under_test in all() {
        let (most, waited) = block_on(crowded(&under_test, &WORST, Act::Maintain));
        assert_eq!((most, waited), (Commit::MAX_EVENTS, true), "{}", under_test.name);
    }
}

#[test]
fn every_act_on_a_crowded_account_commits() {
    for act in ACTS {
        let (most, _) = block_on(crowded(&memory(), &WORST, act));
        assert_eq!(most, Commit::MAX_EVENTS, "{act:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_commit_has_more_events_than_a_store_takes(
        (flows, messages, blocked) in (1_u32..=44, 0_u32..=16, 0_usize..=8),
        writing: bool,
        act in proptest::sample::select(&ACTS[..]),
    ) {
        let crowd = Crowd { flows, messages, blocked, writing };
        let (most, _) = block_on(crowded(&memory(), &crowd, act));
        prop_assert!(most <= Commit::MAX_EVENTS, "{} events", most);
    }
}
