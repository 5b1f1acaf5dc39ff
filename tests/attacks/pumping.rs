//! Paid texts, unwanted links and calls: V43 for links, unlocks and requests for help.

use async_trait::async_trait;
use sspr::TenantId;
use sspr::facts::Destination;
use sspr::method::Channel;
use sspr::port::{PortResult, RiskSignal, RiskSignals};
use sspr::testing::block_on;

use crate::concurrency::at_once;
use crate::people::*;
use crate::replay::{lock_out, sparing};
use crate::stores::StoreKind;
use crate::support::*;

on_every_store!(
    v43_links_and_unlocks_at_once_send_one_message,
    v43_a_pumped_prefix_is_stopped_and_its_owners_are_not,
);
in_memory!(
    v43_a_number_outside_the_allowed_prefixes_gets_no_code,
    v43_a_host_keeps_its_own_list_of_countries,
    v43_administrators_are_asked_for_help_once,
);

/// Denies the numbers of one country, as a host's own list would.
struct OneCountry;

#[async_trait]
impl RiskSignals for OneCountry {
    async fn before_send(
        &self,
        _tenant: &TenantId,
        channel: Channel,
        destination: &Destination,
    ) -> PortResult<RiskSignal> {
        let telephone = matches!(channel, Channel::Sms | Channel::Voice);
        let allowed = !telephone || destination.normalised().starts_with("+1555");
        Ok(if allowed { RiskSignal::Clear } else { RiskSignal::Deny })
    }
}

/// V43: 64 tasks on two engines request the same link, or the same code of an unlock: one message
/// is sent.
async fn v43_links_and_unlocks_at_once_send_one_message(stores: &StoreKind) {
    for unlocking in [false, true] {
        let under_test = stores.empty();
        let world = World::builder().store(under_test.open()).settings(sparing()).open().await;
        let second = twin(&world, &under_test, 8).await;
        world.register_contacts().await;
        lock_out(&world);
        world.inbox.clear();
        let before = world.inbox.attempts();
        let (request, link) = (request(), option("email.link"));
        let reset = world.start().await.ticket;
        let unlock = world.engine.unlock().start(&request, &ada()).await.expect("started").ticket;
        let answers = at_once(&[&world.engine, &second], |_, engine| {
            block_on(async {
                if unlocking {
                    engine.unlock().challenge(&request, &unlock, &link).await.is_ok()
                } else {
                    engine.reset().challenge(&request, &reset, &link).await.is_ok()
                }
            })
        });
        assert!(answers.iter().all(|ok| *ok), "each reply depends on the ticket only");
        world.deliver().await;
        assert_eq!(world.inbox.attempts() - before, 1);
        assert_eq!(world.inbox.messages_to(MAIL).len(), 1);
    }
}

/// Two users ask for a code by text message: one with an ordinary number, and one with a dear number, whose id
/// is returned. They see the same.
async fn only_the_cheap_number_gets_a_code(world: &World) -> sspr::UserId {
    let (cheap, dear) = (settle(world, 1).await, settle(world, 2).await);
    let mut contacts = sspr::admin::Contacts::default();
    contacts.mobile_phone = Some(phone("+88216123456"));
    supply(world, &dear.id, &contacts).await;
    let mut shown = Vec::new();
    for (n, person) in [(1, &cheap), (2, &dear)] {
        let reply = opened(&world.engine, &source(n), &person.name, &sms()).await;
        shown.push(seen(&Ok(reply.expect("uniform"))));
    }
    world.deliver().await;
    assert_eq!(shown[0], shown[1]);
    let sent = world.inbox.all();
    let codes = sent.iter().filter(|message| message.code().is_some());
    let sent: Vec<_> = codes.map(|message| message.destination.normalised()).collect();
    assert_eq!(sent, [cheap.mobile_phone]);
    dear.id
}

/// V43: a host knows the prices of numbers. A denied message is not sent, and the reply stays the
/// same.
async fn v43_a_host_keeps_its_own_list_of_countries(_kind: &StoreKind) {
    let world = World::builder()
        .settings(one_gate())
        .engine(|engine| engine.risk_signals(OneCountry))
        .open()
        .await;
    only_the_cheap_number_gets_a_code(&world).await;
}

