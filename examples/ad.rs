//! A domain of Active Directory: what it lacks, what it says of a user, and a reset.
//!
//! Set these variables, then run `cargo run --features ldap,tls-ring --example ad -- check`, `-- find NAME` or
//! `-- reset NAME`, where NAME is a user principal name or an account name.
//!
//! | Variable | Value |
//! |---|---|
//! | `SSPR_AD_SERVERS` | the domain controllers, with commas between them: `dc1.corp.example,dc2.corp.example` |
//! | `SSPR_AD_USERS` | where the users are: `OU=Staff,DC=corp,DC=example` |
//! | `SSPR_AD_GROUPS` | where the groups are. Default: where the users are |
//! | `SSPR_AD_LOGIN`, `SSPR_AD_PASSWORD` | the service account, with the rights in `adapters::ldap` |
//! | `SSPR_AD_CA` | a file with the domain's certificate authority. Default: those of the system |
//! | `SSPR_AD_NEW_PASSWORD` | the password that `reset` sets. **It changes a real account** |
//!
//! `reset` plays the host and the user: the engine keeps its state in memory, and the code that a user would get
//! by mail is entered at once. `find` prints what the engine goes by, and why the user may not reset.

use std::error::Error;
use std::io::Write;

use sspr::adapters::ldap::{LdapConfig, LdapDirectory, LdapProfile, LdapTenant};
use sspr::adapters::memory::{MemoryInbox, MemoryStore};
use sspr::admin::Contacts;
use sspr::facts::{EmailAddress, TenantFacts, UserFacts, UserQuery, UserSelector};
use sspr::method::ChallengeOption;
use sspr::policy::Scope;
use sspr::port::{Directory as _, Entropy as _, NoSessions, SystemEntropy};
use sspr::{
    Actor, Attempt, Engine, Identifier, Keys, MethodKind, Policy, Refusal, Request, RoleId,
    SecretBytes, SecretText, Source, TenantId,
};

type Outcome<T> = Result<T, Box<dyn Error>>;

const COMMANDS: &str = "say `check`, `find NAME` or `reset NAME`";

/// Where the code of `reset` would be sent.
const MAILBOX: &str = "mailbox@private.example";

#[tokio::main]
async fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    run(&words, &|name| std::env::var(name).ok(), &mut std::io::stdout()).await
}

/// Runs a command with these variables. A test of the crate runs it too.
pub(crate) async fn run(
    words: &[&str],
    variable: &(dyn Fn(&str) -> Option<String> + Sync),
    out: &mut (dyn Write + Send),
) -> Outcome<()> {
    let contoso = TenantId::parse("contoso")?;
    let directory = || domain(&contoso, variable);
    match words {
        ["check"] => check(&directory()?, out).await,
        ["find", name] => find(directory()?, &contoso, &Identifier::parse(name)?, out).await,
        ["reset", name] => {
            let password = SecretText::new(needed(variable, "SSPR_AD_NEW_PASSWORD")?);
            reset(directory()?, &contoso, &Identifier::parse(name)?, &password, out).await
        }
        [] => Ok(writeln!(out, "{COMMANDS}")?),
        _ => Err(COMMANDS.into()),
    }
}

fn needed(variable: &dyn Fn(&str) -> Option<String>, name: &str) -> Outcome<String> {
    variable(name).ok_or_else(|| format!("{name} is not set").into())
}

/// The directory of these variables. Nothing connects yet.
fn domain(tenant: &TenantId, variable: &dyn Fn(&str) -> Option<String>) -> Outcome<LdapDirectory> {
    let (servers, users) =
        (needed(variable, "SSPR_AD_SERVERS")?, needed(variable, "SSPR_AD_USERS")?);
    let servers: Vec<&str> = servers.split(',').map(str::trim).collect();
    let groups = variable("SSPR_AD_GROUPS").unwrap_or_else(|| users.clone());
    let password = SecretText::new(needed(variable, "SSPR_AD_PASSWORD")?);
    let unit = LdapTenant::new(TenantFacts::new("Contoso"), &users).with_groups(&groups);
    let mut config = LdapConfig::ldaps(LdapProfile::active_directory(), &servers)
        .with_login(&needed(variable, "SSPR_AD_LOGIN")?, password)
        .with_tenant(tenant.clone(), unit);
    if let Some(file) = variable("SSPR_AD_CA") {
        let authority = std::fs::read_to_string(file)?;
        config = config.without_system_roots().with_root_certificates(&authority);
    }
    Ok(config.build()?)
}

