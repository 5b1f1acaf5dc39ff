//! Contact data that an administrator or the directory supplied, and the user confirms.

use std::time::Duration;

use crate::registration::person::*;
use crate::support::*;
use sspr::admin::Contacts;
use sspr::facts::EmailAddress;
use sspr::method::{Channel, MethodView, Provenance, SuppliedContact};
use sspr::port::Clock as _;
use sspr::{Error, MethodKind, Refusal, SignedIn};

const PUBLIC: &str = "public@contoso.example";

async fn supply(world: &World, address: &str) {
    let mut contacts = Contacts::default();
    contacts.email = Some(EmailAddress::parse(address).expect("valid"));
    world.supply_contacts(&world.user, &contacts).await;
}

fn in_directory(world: &World, address: &str) {
    let set = |facts: &mut sspr::facts::UserFacts| {
        facts.contacts.mail = vec![address.to_owned()];
    };
    world.directory.update_user(&world.tenant, &world.user, set).expect("known");
}

async fn claim(world: &World, user: &SignedIn, address: &str) -> Result<MethodView, Error> {
    let registration = world.engine.registration();
    let kind = MethodKind::Email;
    let reply = registration.claim_contact(&request(), user, kind, Channel::Email).await?;
    world.deliver().await;
    let typed = code(&world.inbox.last_code_to(address).expect("a code"));
    registration.confirm(&request(), user, &reply.ticket, &typed).await
}

async fn supplied(world: &World, user: &SignedIn) -> Vec<SuppliedContact> {
    let review = world.engine.registration().review(&request(), user).await;
    review.expect("reviewed").plan.supplied
}

/// The address that gets the code of a reset by mail.
async fn asked_by_a_reset(world: &World) -> Option<String> {
    world.clock.advance(Duration::from_secs(3_700));
    world.inbox.clear();
    let reply = world.start().await;
    world.challenge(&reply.ticket, &email()).await;
    world.deliver().await;
    [MAIL, PUBLIC, THEIR_MAIL]
        .into_iter()
        .find(|address| world.inbox.last_code_to(address).is_some())
        .map(str::to_owned)
}

/// S3: a supplied number outside the policy's prefixes is not shown to be confirmed, since no code is sent to it.
#[tokio::test]
async fn a_supplied_number_outside_the_allowed_prefixes_is_not_shown() {
    for (prefix, shown) in [("+882", 1), ("+1555", 0)] {
        let mut settings = entra_by_mail();
        settings.users.methods.insert(MethodKind::MobilePhone);
        settings.numbers.allowed =
            [sspr::policy::NumberPrefix::parse(prefix).expect("valid")].into();
        let world = World::builder().settings(settings).open().await;
        let mut contacts = Contacts::default();
        let number = sspr::facts::PhoneNumber::parse("+88216123456").expect("valid");
        contacts.mobile_phone = Some(number);
        world.supply_contacts(&world.user, &contacts).await;
        let user = password_only(&world, "s");
        assert_eq!(supplied(&world, &user).await.len(), shown, "{prefix}");
    }
}

/// 2.3, 2.4: supplied data is shown masked; with one code, of a password alone, it becomes the
/// user's own method at once, and what is supplied later is the fallback.
#[tokio::test]
async fn supplied_data_becomes_private_with_one_code_and_comes_first() {
    for from_directory in [false, true] {
        // Under Entra data of the directory counts too.
        let world = World::builder().settings(entra_by_mail()).open().await;
        if from_directory {
            in_directory(&world, MAIL)
        } else {
            supply(&world, MAIL).await
        }
        let user = password_only(&world, "s");
        let shown = supplied(&world, &user).await;
        assert_eq!(shown.len(), 1);
        assert_eq!(shown[0].kind, MethodKind::Email);
        assert!(!shown[0].masked.contains("ada"), "{shown:?}");
        let own = claim(&world, &user, MAIL).await.expect("confirmed");
        assert_eq!((own.active, own.provenance), (true, Provenance::Confirmed));
        assert_eq!(own.usable_from, Some(world.clock.now()));
        assert_eq!(supplied(&world, &with_second_factor(&world, "t")).await, []);
        let again = claim(&world, &with_second_factor(&world, "u"), MAIL).await;
        assert_eq!(refusal(again), Refusal::NotFound);
        // The public address changes: the private one still comes first.
        if from_directory {
            in_directory(&world, PUBLIC)
        } else {
            supply(&world, PUBLIC).await
        }
        assert_eq!(asked_by_a_reset(&world).await.as_deref(), Some(MAIL));
        let strong = with_second_factor(&world, "v");
        let registration = world.engine.registration();
        registration.remove(&request(), &strong, &own.id).await.expect("removed");
        assert_eq!(asked_by_a_reset(&world).await.as_deref(), Some(PUBLIC));
    }
}