/// V43, S3: a number outside the policy's prefixes gets no code, cannot be registered, and `explain` says
/// so. The reply to an anonymous caller stays the same.
async fn v43_a_number_outside_the_allowed_prefixes_gets_no_code(_kind: &StoreKind) {
    let mut settings = one_gate();
    let prefix = |text| sspr::policy::NumberPrefix::parse(text).expect("valid");
    settings.numbers.allowed = [prefix("+1555")].into();
    let world = World::builder().settings(settings).open().await;
    let dear = only_the_cheap_number_gets_a_code(&world).await;
    let explained = world.admin().explain(&dear).await;
    let withheld = explained.expect("known").withheld;
    assert_eq!(withheld.len(), 1);
    assert_eq!(withheld[0].why, sspr::admin::Withheld::NumberNotAllowed);
}

/// A new user asks for the code of a number. Returns what the caller sees, and the calls of ports.
async fn registers(world: &World, n: u32, number: &str) -> (String, u64) {
    let user = world.add_user(&format!("new-{n}"), &format!("new-{n}"));
    let mobile = sspr::method::NewMethod::mobile_phone(phone(number), Channel::Sms);
    let (registration, user) = (world.engine.registration(), world.signed_in_as(&user));
    let calls =
        || world.engine.stats().ports.values().map(sspr::maintenance::CallStats::calls).sum();
    let before: u64 = calls();
    let added = registration.add(&source(n), &user, &mobile.expect("reached")).await;
    let reply = added.expect("the reply depends on no breaker");
    let shown = format!("{:?} {:?}", reply.step, reply.expires_at);
    (shown, calls() - before)
}

fn texts_with_codes(world: &World, number: &str) -> usize {
    world.inbox.messages_to(number).iter().filter(|sent| sent.code().is_some()).count()
}

/// V43: twenty users register numbers of one dear prefix and enter no code, on two engines. Then such codes are
/// stopped, and only such: not the reset of an owner there, nor other prefixes. No reply shows it.
async fn v43_a_pumped_prefix_is_stopped_and_its_owners_are_not(stores: &StoreKind) {
    let mut settings = one_gate();
    let mut breaker = sspr::policy::Breaker::default();
    breaker.sample = 20;
    settings.numbers.breaker = Some(breaker);
    let under_test = stores.empty();
    let world = World::builder().store(under_test.open()).settings(settings).open().await;
    let second = twin(&world, &under_test, 8).await;
    let owner = settle(&world, 1).await;
    let mut contacts = sspr::admin::Contacts::default();
    contacts.mobile_phone = Some(phone("+88216999999"));
    supply(&world, &owner.id, &contacts).await;
    let mut seen_before = Vec::new();
    for n in 100..120 {
        seen_before.push(registers(&world, n, &format!("+88216000{n}")).await);
        let engine = if n % 2 == 0 { &world.engine } else { &second };
        engine.maintain(100).await.expect("maintained");
    }
    world.clock.advance(std::time::Duration::from_secs(660));
    world.deliver().await;
    assert_eq!(world.admin().breakers().await.expect("allowed").len(), 1);
    world.inbox.clear();
    let after = registers(&world, 200, "+88216000100").await;
    world.deliver().await;
    assert_eq!(texts_with_codes(&world, "+88216000100"), 0);
    let other = registers(&world, 201, "+37126000100").await;
    opened(&world.engine, &source(9), &owner.name, &sms()).await.expect("uniform");
    world.deliver().await;
    assert_eq!(texts_with_codes(&world, "+37126000100"), 1);
    assert_eq!(texts_with_codes(&world, "+88216999999"), 1, "the owner");
    // The policy was read before each of these.
    assert_eq!((after.1, &after.0), (other.1, &other.0));
    assert_eq!(seen_before[1].1, after.1);
}

/// V43: any number of requests to contact the administrator, from any sources, are one mail.
async fn v43_administrators_are_asked_for_help_once(_kind: &StoreKind) {
    let mut settings = sparing();
    let role = sspr::RoleId::parse("Global Administrator").expect("valid");
    settings.notifications.administrator_roles = [role.clone()].into();
    let world = World::builder().settings(settings).registered().open().await;
    let mut helper = sspr::facts::UserFacts::new(sspr::UserId::parse("helper").expect("valid"));
    helper.primary_mail = Some("helper@contoso.example".to_owned());
    helper.roles = [role].into();
    let added = world.directory.add_user(&world.tenant, helper, &["helper@contoso.example"], OLD);
    added.expect("new user");
    for n in 0..100 {
        for name in [&ada(), &named("unknown")] {
            let reply = world.engine.reset().start(&source(n), name).await.expect("started");
            let asked = world.engine.reset();
            asked.contact_administrator(&source(n), &reply.ticket).await.expect("uniform");
        }
        world.deliver().await;
    }
    assert_eq!(world.inbox.messages_to("helper@contoso.example").len(), 1);
}
