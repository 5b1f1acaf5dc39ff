//! A forgotten password, reset with two methods, on an SQLite file.
//!
//! Run it with `cargo run --features sqlite-bundled,files --example quickstart`. It plays
//! the administrator of Contoso, the user Ada, who registers and later forgets her password, and the
//! host application between them and the engine. Every message is a file that you can open.

mod block_on;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use sspr::adapters::files::FileDelivery;
use sspr::adapters::memory::MemoryDirectory;
use sspr::adapters::sqlite::SqliteStore;
use sspr::audit::ActorKind;
use sspr::facts::{EmailAddress, PhoneNumber, TenantFacts, UserFacts};
use sspr::method::{ChallengeOption, Channel, NewMethod, SignInContext};
use sspr::policy::Scope;
use sspr::port::{Clock as _, Entropy as _, SystemClock, SystemEntropy};
use sspr::{
    Actor, Attempt, Engine, Identifier, Keys, MethodKind, Policy, Request, RoleId, SecretBytes,
    SecretText, SignedIn, Source, Step, TenantId, UserId,
};

type Outcome<T> = Result<T, Box<dyn Error>>;

const NAME: &str = "ada@contoso.example";
const MAIL: &str = "ada@private.example";
const MOBILE: &str = "+1 4255550100";
const OLD: &str = "the old password of ada";
const NEW: &str = "plum tractor violet candle";

fn main() -> Outcome<()> {
    block_on::block_on(run())
}

async fn run() -> Outcome<()> {
    let folder = PathBuf::from("sspr-quickstart").join(SystemClock.now().unix_millis().to_string());
    fs::create_dir_all(&folder)?;
    let database = folder.join("sspr.db");
    let delivery = FileDelivery::new(folder.join("messages"))?;

    heading("The host: an identity server with one tenant and one user");
    let (contoso, ada) = (TenantId::parse("contoso")?, UserId::parse("u-1001")?);
    let directory = MemoryDirectory::new();
    directory.add_tenant(contoso.clone(), TenantFacts::new("Contoso"));
    directory.add_user(&contoso, UserFacts::new(ada.clone()), &[NAME], OLD)?;
    say(&format!("{NAME} signs in with \"{OLD}\""));
    let secrets = [random()?, random()?]; // real ones come from a vault and are the same in every process
    let engine = open(&secrets, &database, &directory, &delivery).await?;
    say(&format!("the engine keeps its state in {}", database.display()));

    heading("The administrator: switches it on; the default requires mail and a mobile phone");
    let admin = Actor::service("setup", [RoleId::parse("Global Administrator")?]);
    let policy = Policy::with(|settings| settings.scope = Scope::All)?;
    let revision = engine.admin(&contoso, &admin).put_policy(&policy, None).await?;
    say(&format!("policy put, revision {revision}"));

    heading("Ada, signed in: registers a mail address and a mobile phone");
    // This host has passwords only, which is enough for a first registration in one session. Methods
    // added later require a second factor at sign-in, and a new address counts after a day.
    let session = SignInContext::new("session-1", SystemClock.now());
    let signed_in = SignedIn::vouch(contoso.clone(), ada.clone(), session);
    let request = Request::new(contoso.clone(), Source::parse("203.0.113.7"));
    let mobile = NewMethod::mobile_phone(PhoneNumber::parse(MOBILE)?, Channel::Sms)?;
    let mail = NewMethod::email(EmailAddress::parse(MAIL)?);
    for (method, channel, address) in [(mail, Channel::Email, MAIL), (mobile, Channel::Sms, MOBILE)]
    {
        let registration = engine.registration();
        let added = registration.add(&request, &signed_in, &method).await?;
        let code = read_code(&engine, &delivery, channel).await?;
        registration.confirm(&request, &signed_in, &added.ticket, &code).await?;
        say(&format!("{address} is confirmed"));
    }
    let review = engine.registration().review(&request, &signed_in).await?;
    check(review.complete, "two methods do not complete the registration")?;

    heading("Ada, signed out: has forgotten her password");
    let reset = engine.reset();
    let reply = reset.start(&request, &Identifier::parse(NAME)?).await?;
    say("started: an unknown name would get the same reply");
    let mut ticket = reply.ticket;
    for (method, channel) in
        [(MethodKind::Email, Channel::Email), (MethodKind::MobilePhone, Channel::Sms)]
    {
        let option = ChallengeOption::new(method, channel)?.into();
        // A host on a network must not reply before `not_before`.
        let reply = reset.challenge(&request, &ticket, &option).await?;
        let code = read_code(&engine, &delivery, channel).await?;
        let reply = reset.prove(&request, &reply.ticket, &code).await?;
        say(&format!("{method} is proven; next: {}", next(&reply.step)));
        ticket = reply.ticket; // the ticket of each reply replaces the previous one
    }
    let done = reset.complete(&request, &ticket, &SecretText::from(NEW)).await?;
    say(&format!("the new password is set: {}", next(&done.step)));
    while engine.maintain(100).await?.more {} // Ada is notified

    heading("The directory: which password signs Ada in?");
    for (password, expected) in [(OLD, false), (NEW, true)] {
        let accepted = directory.password_is(&contoso, &ada, password);
        say(&format!("\"{password}\": {}", if accepted { "accepted" } else { "refused" }));
        check(accepted == expected, "the directory has the wrong password")?;
    }

    heading("The SQLite file, closed and opened again by a second engine");
    drop(engine);
    let engine = open(&secrets, &database, &directory, &delivery).await?;
    let view = engine.reset().view(&request, &done.ticket).await?;
    check(view.step == Step::Done { propagated: true }, "the file does not contain the reset")?;
    say(&format!("the flow of Ada's ticket: {}", next(&view.step)));
    say("the audit trail:");
    let trail = engine.admin(&contoso, &admin).events(None, 1_000).await?.items;
    for event in &trail {
        let actor = match &event.actor {
            ActorKind::Administrator(name) => name,
            ActorKind::User => NAME,
            ActorKind::Engine => "the engine",
            _ => "anonymous",
        };
        say(&format!("  {:<24}  {:<22}  {actor}", event.at.to_string(), event.code()));
    }
    let resets = trail.iter().filter(|event| event.code() == "password_reset").count();
    check(resets == 1, "the audit trail does not contain exactly one reset")?;

    heading("Files to look at");
    say(&format!("the messages: {}", delivery.path().display()));
    let query = "SELECT datetime(at / 1000, 'unixepoch'), code FROM event ORDER BY seq";
    say(&format!("the database: sqlite3 {} \"{query}\"", database.display()));
    Ok(())
}

