//! Resealing from the first page to the last.

use std::sync::Arc;

use data_encoding::BASE64;
use sspr::error::FaultOrigin;
use sspr::port::{Clock as _, RecordKind};
use sspr::port::{PortErrorKind, PortResult, Seal, async_trait};
use sspr::testing::{FaultPlan, Faulty, block_on};
use sspr::{Error, Refusal, SecretBytes};

use super::{Fixture, OWNERS, SEEDS, UNDER, claim, engine, run, sealed_seeds, sealing};
use crate::records::keys::user;
use crate::records::stores::all;
use crate::support::{MAIL, NEW, code, email, request, tenant};

/// every seed is sealed with the new key, opens without the old one, and is otherwise
/// unchanged.
#[test]
fn every_seed_is_resealed_and_opens_without_the_old_key() {
    for under_test in all() {
        block_on(async {
            let fixture = Fixture::over(&under_test).await;
            let world = &fixture.world;
            // Open flows stay open: a reset with a sent code, and an enrolment.
            let reset = world.start().await;
            let (reset, typed) = world.challenged(&reset.ticket, &email(), MAIL).await;
            let used = fixture.tokens[0].1.code(world.clock.now());
            assert!(
                fixture.signs_in(&world.engine, &fixture.tokens[0].0, &fixture.tokens[0].1).await
            );
            let before = sealed_seeds(&under_test).await;
            let bodies = under_test.records(RecordKind::Account).await;
            let mail = world.inbox.all().len();
            assert_eq!(before.len() as u64, SEEDS, "{}", under_test.name);
            assert!(before.iter().all(|sealed| sealed.seed.starts_with(UNDER[1])), "{before:?}");

            let plan = FaultPlan::none();
            let store = Faulty::new(Arc::clone(&under_test.store), plan.clone());
            let new = engine(world, store, sealing(2, &[1]), 21).await;
            let opened = plan.calls();
            let done = run(&new, None, 2).await;
            assert_eq!((done.accounts, done.resealed, done.current), (5, SEEDS, 0));
            assert!(done.left.is_empty() && done.unreadable.is_empty(), "{done:?}");
            let count = |from: usize, name: &str| {
                plan.names()[from..].iter().filter(|call| **call == name).count() as u64
            };
            assert_eq!(count(opened, "store.commit"), OWNERS, "one commit for each account");
            assert_eq!(count(opened, "store.load"), 2, "the policy, and the check value");
            let after = sealed_seeds(&under_test).await;
            for (before, after) in before.iter().zip(&after) {
                assert!(after.seed.starts_with(UNDER[2]), "{}: {after:?}", under_test.name);
                let same = |one: &super::SealedSeed| (one.user.clone(), one.id.clone(), one.used);
                assert_eq!(same(before), same(after), "{}", under_test.name);
            }
            // Nothing else has changed but the head of the trail, which seals each version.
            for (before, after) in bodies.iter().zip(under_test.records(RecordKind::Account).await)
            {
                let plain = |body: &str| {
                    let mut body: serde_json::Value = serde_json::from_str(body).expect("json");
                    assert!(body["trail"].is_string(), "{body}");
                    body["trail"] = "".into();
                    for method in body["methods"].as_array_mut().expect("a list") {
                        if method["factor"]["oath"].is_object() {
                            method["factor"]["oath"]["seed"] = "".into();
                        }
                    }
                    body
                };
                assert_eq!(plain(before.body()), plain(after.body()), "{}", under_test.name);
            }
            world.deliver().await;
            assert_eq!(world.inbox.all().len(), mail, "{}: no message is sent", under_test.name);
            assert_eq!(
                fixture.events("seeds_resealed").await as u64,
                OWNERS,
                "{}",
                under_test.name
            );

            // A repetition costs no commit.
            let again = plan.calls();
            let done = run(&new, None, 2).await;
            assert_eq!((done.accounts, done.resealed, done.current), (5, 0, SEEDS));
            assert_eq!(count(again, "store.commit"), 0, "{}", under_test.name);

            let last = engine(world, Arc::clone(&under_test.store), sealing(2, &[]), 22).await;
            let (bob, token) = &fixture.tokens[0];
            let answer = last.authenticator().verify(&request(), bob, &code(&used)).await;
            let refused = matches!(answer, Err(Error::Refused(Refusal::NotAccepted)));
            assert!(refused, "{}: a used step: {answer:?}", under_test.name);
            let (pending, ticket) = &fixture.pending;
            let typed_app = code(&pending.code(world.clock.now()));
            let (signed_in, registration) = (world.signed_in(), last.registration());
            let confirmed = registration.confirm(&request(), &signed_in, ticket, &typed_app).await;
            assert!(confirmed.expect("the enrolment goes on").active, "{}", under_test.name);
            let proven = last.reset().prove(&request(), &reset.ticket, &code(&typed)).await;
            // The app that was just added has voided that flow, as usual.
            assert!(matches!(proven, Err(Error::Refused(Refusal::NotAccepted))), "{proven:?}");
            let (token_of_ada, id) = &fixture.supplied;
            claim(world, &last, &world.user, token_of_ada, id).await;
            world.clock.advance(std::time::Duration::from_secs(60));
            assert!(
                fixture.signs_in(&last, &world.user, &fixture.app).await,
                "{}",
                under_test.name
            );
            assert!(fixture.signs_in(&last, bob, token).await, "{}", under_test.name);
        });
    }
}

