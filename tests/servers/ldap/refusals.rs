//! What the servers refuse, with the outcome and the words: the real refusals, not those of a table.

use std::sync::Arc;

use sspr::adapters::ldap::LdapConfig;
use sspr::conformance::DirectoryUnderTest;
use sspr::facts::{PolicyReason, TenantFacts, UserFacts, WriteOutcome, WriteReply};
use sspr::port::{Directory, PasswordWrite, PortErrorKind, UnlockWrite};
use sspr::{SecretText, TenantId, UserId};

use super::active_directory::{self, ActiveDirectoryFixture};
use super::open_ldap::{OpenLdapFixture, profile};
use crate::servers::samba::{DOMAIN, STAFF};
use crate::servers::{openldap, samba};

const FIRST: &str = "The first password 1!";
const SECOND: &str = "The second password 2!";

fn tenant() -> TenantId {
    TenantId::parse("kit").expect("valid")
}

fn user() -> UserId {
    UserId::parse("u-1").expect("valid")
}

async fn filled(fixture: &dyn DirectoryUnderTest, change: impl FnOnce(&mut UserFacts)) {
    fixture.add_tenant(&tenant(), TenantFacts::new("The Kit")).await.expect("added");
    let mut facts = UserFacts::new(user());
    change(&mut facts);
    fixture.add_user(&tenant(), facts, &["u-1"], FIRST).await.expect("added");
}

async fn set(directory: &dyn Directory, password: &str) -> WriteReply {
    let (owner, user, password) = (tenant(), user(), SecretText::from(password));
    directory.set_password(&PasswordWrite::new(&owner, &user, &password, 1)).await.expect("a reply")
}

async fn passes(directory: &dyn Directory, password: &str) -> Result<bool, PortErrorKind> {
    let checked = directory.verify_password(&tenant(), &user(), &SecretText::from(password)).await;
    checked.map_err(|error| error.kind())
}

/// Asserts that the write is refused with this outcome, that the detail has these words, and that the
/// password is not the user's.
#[track_caller]
fn refused(reply: &WriteReply, outcome: &WriteOutcome, words: &str) {
    assert_eq!(reply.outcome, *outcome, "{reply:?}");
    let detail = reply.detail.as_deref().unwrap_or_default();
    assert!(detail.contains(words), "{words:?} is not in {detail:?}");
}

fn violation(reason: PolicyReason) -> WriteOutcome {
    WriteOutcome::PolicyViolation(reason)
}

