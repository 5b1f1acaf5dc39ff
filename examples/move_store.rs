//! Moves everything from one store to another, with a progress bar.
//!
//! `cargo run --release --features sqlite-bundled --example move_store` fills a store with 2,000 accounts and
//! moves it. With arguments it moves your store:
//!
//! ```text
//! move_store FROM TO TENANT...        an address is one of those below
//! move_store --fill ACCOUNTS ADDRESS  puts that many accounts into an empty store, to try it
//!
//! sqlite:PATH
//! postgres://ROLE:PASSWORD@HOST/DATABASE   with --features sqlite-bundled,postgres: the schema `sspr`
//! etcd:HTTP-ADDRESS,...                    with --features sqlite-bundled,etcd: the keys under `sspr/`
//! ```
//!
//! Interrupt it and run it again: it continues. Stop the engines on the source first: it is closed before
//! anything is read. The target is opened after both sides were compared.

use std::error::Error;
use std::io::{IsTerminal as _, Write as _};
use std::sync::LazyLock;
use std::time::Duration;
use std::{env, fs};

use sspr::adapters::memory::{MemoryDirectory, MemoryInbox};
use sspr::adapters::sqlite::SqliteStore;
use sspr::admin::Contacts;
use sspr::facts::{EmailAddress, TenantFacts, UserFacts};
use sspr::port::{Clock as _, SystemClock};
use sspr::port::{Retry, Store};
use sspr::transfer::{Progress, Stage, copy};
use sspr::{
    Actor, Engine, Keys, Policy, PolicySettings, RoleId, SecretBytes, TenantId, Timestamp, UserId,
};
use tokio::runtime::Runtime;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match &arguments[..] {
        [] => demonstrate(),
        ["--fill", accounts, address] => fill(address, accounts.parse()?),
        [from, to, tenants @ ..] => move_all(from, to, tenants),
        _ => Err("usage: move_store FROM TO TENANT...".into()),
    }
}

fn demonstrate() -> Outcome<()> {
    let folder = env::temp_dir().join(format!("sspr-move-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let address = |name: &str| format!("sqlite:{}", folder.join(name).display());
    let outcome = fill(&address("from.db"), 2_000)
        .and_then(|()| move_all(&address("from.db"), &address("to.db"), &["contoso"]));
    fs::remove_dir_all(&folder)?;
    outcome
}

/// Opens a store by its address. Add an arm for each kind.
fn open(address: &str) -> Outcome<Box<dyn Store>> {
    match address.split_once(':') {
        Some(("sqlite", path)) => Ok(Box::new(SqliteStore::open_or_create(path)?)),
        #[cfg(feature = "postgres")]
        Some(("postgres", _)) => {
            use sspr::adapters::postgres::{PostgresOptions, PostgresStore};

            let options = PostgresOptions::parse(address)?;
            block_on(PostgresStore::create(&options))?;
            Ok(Box::new(block_on(PostgresStore::connect(&options))?))
        }
        #[cfg(feature = "etcd")]
        Some(("etcd", endpoints)) => {
            use sspr::adapters::etcd::{EtcdOptions, EtcdStore};

            let options = EtcdOptions::new(endpoints.split(','));
            Ok(Box::new(block_on(EtcdStore::create(options))?))
        }
        _ => Err(format!("not an address of a store: {address}").into()),
    }
}

/// Stores on servers need a runtime; the copy itself needs none.
fn block_on<F: Future>(work: F) -> F::Output {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));
    RUNTIME.block_on(work)
}

fn move_all(from: &str, to: &str, tenants: &[&str]) -> Outcome<()> {
    let began = SystemClock.now();
    let (from, to) = (open(from)?, open(to)?);
    let tenants: Result<Vec<_>, _> = tenants.iter().map(|name| TenantId::parse(name)).collect();
    // A closed source does not change until the target is opened.
    let mut copy = copy(&*from, &*to, tenants?)?.close_source_first();
    let records = block_on(copy.count())?;
    println!("{records} records, counted in {}", since(began));
    let mut bar = Bar::default();
    let stage = loop {
        match block_on(copy.step()) {
            Ok(progress) => {
                bar.show(&progress)?;
                if progress.stage.is_over() {
                    break progress.stage;
                }
            }
            // The same part is repeated. For a remote store, wait between two attempts.
            Err(error) if error.retry() == Retry::Later && bar.may_retry() => eprintln!("{error}"),
            Err(error) => return Err(error.into()),
        }
    };
    let report = copy.report();
    for left_out in &report.left_out {
        println!("left out: {} of {} ({:?})", left_out.key, left_out.tenant, left_out.why);
    }
    for difference in &report.differences {
        println!("differs: {:?} of {} ({:?})", difference.key, difference.tenant, difference.what);
    }
    if stage != Stage::Finished {
        return Err("the target is not complete, and stays closed".into());
    }
    block_on(copy.open_target())?;
    let report = copy.report();
    println!("moved {} records and {} events in {}", report.records, report.events, since(began));
    println!("digest {}", report.digest.as_deref().unwrap_or("none"));
    Ok(())
}

