//! Faults during registration: a method is added and confirmed, and one is removed.

use std::future::Future;
use std::pin::Pin;

use sspr::facts::{EmailAddress, PhoneNumber};
use sspr::method::{Channel, MethodView, NewMethod};
use sspr::testing::block_on;
use sspr::{Engine, Error, MethodKind, RegistrationTicket};

use crate::faults::judge::{counts, nothing_waits};
use crate::faults::scene::{Ended, MODES, Scene, both, deliver, each_point};
use crate::support::{MAIL, MOBILE, World, code, one_gate, request, settings};

const PRIMARY: &str = "ada@contoso.example";

fn mobile() -> NewMethod {
    let number = PhoneNumber::parse(MOBILE).expect("valid");
    NewMethod::mobile_phone(number, Channel::Sms).expect("reached")
}

/// An account with a mail address only.
fn with_mail() -> Scene {
    block_on(async {
        let world = World::builder().settings(one_gate()).open().await;
        let mail = NewMethod::email(EmailAddress::parse(MAIL).expect("valid"));
        world.register(mail, MAIL).await;
        world.deliver().await;
        Scene::of(world)
    })
}

fn adds<'a>(scene: &'a Scene, engine: &'a Engine) -> Pin<Box<dyn Future<Output = Ended> + 'a>> {
    Box::pin(async {
        while scene.held().stage < 4 {
            match add_step(scene, engine).await {
                Ok(true) => scene.hold(|held| held.stage += 1),
                Ok(false) => return Ended::Stuck,
                Err(error) => return Ended::Failed(error),
            }
        }
        Ended::Finished
    })
}

async fn add_step(scene: &Scene, engine: &Engine) -> Result<bool, Error> {
    let (registration, user) = (engine.registration(), scene.signed_in());
    match scene.held().stage {
        0 => {
            let reply = registration.add(&request(), &user, &mobile()).await?;
            scene.hold(|held| held.tickets.push(reply.ticket.expose_secret().to_owned()));
        }
        1 => {
            while engine.maintain(100).await?.more {}
            let Some(read) = scene.inbox.last_code_to(MOBILE) else {
                return Ok(false);
            };
            scene.hold(|held| held.codes.push(read));
        }
        2 => {
            let held = scene.held();
            let ticket = RegistrationTicket::parse(held.tickets.last().expect("one"));
            let read = code(held.codes.last().expect("one"));
            registration.confirm(&request(), &user, &ticket.expect("own"), &read).await?;
        }
        _ => while engine.maintain(100).await?.more {},
    }
    Ok(true)
}

async fn methods(scene: &Scene, engine: &Engine) -> Vec<MethodView> {
    let list = engine.registration().list(&request(), &scene.signed_in()).await;
    list.expect("the list")
}

fn judge_add(scene: &Scene, label: &str) {
    block_on(async {
        let engine = scene.healthy(200).await;
        scene.settle(&engine).await;
        nothing_waits(scene, label).await;
        let active = added_and_told(scene, &engine, label).await;
        // A user whose reply was lost finds the method in the list, or else continues.
        if !active {
            let ended = adds(scene, &engine).await;
            assert!(matches!(ended, Ended::Finished), "{label}: then {ended:?}");
        }
        deliver(&engine).await;
        assert!(added_and_told(scene, &engine, label).await, "{label}: not active in the end");
        counts(scene, &engine, label).await;
    });
}

/// Inv. 14: an active method was confirmed by exactly one event, and each address that was valid
/// before got one notice; the new address got none.
async fn added_and_told(scene: &Scene, engine: &Engine, label: &str) -> bool {
    let methods = methods(scene, engine).await;
    let phones: Vec<_> = methods
        .iter()
        .filter(|method| method.kind == MethodKind::MobilePhone && method.active)
        .collect();
    assert!(phones.len() <= 1, "{label}: two active methods from one confirmation");
    let told = |address: &str| {
        let messages = scene.inbox.messages_to(address);
        messages.iter().filter(|message| message.kind == "notice.method_added").count()
    };
    let active = phones.len();
    // The event of the mail address was written when the account was prepared.
    assert_eq!(scene.count("method_confirmed").await, 1 + active, "{label}: one event each");
    assert_eq!(told(PRIMARY), active, "{label}: the primary address");
    assert_eq!(told(MAIL), active, "{label}: the previous method");
    assert_eq!(told(MOBILE), 0, "{label}: the new address");
    active == 1
}

