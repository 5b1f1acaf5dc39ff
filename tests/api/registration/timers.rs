//! The age of a sign-in and of its second factor.

use std::time::Duration;

use crate::registration::person::*;
use crate::support::*;
use sspr::method::SignInContext;
use sspr::port::Clock as _;
use sspr::{Error, MethodKind, Refusal, SignedIn};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

fn refused<T>(result: Result<T, Error>) -> Option<Refusal> {
    result.err().map(|error| error.refusal().cloned().expect("a refusal"))
}

fn signed_in(world: &World, minutes: u64, second_factor: Option<u64>) -> SignedIn {
    let now = world.clock.now();
    let ago = |minutes: u64| now.minus(Duration::from_secs(60 * minutes));
    let mut context = SignInContext::new("s", ago(minutes));
    if let Some(minutes) = second_factor {
        context = context.with_second_factor(ago(minutes));
    }
    SignedIn::vouch(world.tenant.clone(), world.user.clone(), context)
}

/// D16: a fresh password does not refresh an old second factor, nor the reverse, and the refusal
/// names the one that is missing.
#[tokio::test]
async fn the_stricter_of_two_timers_decides_and_the_refusal_says_which() {
    let cases = [
        (0, None, None),
        (5, None, None),
        (6, None, Some(Refusal::ReauthenticationRequired)),
        (0, Some(5), None),
        (0, Some(11), Some(Refusal::SecondFactorRequired)),
        (11, Some(0), Some(Refusal::ReauthenticationRequired)),
    ];
    for (minutes, second_factor, wanted) in cases {
        let world = World::builder().settings(by_default()).open().await;
        let registration = world.engine.registration();
        let user = signed_in(&world, minutes, second_factor);
        let listed = registration.list(&request(), &user).await.map(drop);
        let reviewed = registration.review(&request(), &user).await.map(drop);
        let begun = registration.add(&request(), &user, &mail_to(MAIL)).await.map(drop);
        for answer in [listed, reviewed, begun] {
            match &wanted {
                None => answer.unwrap_or_else(|error| panic!("{user:?}: {error}")),
                Some(wanted) => assert_eq!(refusal(answer), *wanted, "{user:?}"),
            }
        }
    }
}

/// 2.5, C28: by default the second factor is at most five minutes old.
#[tokio::test]
async fn a_second_factor_of_six_minutes_manages_nothing_by_default() {
    for (minutes, accepted) in [(5, true), (6, false)] {
        let world = World::builder().settings(by_default()).open().await;
        let user = signed_in(&world, 0, Some(minutes));
        let listed = world.engine.registration().list(&request(), &user).await;
        assert_eq!(listed.is_ok(), accepted, "{minutes} minutes");
    }
}

/// 2.5, C28: Entra's two timers, and the sign-in itself.
#[tokio::test]
async fn the_entra_preset_takes_fifteen_and_ten_minutes() {
    let cases = [
        (15, Some(10), None),
        (0, Some(11), Some(Refusal::SecondFactorRequired)),
        (16, Some(0), Some(Refusal::ReauthenticationRequired)),
    ];
    for (minutes, second_factor, wanted) in cases {
        let world = World::builder().settings(entra()).open().await;
        let user = signed_in(&world, minutes, second_factor);
        assert_eq!(refused(world.engine.registration().list(&request(), &user).await), wanted);
    }
}

/// 2.5, C28: the registration session ends 15 minutes after its first step, though the user has
/// signed in again meanwhile, and a sign-in after its end begins another one.
#[tokio::test]
async fn a_registration_session_ends_after_fifteen_minutes_of_any_sign_ins() {
    for settings in [by_default(), entra()] {
        let world = World::builder().settings(settings).open().await;
        let registration = world.engine.registration();
        begin(&world, &with_second_factor(&world, "s"), &mail_to(MAIL), MAIL).await.expect("begun");
        world.clock.advance(MINUTE * 15 - SECOND);
        let again = with_second_factor(&world, "s");
        registration.list(&request(), &again).await.expect("in progress");
        let (ticket, typed) =
            begin(&world, &again, &text_to(MOBILE), MOBILE).await.expect("in progress");
        world.clock.advance(SECOND);
        let ended = [
            registration.list(&request(), &again).await.map(drop),
            registration.add(&request(), &again, &mail_to(THEIR_MAIL)).await.map(drop),
            registration.confirm(&request(), &again, &ticket, &typed).await.map(drop),
        ];
        for ended in ended {
            assert_eq!(refusal(ended), Refusal::ReauthenticationRequired);
        }
        // Another session is another sign-in.
        registration.list(&request(), &with_second_factor(&world, "t")).await.expect("its own");
        let later = with_second_factor(&world, "s");
        registration.confirm(&request(), &later, &ticket, &typed).await.expect("another session");
        world.clock.advance(MINUTE * 15 - SECOND);
        registration.list(&request(), &with_second_factor(&world, "s")).await.expect("its time");
    }
}

