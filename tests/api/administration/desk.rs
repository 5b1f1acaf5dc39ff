//! Temporary passwords and invitations: E3.4, E10.3, R-073, R-100.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use sspr::admin::{BudgetKind, Contacts};
use sspr::audit::{ActorKind, EventKind};
use sspr::error::SsprReason;
use sspr::facts::{EmailAddress, PasswordHome, PhoneNumber, UserKind, WriteOutcome, WritePurpose};
use sspr::method::{NewMethod, OathParameters, OathSeed};
use sspr::policy::LinkBase;
use sspr::port::{BreachList, Clock as _, PortResult};
use sspr::{
    Attempt, Error, InvalidInput, PolicySettings, Refusal, Reply, ResetTicket, SecretText, Step,
    UserId,
};

use crate::support::*;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

fn told(world: &World, kind: &str) -> Vec<String> {
    let all = world.inbox.all().into_iter().filter(|message| message.kind == kind);
    all.map(|message| message.destination.normalised()).collect()
}

/// E3.4.10: generated for an account in the cloud, must be changed, and never expires by default.
#[tokio::test]
async fn e3_4_a_temporary_password_is_generated_and_must_be_changed() {
    for hours in [None, Some(48)] {
        let mut settings = settings();
        settings.desk.temporary_password_hours = hours;
        let world = World::builder().settings(settings).registered().open().await;
        let ticket = world.granted().await;
        world.deliver().await;
        world.inbox.clear();
        let set = world.admin().set_temporary_password(&world.user, None).await.expect("set");
        let shown = format!("{set:?}");
        let password = set.password.expect("generated");
        assert!(!shown.contains(password.expose_secret()), "{shown}");
        assert!(world.password_is(password.expose_secret()));
        assert!(password.expose_secret().len() >= 23);
        let expires_at = hours.map(|hours| world.clock.now().plus(HOUR * hours.into()));
        assert_eq!(set.expires_at, expires_at);
        let writes = world.directory.writes(&world.tenant, &world.user);
        let [write] = &writes[..] else { panic!("{writes:?}") };
        assert!(write.must_change && !write.risk_remediated);
        assert_eq!((write.purpose, write.expires_at), (WritePurpose::Administrator, expires_at));

        world.deliver().await;
        let kind = "notice.temporary_password";
        assert_eq!(told(&world, kind).len(), 3, "{:?}", told(&world, kind));
        assert_eq!(world.directory.revocations(&world.tenant, &world.user).len(), 1);
        let done = world.complete(&ticket, NEW).await;
        assert!(matches!(done, Err(Error::Refused(_))), "everything outstanding is void");
        let events = world.admin().user_events(&world.user, None, 1_000).await.expect("read").items;
        let set: Vec<_> = events
            .iter()
            .filter(|event| matches!(event.kind, EventKind::TemporaryPasswordSet { .. }))
            .collect();
        assert_eq!(set.len(), 1);
        assert!(matches!(&set[0].actor, ActorKind::Administrator(_)));
        assert!(!serde_json::to_string(&events).expect("json").contains(password.expose_secret()));
    }
}

/// E3.4.11: the administrator supplies the password of an account that is managed on premises, and of
/// no other.
#[tokio::test]
async fn e3_4_a_password_on_premises_is_supplied_and_judged_by_its_directory() {
    let mut settings = settings();
    settings.on_premises.writeback = true;
    let world = World::builder().settings(settings).registered().open().await;
    let admin = world.admin();
    let supplied = SecretText::from("Winter-2027");
    let set = admin.set_temporary_password(&world.user, Some(&supplied)).await;
    assert!(matches!(set, Err(Error::Invalid(InvalidInput::Rule { .. }))), "{set:?}");
    world
        .directory
        .update_user(&world.tenant, &world.user, |facts| {
            facts.password_home = PasswordHome::OnPremises;
        })
        .expect("known");
    let set = admin.set_temporary_password(&world.user, None).await;
    assert!(matches!(set, Err(Error::Invalid(InvalidInput::Rule { .. }))), "{set:?}");
    let set = admin.set_temporary_password(&world.user, Some(&supplied)).await.expect("set");
    assert!(set.password.is_none(), "the administrator has it");
    assert!(world.password_is("Winter-2027"));
    world
        .directory
        .script_outcome(WriteOutcome::PolicyViolation(sspr::facts::PolicyReason::Complexity));
    let refused = admin.set_temporary_password(&world.user, Some(&supplied)).await;
    let Err(Error::Refused(Refusal::DirectoryPassword { reason, .. })) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(reason, "complexity");
}

