//! The cost of notices: budgets for each address and rates for each account; no notice is dropped.

use sspr::Refusal;
use sspr::admin::Contacts;
use sspr::message::Notice;

use crate::notices::scene::*;
use crate::support::*;

const ACTS_AN_HOUR: u32 = 10;
const ACTS_A_DAY: u32 = 20;
const TEXTS: usize = 3;
const MAILS: usize = 10;

/// The number of changes in the notices to an address.
fn changes_told(world: &World, to: &str) -> u32 {
    let messages = notices(&world.inbox);
    let received = messages.iter().filter(|message| message.destination.normalised().contains(to));
    received
        .map(|message| match message.notice {
            Some(Notice::SeveralChanges { count, .. }) => count,
            _ => 1,
        })
        .sum()
}

#[tokio::test]
async fn s03_a_hundred_password_changes_are_three_texts_and_an_hour_of_refusals() {
    let world = World::builder().settings(settings()).registered().open().await;
    world.inbox.clear();
    let done = changes(&world, 100).await;
    assert_eq!(done, ACTS_AN_HOUR, "the rest is refused");
    let texts = world.inbox.messages_to(MOBILE).len();
    assert_eq!(texts, TEXTS, "of {done} changes");
    assert_eq!(told(&world.inbox, PRIMARY, "notice.password_changed"), MAILS);
    // Folded notices are sent when the hour's budget has room again.
    world.clock.advance(HOUR);
    world.deliver().await;
    let texts = world.inbox.messages_to(MOBILE);
    assert_eq!(texts.len(), TEXTS + 1, "one more for the rest");
    let last = texts.last().and_then(|message| message.notice);
    let Some(Notice::SeveralChanges { count, password, .. }) = last else {
        panic!("{last:?}");
    };
    assert_eq!((count, password), (ACTS_AN_HOUR - TEXTS as u32, true));
    for to in [MOBILE, PRIMARY, MAIL] {
        assert_eq!(changes_told(&world, to), done, "{to}: each change is notified once");
    }
}

#[tokio::test]
async fn v55_the_texts_of_one_account_in_a_day_are_bounded_by_its_acts() {
    let world = World::builder().settings(settings()).registered().open().await;
    world.inbox.clear();
    let (mut present, mut done) = (OLD.to_owned(), 0);
    for number in 0..480 {
        let next = format!("plum tractor violet {number:05} candle");
        if change(&world, &present, &next).await.is_ok() {
            (present, done) = (next, done + 1);
        }
        world.deliver().await;
        world.clock.advance(MINUTE * 3);
    }
    let texts = world.inbox.messages_to(MOBILE).len();
    assert_eq!(done, ACTS_A_DAY, "the day's acts were spent");
    assert!(texts <= ACTS_A_DAY as usize, "{texts} texts");
    assert_eq!(changes_told(&world, MOBILE), done);
}

#[tokio::test]
async fn s03_sets_of_recovery_codes_have_a_rate() {
    let mut settings = settings();
    settings.users.methods.insert(sspr::MethodKind::RecoveryCode);
    let world = World::builder().settings(settings).registered().open().await;
    world.inbox.clear();
    let (registration, user) = (world.engine.registration(), world.signed_in());
    let mut refused = None;
    let mut sets = 0;
    for _ in 0..200 {
        // A set that is created and not acknowledged sends no notice, and has a rate of its own.
        let acknowledged = match registration.create_recovery_codes(&request(), &user).await {
            Ok(set) => registration.acknowledge_recovery_codes(&request(), &user, &set.id).await,
            Err(error) => Err(error),
        };
        match acknowledged {
            Ok(_) => sets += 1,
            Err(error) => refused = Some(refusal::<()>(Err(error))),
        }
        world.deliver().await;
    }
    assert_eq!(sets, ACTS_AN_HOUR);
    let now = sspr::port::Clock::now(&world.clock);
    assert!(matches!(refused, Some(Refusal::TooOften { retry_at }) if retry_at > now));
    assert_eq!(world.inbox.messages_to(MOBILE).len(), TEXTS);
}

#[tokio::test]
async fn s03_acts_of_administrators_have_a_rate_of_their_own() {
    let world = World::builder().settings(settings()).registered().open().await;
    assert_eq!(changes(&world, 20).await, ACTS_AN_HOUR, "the user has spent their own");
    let admin = world.admin();
    let mut done = 0;
    for number in 0..100 {
        let mut contacts = Contacts::default();
        contacts.mobile_phone = Some(phone(&format!("+1425555{number:04}")));
        match admin.supply_contacts(&world.user, &contacts).await {
            Ok(()) => done += 1,
            Err(error) => {
                let refused = refusal::<()>(Err(error));
                assert!(matches!(refused, Refusal::TooOften { .. }), "{refused:?}");
            }
        }
        world.deliver().await;
    }
    assert_eq!(done, ACTS_AN_HOUR);
    let to_owner =
        world.inbox.messages_to(MOBILE).iter().filter(|message| message.notice.is_some()).count();
    assert!(to_owner <= 2 * TEXTS, "{to_owner} notices to the owner's number");
}