/// An engine over the file: keys, store, directory, sessions and delivery, in this order.
async fn open(
    secrets: &[[u8; 32]; 2],
    database: &Path,
    directory: &MemoryDirectory,
    delivery: &FileDelivery,
) -> Outcome<Engine> {
    let [lookup, short_lived] = secrets.map(|secret| SecretBytes::new(secret.to_vec()));
    let engine = Engine::builder()
        .keys(Keys::new(lookup, 1, short_lived)?)
        .store(SqliteStore::open_or_create(database)?)
        .directory(directory.clone())
        .sessions(directory.clone())
        .delivery(delivery.clone())
        .open()
        .await?;
    Ok(engine)
}

/// Opens the newest message with a code, as Ada would, and copies the code from it.
async fn read_code(engine: &Engine, delivery: &FileDelivery, channel: Channel) -> Outcome<Attempt> {
    while engine.maintain(100).await?.more {} // a service calls this when `on_work` fires
    for path in delivery.files()?.iter().rev() {
        let text = fs::read_to_string(path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !name.contains(&format!("-{channel}-")) || !text.contains("Message: code.") {
            continue;
        }
        let body = text.lines().skip_while(|line| !line.is_empty());
        let code = |word: &&str| word.len() >= 6 && word.bytes().all(|byte| byte.is_ascii_digit());
        let code = body.flat_map(str::split_whitespace).find(code).ok_or("there is no code")?;
        say(&format!("code {code} arrives in {name}"));
        return Ok(Attempt::code(code)?);
    }
    Err("no message with a code has arrived".into())
}

fn next(step: &Step) -> &'static str {
    match step {
        Step::Choose { .. } => "choose another method",
        Step::Enter { .. } => "enter the code",
        Step::NewPassword { .. } => "choose a new password",
        Step::Done { .. } => "done",
        _ => "an unknown step",
    }
}

fn random() -> Outcome<[u8; 32]> {
    let mut bytes = [0; 32];
    SystemEntropy.fill(&mut bytes)?;
    Ok(bytes)
}

fn check(holds: bool, otherwise: &str) -> Outcome<()> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}

fn heading(text: &str) {
    println!("\n{text}");
}

fn say(text: &str) {
    println!("  {text}");
}