#[test]
fn adding_a_method_survives_every_single_failure() {
    let judge = |scene: &Scene, _: &Ended, label: &str| judge_add(scene, label);
    let cases = each_point(with_mail, adds, &MODES, judge);
    assert!(cases > 150, "{cases} points of failure");
}

fn removes<'a>(scene: &'a Scene, engine: &'a Engine) -> Pin<Box<dyn Future<Output = Ended> + 'a>> {
    Box::pin(async {
        let run = async {
            let (registration, user) = (engine.registration(), scene.signed_in());
            let methods = registration.list(&request(), &user).await?;
            let mail = methods.iter().find(|method| method.kind == MethodKind::Email);
            if let Some(mail) = mail {
                registration.remove(&request(), &user, &mail.id).await?;
            }
            while engine.maintain(100).await?.more {}
            Ok::<_, Error>(())
        };
        run.await.map_or_else(Ended::Failed, |()| Ended::Finished)
    })
}

#[test]
fn removing_a_method_survives_every_single_failure() {
    let judge = |scene: &Scene, _: &Ended, label: &str| {
        block_on(async {
            let engine = scene.healthy(200).await;
            scene.settle(&engine).await;
            nothing_waits(scene, label).await;
            let is_listed = |methods: &[MethodView]| {
                methods.iter().any(|method| method.kind == MethodKind::Email)
            };
            let before = is_listed(&methods(scene, &engine).await);
            let ended = removes(scene, &engine).await;
            assert!(matches!(ended, Ended::Finished), "{label}: then {ended:?}");
            assert!(!is_listed(&methods(scene, &engine).await), "{label}: still listed");
            // Inv. 14: one event, and one notice to each address that was valid before, including
            // the removed one.
            assert_eq!(scene.count("method_removed").await, 1, "{label}: before {before}");
            for address in [PRIMARY, MAIL, MOBILE] {
                let messages = scene.inbox.messages_to(address);
                let told =
                    messages.iter().filter(|message| message.kind == "notice.method_removed");
                assert_eq!(told.count(), 1, "{label}: {address}");
            }
        });
    };
    let cases = each_point(|| both(settings()), removes, &MODES, judge);
    assert!(cases > 60, "{cases} points of failure");
}

/// Inv. 15: if the outcome of the reservation is unknown, the confirmation fails and no method
/// becomes active.
#[test]
fn a_reservation_in_doubt_is_never_followed_by_a_comparison() {
    use sspr::testing::{FaultPlan, InjectedFault};
    block_on(async {
        for fault in
            [InjectedFault::FailBefore, InjectedFault::FailUnknownBefore, InjectedFault::LoseReply]
        {
            let scene = with_mail();
            let plan = FaultPlan::none();
            let engine = scene.engine(&plan, 100).await;
            for _ in 0..2 {
                assert!(add_step(&scene, &engine).await.expect("no fault yet"));
                scene.hold(|held| held.stage += 1);
            }
            let names = plan.names().len();
            // The first commit of `confirm` is the reservation.
            let plan = plan.on("store.commit", fault);
            assert!(add_step(&scene, &engine).await.is_err());
            assert_eq!(engine.stats().comparisons, 0, "{fault:?}: {:?}", &plan.names()[names..]);
            plan.heal();
            assert!(add_step(&scene, &engine).await.expect("the correct code is still accepted"));
            // Repeated after a lost reply, it gets the same reply and adds nothing.
            assert!(add_step(&scene, &engine).await.expect("the same reply"));
            assert_eq!(scene.count("method_confirmed").await, 2, "{fault:?}: the mail, the phone");
        }
    });
}