/// A reset is never refused because of a signed-in user's operations.
#[tokio::test]
async fn s03_spent_acts_refuse_no_reset() {
    let world = World::builder().settings(settings()).registered().open().await;
    assert_eq!(changes(&world, 12).await, ACTS_AN_HOUR);
    let refused = change(&world, "wrong", NEW).await;
    assert!(matches!(refused, Err(Refusal::TooOften { .. })), "{refused:?}");
    let ticket = world.granted().await;
    world.complete(&ticket, NEW).await.expect("reset");
    assert!(world.password_is(NEW));
}

/// A password that the directory refuses changes nothing and spends no rate.
#[tokio::test]
async fn s03_a_refused_password_spends_no_act() {
    let world = World::builder().settings(settings()).registered().open().await;
    world.directory.set_history(5);
    let (of_change, user) = (world.engine.change(), world.signed_in());
    let reply = of_change.start(&request(), &user, &OLD.into()).await.expect("right");
    for _ in 0..9 {
        let refused = of_change.complete(&request(), &reply.ticket, &OLD.into()).await;
        let refused = refusal(refused);
        assert!(matches!(refused, Refusal::DirectoryPassword { .. }), "{refused:?}");
    }
    let done = changes(&world, 20).await;
    assert_eq!(done, ACTS_AN_HOUR, "none of them was spent by a refused password");
}

#[tokio::test]
async fn s03_a_number_that_risk_signals_deny_is_told_by_mail_alone() {
    let world = World::builder()
        .settings(settings())
        .engine(|engine| engine.risk_signals(Denies("+14255550177")))
        .open()
        .await;
    world.register_contacts().await;
    let admin = world.admin();
    let mut contacts = Contacts::default();
    contacts.mobile_phone = Some(phone("+14255550177"));
    admin.supply_contacts(&world.user, &contacts).await.expect("supplied");
    world.deliver().await;
    world.inbox.clear();
    change(&world, OLD, NEW).await.expect("changed");
    world.deliver().await;
    assert_eq!(told(&world.inbox, PRIMARY, "notice.password_changed"), 1);
    assert_eq!(told(&world.inbox, MOBILE, "notice.password_changed"), 1, "not denied");
    assert!(world.inbox.messages_to("+14255550177").is_empty());
    assert!(world.event_codes().await.iter().any(|code| code == "message_withheld"));
}

/// If no mail address gets the notice, the text is sent.
#[tokio::test]
async fn s03_a_denied_number_is_told_all_the_same_where_no_mail_is() {
    let mut settings = one_gate();
    // With one gate the policy must allow fewer guesses, or it is refused.
    settings.failures.consecutive = 15;
    let world = World::builder()
        .settings(settings)
        .engine(|engine| engine.risk_signals(Denies(MOBILE)))
        .open()
        .await;
    let changed = world.directory.update_user(&world.tenant, &world.user, |facts| {
        (facts.primary_mail, facts.user_principal_name) = (None, None);
        facts.contacts.mobile_phone = Some(MOBILE.to_owned());
    });
    changed.expect("there");
    change(&world, OLD, NEW).await.expect("changed");
    world.deliver().await;
    assert_eq!(told(&world.inbox, MOBILE, "notice.password_changed"), 1);
}

/// If its reply was lost, a message may have arrived: a folded notice has a key of its own, so that
/// no receiver treats it as a repetition.
#[tokio::test]
async fn s03_a_folded_notice_has_a_key_of_its_own() {
    let world = World::builder().settings(settings()).registered().open().await;
    world.inbox.clear();
    world.inbox.fail_with(Some(sspr::port::PortErrorKind::Unknown));
    assert_eq!(changes(&world, 8).await, 8);
    world.inbox.fail_with(None);
    for _ in 0..3 {
        world.clock.advance(HOUR);
        world.deliver().await;
    }
    let folded =
        notices(&world.inbox).into_iter().any(|message| message.kind == "notice.several_changes");
    assert!(folded, "the notices filled half of the outbox");
    for to in [PRIMARY, MAIL, MOBILE] {
        assert!(changes_told(&world, to) >= 8, "{to}: each change is notified at least once");
    }
}
