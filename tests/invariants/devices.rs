//! The budget pool of known devices, which anonymous callers cannot spend.

use std::time::Duration;

use sspr::facts::{TenantFacts, UserFacts};
use sspr::recovery::DeviceSecret;
use sspr::testing::block_on;
use sspr::{Error, Policy, Reply, Request, ResetTicket, Source, Step, TenantId, UserId};

use crate::every::{every, world};
use crate::stores::{StoreUnderTest, all, memory, secret};
use crate::support::{
    MAIL, MOBILE, NEW, OLD, World, ada, admin, code, email, other_than, request, request_from, sms,
    tenant,
};

const DAY: Duration = Duration::from_secs(86_400);

fn from(device: &str) -> Request {
    let device = DeviceSecret::parse(device).expect("well formed");
    request_from("192.0.2.77").with_device(device)
}

/// A device of the signed-in user.
async fn remembered(world: &World) -> String {
    let registration = world.engine.registration();
    let device = registration.remember_device(&request(), &world.signed_in()).await;
    device.expect("remembered").expose_secret().to_owned()
}

/// An attacker with many sources opens all challenges that it can and spends every attempt, by mail
/// and text.
async fn attack(world: &World, sources: usize, device: Option<&str>) {
    let reset = world.engine.reset();
    for number in 0..sources {
        let source = || {
            let request = request_from(&format!("198.51.100.{number}"));
            match device {
                Some(device) => {
                    request.with_device(DeviceSecret::parse(device).expect("well formed"))
                }
                None => request,
            }
        };
        let Ok(reply) = reset.start(&source(), &ada()).await else { continue };
        let mut ticket = reply.ticket;
        for (option, length) in [(email(), 8), (sms(), 6)] {
            match reset.challenge(&source(), &ticket, &option).await {
                Ok(reply) => ticket = reply.ticket,
                Err(_) => continue,
            }
            world.deliver().await;
            for guess in 0..6 {
                let typed = format!("{:0length$}", number * 10 + guess);
                let _ = reset.prove(&source(), &ticket, &code(&typed)).await;
            }
        }
    }
}

/// Runs a whole reset with these requests. The error is that of the first call that failed.
async fn whole_reset(world: &World, with: impl Fn() -> Request) -> Result<(), String> {
    let reset = world.engine.reset();
    let failed = |error: Error| format!("{error:?}");
    let mut reply: Reply<ResetTicket> = reset.start(&with(), &ada()).await.map_err(failed)?;
    for (option, address) in [(email(), MAIL), (sms(), MOBILE)] {
        reply = reset.challenge(&with(), &reply.ticket, &option).await.map_err(failed)?;
        world.inbox.clear();
        world.deliver().await;
        let typed = world.inbox.last_code_to(address).ok_or("no code was sent")?;
        reply = reset.prove(&with(), &reply.ticket, &code(&typed)).await.map_err(failed)?;
    }
    reset.complete(&with(), &reply.ticket, &secret(NEW)).await.map(drop).map_err(failed)
}

/// Inv. 3: the owner resets from a known device under any attack by anonymous callers.
#[test]
fn inv03_a_known_device_resets_under_attack() {
    for under_test in all() {
        block_on(async {
            let world = world(&under_test, 2).await;
            let device = remembered(&world).await;
            attack(&world, 12, None).await;
            let anonymous = whole_reset(&world, || request_from("192.0.2.200")).await;
            assert!(anonymous.is_err(), "{}: the attack left budget over", under_test.name);
            whole_reset(&world, || from(&device)).await.expect(under_test.name);
            assert!(world.password_is(NEW), "{}", under_test.name);
        });
    }
}

