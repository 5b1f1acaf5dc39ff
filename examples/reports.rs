//! Registration, usage and expiry reports of 10 000 accounts, as tables on the terminal and as CSV files,
//! with a progress bar.
//!
//! Run it with `cargo run --features sqlite-bundled,csv --example reports`. `-- 500` makes 500 accounts;
//! `-- 500 3` ends without warning after three pages, as a killed process does. Run it again in the same
//! folder: each report goes on where it was, and the result is the same. [`Run`] is the part to copy.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File, OpenOptions};
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sspr::adapters::memory::{MemoryDirectory, MemoryInbox};
use sspr::adapters::rows::CsvRows;
use sspr::adapters::sqlite::SqliteStore;
use sspr::admin::Contacts;
use sspr::facts::{EmailAddress, TenantFacts, UserFacts};
use sspr::method::ChallengeOption;
use sspr::policy::{Deviation, Scope};
use sspr::port::{Clock as _, Cursor, SystemClock};
use sspr::report::{
    ExpiringFilter, ExpiringKind, RegistrationFilter, RegistrationSummary, ReportPage, ReportRow,
    UsageFeature, UsageFilter, UsageSummary,
};
use sspr::{
    Actor, Attempt, Engine, Identifier, Keys, MethodKind, Policy, Request, RoleId, SecretBytes,
    SecretText, Source, TenantId, Timestamp, UserId,
};

type Outcome<T> = Result<T, Box<dyn Error>>;

const FOLDER: &str = "sspr-reports";
const PAGE: usize = 250;

/// Where each report is, and its sums so far: kept after each page.
#[derive(Default, Serialize, Deserialize)]
struct State {
    /// When the accounts were made, so that another process has the same directory.
    began: Option<Timestamp>,
    reports: BTreeMap<String, Progress>,
    registration: RegistrationSummary,
    usage: UsageSummary,
    expiring: BTreeMap<String, u64>,
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct Progress {
    position: Option<Cursor>,
    scanned: u64,
    /// The bytes of the file that belong to the pages so far.
    written: u64,
    done: bool,
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let accounts: usize = arguments.next().map_or(Ok(10_000), |text| text.parse())?;
    let mut pages_left: Option<u32> = arguments.next().map(|text| text.parse()).transpose()?;
    fs::create_dir_all(FOLDER)?;
    let mut state: State = match fs::read(state_file()) {
        Ok(text) => serde_json::from_slice(&text)?,
        Err(_) => State::default(),
    };
    let host = Host::open(accounts, &mut state).await?;
    let admin = host.engine.admin(&host.tenant, &host.root);

    let mut run = Run { state: &mut state, pages_left: &mut pages_left, expected: accounts as u64 };
    let everyone = RegistrationFilter::default();
    run.report(
        "registration",
        async |after| admin.registration_report(&everyone, after.as_ref(), PAGE).await,
        |state, rows| state.registration.extend(rows),
    )
    .await?;
    let ahead = ExpiringFilter::default();
    run.report(
        "expiring",
        async |after| admin.expiring_report(&ahead, after.as_ref(), PAGE).await,
        |state, rows| {
            for row in rows {
                *state.expiring.entry(kind_of(row.what, row.due)).or_default() += 1;
            }
        },
    )
    .await?;
    let all = UsageFilter::default();
    run.report(
        "usage",
        async |after| admin.usage_report(&all, after.as_ref(), PAGE).await,
        |state, rows| state.usage.extend(rows),
    )
    .await?;
    // The counts of what leaves no event are few, and read at once.
    let counts = admin.usage_counts(&all, None, 31).await?.rows;
    state.usage.extend_counts(&counts);
    print(&state);
    Ok(())
}

/// Runs reports page by page, and keeps after each page what another process needs to go on.
struct Run<'a> {
    state: &'a mut State,
    pages_left: &'a mut Option<u32>,
    expected: u64,
}

