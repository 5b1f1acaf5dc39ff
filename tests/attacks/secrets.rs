//! Seeds, recovery codes, links, device secrets and passwords in all output and all records: V41,
//! V42.

use std::fmt::Debug;

use sspr::method::{NewAuthenticator, OathParameters};
use sspr::port::Clock as _;
use sspr::testing::{CallLog, Recorder, SimulatedMethod, TestSeal};
use sspr::{Attempt, MethodKind, SecretText};

use crate::codes::dump;
use crate::people::*;
use crate::replay::sparing;
use crate::stores::StoreKind;
use crate::support::*;

on_every_store!(v42_no_newer_secret_is_kept_or_shown);
in_memory!(v41_no_answer_holds_a_newer_secret, v42_the_library_prints_nothing);

/// Values as a host would log them.
#[derive(Default)]
struct Shown(Vec<String>);

impl Shown {
    fn note(&mut self, value: &(impl Debug + ?Sized)) {
        self.0.push(format!("{value:?}"));
        self.0.push(format!("{value:#?}"));
    }

    fn check(&self, secrets: &[String]) {
        for text in &self.0 {
            for secret in secrets {
                assert!(!text.contains(secret.as_str()), "{secret} in {text}");
            }
        }
    }
}

/// A secret in each form in which it could leak.
fn forms(secret: &[u8]) -> Vec<String> {
    let base32 = data_encoding::BASE32_NOPAD.encode(secret);
    let grouped: Vec<_> =
        base32.as_bytes().chunks(4).map(|part| String::from_utf8_lossy(part).to_string()).collect();
    let numbers: Vec<_> = secret.iter().map(u8::to_string).collect();
    vec![
        grouped.join(" "),
        base32,
        data_encoding::HEXLOWER.encode(secret),
        data_encoding::BASE64_NOPAD.encode(secret),
        data_encoding::BASE64URL_NOPAD.encode(secret),
        numbers.join(","),
        numbers.join(", "),
    ]
}

/// Performs every operation with a secret. Returns the secrets, and everything that was printed
/// meanwhile.
async fn scenario(world: &World, shown: &mut Shown) -> Vec<String> {
    world.register_contacts().await;
    let (request, user, registration) = (request(), world.signed_in(), world.engine.registration());
    let (reset, change) = (world.engine.reset(), world.engine.change());
    let mut secrets: Vec<String> = [MAIL, MOBILE, NEW, OLD].map(str::to_owned).into();

    let app = NewAuthenticator::new("Contoso", "ada");
    let enrolled = registration.enrol_authenticator(&request, &user, &app).await.expect("begun");
    shown.note(&enrolled);
    let seed = enrolled.seed.expose_secret();
    let plain: String = seed.chars().filter(|symbol| !symbol.is_whitespace()).collect();
    secrets.extend(forms(&data_encoding::BASE32_NOPAD.decode(plain.as_bytes()).expect("Base32")));
    secrets.push(seed.to_owned());
    secrets.push(enrolled.uri.expose_secret().to_owned());
    let token = sspr::testing::SoftToken::new(seed, OathParameters::default()).expect("a seed");
    let typed = token.code(world.clock.now());
    let (ticket, given) = (&enrolled.reply.ticket, code(&typed));
    let confirmed = registration.confirm(&request, &user, ticket, &given).await;
    shown.note(&confirmed.expect("confirmed"));

    let set = registration.create_recovery_codes(&request, &user).await.expect("created");
    shown.note(&set);
    let view = registration.acknowledge_recovery_codes(&request, &user, &set.id).await;
    shown.note(&view.expect("kept"));
    let saved: Vec<_> = set.codes.iter().map(|code| code.expose_secret().to_owned()).collect();
    for one in &saved {
        secrets.extend([one.clone(), one.replace('-', ""), one.to_lowercase()]);
    }
    let device = registration.remember_device(&request, &user).await.expect("known");
    shown.note(&device);
    let known = request_from("203.0.113.7").with_device(device);
    shown.note(&known);

    world.passkey.give(&world.user);
    let reply = world.start().await;
    let reply = world.challenge(&reply.ticket, &option("passkey")).await;
    shown.note(&reply);
    let response = world.passkey.response(&world.user, reply.page.as_deref().expect("a page"));
    secrets.push(response.expose_secret().to_owned());
    let given = Attempt::response(response).expect("bounded");
    shown.note(&given);
    shown.note(&reset.prove(&request, &reply.ticket, &given).await.expect("proven"));

    let reply = world.start().await;
    shown.note(&world.challenge(&reply.ticket, &option("email.link")).await);
    world.deliver().await;
    let url = world.inbox.last_link_to(MAIL).expect("a link");
    secrets.extend([url.clone(), url[BASE.len()..].to_owned()]);
    let link = Attempt::link(&url).expect("a link");
    shown.note(&link);
    let reply = reset.redeem_link(&known, &ada(), &link).await.expect("redeemed");
    secrets.push(reply.ticket.expose_secret().to_owned());
    let reply =
        reset.challenge(&known, &reply.ticket, &option("recovery_code")).await.expect("open");
    let wrong = reset.prove(&known, &reply.ticket, &code("BCDF-GHJK")).await.expect_err("wrong");
    shown.note(&wrong);
    shown.0.push(wrong.to_string());
    let reply = reset.prove(&known, &reply.ticket, &code(&saved[0])).await.expect("proven");
    shown.note(&reply);
    shown.0.push(serde_json::to_string(&reply.step).expect("shown"));
    let done = reset.complete(&known, &reply.ticket, &NEW.into()).await.expect("reset");
    shown.note(&done);
    shown.0.push(serde_json::to_string(&done.step).expect("shown"));
    let another = reset.replace_recovery_code(&known, &done.ticket).await.expect("another");
    shown.note(&another);
    secrets.push(another.expose_secret().to_owned());
    secrets.push(another.expose_secret().replace('-', ""));
    reset.acknowledge_recovery_code(&known, &done.ticket).await.expect("kept");
    let device = reset.remember_device(&known, &done.ticket).await.expect("known");
    shown.note(&device);
    secrets.push(device.expose_secret().to_owned());
    world.clock.advance(2 * MINUTE);

    let present = SecretText::from("a wrong current password");
    secrets.push(present.expose_secret().to_owned());
    let user = world.signed_in();
    shown.note(&change.start(&request, &user, &present).await.expect_err("wrong"));
    let reply = change.start(&request, &user, &NEW.into()).await.expect("known");
    shown.note(&reply);
    secrets.push(reply.ticket.expose_secret().to_owned());
    let last = SecretText::from("violet candle plum tractor");
    secrets.push(last.expose_secret().to_owned());
    shown.note(&change.complete(&request, &reply.ticket, &last).await.expect("changed"));
    world.deliver().await;
    let listed = registration.list(&request, &user).await.expect("listed");
    shown.note(&listed);
    // Signed-in users see their own addresses.
    let listed = serde_json::to_string(&listed).expect("shown");
    shown.0.push(listed.replace(MAIL, "").replace(MOBILE, ""));
    shown.note(&world.inbox.all());
    shown.note(&world.directory);
    shown.note(&world.engine);
    for event in all_events(world).await {
        shown.note(&event);
        shown.0.push(event.encode());
    }
    secrets.push(typed);
    secrets
}