async fn check(directory: &LdapDirectory, out: &mut (dyn Write + Send)) -> Outcome<()> {
    let findings = directory.check(None).await;
    for finding in &findings {
        writeln!(out, "{finding}")?;
    }
    writeln!(out, "{} findings", findings.len())?;
    Ok(())
}

async fn find(
    directory: LdapDirectory,
    tenant: &TenantId,
    name: &Identifier,
    out: &mut (dyn Write + Send),
) -> Outcome<()> {
    let user = single(&directory, tenant, name).await?;
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
    writeln!(out, "id: {}", user.id.as_str())?;
    writeln!(out, "name: {}", text(&user.display_name))?;
    writeln!(out, "mail: {}", text(&user.primary_mail))?;
    writeln!(out, "mobile phone: {}", text(&user.contacts.mobile_phone))?;
    let state = [
        (user.enabled, "enabled"),
        (!user.enabled, "disabled or expired"),
        (user.locked_out == Some(true), "locked out"),
        (user.password_expired == Some(true), "the password must be changed"),
        (user.protected, "protected from resets"),
    ];
    let state: Vec<&str> =
        state.iter().filter(|(holds, _)| *holds).map(|(_, text)| *text).collect();
    writeln!(out, "state: {}", state.join(", "))?;
    let (engine, _) = engine(directory, tenant).await?;
    let explained = engine.admin(tenant, &operator()?).explain(&user.id).await?;
    for reason in &explained.reasons {
        writeln!(out, "may not reset: {reason}")?;
    }
    Ok(())
}

async fn single(
    directory: &LdapDirectory,
    tenant: &TenantId,
    name: &Identifier,
) -> Outcome<UserFacts> {
    let groups = Default::default();
    let query = UserQuery::new(UserSelector::Identifier(name), &groups);
    let mut found = directory.find(tenant, &query).await?;
    match (found.pop(), found.len()) {
        (Some(user), 0) => Ok(user),
        (Some(_), more) => Err(format!("{} users have this name", more + 1).into()),
        (None, _) => Err("no user has this name".into()),
    }
}

/// An engine in memory: one proof by mail is enough, and the domain decides which passwords are good.
async fn engine(directory: LdapDirectory, tenant: &TenantId) -> Outcome<(Engine, MemoryInbox)> {
    let inbox = MemoryInbox::new();
    let engine = Engine::builder()
        .keys(Keys::new(random()?, 1, random()?)?)
        .store(MemoryStore::new())
        .directory(directory)
        .sessions(NoSessions)
        .delivery(inbox.clone())
        .open()
        .await?;
    let policy = Policy::with(|settings| {
        (settings.scope, settings.users.required) = (Scope::All, 1);
        settings.on_premises.writeback = true;
    })?;
    engine.admin(tenant, &operator()?).put_policy(&policy, None).await?;
    Ok((engine, inbox))
}

fn operator() -> Outcome<Actor> {
    Ok(Actor::service("operator", [RoleId::parse("Global Administrator")?]))
}

fn random() -> Outcome<SecretBytes> {
    let mut bytes = vec![0; 32];
    SystemEntropy.fill(&mut bytes)?;
    Ok(SecretBytes::new(bytes))
}

async fn reset(
    directory: LdapDirectory,
    tenant: &TenantId,
    name: &Identifier,
    password: &SecretText,
    out: &mut (dyn Write + Send),
) -> Outcome<()> {
    let user = single(&directory, tenant, name).await?;
    let (engine, inbox) = engine(directory, tenant).await?;
    let mut contacts = Contacts::default();
    contacts.email = Some(EmailAddress::parse(MAILBOX)?);
    engine.admin(tenant, &operator()?).supply_contacts(&user.id, &contacts).await?;
    let request = Request::new(tenant.clone(), Source::parse("203.0.113.7"));
    let reset = engine.reset();
    let reply = reset.start(&request, name).await?;
    let by_mail = ChallengeOption::preferred(MethodKind::Email).into();
    let reply = reset.challenge(&request, &reply.ticket, &by_mail).await?;
    while engine.maintain(100).await?.more {}
    let code = inbox.last_code_to(MAILBOX).ok_or("no code was sent: ask `find` for the reason")?;
    writeln!(out, "a code is sent and entered")?;
    let reply = reset.prove(&request, &reply.ticket, &Attempt::code(&code)?).await?;
    match reset.complete(&request, &reply.ticket, password).await {
        Err(sspr::Error::Refused(Refusal::DirectoryPassword { reason, .. })) => {
            return Err(format!("the domain does not accept the password: {reason}").into());
        }
        done => done?,
    };
    writeln!(out, "the domain has the new password of {}", name.as_str())?;
    Ok(())
}