/// E9.4.5: the lists hold for a password that an administrator supplies. Where none is supplied, one is
/// generated until it satisfies them.
#[tokio::test]
async fn e9_4_the_lists_apply_to_a_password_that_an_administrator_supplies() {
    let mut settings = settings();
    settings.on_premises.writeback = true;
    settings.on_premises.apply_password_rules = true;
    settings.password.banned_words = ["fabrikam".to_owned()].into();
    let world = World::builder().settings(settings).registered().open().await;
    let set = |facts: &mut sspr::facts::UserFacts| facts.password_home = PasswordHome::OnPremises;
    world.directory.update_user(&world.tenant, &world.user, set).expect("known");
    let supplied = |password: &'static str| SecretText::from(password);
    let admin = world.admin();
    let banned =
        admin.set_temporary_password(&world.user, Some(&supplied("Fabrikam-fabrikam"))).await;
    assert!(matches!(banned, Err(Error::Refused(Refusal::Password(_)))), "{banned:?}");
    let other = admin.set_temporary_password(&world.user, Some(&supplied(NEW))).await;
    assert!(other.is_ok() && world.password_is(NEW), "{other:?}");
}

/// A breach list that has the first few passwords it is asked about.
struct Breached {
    first: usize,
    asked: Arc<AtomicUsize>,
}

#[async_trait]
impl BreachList for Breached {
    async fn contains(&self, _: &SecretText) -> PortResult<bool> {
        Ok(self.asked.fetch_add(1, Ordering::Relaxed) < self.first)
    }
}

/// E9.4.5: a generated password is judged as a supplied one is, and another is generated if it is refused;
/// after eight the tenant's rules count as unsatisfiable.
#[tokio::test]
async fn e9_4_a_generated_password_is_judged_too() {
    for (first, tries, is_set) in [(0, 1, true), (3, 4, true), (100, 8, false)] {
        let asked = Arc::new(AtomicUsize::new(0));
        let list = Breached { first, asked: Arc::clone(&asked) };
        let world = World::builder().engine(|engine| engine.breach_list(list)).registered();
        let world = world.open().await;
        let set = world.admin().set_temporary_password(&world.user, None).await;
        assert_eq!(asked.load(Ordering::Relaxed), tries, "{first}");
        assert_eq!(set.is_ok(), is_set, "{first}: {set:?}");
        assert_eq!(world.password_is(OLD), !is_set, "{first}");
        assert_eq!(world.directory.writes(&world.tenant, &world.user).len(), usize::from(is_set));
    }
}

#[tokio::test]
async fn a_temporary_password_of_unknown_outcome_is_told_and_set_again() {
    let world = World::builder().registered().open().await;
    world.deliver().await;
    world.inbox.clear();
    world.directory.script_indeterminate_written();
    let set = world.admin().set_temporary_password(&world.user, None).await;
    assert!(matches!(set, Err(Error::Fault(_))), "{set:?}");
    assert!(!world.password_is(OLD), "it was written");
    world.deliver().await;
    assert_eq!(told(&world, "notice.password_may_have_changed").len(), 3);
    assert_eq!(world.directory.revocations(&world.tenant, &world.user).len(), 1);
    let explained = world.admin().explain(&world.user).await.expect("explained");
    assert!(!explained.unsettled_write, "no flow could settle it");
    let set = world.admin().set_temporary_password(&world.user, None).await.expect("set");
    assert!(world.password_is(set.password.expect("generated").expose_secret()));
    let codes = world.event_codes().await;
    let count = |code: &str| codes.iter().filter(|found| *found == code).count();
    assert_eq!((count("directory_write_unsettled"), count("temporary_password_set")), (1, 1));
    // Certainly not written: no notice, nothing is void.
    world.deliver().await;
    world.inbox.clear();
    let ticket = world.granted().await;
    world.directory.script_outcome(WriteOutcome::Unreachable);
    let set = world.admin().set_temporary_password(&world.user, None).await;
    let reason = SsprReason::DirectoryUnreachable;
    assert!(
        matches!(set, Err(Error::Refused(refused)) if refused == Refusal::NotEligible { reason })
    );
    world.deliver().await;
    assert!(told(&world, "notice.password_may_have_changed").is_empty());
    world.complete(&ticket, NEW).await.expect("the flow goes on");
}