/// Inv. 3: anonymous callers cannot use up the live flows of known devices, even while undelivered
/// codes wait or under the most permissive policy.
#[test]
fn inv03_anonymous_flows_never_lock_out_a_known_device() {
    // The defaults, and the widest policy: the highest limits for anonymous callers.
    let mut widest = every(2);
    let wide = &mut widest.sends;
    (wide.per_hour, wide.per_day, wide.live_flows, wide.source_share) = (20, 20, 10, 100);
    widest.failures.anonymous = sspr::policy::Rate::new(50, DAY);
    widest.failures.consecutive = 100;
    widest.acknowledged.insert(sspr::policy::Deviation::GuessingAboveThreshold);
    for (settings, delivers) in [(every(2), false), (every(2), true), (widest, true)] {
        let most = usize::from(settings.sends.live_flows);
        for under_test in all() {
            block_on(async {
                let world = World::builder()
                    .store(under_test.store.clone())
                    .settings(settings.clone())
                    .registered()
                    .open()
                    .await;
                let device = remembered(&world).await;
                let kinds = [email(), sms()];
                for number in 0..2 * most {
                    let source = request_from(&format!("198.51.100.{number}"));
                    let reset = world.engine.reset();
                    let reply = reset.start(&source, &ada()).await.expect("started");
                    // One code for each flow, so that neither failures nor challenges are spent
                    // first.
                    let option = &kinds[number % 2];
                    reset.challenge(&source, &reply.ticket, option).await.expect("answered");
                    if delivers {
                        world.deliver().await;
                    }
                }
                let flows = under_test.body().await["flows"].as_array().expect("a list").len();
                // Undelivered, six anonymous codes may wait, so only six flows open a challenge.
                let expected = if delivers { most } else { most.min(6) };
                assert_eq!(
                    flows, expected,
                    "{}: all anonymous live flows are taken",
                    under_test.name
                );
                whole_reset(&world, || from(&device)).await.expect(under_test.name);
            });
        }
    }
}

/// Inv. 3: a made-up secret, or that of another user or tenant, makes no device known.
#[test]
fn inv03_only_a_secret_of_this_account_is_known() {
    for under_test in all() {
        block_on(async {
            let world = world(&under_test, 2).await;
            let own = remembered(&world).await;
            let others = foreign_devices(&world).await;
            attack(&world, 12, None).await;
            let made_up = "A".repeat(43);
            for device in others.iter().chain([&made_up]) {
                let unknown = whole_reset(&world, || from(device)).await;
                assert!(unknown.is_err(), "{}: {device} is taken for known", under_test.name);
            }
            // Another account's secret buys the attacker no extra guesses.
            let before = world.engine.stats().comparisons;
            attack(&world, 12, Some(&others[0])).await;
            assert_eq!(world.engine.stats().comparisons, before, "{}", under_test.name);
            whole_reset(&world, || from(&own)).await.expect(under_test.name);
        });
    }
}

/// Devices of another user of this tenant, and of the same user id in another tenant.
async fn foreign_devices(world: &World) -> [String; 2] {
    let bob = UserId::parse("0f7b768e-07e2-4810-8459-485f84f8f299").expect("valid");
    let facts = UserFacts::new(bob.clone());
    world.directory.add_user(&tenant(), facts, &["bob@contoso.example"], OLD).expect("added");
    let registration = world.engine.registration();
    let session = sspr::method::SignInContext::new("s", sspr::port::Clock::now(&world.clock))
        .with_second_factor(sspr::port::Clock::now(&world.clock));
    let signed_in = sspr::SignedIn::vouch(tenant(), bob, session.clone());
    let bobs = registration.remember_device(&request(), &signed_in).await.expect("remembered");
    let other = TenantId::parse("fabrikam").expect("valid");
    world.directory.add_tenant(other.clone(), TenantFacts::new("Fabrikam"));
    let facts = UserFacts::new(world.user.clone());
    world.directory.add_user(&other, facts, &["ada@contoso.example"], OLD).expect("added");
    let actor = admin();
    let policy = Policy::new(every(2)).expect("sound");
    world.engine.admin(&other, &actor).put_policy(&policy, None).await.expect("put");
    let other_request = Request::new(other.clone(), Source::parse("203.0.113.7"));
    let namesake = sspr::SignedIn::vouch(other, world.user.clone(), session);
    let namesakes =
        registration.remember_device(&other_request, &namesake).await.expect("remembered");
    [bobs.expose_secret().to_owned(), namesakes.expose_secret().to_owned()]
}

/// Whether a reset from this device still sends a code while the anonymous pool is spent.
async fn is_known(world: &World, device: &str) -> bool {
    let reset = world.engine.reset();
    let reply = reset.start(&from(device), &ada()).await.expect("started");
    world.inbox.clear();
    let reply = reset.challenge(&from(device), &reply.ticket, &email()).await.expect("answered");
    world.deliver().await;
    let sent = world.inbox.last_code_to(MAIL).is_some();
    reset.cancel(&from(device), &reply.ticket).await.expect("cancelled");
    sent
}