/// Sets attributes of the user of an OpenLDAP server.
fn replace(fixture: &OpenLdapFixture, attribute: &str, value: &str) {
    let name = fixture.user_name(&tenant(), &user());
    fixture.server.change(&format!(
        "dn: {name}\nchangetype: modify\nreplace: {attribute}\n{attribute}: {value}\n"
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openldap_names_the_rule_that_a_password_breaks() {
    let fixture = OpenLdapFixture::default();
    filled(&fixture, |_| {}).await;
    let directory = fixture.directory();
    let length = violation(PolicyReason::Length);
    refused(&set(&*directory, "short 1").await, &length, "password policy 6");
    refused(
        &set(&*directory, "A NUL \0 in it 1!").await,
        &violation(PolicyReason::Unspecified),
        "NUL",
    );
    replace(&fixture, "pwdPolicySubentry", "cn=strict,ou=policies,dc=example");
    refused(&set(&*directory, "eleven of 1").await, &length, "password policy 6");
    refused(&set(&*directory, &"too long 1! ".repeat(6)).await, &length, "password policy");
    for password in [SECOND, "The third password 3!"] {
        assert_eq!(set(&*directory, password).await.outcome, WriteOutcome::Written);
    }
    let history = violation(PolicyReason::History);
    refused(&set(&*directory, SECOND).await, &history, "password policy 8");
    assert_eq!(passes(&*directory, SECOND).await, Ok(false));
    assert_eq!(passes(&*directory, "The third password 3!").await, Ok(true));
    // The same password again may be a repetition after a crash.
    assert_eq!(set(&*directory, "The third password 3!").await.outcome, WriteOutcome::Written);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openldap_refuses_a_password_that_is_too_young_until_a_time() {
    let fixture = OpenLdapFixture::default();
    filled(&fixture, |_| {}).await;
    replace(&fixture, "pwdPolicySubentry", "cn=slow,ou=policies,dc=example");
    let mut profile = profile();
    profile.minimum_password_age = Some(std::time::Duration::from_secs(3_600));
    let config = LdapConfig::unencrypted_on_loopback(profile, fixture.server.port());
    let login = SecretText::from(openldap::PASSWORD);
    let config = fixture.with_tenants(config).with_login(super::open_ldap::SERVICE, login);
    let directory = config.build().expect("sound");
    assert_eq!(set(&directory, SECOND).await.outcome, WriteOutcome::Written);
    let reply = set(&directory, "The third password 3!").await;
    let WriteOutcome::PolicyViolation(PolicyReason::TooYoung { until: Some(_) }) = reply.outcome
    else {
        panic!("{reply:?}")
    };
    assert_eq!(set(&directory, SECOND).await.outcome, WriteOutcome::Written, "a repetition");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_of_an_administrator_is_cleared_neither_by_a_reset_nor_by_an_unlock() {
    let fixture = OpenLdapFixture::default();
    filled(&fixture, |facts| facts.enabled = false).await;
    let directory = fixture.directory();
    let admin = WriteOutcome::AdminActionRequired;
    refused(&set(&*directory, SECOND).await, &admin, "locked the account for good");
    let (owner, user) = (tenant(), user());
    let unlocked = directory.unlock(&UnlockWrite::new(&owner, &user, 1)).await.expect("a reply");
    refused(&unlocked, &admin, "locked the account for good");
    let checked = passes(&*directory, FIRST).await;
    assert_eq!(checked, Err(PortErrorKind::Unavailable), "a locked account is not checked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_without_rights_and_a_server_out_of_reach_are_told_apart() {
    let fixture = OpenLdapFixture::default();
    filled(&fixture, |_| {}).await;
    let login = |name: &str, password: &str| {
        let name = format!("cn={name},ou=services,dc=example");
        fixture.config().with_login(&name, SecretText::from(password)).build().expect("sound")
    };
    let admin = WriteOutcome::AdminActionRequired;
    let reader = login("reader", openldap::PASSWORD);
    refused(&set(&reader, SECOND).await, &admin, "50");
    refused(&set(&login("sspr", "another password"), SECOND).await, &admin, "result 49");
    let directory = fixture.directory();
    assert_eq!(passes(&*directory, FIRST).await, Ok(true));
    fixture.proxy.refuse(true);
    refused(&set(&*directory, SECOND).await, &WriteOutcome::Unreachable, "connect");
    fixture.proxy.refuse(false);
    assert_eq!(passes(&*directory, SECOND).await, Ok(false));
    // The search is answered, and the write is not.
    fixture.proxy.lose_reply_after(1);
    refused(&set(&*directory, SECOND).await, &WriteOutcome::Indeterminate, "writing");
    assert_eq!(passes(&*directory, SECOND).await, Ok(true));
    // The search is not answered, so no write was begun, and another connection serves the call.
    fixture.proxy.lose_reply_after(0);
    assert_eq!(set(&*directory, FIRST).await.outcome, WriteOutcome::Written);
    assert_eq!(passes(&*directory, FIRST).await, Ok(true));
}

/// Each bind with a wrong password counts towards the lock of the account.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_whose_reply_is_lost_is_not_repeated() {
    let fixture = OpenLdapFixture::default();
    filled(&fixture, |_| {}).await;
    let directory = fixture.directory();
    assert_eq!(passes(&*directory, FIRST).await, Ok(true));
    // The search for the user is answered, and the bind is not.
    fixture.proxy.lose_reply_after(1);
    assert_eq!(passes(&*directory, SECOND).await, Err(PortErrorKind::Unavailable));
    let name = fixture.user_name(&tenant(), &user());
    let (_, unit) = name.split_once(',').expect("below a unit");
    let found =
        fixture.server.search(&format!("(entryDN:dnSubtreeMatch:={unit})"), &["pwdFailureTime"]);
    assert_eq!(found.matches("pwdFailureTime:").count(), 1, "{found}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn active_directory_names_the_rule_that_a_password_breaks() {
    let fixture = ActiveDirectoryFixture::default();
    filled(&fixture, |_| {}).await;
    let directory = fixture.directory();
    let length = violation(PolicyReason::Length);
    refused(&set(&*directory, "Sh0rt!").await, &length, "0000052D");
    let complexity = violation(PolicyReason::Complexity);
    refused(&set(&*directory, "of one class only").await, &complexity, "0000052D");
    // A fine-grained policy.
    let group = fixture.make_account_group(&tenant(), &user());
    let name = format!("strict{}", fixture.server.fresh());
    fixture.server.tool(&[
        "domain",
        "passwordsettings",
        "pso",
        "create",
        &name,
        "1",
        "--min-pwd-length=30",
    ]);
    fixture.server.tool(&["domain", "passwordsettings", "pso", "apply", &name, &group]);
    refused(&set(&*directory, SECOND).await, &length, "0000052D");
    assert_eq!(passes(&*directory, FIRST).await, Ok(true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn active_directory_refuses_an_account_without_rights() {
    let fixture = ActiveDirectoryFixture::default();
    filled(&fixture, |_| {}).await;
    let admin = WriteOutcome::AdminActionRequired;
    let login = |name: &str, password: &str| {
        let name = format!("CN={name},CN=Users,{DOMAIN}");
        fixture.config().with_login(&name, SecretText::from(password)).build().expect("sound")
    };
    refused(&set(&login("reader", samba::PASSWORD), SECOND).await, &admin, "50");
    refused(&set(&login("sspr", "another password"), SECOND).await, &admin, "data 52e");
    // Outside the unit in which the service account has rights.
    let name = fixture.user_name(&tenant(), &user());
    let elsewhere = name.replace(STAFF, DOMAIN);
    let units: Vec<&str> = elsewhere.split_inclusive(',').collect();
    let mut ldif = String::new();
    for from in (1..units.len()).rev().filter(|from| units[*from].starts_with("OU=")) {
        let unit = units[from..].concat();
        ldif.push_str(&format!("dn: {unit}\nobjectClass: organizationalUnit\n\n"));
    }
    let parent = units[1..].concat();
    ldif.push_str(&format!(
        "dn: {name}\nchangetype: moddn\nnewrdn: {}\ndeleteoldrdn: 1\nnewsuperior: {parent}\n",
        units[0].trim_end_matches(',')
    ));
    fixture.server.change(&ldif);
    let facts = TenantFacts::new("Elsewhere");
    let moved = sspr::adapters::ldap::LdapTenant::new(facts, &parent);
    let server = format!("{}:636", fixture.server.address());
    let config = LdapConfig::ldaps(active_directory::profile(), &[&server])
        .with_login(&format!("CN=sspr,CN=Users,{DOMAIN}"), SecretText::from(samba::PASSWORD))
        .without_system_roots()
        .with_root_certificates(&fixture.server.certificates().ca)
        .with_tenant(tenant(), moved);
    refused(&set(&config.build().expect("sound"), SECOND).await, &admin, "50");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn active_directory_checks_a_password_that_may_not_sign_in() {
    for (what, change) in [
        ("disabled", (|facts| facts.enabled = false) as fn(&mut UserFacts)),
        ("must change", |facts| facts.password_expired = Some(true)),
    ] {
        let fixture = ActiveDirectoryFixture::default();
        filled(&fixture, change).await;
        let directory = fixture.directory();
        assert_eq!(passes(&*directory, FIRST).await, Ok(true), "{what}");
        assert_eq!(passes(&*directory, SECOND).await, Ok(false), "{what}");
    }
    let fixture = ActiveDirectoryFixture::default();
    filled(&fixture, |facts| facts.locked_out = Some(true)).await;
    let directory: Arc<dyn Directory> = fixture.directory();
    assert_eq!(passes(&*directory, FIRST).await, Err(PortErrorKind::Unavailable));
}
