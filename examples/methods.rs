//! Every method once, from enrolment to proof; then an unlock and a change.
//!
//! Run it with `cargo run --features testing,seal --example methods`. Ada registers nine kinds of
//! method, then forgets her password twelve times and proves her identity in twelve ways. The clock is
//! manual and everything is in memory. Lines that begin with `Ada:` show the user's side.

mod block_on;
mod play;

use std::collections::BTreeSet;
use std::time::Duration;

use play::{Host, NAME, Outcome, check, heading, say};
use sspr::audit::EventKind;
use sspr::facts::{EmailAddress, PhoneNumber};
use sspr::method::{Channel, NewAuthenticator, NewMethod, OathParameters, OathSeed, QuestionId};
use sspr::port::Clock as _;
use sspr::testing::SoftToken;
use sspr::{Attempt, Identifier, MethodKind, Reply, ResetTicket, SecretText, Selection, Step};

const MAIL: &str = "ada@private.example";
const MOBILE: &str = "+1 4255550100";
const OFFICE: &str = "+1 4255550199";
const TOKEN_SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const DAY: Duration = Duration::from_secs(86_400);

fn main() -> Outcome<()> {
    block_on::block_on(run())
}

/// Ada's devices and recovery codes.
struct Pocket {
    app: SoftToken,
    token: SoftToken,
    recovery_codes: Vec<String>,
}

async fn run() -> Outcome<()> {
    let mut host = Host::new().await?;
    heading("Ada, signed in: registers her methods");
    let mut pocket = enrol(&host).await?;

    heading("Ada, signed out: forgets her password, once for each way to prove her identity");
    for way in [
        "email.email",
        "email.link",
        "email.link elsewhere",
        "mobile_phone.sms",
        "mobile_phone.voice",
        "office_phone",
        "authenticator_app",
        "oath_token",
        "recovery_code",
        "app_notification",
        "passkey",
        "security_questions",
    ] {
        host.clock.advance(DAY); // her hourly message budget refills
        reset(&mut host, &mut pocket, way).await?;
    }

    unlock(&host).await?;
    change(&host).await?;

    heading("The audit trail");
    let trail = host.engine.admin(&host.tenant, &host.root).events(None, 1_000).await?.items;
    let count = |code: &str| trail.iter().filter(|event| event.code() == code).count();
    let kinds: BTreeSet<MethodKind> =
        trail.iter().filter_map(|event| proven(&event.kind)).collect();
    say(&format!("{} kinds of method have been proven", kinds.len()));
    // Not shown: `HostVerified` works like the app notification and the passkey.
    let expected = MethodKind::ALL.into_iter().filter(|kind| *kind != MethodKind::HostVerified);
    check(kinds == expected.collect(), "a kind of method is missing")?;
    for (code, expected) in
        [("password_reset", 12), ("account_unlocked", 1), ("password_changed", 1)]
    {
        say(&format!("{code}: {}", count(code)));
        check(count(code) == expected, "the audit trail lacks an operation")?;
    }
    Ok(())
}