/// A device is forgotten when flows or methods are revoked, and when it expires.
#[test]
fn inv12_a_device_is_forgotten_by_a_revocation_and_when_it_expires() {
    for what in ["flows", "methods", "time", "a reset"] {
        for under_test in all() {
            block_on(async {
                let world = world(&under_test, 2).await;
                let device = remembered(&world).await;
                let by = world.admin();
                match what {
                    "flows" => by.revoke_flows(&world.user).await.expect("revoked"),
                    "methods" => {
                        by.revoke_methods(&world.user).await.expect("revoked");
                        world.register_contacts().await;
                    }
                    "time" => world.clock.advance(DAY * 90),
                    _ => whole_reset(&world, request).await.expect("reset"),
                }
                world.clock.advance(DAY);
                attack(&world, 12, None).await;
                // A reset by the owner keeps the devices.
                let lives = what == "a reset";
                assert_eq!(is_known(&world, &device).await, lives, "{}: {what}", under_test.name);
            });
        }
    }
}

/// An account has at most five devices; a sixth replaces only the oldest.
#[test]
fn inv17_at_most_five_devices_are_known() {
    block_on(async {
        let under_test = memory();
        let world = world(&under_test, 2).await;
        let mut devices = Vec::new();
        for _ in 0..7 {
            devices.push(remembered(&world).await);
            world.clock.advance(Duration::from_secs(1));
        }
        assert_eq!(under_test.body().await["devices"].as_array().expect("a list").len(), 5);
        attack(&world, 12, None).await;
        let known = [is_known(&world, &devices[1]).await, is_known(&world, &devices[2]).await];
        assert_eq!(known, [false, true]);
    });
}

/// The stored failure budget of the mail method.
async fn budget(under_test: &StoreUnderTest) -> serde_json::Value {
    let body = under_test.body().await;
    let budgets = body["budgets"].as_array().expect("a list").clone();
    budgets.into_iter().find(|budget| budget["method"] == "email").unwrap_or_default()
}

/// Inv. 2 and 11: a known device proves nothing and clears no budget, and its own pool is bounded.
#[test]
fn inv02_a_known_device_is_no_proof_and_clears_no_budget() {
    for under_test in all() {
        block_on(async {
            let world = world(&under_test, 2).await;
            let device = remembered(&world).await;
            attack(&world, 12, None).await;
            let spent = budget(&under_test).await;
            let counted = spent["consecutive"].as_u64().expect("a number");
            assert!(counted >= 5, "{}: {spent}", under_test.name);
            let reset = world.engine.reset();
            let reply = reset.start(&from(&device), &ada()).await.expect("started");
            let early = reset.complete(&from(&device), &reply.ticket, &secret(NEW)).await;
            assert!(early.is_err(), "{}", under_test.name);
            let before = world.engine.stats().comparisons;
            let mut ticket = reply.ticket;
            for _ in 0..8 {
                world.clock.advance(Duration::from_secs(61));
                match reset.challenge(&from(&device), &ticket, &email()).await {
                    Ok(reply) => ticket = reply.ticket,
                    Err(_) => continue,
                }
                world.deliver().await;
                let right = world.inbox.last_code_to(MAIL).unwrap_or("00000000".into());
                for _ in 0..6 {
                    let typed = code(&other_than(&right));
                    let _ = reset.prove(&from(&device), &ticket, &typed).await;
                }
            }
            let compared = world.engine.stats().comparisons - before;
            assert_eq!(compared, 10, "{}: the limit of the device's pool", under_test.name);
            let after = budget(&under_test).await;
            assert_eq!(
                after["anonymous"]["times"], spent["anonymous"]["times"],
                "{}",
                under_test.name
            );
            // Both pools count towards the cap on failures in a row.
            assert_eq!(after["consecutive"], counted + 10, "{}: {after}", under_test.name);
        });
    }
}

/// Inv. 2: the cap on failures in a row disables the method for a known device too.
#[test]
fn inv02_the_cap_counts_both_pools() {
    for under_test in all() {
        block_on(async {
            let mut settings = every(2);
            settings.failures.consecutive = 20;
            let world = World::builder()
                .store(under_test.store.clone())
                .settings(settings)
                .registered()
                .open()
                .await;
            let device = remembered(&world).await;
            for _ in 0..4 {
                attack(&world, 12, None).await;
                attack(&world, 12, Some(&device)).await;
                world.clock.advance(DAY * 2);
            }
            let budget = budget(&under_test).await;
            assert_eq!((&budget["consecutive"], &budget["disabled"]), (&20.into(), &true.into()));
            assert!(
                !is_known(&world, &device).await,
                "{}: the method is disabled",
                under_test.name
            );
            let step = world.start().await.step;
            assert!(
                matches!(step, Step::Choose { .. }),
                "{}: the reply discloses that a method is disabled",
                under_test.name
            );
        });
    }
}
