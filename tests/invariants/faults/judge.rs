//! Properties that hold after any failure.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sspr::audit::EventKind;
use sspr::port::RecordKind;
use sspr::testing::block_on;
use sspr::{Engine, Refusal, ResetTicket, SecretText, Step};

use crate::faults::reset::{Stage, run};
use crate::faults::scene::{Ended, Held, Scene, deliver};
use crate::support::{MAIL, MOBILE, NEW, OLD, code, content::content, refusal, request};

const PRIMARY: &str = "ada@contoso.example";
const NEXT: &str = "walnut ferry ribbon meadow";
const OTHER: &str = "quite another pass phrase";

/// After a failed reset: a new process, time passes, `maintain` runs.
pub(crate) fn reset(scene: &Scene, stages: &[Stage], label: &str) {
    block_on(async {
        let engine = scene.healthy(200).await;
        scene.settle(&engine).await;
        nothing_waits(scene, label).await;
        password_and_notice(scene, label).await;
        counts(scene, &engine, label).await;
        goes_on(scene, &engine, stages, label).await;
        dead_codes_stay_dead(scene, &engine, label).await;
        messages_are_not_repeated(scene, label);
        starts_again(scene, &engine, stages, label).await;
    });
}

/// Inv. 9: every waiting message was delivered or has expired; none stays in the outbox.
pub(crate) async fn nothing_waits(scene: &Scene, label: &str) {
    let page = scene.store.scan(&scene.tenant, RecordKind::Account, None, 10).await;
    for record in page.expect("readable").items {
        assert_eq!(content(&record)["outbox"], serde_json::json!([]), "{label}: {}", record.body());
    }
}

/// Inv. 14: no password changes without a notice to every address that was valid before, and
/// sessions end.
async fn password_and_notice(scene: &Scene, label: &str) {
    let (old, new) = (scene.password_is(OLD), scene.password_is(NEW));
    assert!(old != new, "{label}: the password is one of the two");
    let resets = scene.count("password_reset").await;
    assert!(resets <= 1, "{label}: {resets} resets recorded");
    assert!(resets == 0 || new, "{label}: a reset is recorded that did not happen");
    if new {
        for address in [PRIMARY, MAIL, MOBILE] {
            let told = scene.inbox.messages_to(address).into_iter().any(|message| {
                matches!(message.kind, "notice.password_reset" | "notice.password_may_have_changed")
            });
            assert!(told, "{label}: {address} was not told of the new password");
        }
        let revoked = scene.directory.revocations(&scene.tenant, &scene.user);
        assert!(!revoked.is_empty(), "{label}: the sessions were not ended");
        assert!(
            resets == 1 || scene.count("directory_write_unsettled").await > 0,
            "{label}: the write left no trace"
        );
    } else {
        let told =
            scene.inbox.all().into_iter().any(|message| message.kind == "notice.password_reset");
        assert!(!told, "{label}: told of a reset that did not happen");
    }
}

/// Inv. 1 and 15: each comparison was reserved, and each code made at most one proof.
pub(crate) async fn counts(scene: &Scene, engine: &Engine, label: &str) {
    let events = scene.events().await;
    let reserved = events
        .iter()
        .filter(|event| {
            matches!(event.code(), "attempt_counted" | "proof_repeated" | "number_counted")
        })
        .count() as u64;
    let compared = scene.comparisons.load(Ordering::Relaxed) + engine.stats().comparisons;
    assert!(compared <= reserved, "{label}: {compared} comparisons, {reserved} reserved");
    let mut proven = BTreeSet::new();
    for event in &events {
        if let EventKind::MethodProven { flow, challenge, .. } = &event.kind {
            assert!(proven.insert((*flow, *challenge)), "{label}: two proofs of one code");
        }
    }
}

/// The owner continues after the failure with the last ticket and code: the flow ends with the new
/// password and one event.
async fn goes_on(scene: &Scene, engine: &Engine, stages: &[Stage], label: &str) {
    let ended = run(scene, engine, stages, usize::MAX).await;
    assert!(matches!(ended, Ended::Finished), "{label}: then {ended:?} at {:?}", scene.held());
    deliver(engine).await;
    assert!(scene.password_is(NEW), "{label}: not the new password in the end");
    assert_eq!(scene.count("password_reset").await, 1, "{label}: one event per reset");
    let writes = scene.directory.writes(&scene.tenant, &scene.user).len();
    assert_eq!(writes, 1, "{label}: one write of the directory");
    password_and_notice(scene, label).await;
    counts(scene, engine, label).await;
    // The grant is used: its ticket shows that the flow is done and sets no other password.
    let held = scene.held();
    let ticket = ResetTicket::parse(held.tickets.last().expect("one")).expect("own");
    let again = engine.reset().complete(&request(), &ticket, &SecretText::from(OTHER)).await;
    assert_eq!(refusal(again), Refusal::Ended, "{label}: a used grant");
    let shown = engine.reset().view(&request(), &ticket).await.expect("shown").step;
    assert!(matches!(shown, Step::Done { .. }), "{label}: {shown:?}");
    assert!(scene.password_is(NEW), "{label}: a used grant set another password");
}

/// Inv. 1 and 12: no code of an ended flow is accepted with any ticket.
async fn dead_codes_stay_dead(scene: &Scene, engine: &Engine, label: &str) {
    let before = scene.count("method_proven").await;
    let compared = engine.stats().comparisons;
    for ticket in &scene.held().tickets {
        let ticket = ResetTicket::parse(ticket).expect("own");
        for dead in &scene.held().codes {
            let answer = engine.reset().prove(&request(), &ticket, &code(dead)).await;
            assert_eq!(refusal(answer), Refusal::NotAccepted, "{label}: a void code");
        }
    }
    assert_eq!(scene.count("method_proven").await, before, "{label}");
    assert_eq!(engine.stats().comparisons, compared, "{label}: compared with a void code");
}

/// Inv. 9: a repeated message has the same idempotency key. The inbox keeps one message for each
/// key, so that no code is in two of its messages.
fn messages_are_not_repeated(scene: &Scene, label: &str) {
    let mut codes = BTreeSet::new();
    let mut notices = BTreeSet::new();
    for message in scene.inbox.all() {
        let to = message.destination.normalised();
        if let Some(code) = message.code() {
            assert!(codes.insert((to, code.to_owned())), "{label}: one code under two keys");
        } else if message.kind == "notice.password_reset" {
            assert!(notices.insert(to), "{label}: two notices of one reset");
        }
    }
}

/// The next reset succeeds, once the budgets' windows have passed.
async fn starts_again(scene: &Scene, engine: &Engine, stages: &[Stage], label: &str) {
    scene.clock.advance(Duration::from_secs(2 * 86_400));
    deliver(engine).await;
    scene.inbox.clear();
    scene.hold(|held| *held = Held::default());
    let writes = |stage: &Stage| matches!(stage, Stage::Try | Stage::Complete);
    let write = stages.iter().position(writes).expect("one");
    let ended = run(scene, engine, stages, write).await;
    assert!(matches!(ended, Ended::Finished), "{label}: the next reset ended in {ended:?}");
    let ticket = ResetTicket::parse(scene.held().tickets.last().expect("one")).expect("own");
    let done = engine.reset().complete(&request(), &ticket, &SecretText::from(NEXT)).await;
    assert!(done.is_ok(), "{label}: the next reset: {done:?}");
    assert!(scene.password_is(NEXT), "{label}");
}
