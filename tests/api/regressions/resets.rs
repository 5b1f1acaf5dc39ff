//! Resets and registrations.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::*;
use sspr::adapters::memory::MemoryStore;
use sspr::admin::Contacts;
use sspr::facts::{EmailAddress, PhoneNumber};
use sspr::method::{ChallengeOption, Channel, NewMethod, SignInContext};
use sspr::policy::Rate;
use sspr::port::{Clock as _, Store};
use sspr::port::{Commit, Committed, PortError, PortResult, async_trait};
use sspr::testing::{block_on, forward};
use sspr::{Engine, MethodKind, Policy, PolicySettings, Refusal, SignedIn, Step};

const DAY: Duration = Duration::from_secs(86_400);

fn mail(address: &str) -> NewMethod {
    NewMethod::email(EmailAddress::parse(address).expect("valid"))
}

async fn put(world: &World, settings: PolicySettings, expected: u64) {
    let policy = Policy::new(settings).expect("a sound policy");
    let admin = world.admin();
    admin.put_policy(&policy, Some(expected)).await.expect("put");
}

/// An attacker with a stolen session cannot avoid the hold by removing all methods first.
#[test]
fn removing_every_method_ends_no_hold() {
    block_on(async {
        let world = World::builder().settings(one_gate()).registered().open().await;
        let user = world.signed_in();
        let registration = world.engine.registration();
        for method in registration.list(&request(), &user).await.expect("listed") {
            registration.remove(&request(), &user, &method.id).await.expect("removed");
        }
        world.deliver().await;
        world.register(mail("evil@elsewhere.example"), "evil@elsewhere.example").await;
        let listed = registration.list(&request(), &user).await.expect("listed");
        assert!(listed[0].usable_from > Some(world.clock.now()), "{listed:?}");
    });
}

#[test]
fn a_second_factor_of_the_future_is_none() {
    block_on(async {
        let world = World::builder().settings(one_gate()).registered().open().await;
        let now = world.clock.now();
        let session = SignInContext::new("s", now).with_second_factor(now.plus(365 * DAY));
        let user = SignedIn::vouch(world.tenant.clone(), world.user.clone(), session);
        let added = world.engine.registration().add(&request(), &user, &mail("x@y.example")).await;
        assert_eq!(refusal(added), Refusal::SecondFactorRequired);
    });
}

/// Invariant 14: an owner who can be reached over one channel only is notified over it.
#[test]
fn an_owner_with_voice_only_is_notified_by_voice() {
    block_on(async {
        let world = World::builder().settings(one_gate()).open().await;
        world.inbox.set_channels(&world.tenant, vec![Channel::Voice]);
        let mobile = PhoneNumber::parse(MOBILE).expect("valid");
        let mobile = NewMethod::mobile_phone(mobile, Channel::Voice).expect("reached");
        world.register(mobile, MOBILE).await;
        let reply = world.start().await;
        let (reply, right) = world.challenged(&reply.ticket, &voice(), MOBILE).await;
        let reply = world.prove(&reply.ticket, &right).await.expect("proven");
        world.complete(&reply.ticket, NEW).await.expect("reset");
        world.deliver().await;
        let told = world.inbox.messages_to(MOBILE);
        assert!(told.iter().any(|message| message.kind == "notice.password_reset"), "{told:?}");
    });
}

#[test]
fn contacts_can_be_replaced_at_once() {
    block_on(async {
        let world = World::builder().settings(one_gate()).registered().open().await;
        let admin = world.admin();
        for round in 1..=3 {
            let mut contacts = Contacts::default();
            let address = format!("a{round}@x.example");
            contacts.email = Some(EmailAddress::parse(&address).expect("valid"));
            let number = format!("+1425555011{round}");
            contacts.mobile_phone = Some(PhoneNumber::parse(&number).expect("valid"));
            admin.supply_contacts(&world.user, &contacts).await.expect("supplied");
            world.deliver().await;
        }
    });
}

