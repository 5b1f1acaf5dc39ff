//! Links, their owners and their addresses: V26, V29, V39.

use sspr::policy::LinkBase;
use sspr::{Attempt, Error, InvalidInput, PolicySettings, Refusal, Reply, ResetTicket, SecretText};

use crate::people::*;
use crate::stores::StoreKind;
use crate::support::*;

on_every_store!(
    v29_a_redeemed_link_voids_the_ticket_that_began_the_flow,
    v29_a_flow_with_another_proof_is_not_handed_over,
    v39_without_a_base_nothing_is_sent,
);
in_memory!(
    v29_a_link_opens_the_account_and_the_purpose_that_it_was_for,
    v39_a_link_is_the_base_of_the_policy_and_a_secret,
    v39_no_operation_takes_a_host_name,
);

/// An attacker asks for this person's link. Returns the attacker's ticket.
async fn asked_for(world: &World, person: &Person, from: u32) -> ResetTicket {
    let reply = opened(&world.engine, &source(from), &person.name, &option("email.link")).await;
    world.deliver().await;
    reply.expect("opened").ticket
}

fn link_to(world: &World, person: &Person) -> String {
    world.inbox.last_link_to(&person.mail).expect("a link")
}

fn clicked(url: &str) -> Attempt {
    Attempt::link(url).expect("a link")
}

/// The results, as text, of everything that a previous ticket can try.
async fn tried(world: &World, from: u32, ticket: &ResetTicket, url: &str) -> Vec<String> {
    let (request, reset) = (source(from), world.engine.reset());
    let shown = |answer: Result<(), Error>| format!("{answer:?}");
    vec![
        seen(&reset.view(&request, ticket).await),
        seen(&reset.prove(&request, ticket, &clicked(url)).await),
        seen(&reset.prove(&request, ticket, &code("12345678")).await),
        seen(&reset.complete(&request, ticket, &NEW.into()).await),
        seen(&reset.challenge(&request, ticket, &option("email.link")).await),
        seen(&reset.challenge(&request, ticket, &sms()).await),
        shown(reset.remember_device(&request, ticket).await.map(|_| ())),
        shown(reset.replace_recovery_code(&request, ticket).await.map(|_| ())),
        shown(reset.acknowledge_recovery_code(&request, ticket).await),
        seen(&reset.view(&request, ticket).await),
        shown(reset.cancel(&request, ticket).await),
        seen(&reset.view(&request, ticket).await),
    ]
}

/// V29: an attacker begins a flow, and the victim redeems the link in another browser. The
/// attacker's ticket is refused and shows the same as if the link had not been redeemed; the
/// victim's flow continues.
async fn v29_a_redeemed_link_voids_the_ticket_that_began_the_flow(stores: &StoreKind) {
    let world = World::builder().store(stores.store()).settings(everything(1)).open().await;
    let (victim, other) = (settle(&world, 1).await, settle(&world, 2).await);
    let evil = asked_for(&world, &victim, 1).await;
    let control = asked_for(&world, &other, 2).await;
    let url = link_to(&world, &victim);
    // The victim's flow id has random bits that the message does not contain.
    assert!(evil.expose_secret().len() * 6 >= 128);
    assert!(!url.contains(evil.expose_secret()) && !evil.expose_secret().contains(&url[40..]));
    let reset = world.engine.reset();
    let own = reset.redeem_link(&source(3), &victim.name, &clicked(&url)).await.expect("redeemed");
    assert!(granted(&own.step));
    assert_ne!(own.ticket.expose_secret(), evil.expose_secret());
    world.clock.advance(2 * MINUTE);
    let unrelated = format!("{BASE}{}", "A".repeat(43));
    let of_evil = tried(&world, 1, &evil, &url).await;
    assert_eq!(of_evil, tried(&world, 2, &control, &unrelated).await);
    world.deliver().await;
    assert_eq!(world.inbox.messages_to(&victim.mail).len(), 1, "no second link");
    assert!(world.inbox.messages_to(&victim.mobile_phone).is_empty());
    assert!(!world.directory.password_is(&world.tenant, &victim.id, NEW));
    let done = reset.complete(&source(3), &own.ticket, &NEW.into()).await.expect("reset");
    assert_eq!(done.step, sspr::Step::Done { propagated: true });
    assert!(world.directory.password_is(&world.tenant, &victim.id, NEW));
    for answer in [
        reset.view(&source(1), &evil).await,
        reset.complete(&source(1), &evil, &"another long password".into()).await,
    ] {
        assert!(!matches!(answer, Ok(Reply { step: sspr::Step::Done { .. }, .. })), "{answer:?}");
    }
}

/// V29: a redeemed link hands over no proof of another caller.
async fn v29_a_flow_with_another_proof_is_not_handed_over(stores: &StoreKind) {
    let world = World::builder().store(stores.store()).settings(everything(2)).open().await;
    let person = settle(&world, 1).await;
    let request = source(1);
    let reply = opened(&world.engine, &request, &person.name, &sms()).await.expect("opened");
    world.deliver().await;
    let text = world.inbox.last_code_to(&person.mobile_phone).expect("a code");
    let reply = try_code(&world.engine, &request, &reply.ticket, &text).await.expect("proven");
    let reset = world.engine.reset();
    let reply =
        reset.challenge(&request, &reply.ticket, &option("email.link")).await.expect("opened");
    world.deliver().await;
    let url = link_to(&world, &person);
    let before = world.engine.stats().comparisons;
    for n in 2..12 {
        let answer = reset.redeem_link(&source(n), &person.name, &clicked(&url)).await;
        assert_eq!(refusal(answer), Refusal::NotAccepted);
    }
    assert_eq!(world.engine.stats().comparisons, before, "nothing was counted or compared");
    let proven = reset.prove(&request, &reply.ticket, &clicked(&url)).await.expect("proven");
    assert!(granted(&proven.step));
    let late = reset.redeem_link(&source(2), &person.name, &clicked(&url)).await;
    assert_eq!(refusal(late), Refusal::NotAccepted);
}

