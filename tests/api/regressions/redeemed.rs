//! A link is redeemed while the browser with its ticket proves another method.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sspr::policy::LinkBase;
use sspr::testing::{FaultPlan, Faulty, block_on};
use sspr::{Attempt, Refusal, Selection};

use crate::support::*;

/// A redeemed link hands over no proof of another caller: the commit refuses a flow that has a
/// proof by then. The ticket's bearer acts before each call of the redeemer in turn.
#[test]
fn w03_a_link_is_not_redeemed_into_a_flow_that_holds_a_proof_by_then() {
    let mut after_the_reservation = 0;
    for call in 0..60 {
        let (late, over) = block_on(raced(call));
        after_the_reservation += u32::from(late);
        if over {
            break;
        }
    }
    assert!(
        after_the_reservation >= 1,
        "the bearer was never between the reservation and the commit"
    );
}

/// Whether the bearer's proof came after the redeemer's reservation, and whether the redeemer made
/// fewer calls.
async fn raced(call: usize) -> (bool, bool) {
    let mut settings = settings();
    settings.link = Some(LinkBase::parse("https://id.contoso.example/reset#").expect("sound"));
    let world = World::builder().settings(settings).registered().open().await;
    let reply = world.start().await;
    let by_link = Selection::parse("email.link").expect("an option");
    let reply = world.challenge(&reply.ticket, &by_link).await;
    let (reply, text) = world.challenged(&reply.ticket, &sms(), MOBILE).await;
    let link = Attempt::link(&world.inbox.last_link_to(MAIL).expect("a link")).expect("a link");

    let (bearer, ticket) = (world.engine.clone(), reply.ticket);
    let proven = Arc::new(AtomicBool::new(false));
    let noted = Arc::clone(&proven);
    let plan = FaultPlan::none().before(call, move || {
        let done = block_on(bearer.reset().prove(&request(), &ticket, &code(&text)));
        noted.store(done.is_ok(), Ordering::SeqCst);
    });
    let faulty = Faulty::new(Arc::clone(&world.store), plan.clone());
    let redeemer = world.beside().store(faulty).seed(9).open().await.engine;
    let opened = plan.calls();
    let from = request_from("198.51.100.9");
    let redeemed = redeemer.reset().redeem_link(&from, &ada(), &link).await;
    let names = plan.names();
    let reserved = names.iter().take(call).skip(opened).any(|name| *name == "store.commit");
    let proven = proven.load(Ordering::SeqCst);
    if proven {
        assert_eq!(refusal(redeemed), Refusal::NotAccepted, "before call {call} of {names:?}");
    }
    (proven && reserved && call >= opened, call >= names.len())
}