/// Contacts that an administrator supplied for one user do not apply to the next user with the same
/// id.
#[test]
fn contacts_of_an_earlier_incarnation_open_nothing() {
    block_on(async {
        let world = World::builder().settings(one_gate()).open().await;
        let is = |mark: &str| {
            let mark = Some(mark.to_owned());
            world.directory.update_user(&tenant(), &user(), |facts| facts.incarnation = mark)
        };
        is("1").expect("known");
        let mut contacts = Contacts::default();
        contacts.email = Some(EmailAddress::parse(MAIL).expect("valid"));
        let admin = world.admin();
        admin.supply_contacts(&world.user, &contacts).await.expect("supplied");
        world.deliver().await;
        is("2").expect("known");
        world.inbox.clear();
        let reply = world.start().await;
        world.challenge(&reply.ticket, &email()).await;
        world.deliver().await;
        assert!(world.inbox.messages_to(MAIL).is_empty());
        let denied = admin.supply_contacts(&world.user, &contacts).await;
        assert!(matches!(refusal(denied), Refusal::NotEligible { .. }));
    });
}

/// the cap disables the method, and registering it again enables it.
#[test]
fn a_disabled_method_counts_again_when_it_is_registered_again() {
    block_on(async {
        let mut settings = one_gate();
        // Stricter than the default: the five attempts of one code disable the method.
        settings.failures.consecutive = 5;
        settings.failures.anonymous = Rate::new(5, DAY);
        let world = World::builder().settings(settings).registered().open().await;
        let reply = world.start().await;
        let (reply, right) = world.challenged(&reply.ticket, &email(), MAIL).await;
        for _ in 0..5 {
            let wrong = world.prove(&reply.ticket, &other_than(&right)).await;
            assert_eq!(refusal(wrong), Refusal::NotAccepted);
        }
        assert!(world.event_codes().await.iter().any(|code| code == "method_disabled"));
        world.clock.advance(3 * DAY);
        world.register(mail("ada@second.example"), "ada@second.example").await;
        world.clock.advance(3 * DAY);
        world.inbox.clear();
        let reply = world.start().await;
        let (reply, right) = world.challenged(&reply.ticket, &email(), MAIL).await;
        world.prove(&reply.ticket, &right).await.expect("in use again");
    });
}

/// A correct code as the last allowed attempt disables nothing.
#[test]
fn a_right_code_at_the_cap_is_no_failure() {
    block_on(async {
        let mut settings = one_gate();
        settings.failures.consecutive = 5;
        let world = World::builder().settings(settings).registered().open().await;
        let reply = world.start().await;
        let (reply, right) = world.challenged(&reply.ticket, &email(), MAIL).await;
        for _ in 0..4 {
            let _ = world.prove(&reply.ticket, &other_than(&right)).await;
        }
        world.prove(&reply.ticket, &right).await.expect("the fifth is right");
        world.inbox.clear();
        let reply = world.start().await;
        world.challenged(&reply.ticket, &email(), MAIL).await;
    });
}

/// With the budget of the Entra preset, another code can be requested while the first one is live.
#[test]
fn a_typed_number_is_no_bar_to_another_code() {
    block_on(async {
        let mut settings = one_gate();
        settings.typed_number = true;
        // The budget of the Entra preset, which one code with its five attempts fills.
        settings.failures.anonymous = Rate::new(5, DAY);
        let world = World::builder().settings(settings).registered().open().await;
        let typed = sms().with_typed_number(MOBILE).expect("a number");
        let reply = world.start().await;
        let (reply, _) = world.challenged(&reply.ticket, &typed, MOBILE).await;
        world.clock.advance(Duration::from_secs(61));
        world.inbox.clear();
        let (reply, right) = world.challenged(&reply.ticket, &typed, MOBILE).await;
        world.prove(&reply.ticket, &right).await.expect("proven");
    });
}