/// A bar for each stage, redrawn at most ten times a second; if the output is not a terminal, one line
/// for each stage.
#[derive(Default)]
struct Bar {
    stage: Option<Stage>,
    drawn_at: Option<Timestamp>,
    failures: u32,
}

impl Bar {
    const WIDTH: usize = 40;

    fn show(&mut self, progress: &Progress) -> Outcome<()> {
        self.failures = 0;
        let now = SystemClock.now();
        let changed = self.stage != Some(progress.stage);
        let drawn = self.drawn_at.is_some_and(|at| now.since(at) < Duration::from_millis(100));
        if drawn && !changed {
            return Ok(());
        }
        let is_terminal = std::io::stdout().is_terminal();
        if changed && self.stage.is_some() && is_terminal {
            println!();
        }
        self.stage = Some(progress.stage);
        self.drawn_at = Some(now);
        let done = match progress.stage {
            Stage::Copying => progress.records,
            Stage::Comparing => progress.compared,
            _ => progress.records.max(progress.compared),
        };
        let total = progress.total.unwrap_or(done).max(1);
        let part = usize::try_from(done * Self::WIDTH as u64 / total)?.min(Self::WIDTH);
        let bar = ["#".repeat(part), ".".repeat(Self::WIDTH - part)].concat();
        let name = format!("{:?}", progress.stage).to_lowercase();
        let line = format!("{name:<10} [{bar}] {done}/{total}, {} events", progress.events);
        if is_terminal {
            print!("\r{line}  ");
        } else if changed {
            println!("{line}");
        }
        std::io::stdout().flush()?;
        if progress.stage.is_over() && is_terminal {
            println!();
        }
        Ok(())
    }

    /// Whether one more failure in a row is tolerated.
    const fn may_retry(&mut self) -> bool {
        self.failures += 1;
        self.failures <= 10
    }
}

fn since(began: Timestamp) -> String {
    format!("{:.1} s", SystemClock.now().since(began).as_secs_f64())
}

/// Fills a store with accounts that have an address and a delivered notice.
fn fill(address: &str, accounts: usize) -> Outcome<()> {
    let began = SystemClock.now();
    let tenant = TenantId::parse("contoso")?;
    let admin = Actor::service("setup", [RoleId::parse("Global Administrator")?]);
    let (directory, inbox) = (MemoryDirectory::new(), MemoryInbox::new());
    directory.add_tenant(tenant.clone(), TenantFacts::new("Contoso"));
    let secret = |byte| SecretBytes::new(vec![byte; 32]);
    let engine = Engine::builder()
        .keys(Keys::new(secret(1), 1, secret(2))?)
        .store(open(address)?)
        .directory(directory.clone())
        .sessions(directory.clone())
        .delivery(inbox);
    let engine = block_on(engine.open())?;
    block_on(
        engine.admin(&tenant, &admin).put_policy(&Policy::new(PolicySettings::default())?, None),
    )?;
    for number in 0..accounts {
        let user = UserId::parse(&format!("u-{number}"))?;
        let name = format!("u{number}@contoso.example");
        directory.add_user(&tenant, UserFacts::new(user.clone()), &[&name], "forgotten")?;
        let mut contacts = Contacts::default();
        contacts.email = Some(EmailAddress::parse(&format!("u{number}@mail.example"))?);
        block_on(engine.admin(&tenant, &admin).supply_contacts(&user, &contacts))?;
    }
    while block_on(engine.maintain(1_000))?.more {}
    println!("{accounts} accounts created in {}", since(began));
    Ok(())
}