/// A reset that is open before is completed after.
#[test]
fn an_open_reset_survives() {
    for under_test in all() {
        block_on(async {
            let fixture = Fixture::over(&under_test).await;
            let world = &fixture.world;
            let reset = world.start().await;
            let (reset, typed) = world.challenged(&reset.ticket, &email(), MAIL).await;
            let new = engine(world, Arc::clone(&under_test.store), sealing(2, &[1]), 21).await;
            assert_eq!(run(&new, None, 10).await.resealed, SEEDS, "{}", under_test.name);
            let last = engine(world, Arc::clone(&under_test.store), sealing(2, &[]), 22).await;
            let reset = last.reset().prove(&request(), &reset.ticket, &code(&typed)).await;
            let app = sspr::Selection::parse("authenticator_app").expect("an option");
            let ticket = reset.expect("proven").ticket;
            let reset = last.reset().challenge(&request(), &ticket, &app).await.expect("open");
            let typed = code(&fixture.app.code(world.clock.now()));
            let reset = last.reset().prove(&request(), &reset.ticket, &typed).await;
            let ticket = reset.expect("proven").ticket;
            last.reset().complete(&request(), &ticket, &NEW.into()).await.expect("reset");
            assert!(world.password_is(NEW), "{}", under_test.name);
        });
    }
}

/// A sealed seed whose text is well formed and whose content was changed by one bit: the nonce is
/// random, so a bit of the text itself may leave the alphabet and make the whole record unreadable.
fn damaged(seed: &str) -> String {
    let mut sealed = BASE64.decode(seed.as_bytes()).expect("a sealed seed");
    sealed[30] ^= 1;
    BASE64.encode(&sealed)
}

#[test]
fn a_damaged_seed_is_still_well_formed() {
    for filler in 0..=u8::MAX {
        let seed = BASE64.encode(&[filler; 63]);
        assert_ne!(damaged(&seed), seed);
        assert!(BASE64.decode(damaged(&seed).as_bytes()).is_ok(), "{filler}");
    }
}