/// Each temporary password counts as an act on the account. One that was certainly not written does not.
#[tokio::test]
async fn temporary_passwords_have_a_rate_and_what_was_not_written_does_not_count() {
    let mut settings = settings();
    (settings.notices.acts_per_hour, settings.notices.acts_per_day) = (2, 20);
    let world = World::builder().settings(settings).registered().open().await;
    world.clock.advance(DAY);
    let set = async || world.admin().set_temporary_password(&world.user, None).await;
    for _ in 0..3 {
        world.directory.script_outcome(WriteOutcome::Unreachable);
        assert!(matches!(set().await, Err(Error::Refused(Refusal::NotEligible { .. }))));
    }
    for _ in 0..2 {
        set().await.expect("within the rate");
        world.deliver().await;
    }
    assert!(matches!(refusal(set().await), Refusal::TooOften { .. }));
    assert_eq!(world.directory.writes(&world.tenant, &world.user).len(), 2);
    world.clock.advance(HOUR);
    set().await.expect("an hour later");
}

/// As after a reset: failures with the password before do not block the change of a temporary one, and an
/// address on hold is removed.
#[tokio::test]
async fn a_temporary_password_has_the_effects_of_a_reset() {
    let mut settings = settings();
    // Stricter than the default of 50: the wrong passwords below close the change.
    settings.failures.consecutive = 15;
    settings.registration.hold = 2 * DAY;
    let world = World::builder().settings(settings).registered().open().await;
    let change = async |password: &str| {
        let password = SecretText::from(password);
        world.engine.change().start(&request(), &world.signed_in(), &password).await
    };
    for _ in 0..60 {
        assert!(change("a wrong password").await.is_err());
        world.clock.advance(6 * HOUR);
    }
    world.clock.advance(2 * DAY);
    assert!(change(OLD).await.is_err(), "a run of failures has closed the change");
    let held = NewMethod::email(EmailAddress::parse("new@evil.example").expect("valid"));
    world.register(held, "new@evil.example").await;
    let explained = async || world.admin().explain(&world.user).await.expect("explained");
    assert_eq!(explained().await.held.len(), 1);

    let set = world.admin().set_temporary_password(&world.user, None).await.expect("set");
    assert!(explained().await.held.is_empty());
    let codes = world.event_codes().await;
    assert_eq!(codes.iter().filter(|code| *code == "method_removed").count(), 1);
    let password = set.password.expect("generated");
    change(password.expose_secret()).await.expect("the change is open");
}

/// Everything outstanding is void also where the directory does not tell that the account has changed.
#[tokio::test]
async fn a_temporary_password_voids_grants_and_codes_of_an_account_without_a_stamp() {
    let world = World::builder().settings(settings()).registered().open().await;
    let untracked = |facts: &mut sspr::facts::UserFacts| facts.change_stamp = None;
    world.directory.update_user(&world.tenant, &world.user, untracked).expect("known");
    let granted = world.granted().await;
    world.clock.advance(Duration::from_secs(120));
    let entering = world.start().await;
    let (entering, code) = world.challenged(&entering.ticket, &World::by_mail(), MAIL).await;
    world.admin().set_temporary_password(&world.user, None).await.expect("set");
    let done = world.complete(&granted, NEW).await;
    assert!(matches!(done, Err(Error::Refused(_))), "{done:?}");
    assert!(!world.password_is(NEW));
    let proven = world.prove(&entering.ticket, &code).await;
    assert_eq!(refusal(proven), Refusal::NotAccepted);
}

/// A new user has no address: the notice waits for one.
#[tokio::test]
async fn a_user_without_an_address_is_told_of_a_temporary_password_later() {
    let world = World::builder().open().await;
    let user = world.add_user("new", "new");
    world.admin().set_temporary_password(&user, None).await.expect("set");
    world.deliver().await;
    assert!(world.inbox.all().is_empty());
    world
        .directory
        .update_user(&world.tenant, &user, |facts| {
            facts.primary_mail = Some("new@contoso.example".to_owned());
        })
        .expect("known");
    world.clock.advance(DAY);
    world.deliver().await;
    assert_eq!(told(&world, "notice.temporary_password"), ["new@contoso.example"]);
}