impl Run<'_> {
    async fn report<R: ReportRow>(
        &mut self,
        name: &str,
        page: impl AsyncFn(Option<Cursor>) -> Result<ReportPage<R>, sspr::Error>,
        sum: impl Fn(&mut State, &[R]),
    ) -> Outcome<()> {
        let path = Path::new(FOLDER).join(format!("{name}.csv"));
        let mut progress = self.state.reports.get(name).cloned().unwrap_or_default();
        if progress.done {
            return Ok(());
        }
        let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
        // Rows of a page that was not finished are written again.
        file.set_len(progress.written)?;
        loop {
            // A failed page is an error here; the next run begins with the same page.
            let read = page(progress.position.clone()).await?;
            let mut table = match progress.written {
                0 => CsvRows::new(&mut file)?,
                _ => CsvRows::append(&mut file),
            };
            table.write(&read.rows)?;
            drop(table);
            sum(self.state, &read.rows);
            progress.scanned += read.scanned;
            progress.written = file.metadata()?.len();
            progress.done = read.next.is_none();
            progress.position = read.next;
            self.state.reports.insert(name.to_owned(), progress.clone());
            self.state.save()?;
            show(name, progress.scanned, self.expected, progress.done);
            if progress.done {
                return Ok(());
            }
            if let Some(left) = self.pages_left {
                *left = left.saturating_sub(1);
                if *left == 0 {
                    // As if the process were killed: nothing is closed or flushed.
                    std::process::abort();
                }
            }
        }
    }
}

fn state_file() -> std::path::PathBuf {
    Path::new(FOLDER).join("state.json")
}

impl State {
    /// Replaces the file as a whole, so that a killed process leaves the old or the new one.
    fn save(&self) -> Outcome<()> {
        let new = Path::new(FOLDER).join("state.json.new");
        let mut file = File::create(&new)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.sync_all()?;
        fs::rename(new, state_file())?;
        Ok(())
    }
}

/// A bar on a terminal; nothing where the output is a file.
fn show(name: &str, done: u64, expected: u64, ended: bool) {
    let mut out = std::io::stdout();
    if out.is_terminal() {
        let filled = if ended { 40 } else { (done * 40 / expected.max(1)).min(39) };
        let bar = "#".repeat(usize::try_from(filled).unwrap_or(40));
        let end = if ended { "\n" } else { "" };
        // A closed terminal is no reason to stop.
        let _ = write!(out, "\r{name:<12} [{bar:<40}] {done} read{end}");
        let _ = out.flush();
    }
}

fn kind_of(what: ExpiringKind, due: bool) -> String {
    format!("{what}, {}", if due { "expired" } else { "within 30 days" })
}

fn print(state: &State) {
    let registration = &state.registration;
    table(
        "Registration",
        "users",
        &[
            ("all", registration.users),
            ("registered", registration.registered),
            ("enabled", registration.enabled),
            ("capable", registration.capable),
        ],
    );
    let methods = registration.methods.iter().map(|(kind, count)| (kind.as_str(), *count));
    table("Registered methods", "users", &methods.collect::<Vec<_>>());
    let funnel = state.usage.funnel(UsageFeature::Reset);
    let steps = funnel.iter().map(|step| (step.stage.as_str(), step.count));
    let after_name = state.usage.abandoned_after_name(UsageFeature::Reset);
    let steps = steps.chain([("abandoned after the name", after_name)]);
    table("Resets", "flows", &steps.collect::<Vec<_>>());
    let expiring = state.expiring.iter().map(|(what, count)| (what.as_str(), *count));
    table("Expiring", "users", &expiring.collect::<Vec<_>>());
    println!("the rows: {FOLDER}/registration.csv, expiring.csv, usage.csv");
}

fn table(title: &str, unit: &str, rows: &[(&str, u64)]) {
    println!("\n{title:<28} {unit:>8}");
    for (name, count) in rows {
        println!("  {name:<26} {count:>8}");
    }
}

/// An application with this many users, of whom some have used the engine.
struct Host {
    engine: Engine,
    tenant: TenantId,
    root: Actor,
}

impl Host {
    async fn open(accounts: usize, state: &mut State) -> Outcome<Self> {
        let tenant = TenantId::parse("contoso")?;
        let began = state.began.unwrap_or_else(|| SystemClock.now());
        let directory = MemoryDirectory::new();
        directory.add_tenant(tenant.clone(), TenantFacts::new("Contoso"));
        for number in 0..accounts {
            directory.add_user(&tenant, facts(number, began)?, &[&name(number)], "a password")?;
        }
        let inbox = MemoryInbox::new();
        let secret = |byte| SecretBytes::new(vec![byte; 32]); // real keys come from a vault
        let database = Path::new(FOLDER).join("sspr.db");
        if state.began.is_none() {
            // What an unfinished run has made is begun again; there may be nothing.
            for end in ["", "-wal", "-shm", "-gate", "-writing"] {
                fs::remove_file(format!("{}{end}", database.display())).ok();
            }
        }
        let engine = Engine::builder()
            .keys(Keys::new(secret(1), 1, secret(2))?)
            .store(SqliteStore::open_or_create(database)?)
            .directory(directory.clone())
            .sessions(directory)
            .delivery(inbox.clone())
            .open()
            .await?;
        let root = Actor::service("setup", [RoleId::parse("Global Administrator")?]);
        let host = Self { engine, tenant, root };
        if state.began.is_none() {
            host.fill(accounts, &inbox).await?;
            state.began = Some(began);
            state.save()?;
        }
        Ok(host)
    }