/// V42: neither `Debug` nor an event, a call of a port or a dump of the store holds a seed, an
/// address of an app, a recovery code, a link, a secret of a device, a response or a password.
async fn v42_no_newer_secret_is_kept_or_shown(stores: &StoreKind) {
    let (under_test, log) = (stores.empty(), CallLog::with_arguments());
    let passkey = SimulatedMethod::new(MethodKind::Passkey);
    let (seal, asked) =
        (Recorder::new(TestSeal, log.clone()), Recorder::new(passkey.clone(), log.clone()));
    let mut world = World::builder()
        .store(under_test.open())
        .settings(sparing())
        .recorded(&log)
        .without_abilities()
        .engine(|engine| engine.seal(seal).external_method(asked))
        .open()
        .await;
    world.passkey = passkey;
    let mut shown = Shown::default();
    let secrets = scenario(&world, &mut shown).await;
    shown.note(&log.lines());
    assert!(log.count("seal.open") + log.count("external_method.verify") > 0);
    let kept = dump(&*under_test.open()).await;
    // Of these only addresses are stored.
    let kept_secrets: Vec<_> = secrets
        .iter()
        .filter(|secret| ![MAIL, MOBILE].contains(&secret.as_str()))
        .cloned()
        .collect();
    Shown(vec![kept]).check(&kept_secrets);
    // Six digits can occur by chance, so they are searched as whole values.
    let typed = secrets.last().expect("the code of the app").clone();
    let of_words = |text: &String| text.split(|c: char| !c.is_alphanumeric()).any(|w| w == typed);
    assert!(!shown.0.iter().any(of_words));
    shown.check(&secrets[..secrets.len() - 1]);
}

/// V41: serialised replies contain no secret. Secrets that are shown once have types that cannot be
/// serialised.
async fn v41_no_answer_holds_a_newer_secret(_kind: &StoreKind) {
    for round in 0..10 {
        let world = World::builder().settings(sparing()).open().await;
        world.clock.advance(DAY * round);
        let mut shown = Shown::default();
        let secrets = scenario(&world, &mut shown).await;
        shown.check(&secrets[..secrets.len() - 1]);
    }
}

/// V42: the library prints nothing, and one file traces, whose values [`crate::traced`] checks.
async fn v42_the_library_prints_nothing(_kind: &StoreKind) {
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let text = std::fs::read_to_string(&path).expect("text");
            let may_trace = path.ends_with("src/engine/observe/span.rs");
            for line in text.lines().map(str::trim_start).filter(|line| !line.starts_with("//")) {
                for word in ["println!", "eprintln!", "print!(", "dbg!", "tracing::", " log::"] {
                    let allowed = may_trace && word == "tracing::";
                    assert!(allowed || !line.contains(word), "{}: {line}", path.display());
                }
            }
        }
    }
    assert!(files > 100);
}