/// E1.3.8: a guest whose home tenant keeps the password resets nothing here, and gets no token. A guest whose
/// password is kept here is a user like others.
#[tokio::test]
async fn e1_3_a_guest_of_another_tenant_gets_no_token() {
    let world = World::builder().registered().open().await;
    for (kind, refused) in [(UserKind::ForeignGuest, true), (UserKind::LocalGuest, false)] {
        let set = |facts: &mut sspr::facts::UserFacts| facts.kind = kind;
        world.directory.update_user(&world.tenant, &world.user, set).expect("known");
        let seed = OathSeed::parse_base32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").expect("a seed");
        let parameters = OathParameters::default();
        let supplied = world.admin().supply_token(&world.user, &seed, parameters).await;
        let not_here = Refusal::NotEligible { reason: SsprReason::HomeTenant };
        assert_eq!(supplied.is_err(), refused, "{kind:?}: {supplied:?}");
        assert!(!refused || refusal(supplied) == not_here, "{kind:?}");
    }
}

#[tokio::test]
async fn a_temporary_password_is_refused_where_the_password_is_not_managed() {
    let world = World::builder().registered().open().await;
    let refused = async |change: fn(&mut sspr::facts::UserFacts)| {
        world.directory.update_user(&world.tenant, &world.user, change).expect("known");
        let set = world.admin().set_temporary_password(&world.user, None).await;
        let Err(Error::Refused(Refusal::NotEligible { reason })) = set else { panic!("{set:?}") };
        reason
    };
    assert_eq!(refused(|facts| facts.protected = true).await, SsprReason::Protected);
    assert_eq!(refused(|facts| facts.enabled = false).await, SsprReason::AccountDisabled);
    assert!(world.password_is(OLD));
    let unknown = UserId::parse("unknown").expect("valid");
    let set = world.admin().set_temporary_password(&unknown, None).await;
    assert!(matches!(set, Err(Error::Refused(Refusal::NotFound))), "{set:?}");
}

const BASE: &str = "https://id.contoso.example/reset#";

fn with_links() -> PolicySettings {
    let mut settings = settings();
    settings.link = Some(LinkBase::parse(BASE).expect("sound"));
    settings
}

/// A new user whose contact data an administrator has supplied.
async fn newcomer(world: &World) -> UserId {
    let user = world.add_user("new", "new@contoso.example");
    let mut contacts = Contacts::default();
    contacts.email = Some(EmailAddress::parse("new@private.example").expect("valid"));
    contacts.mobile_phone = Some(PhoneNumber::parse("+14255550123").expect("valid"));
    world.supply_contacts(&user, &contacts).await;
    user
}

async fn invited(world: &World, user: &UserId) -> String {
    world.admin().invite(user).await.expect("invited");
    world.deliver().await;
    world.inbox.last_link_to("new@private.example").expect("a link")
}

