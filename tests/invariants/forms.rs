//! Inv. 19: every field of an account survives encoding, and a damaged field closes the account.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use sspr::Error;
use sspr::adapters::memory::MemoryStore;
use sspr::error::FaultOrigin;
use sspr::port::Clock as _;
use sspr::port::PortErrorKind;
use sspr::testing::{Encoded, block_on};

use crate::every::{option, world};
use crate::player::Player;
use crate::records::{closed, corrupt};
use crate::stores::{all, fresh, secret};
use crate::support::{MAIL, MOBILE, NEW, OLD, ada, code, email, refusal, request, sms};

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Two engines make the same calls; one store keeps live values, the other only text. A field
    /// that the text loses would make their results differ.
    #[test]
    fn inv19_text_loses_nothing_of_an_account(
        acts in prop::collection::vec((0_u8..30, any::<u8>()), 20..60),
    ) {
        block_on(async {
            let mut live = Player::new(Arc::new(MemoryStore::new())).await;
            let mut text = Player::new(Arc::new(Encoded::new(MemoryStore::new()))).await;
            // First an account with every kind of field.
            let everything = [(11, 0), (12, 0), (13, 0), (20, 0), (8, 0), (5, 0), (0, 1), (0, 5)];
            for (number, (what, pick)) in everything.into_iter().chain(acts).enumerate() {
                let (one, other) = (live.act(what, pick).await, text.act(what, pick).await);
                prop_assert_eq!(one, other);
                prop_assert_eq!(live.body().await, text.body().await);
                if number == 7 {
                    let body = live.body().await;
                    let fields = ["\"oath\"", "\"recovery_code\"", "\"devices\":[{", "\"change\"", "\"unlock\"", "security_questions"];
                    prop_assert!(fields.iter().all(|field| body.contains(field)), "{}", body);
                }
            }
            Ok(())
        })?;
    }
}

/// Inv. 15 and 19: an account that cannot be read is not treated as one without methods, and is not
/// changed.
#[test]
fn inv19_a_damaged_field_closes_the_account() {
    type Damage = fn(&mut serde_json::Value);
    fn factor<'a>(body: &'a mut serde_json::Value, of: &str) -> &'a mut serde_json::Value {
        let methods = body["methods"].as_array_mut().expect("a list");
        let method = methods.iter_mut().find(|method| method["factor"].get(of).is_some());
        &mut method.expect("registered")["factor"]
    }
    let damages: [(&str, Damage); 9] = [
        ("a seed that is no text", |body| factor(body, "oath")["oath"]["seed"] = 1.into()),
        ("a seed that is no Base64", |body| factor(body, "oath")["oath"]["seed"] = "?".into()),
        ("no parameters", |body| factor(body, "oath")["oath"]["parameters"] = ().into()),
        ("a step before 1970", |body| factor(body, "oath")["oath"]["used"] = (-1).into()),
        ("a truncated digest", |body| {
            factor(body, "recovery_code")["recovery_code"]["codes"][0] = "00ff".into()
        }),
        ("no codes", |body| factor(body, "recovery_code")["recovery_code"] = ().into()),
        ("an unknown factor", |body| {
            *factor(body, "recovery_code") = serde_json::json!({"of_a_newer_release": {}});
        }),
        ("a device without its digest", |body| body["devices"][0]["secret"] = "".into()),
        ("an unknown state", |body| body["methods"][0]["state"] = "almost".into()),
    ];
    for (what, damage) in damages {
        for under_test in all() {
            let under_test = fresh(&under_test);
            block_on(async {
                let world = world(&under_test, 2).await;
                world.enrol_app().await;
                world.create_recovery_codes().await;
                let registration = world.engine.registration();
                let device = registration.remember_device(&request(), &world.signed_in()).await;
                drop(device.expect("remembered"));
                let ticket = world.granted().await;
                under_test.edit(damage).await;
                closed(&under_test, &world, &ticket, what).await;
                let engine = &world.engine;
                corrupt(engine.unlock().start(&request(), &ada()).await, what);
                let user = world.signed_in();
                corrupt(engine.change().start(&request(), &user, &secret(OLD)).await, what);
                let typed = code("123456");
                let sign_in = engine.authenticator();
                corrupt(sign_in.verify(&request(), &world.user, &typed).await, what);
                let prompt = engine.registration().prompt(&request(), &world.signed_in()).await;
                corrupt(prompt, what);
            });
        }
    }
}

/// Inv. 15: a seed that the seal cannot open proves nothing, and the other methods still work.
#[test]
fn inv15_a_seed_that_does_not_open_is_no_proof() {
    for under_test in all() {
        block_on(async {
            let world = world(&under_test, 2).await;
            let token = world.enrol_app().await;
            world.clock.advance(Duration::from_secs(60));
            under_test
                .edit(|body| {
                    let methods = body["methods"].as_array_mut().expect("a list");
                    let app =
                        methods.iter_mut().find(|method| method["kind"] == "authenticator_app");
                    let seed = &mut app.expect("enrolled")["factor"]["oath"]["seed"];
                    let text = seed.as_str().expect("a text").to_owned();
                    let first = if text.starts_with('A') { "B" } else { "A" };
                    *seed = format!("{first}{}", &text[1..]).into();
                })
                .await;
            let right = token.code(world.clock.now());
            let sign_in = world.engine.authenticator();
            let verified = sign_in.verify(&request(), &world.user, &code(&right)).await;
            let reply = world.start().await;
            let reply = world.challenge(&reply.ticket, &option("authenticator_app")).await;
            let proven = world.prove(&reply.ticket, &right).await;
            let Err(Error::Fault(fault)) = verified else {
                panic!("{}: {verified:?}", under_test.name)
            };
            assert_eq!(
                (fault.origin, fault.error.kind()),
                (FaultOrigin::Seal, PortErrorKind::Corrupt)
            );
            // Before the first proof no fault is shown: a fault of one seed would tell that the
            // account exists.
            assert_eq!(refusal(proven), sspr::Refusal::NotAccepted, "{}", under_test.name);
            assert_eq!(world.engine.stats().hidden_faults, 1, "{}", under_test.name);
            assert_eq!(
                under_test.count("oath_step_used").await,
                1,
                "{}: the enrolment's",
                under_test.name
            );
            let (reply, mail) = world.challenged(&reply.ticket, &email(), MAIL).await;
            let reply = world.prove(&reply.ticket, &mail).await.expect("proven");
            let (reply, text) = world.challenged(&reply.ticket, &sms(), MOBILE).await;
            let reply = world.prove(&reply.ticket, &text).await.expect("proven");
            world.complete(&reply.ticket, NEW).await.expect("reset");
        });
    }
}