    /// Makes the accounts and what happened to them.
    async fn fill(&self, accounts: usize, inbox: &MemoryInbox) -> Outcome<()> {
        let policy = Policy::with(|settings| {
            settings.scope = Scope::All;
            settings.users.required = 1;
            settings.password_expiry.validity_days = 90;
            settings.acknowledged.insert(Deviation::PeriodicChange);
        })?;
        self.engine.admin(&self.tenant, &self.root).put_policy(&policy, None).await?;
        let used = accounts / 100;
        self.supply(0..used).await?;
        while self.engine.maintain(1_000).await?.more {}
        for number in 0..used {
            self.reset(number, inbox).await?;
        }
        // The notices to the others wait in their accounts: this host ends before it delivers them.
        self.supply(used..accounts).await?;
        // A process that ends writes what it has counted.
        self.engine.write_counts().await?;
        Ok(())
    }

    /// Supplies a mail address for each of these users, many at once: the store commits together those
    /// that wait.
    async fn supply(&self, numbers: std::ops::Range<usize>) -> Outcome<()> {
        let mut tasks = tokio::task::JoinSet::new();
        for first in numbers.clone().take(64) {
            let (engine, tenant, root) =
                (self.engine.clone(), self.tenant.clone(), self.root.clone());
            let own = (first..numbers.end).step_by(64);
            tasks.spawn(async move {
                for number in own {
                    let mut contacts = Contacts::default();
                    contacts.email = EmailAddress::parse(&mail(number)).ok();
                    let user = id(number)?;
                    engine.admin(&tenant, &root).supply_contacts(&user, &contacts).await?;
                }
                Ok::<_, sspr::Error>(())
            });
        }
        while let Some(ended) = tasks.join_next().await {
            ended??;
        }
        Ok(())
    }

    /// A user who begins a reset: one in two stops after the name, one in four after the code.
    async fn reset(&self, number: usize, inbox: &MemoryInbox) -> Outcome<()> {
        let source = Source::parse(&format!("198.51.100.{}", number % 250));
        let request = Request::new(self.tenant.clone(), source);
        let reset = self.engine.reset();
        let reply = reset.start(&request, &Identifier::parse(&name(number))?).await?;
        if number.is_multiple_of(2) {
            return Ok(());
        }
        let by_mail = ChallengeOption::preferred(MethodKind::Email).into();
        let reply = reset.challenge(&request, &reply.ticket, &by_mail).await?;
        while self.engine.maintain(100).await?.more {}
        if number.is_multiple_of(4) || number % 4 == 3 {
            return Ok(());
        }
        // A user who is disabled gets none.
        let Some(code) = inbox.last_code_to(&mail(number)) else { return Ok(()) };
        let reply = reset.prove(&request, &reply.ticket, &Attempt::code(&code)?).await?;
        let password = SecretText::from("plum tractor violet candle");
        reset.complete(&request, &reply.ticket, &password).await?;
        Ok(())
    }
}

fn id(number: usize) -> Result<UserId, sspr::InvalidInput> {
    UserId::parse(&format!("p-{number:06}"))
}

fn name(number: usize) -> String {
    format!("p{number}@contoso.example")
}

fn mail(number: usize) -> String {
    format!("p{number}@home.example")
}

/// Facts that follow from the number, so that each process has the same.
fn facts(number: usize, began: Timestamp) -> Outcome<UserFacts> {
    let days = |count: usize| Duration::from_secs(86_400 * count as u64);
    let mut facts = UserFacts::new(id(number)?);
    facts.user_principal_name = Some(name(number));
    facts.restricted_management = Some(false);
    facts.enabled = !number.is_multiple_of(11);
    facts.password_never_expires = Some(number.is_multiple_of(5));
    facts.password_changed_at = Some(began.minus(days(number % 120)));
    Ok(facts)
}