#[test]
fn a_policy_raised_on_the_way_lets_the_flow_go_on() {
    block_on(async {
        let mut one_method = one_gate();
        one_method.users.methods = [MethodKind::Email].into();
        let world = World::builder().settings(one_gate()).registered().open().await;
        put(&world, one_method, 1).await;
        let reply = world.start().await;
        let (reply, right) = world.challenged(&reply.ticket, &email(), MAIL).await;
        let reply = world.prove(&reply.ticket, &right).await.expect("proven");
        put(&world, settings(), 2).await;
        assert_eq!(refusal(world.complete(&reply.ticket, NEW).await), Refusal::MoreProofNeeded);
        let shown = world.engine.reset().view(&request(), &reply.ticket).await.expect("shown");
        let Step::Choose { options } = shown.step else { panic!("{:?}", shown.step) };
        assert!(options.iter().any(|view| view.option.method() == MethodKind::MobilePhone));
        let (reply, right) = world.challenged(&reply.ticket, &sms(), MOBILE).await;
        let reply = world.prove(&reply.ticket, &right).await.expect("proven");
        world.complete(&reply.ticket, NEW).await.expect("reset");
    });
}

#[test]
fn a_method_that_the_policy_dropped_is_made_up_for() {
    block_on(async {
        let with_office = |settings: &mut PolicySettings| {
            settings.users.methods.insert(MethodKind::OfficePhone);
        };
        let world = World::builder().policy(with_office).registered().open().await;
        let office = "+14255550199";
        let number = PhoneNumber::parse(office).expect("valid");
        world.register(NewMethod::office_phone(number), office).await;
        world.clock.advance(2 * DAY);
        let ticket = world.granted().await;
        let mut other = settings();
        other.users.methods = [MethodKind::OfficePhone, MethodKind::MobilePhone].into();
        put(&world, other, 1).await;
        assert_eq!(refusal(world.complete(&ticket, NEW).await), Refusal::MoreProofNeeded);
        let call = ChallengeOption::preferred(MethodKind::OfficePhone).into();
        let (reply, right) = world.challenged(&ticket, &call, office).await;
        let reply = world.prove(&reply.ticket, &right).await.expect("proven");
        world.complete(&reply.ticket, NEW).await.expect("reset");
    });
}

/// Loses the reply of the commit that records the reset, after another engine has gone on from it.
#[derive(Clone)]
struct Overtaken(Arc<Inner>);

struct Inner {
    store: MemoryStore,
    other: Mutex<Option<Engine>>,
}

#[async_trait]
impl Store for Overtaken {
    forward!(self.0.store => load, increment, due, scan, events, purge, fence);

    async fn commit(&self, commit: Commit<'_>) -> PortResult<Committed> {
        let resets = commit.events.iter().any(|event| event.code() == "password_reset");
        let committed = self.0.store.commit(commit).await?;
        let other = if resets { self.0.other.lock().expect("unpoisoned").take() } else { None };
        if let Some(other) = other {
            other.maintain(100).await.expect("maintained");
            return Err(PortError::unknown());
        }
        Ok(committed)
    }
}

/// Invariant 14: one event and one revocation, also if the commit's reply was lost and the record
/// has moved on since.
#[test]
fn a_reset_is_settled_once() {
    block_on(async {
        let inner = Inner { store: MemoryStore::new(), other: Mutex::new(None) };
        let store = Overtaken(Arc::new(inner));
        let world =
            World::builder().store(store.clone()).settings(settings()).registered().open().await;
        let ticket = world.granted().await;
        let other = world.beside().store(store.0.store.clone()).seed(9).open().await;
        *store.0.other.lock().expect("unpoisoned") = Some(other.engine);
        let done = world.complete(&ticket, NEW).await.expect("reset");
        assert_eq!(done.step, Step::Done { propagated: true });
        world.deliver().await;
        let codes = world.event_codes().await;
        for code in ["password_reset", "sessions_revoked"] {
            assert_eq!(
                codes.iter().filter(|event_code| *event_code == code).count(),
                1,
                "{code}: {codes:?}"
            );
        }
        assert_eq!(world.directory.revocations(&world.tenant, &world.user).len(), 1);
    });
}