async fn enrol(host: &Host) -> Outcome<Pocket> {
    let (registration, request, user) =
        (host.engine.registration(), &host.request, &host.signed_in());
    let mobile = NewMethod::mobile_phone(PhoneNumber::parse(MOBILE)?, Channel::Sms)?;
    for (method, address) in [
        (NewMethod::email(EmailAddress::parse(MAIL)?), MAIL),
        (mobile, MOBILE),
        (NewMethod::office_phone(PhoneNumber::parse(OFFICE)?), OFFICE),
    ] {
        let added = registration.add(request, user, &method).await?;
        let code = Attempt::code(&host.code_at(address).await?)?;
        let method = registration.confirm(request, user, &added.ticket, &code).await?;
        say(&format!("{} is confirmed", method.kind));
    }

    // An app: the page shows the URI as a QR code, and the user enters the app's first code.
    let app = NewAuthenticator::new("Contoso", NAME);
    let enrolment = registration.enrol_authenticator(request, user, &app).await?;
    say(&format!("the page draws a QR code of {}", enrolment.uri.expose_secret()));
    let app = SoftToken::new(enrolment.seed.expose_secret(), OathParameters::default())?;
    let code = app.code(host.clock.now());
    say(&format!("Ada: her app shows {code}"));
    let code = Attempt::code(&code)?;
    let method = registration.confirm(request, user, &enrolment.reply.ticket, &code).await?;
    say(&format!("{} is confirmed", method.kind));

    // A token: its maker gave the organisation the seed; Ada proves that she holds the token.
    let seed = OathSeed::parse_base32(TOKEN_SEED)?;
    let admin = host.engine.admin(&host.tenant, &host.root);
    let id = admin.supply_token(&host.ada, &seed, OathParameters::default()).await?;
    say("the administrator has handed a token to Ada");
    let token = SoftToken::new(TOKEN_SEED, OathParameters::default())?;
    let claim = registration.claim_token(request, user, &id).await?;
    let code = token.code(host.clock.now());
    say(&format!("Ada: the token shows {code}"));
    let code = Attempt::code(&code)?;
    let method = registration.confirm(request, user, &claim.ticket, &code).await?;
    say(&format!("{} is confirmed", method.kind));

    // Recovery codes are shown once. They become a method when she acknowledges them.
    let set = registration.create_recovery_codes(request, user).await?;
    let recovery_codes: Vec<_> =
        set.codes.iter().map(|code| code.expose_secret().to_owned()).collect();
    say(&format!("Ada: prints {} codes, the first is {}", recovery_codes.len(), recovery_codes[0]));
    let method = registration.acknowledge_recovery_codes(request, user, &set.id).await?;
    say(&format!("{} is confirmed", method.kind));

    // Security questions: she chooses five, and only hashes of her answers are stored.
    let (questions, count) = registration.security_questions(request, user).await?;
    let chosen = questions.into_iter().take(count.into()).map(|view| view.question);
    let answers: Vec<_> = chosen.map(|question| (question.clone(), answer(&question))).collect();
    let method = registration.set_security_questions(request, user, &answers).await?;
    say(&format!("{} is confirmed", method.kind));

    // The host enrols its own methods; the engine only asks whether the user has them.
    host.push.link(&host.ada);
    host.passkey.give(&host.ada);
    let review = registration.review(request, user).await?;
    say(&format!("the host has enrolled {:?}", review.external));
    check(review.complete && review.methods.len() == 7, "the registration is not complete")?;
    Ok(Pocket { app, token, recovery_codes })
}

