//! Two engines on one SQLite file, one code, many parallel attempts: exactly one proof.
//!
//! Run it with `cargo run --features sqlite-bundled --example two_engines`. Each round sends one code and then
//! enters the correct code in many threads through both engines at once. Under any interleaving one
//! proof is recorded, and all accepted attempts get the same reply.

mod block_on;

use std::error::Error;
use std::path::Path;
use std::sync::Barrier;
use std::{env, fs, thread};

use block_on::block_on;
use sspr::adapters::memory::{MemoryDirectory, MemoryInbox};
use sspr::adapters::sqlite::SqliteStore;
use sspr::admin::Contacts;
use sspr::facts::{EmailAddress, TenantFacts, UserFacts};
use sspr::method::ChallengeOption;
use sspr::policy::Scope;
use sspr::{
    Actor, Attempt, Engine, Identifier, Keys, MethodKind, Policy, Refusal, Request, ResetTicket,
    RoleId, SecretBytes, Source, TenantId, UserId,
};

type Outcome<T> = Result<T, Box<dyn Error>>;

const ROUNDS: usize = 20;
const TRIES_PER_ENGINE: usize = 16;

fn main() -> Outcome<()> {
    let name = format!("sspr-two-engines-{}", std::process::id());
    let folder = env::temp_dir().join(name);
    fs::create_dir_all(&folder)?;
    let outcome = run(&folder.join("sspr.db"));
    fs::remove_dir_all(&folder)?;
    outcome
}

fn run(database: &Path) -> Outcome<()> {
    let contoso = TenantId::parse("contoso")?;
    let admin = Actor::service("setup", [RoleId::parse("Global Administrator")?]);
    let (directory, inbox) = (MemoryDirectory::new(), MemoryInbox::new());
    directory.add_tenant(contoso.clone(), TenantFacts::new("Contoso"));
    // Each engine has its own handle: only the file is shared.
    let engines = [
        block_on(open(database, &directory, &inbox))?,
        block_on(open(database, &directory, &inbox))?,
    ];

    let policy = Policy::with(|settings| {
        settings.scope = Scope::All;
        settings.users.required = 1;
        settings.users.methods = [MethodKind::Email].into();
    })?;
    block_on(engines[0].admin(&contoso, &admin).put_policy(&policy, None))?;

    let tries = engines.len() * TRIES_PER_ENGINE;
    println!("two engines on {}", database.display());
    println!("{ROUNDS} rounds: one code each, entered {tries} times at once\n");
    println!("round  accepted  refused  compared  proofs");
    for round in 1..=ROUNDS {
        let user = UserId::parse(&format!("u-{round}"))?;
        let (name, mail) = (format!("u{round}@contoso.example"), format!("u{round}@mail.example"));
        directory.add_user(&contoso, UserFacts::new(user.clone()), &[&name], "forgotten")?;
        let mut contacts = Contacts::default();
        contacts.email = Some(EmailAddress::parse(&mail)?);
        block_on(engines[0].admin(&contoso, &admin).supply_contacts(&user, &contacts))?;

        let request = Request::new(contoso.clone(), Source::parse("203.0.113.7"));
        let ticket = block_on(challenge(&engines[0], &request, &name))?;
        let code = inbox.last_code_to(&mail).ok_or("no code has arrived")?;
        let before = compared(&engines);
        let answers = prove_at_once(&engines, &request, &ticket, &code)?;
        let compared = compared(&engines) - before;

        let accepted: Vec<&String> = answers.iter().flatten().collect();
        let events = block_on(engines[1].admin(&contoso, &admin).user_events(&user, None, 1_000))?;
        let proofs = events.items.iter().filter(|event| event.code() == "method_proven").count();
        let refused = tries - accepted.len();
        println!("{round:>5}  {:>8}  {refused:>7}  {compared:>8}  {proofs:>6}", accepted.len());

        check(proofs == 1, "there is not exactly one proof")?;
        check(!accepted.is_empty(), "no attempt was accepted")?;
        check(accepted.iter().all(|ticket| *ticket == accepted[0]), "two replies differ")?;
        // The winner and the attempts that lost the race share the few attempts of the code.
        check(compared <= u64::from(policy.attempts), "more comparisons than counted attempts")?;
    }
    println!("\nexactly one proof in every round");
    Ok(())
}

async fn open(
    database: &Path,
    directory: &MemoryDirectory,
    inbox: &MemoryInbox,
) -> Outcome<Engine> {
    // All engines on one store share their keys. Real ones come from a vault.
    let secret = |byte| SecretBytes::new(vec![byte; 32]);
    let engine = Engine::builder()
        .keys(Keys::new(secret(1), 1, secret(2))?)
        .store(SqliteStore::open_or_create(database)?)
        .directory(directory.clone())
        .sessions(directory.clone())
        .delivery(inbox.clone())
        .open()
        .await?;
    Ok(engine)
}

/// Starts a reset and has a code sent.
async fn challenge(engine: &Engine, request: &Request, name: &str) -> Outcome<ResetTicket> {
    let reply = engine.reset().start(request, &Identifier::parse(name)?).await?;
    let option = ChallengeOption::preferred(MethodKind::Email).into();
    let reply = engine.reset().challenge(request, &reply.ticket, &option).await?;
    while engine.maintain(100).await?.more {}
    Ok(reply.ticket)
}

/// Enters the correct code in many threads at once. Returns the ticket of each accepted attempt, and
/// `None` for each refused one.
fn prove_at_once(
    engines: &[Engine; 2],
    request: &Request,
    ticket: &ResetTicket,
    code: &str,
) -> Outcome<Vec<Option<String>>> {
    let barrier = Barrier::new(engines.len() * TRIES_PER_ENGINE);
    let attempt = Attempt::code(code)?;
    let prove = |engine: &Engine| {
        barrier.wait();
        match block_on(engine.reset().prove(request, ticket, &attempt)) {
            Ok(reply) => Ok(Some(reply.ticket.expose_secret().to_owned())),
            Err(sspr::Error::Refused(Refusal::NotAccepted)) => Ok(None),
            Err(error) => Err(error),
        }
    };
    thread::scope(|scope| {
        let all = engines.iter().flat_map(|engine| std::iter::repeat_n(engine, TRIES_PER_ENGINE));
        let threads: Vec<_> = all.map(|engine| scope.spawn(|| prove(engine))).collect();
        let mut answers = Vec::with_capacity(threads.len());
        for thread in threads {
            answers.push(thread.join().map_err(|_| "a thread panicked")??);
        }
        Ok(answers)
    })
}

fn compared(engines: &[Engine]) -> u64 {
    engines.iter().map(|engine| engine.stats().comparisons).sum()
}

fn check(holds: bool, otherwise: &str) -> Outcome<()> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}
