//! Invariant 14: a change that voids a flow does not remove the notices of its write.

use sspr::Error;
use sspr::port::{RecordKind, Store as _};
use sspr::testing::{Task, block_on, explore};

use crate::interleaved::{At, Snapshot, completes, run, told_if_changed};
use crate::notices::dies_while_writing;
use crate::support::{content::content, request, tenant};

/// Inv. 14: the account's methods change before the write's deadline, which voids the flow but
/// keeps its notices.
#[test]
fn inv14_a_method_removed_meanwhile_does_not_silence_the_notice() {
    block_on(dies_while_writing("a method removed"));
}

#[test]
fn inv14_contacts_supplied_meanwhile_do_not_silence_the_notice() {
    block_on(dies_while_writing("contacts supplied"));
}

/// Inv. 14: no password changes without a notice, also if a method is removed during the write.
#[test]
fn inv14_a_method_removed_during_the_write_does_not_swallow_the_notice() {
    let (snapshot, from) = block_on(Snapshot::take(At::Granted));
    let explored = explore(
        1_500,
        || {
            let run = run(&snapshot, &from, 2);
            let (engine, user) = (run.engines[1].clone(), run.world.signed_in());
            let method = snapshot.method.clone();
            let removes: Task<Result<(), Error>> =
                Box::pin(
                    async move { engine.registration().remove(&request(), &user, &method).await },
                );
            let all = vec![completes(&run, 0, &snapshot.ticket), removes];
            (run, all)
        },
        |schedule, run, _| {
            told_if_changed(&run, schedule);
            let page = block_on(run.store.scan(&tenant(), RecordKind::Account, None, 1));
            let body = content(&page.expect("readable").items[0]);
            assert_eq!(body["outbox"], serde_json::json!([]), "{schedule:?}: left in the outbox");
        },
    );
    assert!(explored.schedules > 100, "{explored:?}");
}
