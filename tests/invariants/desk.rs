//! Invariants 1, 12 and 14 for what administrators do for a person, on every store: an invitation, a
//! temporary password, *it was not me*, an unblock. Each is called by two engines at once.

use std::time::Duration;

use sspr::error::SsprReason;
use sspr::facts::WritePurpose;
use sspr::method::NewMethod;
use sspr::policy::LinkBase;
use sspr::testing::block_on;
use sspr::{Attempt, Engine, Error, PolicySettings, Refusal, SecretText};

use crate::every::every;
use crate::stores::{StoreUnderTest, all};
use crate::support::{MAIL, MOBILE, NEW, OLD, World, ada, admin, refusal, request, tenant, user};

const MINUTE: Duration = Duration::from_secs(60);
const PAGE: &str = "https://id.contoso.example/not-me#";
const PRIMARY: &str = "ada@contoso.example";
const THIEF: &str = "thief@evil.example";

fn pages() -> PolicySettings {
    let mut settings = every(2);
    settings.desk.repudiation_link = Some(LinkBase::parse(PAGE).expect("sound"));
    // Costs are not under test, so each act gets a notice of its own.
    settings.notices.texts.max = 16;
    settings
}

/// The results of a call that runs on both engines at once, `times` times on each.
fn racing<T: Send>(
    engines: &[Engine; 2],
    times: usize,
    call: impl AsyncFn(&Engine) -> T + Sync,
) -> Vec<T> {
    let call = &call;
    std::thread::scope(|scope| {
        let both = engines.iter().cycle().take(2 * times);
        let threads: Vec<_> =
            both.map(|engine| scope.spawn(move || block_on(call(engine)))).collect();
        threads.into_iter().map(|thread| thread.join().expect("ended")).collect()
    })
}

async fn prepared(under_test: &StoreUnderTest) -> (World, [Engine; 2]) {
    let world = under_test.world(pages()).await;
    let engines = [world.engine.clone(), under_test.engine(&world, 8).await];
    (world, engines)
}

async fn invited(world: &World) -> String {
    world.clock.advance(2 * MINUTE);
    world.admin().invite(&world.user).await.expect("invited");
    world.deliver().await;
    world.inbox.last_link_to(MAIL).expect("a link")
}

fn link(url: &str) -> Attempt {
    Attempt::link(url).expect("well formed")
}

fn told(world: &World, to: &str, kind: &str) -> usize {
    world.inbox.messages_to(to).iter().filter(|message| message.kind == kind).count()
}

/// Inv. 1: one of many browsers redeems an invitation, and only the last invitation.
#[test]
fn inv01_an_invitation_is_redeemed_once() {
    for under_test in all() {
        block_on(async {
            let (world, engines) = prepared(&under_test).await;
            let name = under_test.name;
            let (first, second) = (invited(&world).await, invited(&world).await);
            let redeem = async |engine: &Engine, url: &str| {
                let reset = engine.reset();
                reset.redeem_link(&request(), &ada(), &link(url)).await.map(|reply| reply.ticket)
            };
            assert_eq!(refusal(redeem(&engines[1], &first).await), Refusal::NotAccepted, "{name}");
            let answers = racing(&engines, 8, async |engine| redeem(engine, &second).await);
            let mut tickets = answers.iter().filter_map(|answer| answer.as_ref().ok());
            let ticket = tickets.next().expect("one redeems it");
            assert!(tickets.next().is_none(), "{name}: {answers:?}");
            assert_eq!(under_test.count("method_proven").await, 1, "{name}");
            // One mailbox is one proof of two.
            let alone = world.complete(ticket, NEW).await;
            assert_eq!(refusal(alone), Refusal::MoreProofNeeded, "{name}");

            let third = invited(&world).await;
            let by = admin();
            let revoke = async |engine: &Engine| {
                engine.admin(&tenant(), &by).revoke_invitation(&user()).await
            };
            let revoked = racing(&engines, 2, revoke);
            assert!(revoked.iter().all(Result::is_ok), "{name}: {revoked:?}");
            assert_eq!(under_test.count("invitation_revoked").await, 1, "{name}");
            assert_eq!(refusal(redeem(&engines[0], &third).await), Refusal::NotAccepted, "{name}");
            let shown = engines[1].reset().view(&request(), ticket).await;
            assert!(shown.is_ok(), "{name}: a redeemed link is not revoked: {shown:?}");
            assert_eq!(under_test.count("invited").await, 3, "{name}");
        });
    }
}