async fn redeem(world: &World, link: &str) -> Result<Reply<ResetTicket>, Refusal> {
    let name = sspr::Identifier::parse("new@contoso.example").expect("valid");
    let link = Attempt::link(link).expect("well formed");
    match world.engine.reset().redeem_link(&request(), &name, &link).await {
        Ok(reply) => Ok(reply),
        Err(Error::Refused(refusal)) => Err(refusal),
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_invitation_lives_for_days_and_begins_a_reset_of_the_usual_length() {
    let world = World::builder().settings(with_links()).open().await;
    let user = newcomer(&world).await;
    let link = invited(&world, &user).await;
    world.clock.advance(7 * DAY - 2 * HOUR);
    let reply = redeem(&world, &link).await.expect("live");
    let left = reply.expires_at.since(world.clock.now());
    assert_eq!(left, Duration::from_secs(15 * 60), "the flow begins now");
    assert!(matches!(reply.step, Step::Choose { .. }), "a second method: {:?}", reply.step);
    // What is redeemed goes on.
    world.admin().revoke_invitation(&user).await.expect("nothing to revoke");
    let (reply, code) = world.challenged(&reply.ticket, &World::by_phone(), "+14255550123").await;
    let reply = world.prove(&reply.ticket, &code).await.expect("proven");
    let done = world.complete(&reply.ticket, NEW).await.expect("written");
    assert!(matches!(done.step, Step::Done { .. }));
    assert!(world.directory.password_is(&world.tenant, &user, NEW));
    assert_eq!(redeem(&world, &link).await.err(), Some(Refusal::NotAccepted), "used");

    for (days, accepted) in [(1, true), (8, false)] {
        let world = World::builder().settings(with_links()).open().await;
        let user = newcomer(&world).await;
        let link = invited(&world, &user).await;
        world.clock.advance(days * DAY);
        world.deliver().await;
        assert_eq!(redeem(&world, &link).await.is_ok(), accepted, "{days} days");
    }
}

#[tokio::test]
async fn an_invitation_is_sent_again_revoked_and_worthless_after_a_password() {
    let world = World::builder().settings(with_links()).open().await;
    let user = newcomer(&world).await;
    let first = invited(&world, &user).await;
    world.clock.advance(HOUR);
    let second = invited(&world, &user).await;
    assert_ne!(first, second);
    assert_eq!(redeem(&world, &first).await.err(), Some(Refusal::NotAccepted), "replaced");
    world.admin().revoke_invitation(&user).await.expect("revoked");
    let codes = world.event_codes().await;
    assert_eq!(redeem(&world, &second).await.err(), Some(Refusal::NotAccepted), "revoked");
    world.admin().revoke_invitation(&user).await.expect("nothing to revoke");
    assert_eq!(world.event_codes().await, codes, "and nothing is recorded");

    world.clock.advance(HOUR);
    let third = invited(&world, &user).await;
    world.admin().set_temporary_password(&user, None).await.expect("set");
    assert_eq!(redeem(&world, &third).await.err(), Some(Refusal::NotAccepted), "a password");

    // A password that was set elsewhere, as the directory reports it.
    world.clock.advance(HOUR);
    let fourth = invited(&world, &user).await;
    world.clock.advance(HOUR);
    let now = world.clock.now();
    world
        .directory
        .update_user(&world.tenant, &user, |facts| {
            facts.password_changed_at = Some(now);
        })
        .expect("known");
    assert_eq!(redeem(&world, &fourth).await.err(), Some(Refusal::NotAccepted), "elsewhere");
}

/// The directory's clock may be half a minute behind. A password that was set longer ago voids no invitation,
/// whatever else has changed; if the directory has no time of it, every change does.
#[tokio::test]
async fn a_password_of_a_directory_whose_clock_is_behind_voids_an_invitation() {
    for (seconds, tracked, accepted) in [
        (Some(29), true, false),
        (Some(31), true, true),
        (Some(29), false, true),
        (None, true, false),
        (None, false, true),
    ] {
        let world = World::builder().settings(with_links()).open().await;
        let user = newcomer(&world).await;
        let update = |at, stamp: &str| {
            let changed = world.directory.update_user(&world.tenant, &user, |facts| {
                facts.password_changed_at = at;
                facts.change_stamp = tracked.then(|| stamp.to_owned());
            });
            changed.expect("known");
        };
        let now = world.clock.now();
        update(seconds.map(|_| now.minus(30 * DAY)), "before");
        let link = invited(&world, &user).await;
        update(seconds.map(|seconds| now.minus(Duration::from_secs(seconds))), "after");
        world.clock.advance(HOUR);
        let redeemed = redeem(&world, &link).await;
        assert_eq!(redeemed.is_ok(), accepted, "{seconds:?} seconds, {tracked}: {redeemed:?}");
    }
}

#[tokio::test]
async fn an_invitation_needs_a_page_and_a_mailbox_and_leaves_most_of_the_budget() {
    let world = World::builder().open().await;
    let user = newcomer(&world).await;
    let invited_without = world.admin().invite(&user).await;
    assert!(matches!(invited_without, Err(Error::Refused(Refusal::NotOffered))), "no page");
    let world = World::builder().settings(with_links()).registered().open().await;
    world.admin().invite(&world.user).await.expect("invited");
    world.clock.advance(2 * HOUR);
    let explained = world.admin().explain(&world.user).await.expect("explained");
    assert!(explained.blocked.is_empty(), "{:?}", explained.blocked);
    let promised = explained.budgets.iter().filter(|used| used.budget == BudgetKind::Promised);
    assert_eq!(promised.map(|used| used.held).collect::<Vec<_>>(), [2], "attempts at the link");
    let ticket = world.granted().await;
    world.complete(&ticket, NEW).await.expect("the owner's own reset");
}