/// 2.5, C28: a registration session that is over stays over, whatever other sessions begin after it,
/// and a record holds four of them.
#[tokio::test]
async fn another_session_does_not_revive_a_registration_session_that_is_over() {
    let mut settings = by_default();
    settings.registration.session = MINUTE;
    let world = World::builder().settings(settings).open().await;
    let registration = world.engine.registration();
    let first = with_second_factor(&world, "0");
    begin(&world, &first, &mail_to(MAIL), MAIL).await.expect("begun");
    world.clock.advance(MINUTE);
    for (session, kind) in [("1", mail_to(THEIR_MAIL)), ("2", text_to(MOBILE))] {
        let user = with_second_factor(&world, session);
        registration.add(&request(), &user, &kind).await.expect("a session of its own");
        let revived = registration.add(&request(), &first, &mail_to(MAIL)).await;
        assert_eq!(refusal(revived), Refusal::ReauthenticationRequired, "after {session}");
    }
    world.clock.advance(MINUTE);
    registration
        .add(&request(), &with_second_factor(&world, "3"), &mail_to(MAIL))
        .await
        .expect("the fourth");
    let fifth = with_second_factor(&world, "4");
    let Refusal::TooOften { retry_at } =
        refusal(registration.add(&request(), &fifth, &text_to(MOBILE)).await)
    else {
        panic!("a fifth session");
    };
    world.clock.set(retry_at);
    let user = with_second_factor(&world, "4");
    registration.add(&request(), &user, &mail_to(MAIL)).await.expect("the first is forgotten");
}

/// 2.5: methods of a first registration have no hold in its registration session, and one in the
/// next session has.
#[tokio::test]
async fn the_methods_of_the_first_registration_session_have_no_hold() {
    for (minutes, waits) in [(14, false), (15, true)] {
        let world = World::builder().settings(by_default()).open().await;
        bind_mail(&world, &password_only(&world, "s")).await.expect("the first");
        world.clock.advance(MINUTE * minutes);
        let phone = bind_mobile(&world, &password_only(&world, "s")).await.expect("the second");
        assert_eq!(phone.usable_from > Some(world.clock.now()), waits, "{minutes} minutes");
    }
}

/// 2.5: a user whom the directory reports with a second factor must have proven it before any
/// operation, and is sent to it by the prompt.
#[tokio::test]
async fn a_user_with_a_second_factor_has_proven_it_before_registration() {
    for (fact, admitted) in [(None, true), (Some(false), true), (Some(true), false)] {
        let world = World::builder().settings(by_default()).open().await;
        let set = |facts: &mut sspr::facts::UserFacts| facts.second_factor = fact;
        world.directory.update_user(&world.tenant, &world.user, set).expect("known");
        let (registration, weak) = (world.engine.registration(), password_only(&world, "s"));
        let tried = [
            registration.list(&request(), &weak).await.map(drop),
            registration.review(&request(), &weak).await.map(drop),
            registration.add(&request(), &weak, &mail_to(MAIL)).await.map(drop),
        ];
        for tried in tried {
            let wanted = (!admitted).then_some(Refusal::SecondFactorRequired);
            assert_eq!(refused(tried), wanted, "{fact:?}");
        }
        bind_mail(&world, &with_second_factor(&world, "t")).await.expect("with the factor");
    }
}

/// 2.5: a passkey is added or changed with a second factor of the last five minutes; other
/// host-verified methods follow the rules of every method.
#[tokio::test]
async fn a_passkey_needs_a_second_factor_of_five_minutes() {
    let mut settings = entra();
    settings.users.methods.extend([MethodKind::Passkey, MethodKind::AppNotification]);
    let world = World::builder().settings(settings).open().await;
    let registration = world.engine.registration();
    let check = async |user: &SignedIn, kind| {
        refused(registration.check_host_verified(&request(), user, kind).await)
    };
    let wanted = Some(Refusal::SecondFactorRequired);
    for (second_factor, passkey) in [(Some(5), None), (Some(6), wanted.clone()), (None, wanted)] {
        let user = signed_in(&world, 0, second_factor);
        assert_eq!(check(&user, MethodKind::Passkey).await, passkey, "{second_factor:?}");
        assert_eq!(check(&user, MethodKind::AppNotification).await, None, "{second_factor:?}");
    }
    let user = signed_in(&world, 0, Some(0));
    for kind in [MethodKind::HostVerified, MethodKind::Email, MethodKind::Password] {
        assert_eq!(check(&user, kind).await, Some(Refusal::NotOffered), "{kind}");
    }
    world.passkey.give(&world.user);
    let weak = signed_in(&world, 0, None);
    let held = check(&weak, MethodKind::AppNotification).await;
    assert_eq!(held, Some(Refusal::SecondFactorRequired), "the account has enough");
}