/// Inv. 12 and 14: each temporary password that was set is told once, ends the sessions and voids
/// everything outstanding; one at a time is written.
#[test]
fn inv12_a_temporary_password_voids_everything_and_is_told() {
    for under_test in all() {
        block_on(async {
            let (world, engines) = prepared(&under_test).await;
            let name = under_test.name;
            let grant = world.granted().await;
            let sent = invited(&world).await;
            world.inbox.clear();
            let by = admin();
            let answers = racing(&engines, 2, async |engine| {
                engine.admin(&tenant(), &by).set_temporary_password(&user(), None).await
            });
            let (mut set, mut accepted) = (0, 0);
            for answer in answers {
                match answer {
                    Ok(one) => {
                        let password = one.password.expect("generated");
                        set += 1;
                        accepted += usize::from(world.password_is(password.expose_secret()));
                    }
                    Err(Error::Refused(Refusal::Busy { .. })) => {}
                    Err(other) => panic!("{name}: {other:?}"),
                }
            }
            assert_eq!(accepted, 1, "{name}: the password of one of {set}");
            let writes = world.directory.writes(&world.tenant, &world.user);
            assert!(writes.iter().all(|write| write.must_change), "{name}");
            assert!(writes.iter().all(|write| write.purpose == WritePurpose::Administrator));
            let recorded = under_test.count("temporary_password_set").await;
            assert_eq!((writes.len(), recorded), (set, set), "{name}");

            world.clock.advance(2 * MINUTE);
            world.deliver().await;
            for to in [PRIMARY, MAIL, MOBILE] {
                assert_eq!(told(&world, to, "notice.temporary_password"), set, "{name}: {to}");
            }
            let revoked = world.directory.revocations(&world.tenant, &world.user).len();
            assert_eq!(revoked, set, "{name}");
            assert!(world.complete(&grant, NEW).await.is_err(), "{name}: a grant from before");
            let late = engines[1].reset().redeem_link(&request(), &ada(), &link(&sent)).await;
            assert_eq!(refusal(late), Refusal::NotAccepted, "{name}: an invitation from before");
            assert!(!world.password_is(OLD) && !world.password_is(NEW), "{name}");
        });
    }
}

/// Inv. 1 and 14: one of many presses repudiates, and one unblock ends the block.
#[test]
fn inv14_a_repudiation_and_an_unblock_are_made_and_told_once() {
    for under_test in all() {
        block_on(async {
            let (world, engines) = prepared(&under_test).await;
            let name = under_test.name;
            let evil = NewMethod::email(sspr::facts::EmailAddress::parse(THIEF).expect("valid"));
            world.register(evil, THIEF).await;
            world.deliver().await;
            let url = world.inbox.last_repudiation_link_to(MAIL).expect("a link");
            let press = async |engine: &Engine| {
                engine.repudiation().redeem(&request(), &ada(), &link(&url)).await
            };
            let pressed = racing(&engines, 8, press);
            assert_eq!(pressed.iter().filter(|one| one.is_ok()).count(), 1, "{name}: {pressed:?}");
            assert_eq!(under_test.count("repudiated").await, 1, "{name}");
            assert_eq!(under_test.count("method_removed").await, 1, "{name}");
            world.deliver().await;
            for to in [PRIMARY, MAIL, MOBILE] {
                assert_eq!(told(&world, to, "notice.repudiated"), 1, "{name}: {to}");
            }
            assert_eq!(told(&world, THIEF, "notice.repudiated"), 0, "{name}");
            let reason = SsprReason::Repudiated;
            let blocked = world.admin().invite(&world.user).await;
            assert_eq!(refusal(blocked), Refusal::NotEligible { reason }, "{name}");

            let by = admin();
            let unblock =
                async |engine: &Engine| engine.admin(&tenant(), &by).unblock(&user()).await;
            let unblocked = racing(&engines, 2, unblock);
            assert!(unblocked.iter().all(Result::is_ok), "{name}: {unblocked:?}");
            assert_eq!(under_test.count("unblocked").await, 1, "{name}");
            assert_eq!(refusal(press(&engines[1]).await), Refusal::NotAccepted, "{name}");
            world.deliver().await;
            for to in [PRIMARY, MAIL, MOBILE] {
                assert_eq!(told(&world, to, "notice.unblocked"), 1, "{name}: {to}");
            }
            world.clock.advance(2 * 24 * 60 * MINUTE);
            let ticket = world.granted().await;
            world.complete(&ticket, NEW).await.expect("the owner's own methods");
            assert!(world.password_is(NEW), "{name}");
        });
    }
}

/// An administrator does nothing to the own account, and a refused act changes nothing but its record.
#[test]
fn inv14_an_act_on_the_own_account_is_refused_and_recorded() {
    for under_test in all() {
        block_on(async {
            let (world, engines) = prepared(&under_test).await;
            let own = sspr::Actor::user(user(), admin_roles());
            let by = engines[1].admin(&world.tenant, &own);
            let id = &world.user;
            let before = under_test.events().await.len();
            let supplied = SecretText::from(NEW);
            for refused in [
                by.invite(id).await,
                by.revoke_invitation(id).await,
                by.initiate_reset(id).await,
                by.unblock(id).await,
                by.revoke_flows(id).await,
                by.revoke_methods(id).await,
                by.set_temporary_password(id, None).await.map(drop),
                by.set_temporary_password(id, Some(&supplied)).await.map(drop),
            ] {
                assert_eq!(refusal(refused), Refusal::OwnAccount, "{}", under_test.name);
            }
            let events = under_test.events().await;
            let codes: Vec<_> = events[before..].iter().map(sspr::audit::Event::code).collect();
            assert_eq!(codes, ["act_refused"; 8], "{}", under_test.name);
            assert!(world.password_is(OLD) && world.inbox.all().is_empty(), "{}", under_test.name);
        });
    }
}

fn admin_roles() -> [sspr::RoleId; 1] {
    [sspr::RoleId::parse("Global Administrator").expect("valid")]
}