fn entra_by_mail() -> sspr::PolicySettings {
    let mut settings = entra();
    // A phone's number would have to be typed; this test is about addresses.
    settings.typed_number = false;
    settings
}

/// 2.3: by default data of the directory does not count, so the user confirms it like any other
/// address: with a second factor once the account has a method, and with a hold.
#[tokio::test]
async fn directory_data_that_does_not_count_is_confirmed_like_a_new_address() {
    let world = World::builder().settings(by_default()).open().await;
    bind(&world, &password_only(&world, "s"), &mail_to(THEIR_MAIL), THEIR_MAIL).await.expect("own");
    in_directory(&world, MAIL);
    assert_eq!(supplied(&world, &password_only(&world, "s")).await, [], "not in this sign-in");
    assert_eq!(supplied(&world, &with_second_factor(&world, "s")).await.len(), 1);
    let weak = claim(&world, &password_only(&world, "t"), MAIL).await;
    assert_eq!(refusal(weak), Refusal::SecondFactorRequired);
    let own = claim(&world, &with_second_factor(&world, "u"), MAIL).await.expect("confirmed");
    assert_eq!(own.usable_from, Some(world.clock.now().plus(Duration::from_secs(86_400))));
}

/// 2.3: by default data of an administrator counts, and is confirmed by a password alone; a code
/// still goes to its address only.
#[tokio::test]
async fn administrators_data_is_confirmed_without_a_second_factor() {
    let world = World::builder().settings(by_default()).open().await;
    supply(&world, MAIL).await;
    let user = password_only(&world, "s");
    let other = bind(&world, &user, &mail_to(THEIR_MAIL), THEIR_MAIL).await;
    assert_eq!(refusal(other), Refusal::SecondFactorRequired);
    let own = claim(&world, &user, MAIL).await.expect("confirmed");
    assert_eq!(own.usable_from, Some(world.clock.now()));
}

/// 2.3: only an address that was supplied can be claimed, and no link is sent for it.
#[tokio::test]
async fn only_supplied_addresses_are_claimed() {
    let world = World::builder().settings(with_devices()).open().await;
    let (registration, user) = (world.engine.registration(), password_only(&world, "s"));
    let cases = [
        (MethodKind::Email, Channel::Email, Refusal::NotFound),
        (MethodKind::MobilePhone, Channel::Voice, Refusal::NotFound),
        (MethodKind::Email, Channel::Link, Refusal::NotOffered),
        (MethodKind::AuthenticatorApp, Channel::InHand, Refusal::NotOffered),
    ];
    for (kind, channel, wanted) in cases {
        let begun = registration.claim_contact(&request(), &user, kind, channel).await;
        assert_eq!(refusal(begun), wanted, "{kind}");
    }
}

/// A supplied address that a better one of its kind shadows opens nothing, so to confirm it adds a
/// method: with a password alone it is refused, and with a second factor it has a hold.
#[tokio::test]
async fn a_supplied_address_behind_an_own_one_is_a_new_method() {
    let world = World::builder().registered().open().await;
    world.clock.advance(Duration::from_secs(2 * 86_400));
    supply(&world, PUBLIC).await;
    let thief = password_only(&world, "thief");
    let claimed = claim(&world, &thief, PUBLIC).await;
    assert_eq!(refusal(claimed), Refusal::SecondFactorRequired);
    let added = world.engine.registration().add(&request(), &thief, &mail_to(PUBLIC)).await;
    assert_eq!(refusal(added), Refusal::SecondFactorRequired);
    let owner = with_second_factor(&world, "owner");
    let own = claim(&world, &owner, PUBLIC).await.expect("confirmed");
    let day = Duration::from_secs(86_400);
    assert_eq!(own.usable_from, Some(world.clock.now().plus(day)));
}