/// Resets a forgotten password, with one way to prove the identity.
async fn reset(host: &mut Host, pocket: &mut Pocket, way: &str) -> Outcome<()> {
    println!("\n  By {way}");
    let (request, reset, now) = (&host.request, host.engine.reset(), host.clock.now());
    let name = Identifier::parse(NAME)?;
    let option = Selection::parse(way.split(' ').next().unwrap_or_default())?;
    let reply = reset.start(request, &name).await?;
    let asked = reset.challenge(request, &reply.ticket, &option).await?;
    let proven: Reply<ResetTicket> = match (&asked.step, way) {
        (Step::OpenLink { .. }, _) => {
            host.deliver().await?;
            let url = host.inbox.last_link_to(MAIL).ok_or("no link has arrived")?;
            say(&format!("Ada: {url} arrives at {MAIL}"));
            let link = Attempt::link(&url)?;
            if way.ends_with("elsewhere") {
                say("Ada: opens it on her phone, which has no ticket, and types her name again");
                let reply = reset.redeem_link(request, &name, &link).await?;
                let before = reset.prove(request, &asked.ticket, &link).await;
                check(before.is_err(), "the laptop's ticket still works")?;
                say("the laptop's ticket is void");
                reply
            } else {
                reset.prove(request, &asked.ticket, &link).await?
            }
        }
        (Step::Respond { .. }, _) => {
            let page = asked.page.as_deref().ok_or("the reply has no page data")?;
            let response = if way == "passkey" {
                say("Ada: touches her key, which signs the challenge");
                host.passkey.response(&host.ada, page)
            } else {
                say(&format!("the page shows {page}; Ada: types it into the app"));
                check(host.push.type_on_phone(&host.ada, page.parse()?), "a wrong number")?;
                SecretText::from("I have typed it")
            };
            reset.prove(request, &asked.ticket, &Attempt::response(response)?).await?
        }
        (Step::Enter { .. }, _) => {
            let code = match way {
                "email.email" => host.code_at(MAIL).await?,
                "office_phone" => host.code_at(OFFICE).await?,
                "authenticator_app" => pocket.app.code(now),
                "oath_token" => pocket.token.code(now),
                "recovery_code" => pocket.recovery_codes.remove(0),
                _ => host.code_at(MOBILE).await?,
            };
            say(&format!("Ada: types {code}"));
            reset.prove(request, &asked.ticket, &Attempt::code(&code)?).await?
        }
        (Step::Answer { questions, .. }, _) => {
            say(&format!("the page asks {} of her five questions", questions.len()));
            let answers = questions.iter().map(|view| {
                let typed = answer(&view.question).expose_secret().to_uppercase();
                (view.question.clone(), SecretText::from(typed))
            });
            reset.prove(request, &asked.ticket, &Attempt::answers(answers)?).await?
        }
        (step, _) => return Err(format!("an unexpected step: {step:?}").into()),
    };
    check(matches!(proven.step, Step::NewPassword { .. }), "the proof is not enough")?;
    let password = format!("plum tractor violet by {way}");
    let done = reset.complete(request, &proven.ticket, &SecretText::from(&*password)).await?;
    check(done.replace_recovery_code == (way == "recovery_code"), "a wrong offer of a code")?;
    if done.replace_recovery_code {
        let fresh = reset.replace_recovery_code(request, &done.ticket).await?;
        reset.acknowledge_recovery_code(request, &done.ticket).await?;
        say(&format!("Ada: writes {} down in its place", fresh.expose_secret()));
        pocket.recovery_codes.push(fresh.expose_secret().to_owned());
    }
    host.deliver().await?; // all her addresses are notified, and sessions end
    host.holds(&password)?;
    host.password = password;
    Ok(())
}

/// A lockout that the directory has set, cleared without a new password.
async fn unlock(host: &Host) -> Outcome<()> {
    heading("Unlock: Ada knows her password, but the directory has locked her out");
    host.clock.advance(DAY);
    host.directory.update_user(&host.tenant, &host.ada, |facts| facts.locked_out = Some(true))?;
    let (request, unlock) = (&host.request, host.engine.unlock());
    let reply = unlock.start(request, &Identifier::parse(NAME)?).await?;
    let reply = unlock.challenge(request, &reply.ticket, &Selection::parse("email.email")?).await?;
    let code = Attempt::code(&host.code_at(MAIL).await?)?;
    let reply = unlock.prove(request, &reply.ticket, &code).await?;
    check(matches!(reply.step, Step::ConfirmUnlock { .. }), "nothing to confirm")?;
    let done = unlock.complete(request, &reply.ticket).await?;
    check(done.step == Step::Done { propagated: true }, "the account is not unlocked")?;
    say("the lockout is cleared, the password is unchanged");
    host.holds(&host.password)
}

/// A password change by a user who knows the current one.
async fn change(host: &Host) -> Outcome<()> {
    heading("Change: Ada, signed in, replaces her password");
    let (request, user, change) = (&host.request, &host.signed_in(), host.engine.change());
    let wrong = change.start(request, user, &SecretText::from("a guess")).await;
    check(wrong.is_err(), "a guess was accepted")?;
    say("without the current password: refused");
    let current = SecretText::from(&*host.password);
    let reply = change.start(request, user, &current).await?;
    let password = "nine lanterns over the harbour";
    change.complete(request, &reply.ticket, &SecretText::from(password)).await?;
    host.deliver().await?;
    let notice = host.inbox.messages_to(MAIL).last().map(|message| message.kind);
    check(notice == Some("notice.password_changed"), "Ada was not notified")?;
    say("her sessions end, and all her addresses are notified");
    host.holds(password)
}

/// What Ada answers. No one needs to answer truly.
fn answer(question: &QuestionId) -> SecretText {
    SecretText::from(format!("My own {question}"))
}

const fn proven(event: &EventKind) -> Option<MethodKind> {
    match event {
        EventKind::MethodProven { method, .. } => Some(*method),
        _ => None,
    }
}
