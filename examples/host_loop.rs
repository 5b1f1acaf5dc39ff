//! How a host drives `maintain`: one task with a wake-up signal, a wait, a back-off and a clean shutdown.
//!
//! Run it with `cargo run --features testing --example host_loop`. [`drive`] is the part to copy; the
//! rest plays a host around it. It shows that the loop delivers queued messages, survives an outage of
//! the store, and stops on request. Only this host needs tokio: the engine needs no runtime.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use sspr::adapters::memory::{MemoryDirectory, MemoryInbox, MemoryStore};
use sspr::admin::Contacts;
use sspr::facts::{EmailAddress, TenantFacts, UserFacts};
use sspr::method::ChallengeOption;
use sspr::policy::Scope;
use sspr::testing::{FaultPlan, Faulty};
use sspr::{
    Actor, Engine, Identifier, Keys, MethodKind, Policy, Request, RoleId, SecretBytes, Source,
    TenantId, UserId,
};
use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};

/// The first wait after a fault; each further one is twice as long, up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Counts of the loop; a service would export them as metrics.
#[derive(Debug, Default)]
struct Driven {
    delivered: u64,
    faults: u64,
}

/// Calls `maintain` whenever there is work, until told to stop.
async fn drive(engine: Engine, wake: Arc<Notify>, mut stop: watch::Receiver<bool>) -> Driven {
    let mut driven = Driven::default();
    let mut failures = 0_u32;
    // Checked between passes only. A pass is never dropped: a message it has claimed would wait until
    // its lease ends.
    while !*stop.borrow_and_update() {
        let wait = match engine.maintain(100).await {
            Ok(done) => {
                failures = 0;
                driven.delivered += done.delivered;
                // `None`: more work is due now. `idle_for` includes the retry time of a failed
                // delivery, so one failing mail server does not delay the others.
                done.idle_for.unwrap_or_default()
            }
            Err(error) => {
                failures += 1;
                driven.faults += 1;
                println!("  the loop: {error}; again in {:?}", back_off(failures));
                back_off(failures)
            }
        };
        // `Notify` keeps a signal that arrives during the pass. During an outage of the store the
        // signal is ignored, or every request would wake the loop in vain.
        let woken = async {
            if failures == 0 { wake.notified().await } else { std::future::pending().await }
        };
        tokio::select! {
            () = sleep(wait) => {}
            () = woken => {}
            // An error means that the sender was dropped: stop as well.
            _ = stop.wait_for(|stop| *stop) => break,
        }
    }
    driven
}

fn back_off(failures: u32) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(1 << failures.saturating_sub(1).min(16));
    doubled.min(LONGEST_WAIT)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (directory, inbox, faults) =
        (MemoryDirectory::new(), MemoryInbox::new(), FaultPlan::none());
    let wake = Arc::new(Notify::new());
    let notify = Arc::clone(&wake);
    let secret = |byte| SecretBytes::new(vec![byte; 32]); // real ones come from a vault
    let engine = Engine::builder()
        .keys(Keys::new(secret(1), 1, secret(2))?)
        .store(Faulty::new(MemoryStore::new(), faults.clone()))
        .directory(directory.clone())
        .sessions(directory.clone())
        .delivery(inbox.clone())
        .on_work(move || notify.notify_one())
        .open()
        .await?;
    let request = set_up(&engine, &directory).await?;

    let (stop, stopped) = watch::channel(false);
    let task = tokio::spawn(drive(engine.clone(), Arc::clone(&wake), stopped));

    println!("Two users request a code; the loop calls `maintain`");
    for name in ["ada", "grace"] {
        ask(&engine, &request, name).await?;
        arrives(&inbox, name).await?;
    }

    println!("The store is unavailable for a while, and the loop is woken");
    let before = faults.calls();
    let _ = faults.clone().outage_from(before);
    wake.notify_one();
    while faults.calls() < before + 3 {
        sleep(Duration::from_millis(10)).await;
    }
    faults.heal();
    ask(&engine, &request, "edsger").await?;
    arrives(&inbox, "edsger").await?;

    println!("The service is told to stop");
    stop.send(true)?;
    let driven = timeout(Duration::from_secs(60), task).await??;
    println!("  the loop ended: {driven:?}");
    let all_shown = driven.delivered >= 3 && driven.faults >= 3;
    if all_shown { Ok(()) } else { Err("the loop has not delivered, or has seen no outage".into()) }
}

/// A tenant with three users, whose mail addresses an administrator has supplied.
async fn set_up(engine: &Engine, directory: &MemoryDirectory) -> Result<Request, Box<dyn Error>> {
    let contoso = TenantId::parse("contoso")?;
    directory.add_tenant(contoso.clone(), TenantFacts::new("Contoso"));
    let root = Actor::service("setup", [RoleId::parse("Global Administrator")?]);
    let admin = engine.admin(&contoso, &root);
    let policy = Policy::with(|settings| {
        settings.scope = Scope::All;
        settings.users.required = 1;
    })?;
    admin.put_policy(&policy, None).await?;
    for name in ["ada", "grace", "edsger"] {
        let user = UserId::parse(name)?;
        directory.add_user(&contoso, UserFacts::new(user.clone()), &[name], "old")?;
        let mut contacts = Contacts::default();
        contacts.email = Some(EmailAddress::parse(&address(name))?);
        admin.supply_contacts(&user, &contacts).await?;
    }
    Ok(Request::new(contoso, Source::parse("203.0.113.7")))
}

/// Does what a web handler does: it queues a message, and `on_work` wakes the loop.
async fn ask(engine: &Engine, request: &Request, name: &str) -> Result<(), Box<dyn Error>> {
    let reply = engine.reset().start(request, &Identifier::parse(name)?).await?;
    let by_mail = ChallengeOption::preferred(MethodKind::Email).into();
    engine.reset().challenge(request, &reply.ticket, &by_mail).await?;
    Ok(())
}

/// Waits for the code, for a limited time.
async fn arrives(inbox: &MemoryInbox, name: &str) -> Result<(), Box<dyn Error>> {
    let look = async {
        while inbox.last_code_to(&address(name)).is_none() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(60), look).await?;
    println!("  {name} has a code");
    Ok(())
}

fn address(name: &str) -> String {
    format!("{name}@private.example")
}
