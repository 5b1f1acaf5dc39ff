//! Scanners that open links, and scanners that press buttons: V40.

use std::sync::Arc;

use sspr::port::{RecordKind, Store};
use sspr::{Attempt, Refusal};

use crate::people::*;
use crate::stores::StoreKind;
use crate::support::*;

on_every_store!(
    v40_opening_a_link_changes_nothing,
    v40_a_scanner_that_submits_the_form_consumes_nothing,
    v40_a_link_that_is_confirmed_twice_is_one_proof,
);

/// Every record of accounts, with its version.
async fn records(store: &Arc<dyn Store>) -> Vec<String> {
    let page = store.scan(&tenant(), RecordKind::Account, None, 100).await.expect("scanned");
    page.items.iter().map(|record| format!("{:?} {}", record.version(), record.body())).collect()
}

/// V40: any number of views in any state leave the record and its version unchanged.
async fn v40_opening_a_link_changes_nothing(stores: &StoreKind) {
    let under_test = stores.empty();
    let (world, store) = (
        World::builder().store(under_test.open()).settings(everything(2)).open().await,
        under_test.open(),
    );
    world.register_contacts().await;
    let user = world.signed_in();
    let (request, reset, registration) =
        (request(), world.engine.reset(), world.engine.registration());
    let reply = world.start().await;
    let reply = world.challenge(&reply.ticket, &option("email.link")).await;
    world.deliver().await;
    let url = world.inbox.last_link_to(MAIL).expect("a link");
    let before = records(&store).await;
    assert_eq!(before.len(), 1);
    for n in 0..stores.rounds(200, 50) {
        let view = reset.view(&request, &reply.ticket).await.expect("shown");
        assert_eq!(view.step, reply.step);
        // Other operations that only read.
        world.engine.reset().start(&source(n), &ada()).await.expect("started");
        world.engine.unlock().start(&source(n), &ada()).await.expect("started");
        registration.list(&request, &user).await.expect("listed");
        registration.review(&request, &user).await.expect("read");
        registration.prompt(&request, &user).await.expect("read");
        world.admin().explain(&world.user).await.expect("read");
        world.admin().accounts(None, 10).await.expect("read");
        world.engine.maintain(100).await.expect("nothing is due");
    }
    assert_eq!(records(&store).await, before);
    let link = Attempt::link(&url).expect("a link");
    let proven = reset.prove(&request, &reply.ticket, &link).await.expect("still live");
    let proven_view = reset.view(&request, &proven.ticket).await.expect("shown");
    assert_eq!(proven_view.step, proven.step);
    assert_ne!(records(&store).await, before);
}

/// V40: a scanner opens the link and submits the form of the page. It has neither the flow's ticket
/// nor the identifier, so it consumes nothing and counts nothing, and the owner's click works.
async fn v40_a_scanner_that_submits_the_form_consumes_nothing(stores: &StoreKind) {
    for elsewhere in [false, true] {
        let under_test = stores.empty();
        let (world, store) = (
            World::builder().store(under_test.open()).settings(everything(1)).open().await,
            under_test.open(),
        );
        let (owner, other) = (settle(&world, 1).await, settle(&world, 2).await);
        let link = option("email.link");
        let own = opened(&world.engine, &source(1), &owner.name, &link).await.expect("opened");
        world.deliver().await;
        let url = world.inbox.last_link_to(&owner.mail).expect("a link");
        let before = records(&store).await;
        let reset = world.engine.reset();
        let clicked = || Attempt::link(&url).expect("a link");
        for n in 0..stores.rounds(50, 10) {
            let from = source(100 + n);
            // Without an identifier, or with one that a form filler makes up.
            for typed in ["test", "user@example.com", "test@contoso.example", other.name.as_str()] {
                let answer = reset.redeem_link(&from, &named(typed), &clicked()).await;
                assert_eq!(refusal(answer), Refusal::NotAccepted, "{typed}");
            }
            // With a ticket of its own, for any identifier.
            for name in [&owner.name, &other.name, &named("unknown")] {
                let reply = reset.start(&from, name).await.expect("started");
                let answer = reset.prove(&from, &reply.ticket, &clicked()).await;
                assert_eq!(refusal(answer), Refusal::NotAccepted);
            }
        }
        assert_eq!(records(&store).await, before, "nothing was counted either");
        assert_eq!(world.engine.stats().comparisons, 0);
        let answer = if elsewhere {
            reset.redeem_link(&source(2), &owner.name, &clicked()).await
        } else {
            reset.prove(&source(1), &own.ticket, &clicked()).await
        };
        assert!(granted(&answer.expect("the owner's click").step));
    }
}

/// V40: if a link is confirmed twice, the second reply is the same or a refusal, and there is no
/// second proof.
async fn v40_a_link_that_is_confirmed_twice_is_one_proof(stores: &StoreKind) {
    for elsewhere in [false, true] {
        let world = World::builder().store(stores.store()).settings(everything(2)).open().await;
        let owner = settle(&world, 1).await;
        let link = option("email.link");
        let own = opened(&world.engine, &source(1), &owner.name, &link).await.expect("opened");
        world.deliver().await;
        let url = world.inbox.last_link_to(&owner.mail).expect("a link");
        let reset = world.engine.reset();
        let mut first = None;
        for n in 0..6 {
            let clicked = Attempt::link(&url).expect("a link");
            let answer = if elsewhere {
                reset.redeem_link(&source(1), &owner.name, &clicked).await
            } else {
                reset.prove(&source(1), &own.ticket, &clicked).await
            };
            match answer {
                Ok(reply) => {
                    let ticket = reply.ticket.expose_secret().to_owned();
                    assert!(!granted(&reply.step), "one proof of two");
                    let first = first.get_or_insert(ticket.clone());
                    assert_eq!(*first, ticket, "{n}");
                    assert!(n < 4, "three repeats at most");
                    let answer = reset.complete(&source(1), &reply.ticket, &NEW.into()).await;
                    assert_eq!(refusal(answer), Refusal::MoreProofNeeded);
                    // With the newer ticket the same link is refused.
                    let clicked = Attempt::link(&url).expect("a link");
                    let answer = reset.prove(&source(1), &reply.ticket, &clicked).await;
                    assert_eq!(refusal(answer), Refusal::NotAccepted);
                }
                refused => assert_eq!(refusal(refused), Refusal::NotAccepted, "{n}"),
            }
        }
        assert!(first.is_some());
        let events = events_of(&world, &owner.id).await;
        assert_eq!(count(&events, "method_proven"), 1);
        assert_eq!(count(&events, "link_redeemed_elsewhere"), usize::from(elsewhere));
    }
}