/// A seed that cannot be opened is reported, kept, and does not stop the others.
#[test]
fn a_seed_that_cannot_be_opened_is_reported_and_kept() {
    for under_test in all() {
        block_on(async {
            let fixture = Fixture::over(&under_test).await;
            let world = &fixture.world;
            under_test
                .edit(&user("eve"), |body| {
                    let seed = &mut body["methods"][1]["factor"]["oath"]["seed"];
                    *seed = damaged(seed.as_str().expect("a seed")).into();
                })
                .await;
            under_test.edit(&user("kim"), |body| body["min_writer"] = 2.into()).await;
            let before = under_test.account(&user("eve")).await;
            let new = engine(world, Arc::clone(&under_test.store), sealing(2, &[1]), 21).await;
            for (round, (resealed, current)) in [(SEEDS - 1, 0), (0, SEEDS - 1)].iter().enumerate()
            {
                let done = run(&new, None, 1).await;
                assert_eq!((done.resealed, done.current), (*resealed, *current), "{round}");
                assert_eq!(done.accounts, 5, "{}: kim's record too", under_test.name);
                assert_eq!(done.unreadable.len(), 1, "{}: kim's", under_test.name);
                let [left] = &done.left[..] else { panic!("{}: {done:?}", under_test.name) };
                assert_eq!(left.user, user("eve"), "{}", under_test.name);
                let eves =
                    sealed_seeds(&under_test).await.into_iter().find(|seed| seed.user == "eve");
                assert_eq!(
                    left.methods[0].as_str(),
                    eves.expect("there").id,
                    "{}",
                    under_test.name
                );
                let Error::Fault(fault) = &left.error else { panic!("{left:?}") };
                assert_eq!(fault.origin, FaultOrigin::Seal, "{}", under_test.name);
                assert_eq!(fault.error.kind(), PortErrorKind::Corrupt, "{}", under_test.name);
                let after = under_test.account(&user("eve")).await;
                assert_eq!(after.body(), before.body(), "{}: it was touched", under_test.name);
                assert_eq!(
                    after.version(),
                    before.version(),
                    "{}: it was touched",
                    under_test.name
                );
            }
            // An engine that has neither key is refused, and changes nothing.
            let seeds = sealed_seeds(&under_test).await;
            let lost = world.beside().store(Arc::clone(&under_test.store)).seed(23);
            let lost = lost.engine(|engine| engine.seal(sealing(9, &[])));
            let Err(Error::Fault(fault)) = lost.try_open().await else {
                panic!("{}: it opened", under_test.name)
            };
            assert_eq!(fault.error.kind(), PortErrorKind::Denied, "{}", under_test.name);
            assert_eq!(sealed_seeds(&under_test).await, seeds, "{}", under_test.name);
            let last = engine(world, Arc::clone(&under_test.store), sealing(2, &[]), 24).await;
            let tokens = &fixture.tokens;
            for (name, token) in [&tokens[0], &tokens[2]] {
                assert!(
                    fixture.signs_in(&last, name, token).await,
                    "{}: {name:?}",
                    under_test.name
                );
            }
        });
    }
}

/// A seal whose new key seals something else.
struct Liar;

#[async_trait]
impl Seal for Liar {
    async fn seal(&self, _: &[u8], associated: &[u8]) -> PortResult<Vec<u8>> {
        sealing(2, &[1]).seal(b"another seed altogether", associated).await
    }

    async fn open(&self, sealed: &[u8], associated: &[u8]) -> PortResult<SecretBytes> {
        sealing(2, &[1]).open(sealed, associated).await
    }
}

/// The only copy of a seed is replaced only when the new one is known to be equal.
#[test]
fn a_seal_that_fails_costs_no_seed() {
    for under_test in all() {
        block_on(async {
            let fixture = Fixture::over(&under_test).await;
            let seeds = sealed_seeds(&under_test).await;
            let store = || Arc::clone(&under_test.store);
            let liar = engine(&fixture.world, store(), Liar, 21).await;
            let done = run(&liar, None, 2).await;
            assert_eq!((done.resealed, done.left.len() as u64), (0, SEEDS), "{}", under_test.name);
            for name in ["seal.seal", "seal.open"] {
                let plan = FaultPlan::none();
                let seal = Faulty::new(sealing(2, &[1]), plan.clone());
                let dead = engine(&fixture.world, store(), seal, 22).await;
                drop(plan.on(name, sspr::testing::InjectedFault::FailBefore));
                let done = run(&dead, None, 10).await;
                assert_eq!((done.resealed, done.left.len() as u64), (0, SEEDS), "{name}");
                // The last page never reports success: it has a seed left, or is an error.
                let mut page = dead.reseal(&tenant(), None, 2).await;
                while let Ok(Some(next)) = page.as_ref().map(|page| page.next.clone()) {
                    page = dead.reseal(&tenant(), Some(&next), 2).await;
                }
                match page {
                    Ok(page) if !page.left.is_empty() => {}
                    // Only a seal that opens nothing leaves the check value unverified.
                    Ok(page) => assert_eq!(name, "seal.seal", "{}: {page:?}", under_test.name),
                    Err(Error::Fault(fault)) => {
                        assert_eq!(
                            (name, fault.origin),
                            ("seal.open", FaultOrigin::Seal),
                            "{}",
                            under_test.name
                        );
                    }
                    Err(error) => panic!("{}: {error}", under_test.name),
                }
            }
            assert_eq!(sealed_seeds(&under_test).await, seeds, "{}", under_test.name);
            let page = fixture.world.engine.reseal(&tenant(), None, 0).await.expect("a page");
            assert_eq!(page.accounts, 1, "{}: a page of none is one of one", under_test.name);
            assert!(page.next.is_some(), "{}: it is not the end", under_test.name);
        });
    }
}
