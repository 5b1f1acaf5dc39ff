//! The data of the demonstration: one tenant, three users, and the host's side of the engine.

use std::sync::Arc;
use std::time::Duration;

use sspr::adapters::memory::MemoryDirectory;
use sspr::admin::Contacts;
use sspr::facts::{EmailAddress, PhoneNumber, TenantFacts, UserFacts};
use sspr::policy::{Deviation, LinkBase, Scope};
use sspr::port::{HumanCheck, PortResult, async_trait};
use sspr::{
    Actor, Engine, InvalidInput, MethodKind, Policy, PolicySettings, RoleId, SecretText, TenantId,
    UserId,
};
use tokio::sync::Notify;

use crate::Mailroom;

pub const TENANT: &str = "contoso";
/// The display name of the tenant.
pub const ORGANISATION: &str = "Contoso";
/// The role of the administrator of the demonstration.
pub const ADMINISTRATOR: &str = "Global Administrator";
/// The passwords of all users of the demonstration.
pub const PASSWORD: &str = "correct horse battery staple";

/// The answer to the human check of the demonstration. A real one is a service of its own.
pub const HUMAN_ANSWER: &str = "seven";

/// A user of the demonstration.
pub struct DemoUser {
    pub id: &'static str,
    /// The sign-in name.
    pub name: &'static str,
    pub shown: &'static str,
    pub is_administrator: bool,
    /// The mail address and the mobile phone that an administrator has supplied.
    pub supplied: Option<[&'static str; 2]>,
}

pub const USERS: [DemoUser; 3] = [
    DemoUser {
        id: "u-ada",
        name: "ada@contoso.example",
        shown: "Ada Ozola",
        is_administrator: false,
        supplied: Some(["ada@private.example", "+1 4255550100"]),
    },
    DemoUser {
        id: "u-ben",
        name: "ben@contoso.example",
        shown: "Ben Liu",
        is_administrator: false,
        supplied: None,
    },
    DemoUser {
        id: "u-root",
        name: "root@contoso.example",
        shown: "Rita Root",
        is_administrator: true,
        supplied: None,
    },
];

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The tenant of the demonstration.
///
/// # Errors
///
/// None: the name is valid.
pub fn tenant() -> Result<TenantId, InvalidInput> {
    TenantId::parse(TENANT)
}

/// A directory with the users.
///
/// # Errors
///
/// Without randomness for the passwords.
pub fn directory(directory: &MemoryDirectory) -> Outcome<()> {
    let tenant = tenant()?;
    directory.add_tenant(tenant.clone(), TenantFacts::new(ORGANISATION));
    for DemoUser { id, name, shown, is_administrator, .. } in USERS {
        let mut facts = UserFacts::new(UserId::parse(id)?);
        facts.user_principal_name = Some(name.to_owned());
        facts.primary_mail = Some(name.to_owned());
        facts.display_name = Some(shown.to_owned());
        facts.names = vec![shown.to_owned()];
        facts.restricted_management = Some(false);
        if is_administrator {
            facts.roles.insert(RoleId::parse(ADMINISTRATOR)?);
        }
        directory.add_user(&tenant, facts, &[name], PASSWORD)?;
    }
    Ok(())
}

/// The policy: the default, switched on, with more methods, links to this origin and an unlock.
///
/// # Errors
///
/// For an origin that is not an address of this machine.
pub fn settings(origin: &str) -> Outcome<PolicySettings> {
    let mut settings = PolicySettings::default();
    settings.scope = Scope::All;
    settings.users.methods.extend([
        MethodKind::AuthenticatorApp,
        MethodKind::OathToken,
        MethodKind::Passkey,
        MethodKind::RecoveryCode,
        MethodKind::SecurityQuestions,
    ]);
    settings.acknowledged.insert(Deviation::SecurityQuestions);
    settings.unlock_without_reset = true;
    settings.desk.repudiation_link =
        Some(LinkBase::insecure_loopback(&format!("{origin}/not-me?link="))?);
    settings.desk.temporary_password_hours = Some(48);
    settings.link = Some(LinkBase::insecure_loopback(&format!("{origin}/link?link="))?);
    Ok(settings)
}

/// Puts the policy, and supplies the contact data of the users who have some, if the directory has them.
///
/// # Errors
///
/// Those of the engine.
pub async fn fill(engine: &Engine, settings: PolicySettings, has_users: bool) -> Outcome<()> {
    let (tenant, setup) = (tenant()?, Actor::service("setup", [RoleId::parse(ADMINISTRATOR)?]));
    let admin = engine.admin(&tenant, &setup);
    if admin.policy().await?.is_some() {
        return Ok(()); // a store that is used again
    }
    admin.put_policy(&Policy::new(settings)?, None).await?;
    for user in USERS.into_iter().filter(|_| has_users) {
        let Some([mail, phone]) = user.supplied else { continue };
        let mut contacts = Contacts::default();
        contacts.email = Some(EmailAddress::parse(mail)?);
        contacts.mobile_phone = Some(PhoneNumber::parse(phone)?);
        admin.supply_contacts(&UserId::parse(user.id)?, &contacts).await?;
    }
    Ok(())
}

/// How long to wait after a fault.
const PAUSE: Duration = Duration::from_secs(5);

/// Delivers messages and settles interrupted work, until the process ends. The repository's
/// `examples/host_loop.rs` also stops cleanly.
pub async fn deliver(engine: Engine, mails: Mailroom, wake: Arc<Notify>) {
    loop {
        let idle = match engine.maintain(100).await {
            Ok(done) => done.idle_for.unwrap_or_default(),
            Err(error) => {
                eprintln!("{error}");
                PAUSE
            }
        };
        mails.send_again(engine.now()).await;
        let wait = if mails.waiting() == 0 { idle } else { idle.min(PAUSE) };
        // The time is up or a message has come: either way there is work.
        let _ = tokio::time::timeout(wait, wake.notified()).await;
    }
}

/// A question that a person reads on the page.
pub struct Question;

#[async_trait]
impl HumanCheck for Question {
    async fn passed(&self, _tenant: &TenantId, answer: &SecretText) -> PortResult<bool> {
        Ok(answer.expose_secret().trim().eq_ignore_ascii_case(HUMAN_ANSWER))
    }
}