/// V29 and V26: a link is refused with another account's identifier, and at another kind of flow.
async fn v29_a_link_opens_the_account_and_the_purpose_that_it_was_for(_kind: &StoreKind) {
    let world = World::builder().settings(everything(1)).open().await;
    let (a, b) = (settle(&world, 1).await, settle(&world, 2).await);
    let ticket = asked_for(&world, &a, 1).await;
    let of_b = asked_for(&world, &b, 2).await;
    let url = link_to(&world, &a);
    let (reset, unlock) = (world.engine.reset(), world.engine.unlock());
    for name in [&b.name, &named("unknown"), &named("a@contoso.example")] {
        let answer = reset.redeem_link(&source(3), name, &clicked(&url)).await;
        assert_eq!(refusal(answer), Refusal::NotAccepted);
    }
    let answer = unlock.redeem_link(&source(3), &a.name, &clicked(&url)).await;
    assert_eq!(refusal(answer), Refusal::NotAccepted);
    let answer = reset.prove(&source(2), &of_b, &clicked(&url)).await;
    assert_eq!(refusal(answer), Refusal::NotAccepted);
    assert_eq!(counted(&events_of(&world, &a.id).await), 0);
    let answer = reset.prove(&source(1), &ticket, &clicked(&url)).await;
    assert!(granted(&answer.expect("proven").step));
}

/// V39: a link's address is the policy's base and a secret, for every request.
async fn v39_a_link_is_the_base_of_the_policy_and_a_secret(_kind: &StoreKind) {
    let world = World::builder().settings(everything(1)).open().await;
    let person = settle(&world, 1).await;
    let evil = "https://evil.example/";
    let request = sspr::Request::new(tenant(), sspr::Source::parse("evil.example"))
        .with_human_answer(SecretText::from(evil));
    let other = "person1@contoso.example\u{2F}evil.example";
    let (reset, link) = (world.engine.reset(), option("email.link"));
    for name in [&person.name, &named(other), &named("evil.example")] {
        let reply = reset.start(&request, name).await.expect("started");
        let asked = reset.challenge(&request, &reply.ticket, &link).await;
        asked.expect("uniform");
        world.clock.advance(2 * MINUTE);
    }
    world.deliver().await;
    let sent = world.inbox.all();
    assert_eq!(sent.len(), 1);
    let url = sent[0].link().expect("a link");
    let secret = url.strip_prefix(BASE).expect("the policy's base");
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    assert!(secret.len() == 43 && secret.bytes().all(plain), "{url}");

    for bad in ["http://id.contoso.example/#", "//id.contoso.example/#", "ftp://id.example/#"] {
        let error = LinkBase::parse(bad).expect_err(bad);
        let named = matches!(error, InvalidInput::Malformed { .. } | InvalidInput::Rule { .. });
        assert!(named, "{bad}: {error}");
        let stored = serde_json::json!({ "link": bad }).to_string();
        assert!(serde_json::from_str::<PolicySettings>(&stored).is_err(), "{bad}");
    }
}

/// V39: if the base was removed after the link was requested, no message is sent.
async fn v39_without_a_base_nothing_is_sent(stores: &StoreKind) {
    let world = World::builder().store(stores.store()).settings(everything(1)).open().await;
    let person = settle(&world, 1).await;
    let link = option("email.link");
    opened(&world.engine, &source(1), &person.name, &link).await.expect("opened");
    let mut without = everything(1);
    without.link = None;
    put(&world, without, 1).await;
    world.deliver().await;
    world.clock.advance(MINUTE);
    world.deliver().await;
    assert_eq!(world.inbox.attempts(), 0);
    // No link can be requested, and the option is not offered.
    let reply = world.engine.reset().start(&source(2), &person.name).await.expect("started");
    let answer = world.engine.reset().challenge(&source(2), &reply.ticket, &link).await;
    assert_eq!(refusal(answer), Refusal::NotOffered);
}

/// V39: in the source, no public function of the engine has an argument for a host name, and a
/// request has no field for one.
async fn v39_no_operation_takes_a_host_name(_kind: &StoreKind) {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/engine");
    let (mut folders, mut signatures) = (vec![root.clone()], 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("text");
            for start in ["pub fn ", "pub async fn ", "pub const fn "] {
                for part in text.split(start).skip(1) {
                    let signature = part.split(['{', ';']).next().unwrap_or_default();
                    let named = signature.split("->").next().unwrap_or_default();
                    let arguments = named.split_once('(').map_or("", |(_, arguments)| arguments);
                    signatures += 1;
                    for word in ["LinkBase", "Uri", "url", "host", "base", "origin", "header"] {
                        assert!(!arguments.contains(word), "{}: {arguments}", path.display());
                    }
                }
            }
        }
    }
    assert!(signatures > 100, "{signatures}");
    let text = std::fs::read_to_string(root.join("api/request.rs")).expect("text");
    let body = text.split("pub struct Request {").nth(1).and_then(|text| text.split('}').next());
    let fields = body.expect("the struct").lines().filter_map(|line| line.trim().split_once(": "));
    let fields: Vec<_> = fields.map(|(name, _)| name).collect();
    // `origin` is a country and a kind of device, in words of the crate.
    let known = ["tenant", "source", "human", "device", "locale", "origin"];
    assert_eq!(fields, known.map(|name| format!("pub(crate) {name}")));
}
