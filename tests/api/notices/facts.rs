//! What a message knows of its person and its cause: language, name, time zone, when and from where.

use sspr::adapters::memory::Delivered;
use sspr::facts::TimeZone;
use sspr::message::{CoarseOrigin, CountryCode, DeviceKind, Locale};
use sspr::{Request, SecretText};

use crate::support::*;

fn locale(tag: &str) -> Locale {
    Locale::parse(tag).expect("valid")
}

fn origin() -> CoarseOrigin {
    let country = CountryCode::parse("TW").expect("valid");
    CoarseOrigin::new(Some(country), Some(DeviceKind::Android))
}

/// A request of a page in Traditional Chinese, from a phone in Taiwan.
fn from_taipei() -> Request {
    request().with_locale(locale("zh-TW")).with_origin(origin())
}

/// A reset by that request, until the new password is written: the code's message.
async fn reset(world: &World) -> Delivered {
    let flow = world.engine.reset();
    let reply = flow.start(&from_taipei(), &ada()).await.expect("starts");
    let by_mail = World::by_mail();
    let reply = flow.challenge(&from_taipei(), &reply.ticket, &by_mail).await.expect("opens");
    world.deliver().await;
    let sent = world.inbox.all().pop().expect("a code");
    let secret = code(sent.code().expect("its secret"));
    let reply = flow.prove(&from_taipei(), &reply.ticket, &secret).await.expect("correct");
    let password = SecretText::from(NEW);
    flow.complete(&from_taipei(), &reply.ticket, &password).await.expect("written");
    sent
}

/// The notices of the reset, delivered now.
async fn told_now(world: &World) -> Vec<Delivered> {
    world.deliver().await;
    let is_of_reset = |message: &Delivered| message.kind == "notice.password_reset";
    let notices: Vec<_> = world.inbox.all().into_iter().filter(is_of_reset).collect();
    assert!(!notices.is_empty());
    notices
}

/// The world of an account whose owner reads Latvian.
fn world() -> sspr::testing::WorldBuilder {
    World::builder().settings(one_gate()).registered().account(|facts| {
        facts.locale = Some(locale("lv"));
        facts.display_name = Some("Ada Lovelace".to_owned());
        facts.time_zone = Some(TimeZone::parse("Europe/Riga").expect("valid"));
    })
}

/// A code is in the language of the page. A notice is in the owner's: who asks must not choose one that
/// the owner cannot read.
#[tokio::test]
async fn a_code_has_the_language_of_the_page_and_a_notice_that_of_the_owner() {
    let world = world().open().await;
    assert_eq!(reset(&world).await.locale, locale("zh-TW"));
    for notice in told_now(&world).await {
        assert_eq!(notice.locale, locale("lv"), "{notice:?}");
    }
}

#[tokio::test]
async fn without_a_language_of_the_page_the_owners_and_then_the_tenants_counts() {
    for (own, tenants, expected) in
        [(Some("lv"), Some("zh-CN"), "lv"), (None, Some("zh-CN"), "zh-CN"), (None, None, "en")]
    {
        let builder = World::builder().settings(one_gate()).registered();
        let world = builder.account(|facts| facts.locale = own.map(locale)).open().await;
        let changed = |facts: &mut sspr::facts::TenantFacts| facts.locale = tenants.map(locale);
        world.directory.update_tenant(&world.tenant, changed).expect("there");
        world.entering().await;
        let sent = world.inbox.all().into_iter().rfind(|message| message.code().is_some());
        assert_eq!(sent.expect("a code").locale, locale(expected));
    }
}

#[tokio::test]
async fn every_message_to_a_user_names_the_person_and_where_the_request_came_from() {
    let world = world().open().await;
    let cloud = |facts: &mut sspr::facts::TenantFacts| facts.cloud = Some("china".to_owned());
    world.directory.update_tenant(&world.tenant, cloud).expect("there");
    let sent = reset(&world).await;
    for message in told_now(&world).await.iter().chain([&sent]) {
        assert_eq!(message.display_name.as_deref(), Some("Ada Lovelace"), "{message:?}");
        assert_eq!(message.time_zone.as_ref().map(TimeZone::as_str), Some("Europe/Riga"));
        assert_eq!(message.cloud.as_deref(), Some("china"));
        assert_eq!(message.origin, Some(origin()), "{message:?}");
        assert!(message.requested_at.is_some());
    }
}

/// An id that was given to another person: the address of the first gets no name of the second.
#[tokio::test]
async fn the_name_of_another_holder_of_the_id_is_not_told() {
    let world = world().account(|facts| facts.incarnation = Some("first".to_owned())).open().await;
    reset(&world).await;
    let other = |facts: &mut sspr::facts::UserFacts| {
        facts.incarnation = Some("second".to_owned());
        facts.display_name = Some("Grace Hopper".to_owned());
    };
    world.directory.update_user(&world.tenant, &world.user, other).expect("there");
    for notice in told_now(&world).await {
        assert_eq!(notice.display_name, None, "{notice:?}");
    }
}
