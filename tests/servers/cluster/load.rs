//! Load to interrupt: many people who reset their passwords again and again.

use std::time::Duration;

use sspr::adapters::memory::{MemoryDirectory, MemoryInbox};
use sspr::admin::Contacts;
use sspr::facts::{EmailAddress, TenantFacts, UserFacts};
use sspr::policy::Rate;
use sspr::testing::{ManualClock, join_all};
use sspr::{Engine, Identifier, Policy, PolicySettings, SecretText, Step, UserId};

use crate::support::{OLD, admin, code, email, one_gate, request_from, tenant};

/// How often one person may request a code on one day.
pub(crate) const RESETS: usize = 20;

/// One gate, and the largest budgets that a policy allows.
pub(crate) fn roomy() -> PolicySettings {
    let mut settings = one_gate();
    settings.sends.per_hour = RESETS as u32;
    settings.sends.per_day = RESETS as u32;
    settings.sends.live_flows = 10;
    settings.sends.source_share = 100;
    let far = Rate::new(1_000_000, Duration::from_secs(3_600));
    settings.limits.source = far;
    settings.limits.source_identifier = far;
    settings.limits.destination = far;
    settings.limits.prefix = far;
    settings.limits.tenant = far;
    settings
}

pub(crate) struct Person {
    pub(crate) user: UserId,
    pub(crate) name: Identifier,
    pub(crate) mail: String,
}

/// A number of people, each with a mail address.
pub(crate) struct People(Vec<Person>);

impl People {
    pub(crate) fn new(many: usize) -> Self {
        let person = |n| Person {
            user: UserId::parse(&format!("person-{n}")).expect("valid"),
            name: Identifier::parse(&format!("person{n}@contoso.example")).expect("valid"),
            mail: format!("p{n}@private.example"),
        };
        Self((0..many).map(person).collect())
    }

    pub(crate) fn all(&self) -> &[Person] {
        &self.0
    }

    /// A directory with these people.
    pub(crate) fn directory(&self, clock: &ManualClock) -> MemoryDirectory {
        let directory = MemoryDirectory::new().with_clock(clock.clone());
        directory.add_tenant(tenant(), TenantFacts::new("Contoso"));
        for Person { user, name, .. } in &self.0 {
            let facts = UserFacts::new(user.clone());
            directory.add_user(&tenant(), facts, &[name.as_str()], OLD).expect("new user");
        }
        directory
    }

    /// Stores the policy, and an address for each person.
    pub(crate) async fn register(&self, engine: &Engine) {
        let (tenant, actor) = (tenant(), admin());
        let admin = engine.admin(&tenant, &actor);
        let policy = Policy::new(roomy()).expect("a sound policy");
        admin.put_policy(&policy, None).await.expect("put");
        let supply = |person: &'_ Person| {
            let mut contacts = Contacts::default();
            contacts.email = Some(EmailAddress::parse(&person.mail).expect("valid"));
            let (admin, user) = (&admin, person.user.clone());
            async move { admin.supply_contacts(&user, &contacts).await.expect("supplied") }
        };
        for some in self.0.chunks(32) {
            join_all(some.iter().map(supply)).await;
        }
    }
}

/// What a person was told.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Told {
    /// The code was right.
    Proven { user: String, code: String },
    /// The password was reset to this one.
    Reset { user: String, password: String },
}

/// Why a reset failed.
#[derive(Debug)]
pub(crate) enum Ended {
    Failed(sspr::Error),
    /// The process that was to deliver the code is gone; the code is delivered after its lease has
    /// ended.
    NoCode,
}

impl From<sspr::Error> for Ended {
    fn from(error: sspr::Error) -> Self {
        Self::Failed(error)
    }
}

/// One reset, from the identifier to the new password.
pub(crate) async fn reset(
    engine: &Engine,
    inbox: &MemoryInbox,
    person: &Person,
    password: &str,
    tell: &(dyn Fn(Told) + Send + Sync),
) -> Result<(), Ended> {
    let (request, reset) = (request_from("203.0.113.7"), engine.reset());
    let user = || person.user.as_str().to_owned();
    let started = reset.start(&request, &person.name).await?;
    let before = codes(inbox, person).len();
    let asked = reset.challenge(&request, &started.ticket, &email()).await?;
    let arrives = async {
        loop {
            if let Some(code) = codes(inbox, person).split_off(before).pop() {
                return Ok::<String, sspr::Error>(code);
            }
            // Another task may already deliver the message.
            let _ = engine.maintain(100).await?;
            moment(1).await;
        }
    };
    // Does not wait for a lease: the next person's reset tests as much.
    let arrived = tokio::time::timeout(Duration::from_secs(10), arrives).await;
    let typed = arrived.map_err(|_| Ended::NoCode)??;
    let proven = reset.prove(&request, &asked.ticket, &code(&typed)).await?;
    tell(Told::Proven { user: user(), code: typed });
    assert!(matches!(proven.step, Step::NewPassword { .. }), "{:?}", proven.step);
    let done = reset.complete(&request, &proven.ticket, &SecretText::from(password)).await?;
    assert!(matches!(done.step, Step::Done { .. }), "{:?}", done.step);
    tell(Told::Reset { user: user(), password: password.to_owned() });
    Ok(())
}

/// Pauses, so that servers and disks can make progress.
pub(crate) async fn moment(millis: u64) {
    let never = std::future::pending::<()>();
    let _ = tokio::time::timeout(Duration::from_millis(millis), never).await;
}

fn codes(inbox: &MemoryInbox, person: &Person) -> Vec<String> {
    let messages = inbox.messages_to(&person.mail);
    messages.iter().filter_map(|message| message.code().map(str::to_owned)).collect()
}

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Proven { user, code } => write!(f, "proven {user} {code}"),
            Self::Reset { user, password } => write!(f, "reset {user} {password}"),
        }
    }
}

impl std::str::FromStr for Told {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let mut parts = line.splitn(3, ' ').map(str::to_owned);
        match (parts.next().as_deref(), parts.next(), parts.next()) {
            (Some("proven"), Some(user), Some(code)) => Ok(Self::Proven { user, code }),
            (Some("reset"), Some(user), Some(password)) => Ok(Self::Reset { user, password }),
            _ => Err(line.to_owned()),
        }
    }
}
