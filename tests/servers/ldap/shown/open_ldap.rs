//! Refusals of OpenLDAP.

use sspr::adapters::ldap::{LdapConfig, LdapTenant};
use sspr::facts::TenantFacts;
use sspr::port::PortErrorKind;
use sspr::{Error, SecretText};

use super::{CONFIGURATION, DISABLED, LATER, NEW, Scene, UNREACHABLE, ada, add_ada, shown};
use crate::ldap::open_ldap::{OpenLdapFixture, SERVICE, profile};
use crate::servers::openldap::PASSWORD;
use crate::support::World;

async fn fixture() -> OpenLdapFixture {
    let fixture = OpenLdapFixture::default();
    add_ada(&fixture, |_| {}).await;
    fixture
}

fn change(fixture: &OpenLdapFixture, attribute: &str, value: &str) {
    let (tenant, user) = ada();
    let name = fixture.user_name(&tenant, &user);
    fixture.server.change(&format!(
        "dn: {name}\nchangetype: modify\nreplace: {attribute}\n{attribute}: {value}\n"
    ));
}

fn under_policy(fixture: &OpenLdapFixture, policy: &str) {
    change(fixture, "pwdPolicySubentry", &format!("cn={policy},ou=policies,dc=example"));
}

/// The database of this name, which has Ada and takes no write.
fn refusing(fixture: &OpenLdapFixture, name: &str) -> LdapConfig {
    LdapConfig::unencrypted_on_loopback(profile(), fixture.server.port())
        .with_login(SERVICE, SecretText::from(PASSWORD))
        .with_tenant(
            World::tenant(),
            LdapTenant::new(TenantFacts::new("Contoso"), &format!("dc={name}")),
        )
}

fn login(fixture: &OpenLdapFixture, name: &str, password: &str) -> LdapConfig {
    let name = format!("cn={name},ou=services,dc=example");
    fixture.config().with_login(&name, SecretText::from(password))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openldap_refuses_a_password() {
    const LENGTH: &str = "It is too short or too long for your organisation.";
    let fixture = fixture().await;
    let scene = Scene::over(fixture.config()).await;
    let ticket = scene.world.granted().await;
    scene.refuses(&ticket, "short 1", ("length", "password policy 6"), LENGTH).await;
    under_policy(&fixture, "strict");
    scene.refuses(&ticket, "eleven of 1", ("length", "password policy 6"), LENGTH).await;
    let long = "too long 1! ".repeat(6);
    scene.refuses(&ticket, long.trim_end(), ("length", "password policy"), LENGTH).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openldap_refuses_a_password_that_was_used_before_and_one_that_comes_too_soon() {
    let fixture = fixture().await;
    under_policy(&fixture, "strict");
    let scene = Scene::over(fixture.config()).await;
    for password in [NEW, "Another tractor 8 candle!"] {
        let ticket = scene.world.granted().await;
        scene.world.complete(&ticket, password).await.expect("written");
    }
    let ticket = scene.world.granted().await;
    let words = "You have used this password before.";
    scene.refuses(&ticket, NEW, ("history", "password policy 8"), words).await;
    under_policy(&fixture, "slow");
    let words = "Your present password was changed too recently.";
    scene.refuses(&ticket, "A third tractor 9!", ("too_young", "password policy 7"), words).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openldap_refuses_the_service_account() {
    let fixture = fixture().await;
    let scene = Scene::over(fixture.config()).await;
    let ticket = scene.world.granted().await;
    // No right to write: the user is found as before.
    let reader = login(&fixture, "reader", PASSWORD);
    scene.refuses_after(&ticket, reader, ("administrator", "50"), CONFIGURATION).await;
    let wrong = login(&fixture, "sspr", "another password");
    scene.refuses_after(&ticket, wrong, ("administrator", "49"), LATER).await;
    // A search of this account may visit one entry.
    let limited = login(&fixture, "limited", PASSWORD);
    scene.refuses_after(&ticket, limited, ("unreachable", "11"), LATER).await;
}

/// A read-only server, a replica that names another server, one that wants TLS, one without Password Modify.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openldap_refuses_every_write() {
    let fixture = fixture().await;
    for (name, detail) in [
        ("frozen", "53: operation restricted"),
        ("shadow", "10: "),
        ("clear", "13: TLS confidentiality required"),
        ("closed", "53: extended operation restricted"),
    ] {
        let scene = Scene::over(refusing(&fixture, name)).await;
        scene.refuses_all(("administrator", detail), CONFIGURATION).await;
    }
}

/// A proxy that reaches no server behind it, a server that cannot be connected to, and one whose reply is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openldap_cannot_be_reached() {
    let fixture = fixture().await;
    let scene = Scene::over(fixture.config()).await;
    let ticket = scene.world.granted().await;
    let beyond = refusing(&fixture, "beyond");
    scene.refuses_after(&ticket, beyond, ("unreachable", "52"), LATER).await;
    fixture.proxy.refuse(true);
    scene.refuses(&ticket, NEW, ("unreachable", "connect"), LATER).await;
    fixture.proxy.refuse(false);
    // The user and the user's groups are read, the search before the write is answered, and the write is not.
    let ticket = scene.world.granted().await;
    fixture.proxy.lose_reply_after(3);
    let lost = scene.world.complete(&ticket, NEW).await.expect_err("the outcome is not known");
    shown(&lost, LATER);
    let Error::Fault(fault) = lost else { panic!("{lost:?}") };
    assert_eq!(fault.error.kind(), PortErrorKind::Unknown);
    scene.world.admin().explain(&World::user()).await.expect("connected again");
    fixture.proxy.lose_reply_after(1);
    scene.port_refuses("Another tractor 8 candle!", ("indeterminate", "writing")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openldap_has_locked_the_account_for_good() {
    let fixture = fixture().await;
    let scene = Scene::over(fixture.config()).await;
    change(&fixture, "pwdAccountLockedTime", "000001010000Z");
    scene.port_refuses(NEW, ("administrator", "locked the account for good")).await;
    scene.is_not_eligible(None, DISABLED).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openldap_has_the_account_in_another_unit() {
    let fixture = fixture().await;
    let tenant = LdapTenant::new(TenantFacts::new("Contoso"), "ou=services,dc=example");
    let elsewhere = LdapConfig::unencrypted_on_loopback(profile(), fixture.server.port())
        .with_login(SERVICE, SecretText::from(PASSWORD))
        .with_tenant(World::tenant(), tenant);
    let scene = Scene::over(fixture.config()).await;
    let ticket = scene.world.granted().await;
    let scene = scene.after(elsewhere).await;
    scene.port_refuses(NEW, ("administrator", "no such user")).await;
    // The reason is shown, since the flow has a grant.
    let gone = scene.world.complete(&ticket, NEW).await.expect_err("no such user");
    shown(&gone, "We found no account of this name. Check its spelling.");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openldap_is_not_reached_by_the_servers_for_writes() {
    let fixture = fixture().await;
    let closed = fixture.config().with_write_servers(&["127.0.0.1:1"]);
    let scene = Scene::over(fixture.config()).await;
    let scene = scene.after(closed).await;
    scene.port_refuses(NEW, ("unreachable", "connect")).await;
    scene.is_not_eligible(Some(30), UNREACHABLE).await;
}
