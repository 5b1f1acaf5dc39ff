//! The self-check names what is missing.

use sspr::adapters::ldap::{LdapConfig, LdapTenant};
use sspr::conformance::DirectoryUnderTest;
use sspr::facts::{GroupId, TenantFacts, UserFacts};
use sspr::{SecretText, TenantId, UserId};

use super::active_directory::{self, ActiveDirectoryFixture};
use super::open_ldap::{OpenLdapFixture, SERVICE};
use crate::servers::samba::DOMAIN;
use crate::servers::{openldap, samba};

fn tenant() -> TenantId {
    TenantId::parse("kit").expect("valid")
}

fn user() -> UserId {
    UserId::parse("u-1").expect("valid")
}

async fn filled(fixture: &dyn DirectoryUnderTest) {
    fixture.add_tenant(&tenant(), TenantFacts::new("The Kit")).await.expect("added");
    let facts = UserFacts::new(user());
    fixture.add_user(&tenant(), facts, &["u-1"], "Password of u-1 1!").await.expect("added");
    let group = GroupId::parse("staff").expect("valid");
    fixture.add_group(&tenant(), &group, &[user()], &[]).await.expect("added");
}

async fn findings(config: LdapConfig) -> Vec<String> {
    let directory = config.build().expect("sound");
    let found = directory.check(Some((&tenant(), &user()))).await;
    found.into_iter().map(|finding| finding.text).collect()
}

#[track_caller]
fn one(found: &[String], words: &str) {
    assert!(found.iter().any(|text| text.contains(words)), "{words:?} is not among {found:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_openldap_server_that_is_set_up_as_the_manual_says_lacks_nothing() {
    let fixture = OpenLdapFixture::default();
    filled(&fixture).await;
    assert_eq!(findings(fixture.config()).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_openldap_server_lacks_is_named() {
    let fixture = OpenLdapFixture::default();
    filled(&fixture).await;
    let login = |name: &str, password: &str| {
        let name = format!("cn={name},ou=services,dc=example");
        fixture.config().with_login(&name, SecretText::from(password))
    };
    let manager = findings(login("manager", openldap::PASSWORD)).await;
    one(&manager, "a password of one character was accepted");
    let reader = findings(login("reader", openldap::PASSWORD)).await;
    one(&reader, "no right to reset the password");
    let wrong = findings(login("reader", "another password")).await;
    one(&wrong, "the service account's name or password is wrong");
    let facts = TenantFacts::new("Nowhere");
    let nowhere = LdapTenant::new(facts, "ou=nowhere,dc=example");
    let other = TenantId::parse("nowhere").expect("valid");
    let missing = findings(fixture.config().with_tenant(other, nowhere)).await;
    one(&missing, "the entry does not exist");
    fixture.proxy.refuse(true);
    one(&findings(fixture.config()).await, "");
    let tls = format!("127.0.0.1:{}", fixture.server.tls_port());
    let config = LdapConfig::ldaps(super::open_ldap::profile(), &[&tls]);
    let config = fixture
        .with_tenants(config)
        .with_login(SERVICE, SecretText::from(openldap::PASSWORD))
        .without_system_roots()
        .with_root_certificates(&fixture.server.certificates().other_ca);
    one(&findings(config).await, "its certificate must be for this name");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_domain_needs_the_rights_of_the_manual_and_no_more() {
    let fixture = ActiveDirectoryFixture::default();
    filled(&fixture).await;
    let found = findings(fixture.config()).await;
    // This release of Samba has none.
    assert_eq!(found.len(), 1, "{found:?}");
    one(&found, "policy hints are not supported");
    let reader = format!("CN=reader,CN=Users,{DOMAIN}");
    let config = fixture.config().with_login(&reader, SecretText::from(samba::PASSWORD));
    let found = findings(config).await;
    one(&found, "no right to write lockoutTime and pwdLastSet");
    one(&found, "no right to reset the password");
    let closed = fixture.config_at(&["127.0.0.1:1"], active_directory::profile());
    one(&findings(closed).await, "cannot be reached");
}
