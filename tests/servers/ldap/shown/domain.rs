//! Refusals of a domain of Active Directory by Samba.

use sspr::SecretText;
use sspr::adapters::ldap::{LdapConfig, LdapTenant};
use sspr::facts::TenantFacts;

use super::{CONFIGURATION, DISABLED, LATER, NEW, Scene, UNREACHABLE, ada, add_ada, shown};
use crate::ldap::active_directory::{ActiveDirectoryFixture, profile};
use crate::servers::samba::{DOMAIN, PASSWORD, unicode};
use crate::support::World;

async fn fixture() -> ActiveDirectoryFixture {
    let fixture = ActiveDirectoryFixture::default();
    add_ada(&fixture, |_| {}).await;
    fixture
}

fn ada_of(fixture: &ActiveDirectoryFixture) -> String {
    let (tenant, user) = ada();
    fixture.user_name(&tenant, &user)
}

fn login(fixture: &ActiveDirectoryFixture, name: &str, password: &str) -> LdapConfig {
    let name = format!("CN={name},CN=Users,{DOMAIN}");
    fixture.config().with_login(&name, SecretText::from(password))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_domain_refuses_a_password() {
    const LENGTH: &str = "It is too short or too long for your organisation.";
    let fixture = fixture().await;
    let scene = Scene::over(fixture.config()).await;
    let ticket = scene.world.granted().await;
    scene.refuses(&ticket, "Sh0rt!", ("length", "0000052D"), LENGTH).await;
    let words = "It is not complex enough for your organisation.";
    scene.refuses(&ticket, "of one class only", ("complexity", "0000052D"), words).await;
    // A fine-grained policy of a group.
    let (tenant, user) = ada();
    let group = fixture.make_account_group(&tenant, &user);
    let name = format!("strict{}", fixture.server.fresh());
    let settings = ["domain", "passwordsettings", "pso"];
    let create = ["create", &name, "1", "--min-pwd-length=30"];
    fixture.server.tool(&[&settings[..], &create].concat());
    fixture.server.tool(&[&settings[..], &["apply", &name, &group]].concat());
    let ticket = scene.world.granted().await;
    scene.refuses(&ticket, NEW, ("length", "0000052D"), LENGTH).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_domain_denies_the_service_account_the_right() {
    let fixture = fixture().await;
    let scene = Scene::over(login(&fixture, "reader", PASSWORD)).await;
    scene.refuses_all(("administrator", "50"), CONFIGURATION).await;
    // A rule on the user alone, above the right on the unit.
    let scene = Scene::over(fixture.config()).await;
    let reset = "00299570-246d-11d0-a768-00aa006e0529";
    let rule = format!("(OD;;CR;{reset};;{})", fixture.server.service_sid());
    let name = ada_of(&fixture);
    let object = format!("--objectdn={name}");
    let rule = format!("--sddl={rule}");
    fixture.server.tool(&["dsacl", "set", &object, &rule]);
    scene.refuses_all(("administrator", "50"), CONFIGURATION).await;
}

/// Without the groups of a user, a protected user would look like any other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_domain_hides_the_groups_of_the_user() {
    let fixture = fixture().await;
    let scene = Scene::over(fixture.config()).await;
    let ticket = scene.world.granted().await;
    let groups = "b7c69e6d-2cc7-11d2-854e-00a0c983f608";
    let rule = format!("--sddl=(OD;;RP;{groups};;{})", fixture.server.service_sid());
    let object = format!("--objectdn={}", ada_of(&fixture));
    fixture.server.tool(&["dsacl", "set", &object, &rule]);
    let completed = scene.world.complete(&ticket, NEW).await;
    shown(&completed.expect_err("the groups are not known"), LATER);
}

/// Disabled, expired, with a password that must be changed, locked out, with a wrong password.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_domain_refuses_the_service_account() {
    let fixture = fixture().await;
    let scene = Scene::over(fixture.config()).await;
    let ticket = scene.world.granted().await;
    for (state, password, data) in [
        ("userAccountControl: 514", PASSWORD, "data 533"),
        ("userAccountControl: 512\naccountExpires: 133000000000000000", PASSWORD, "data 701"),
        ("userAccountControl: 512\npwdLastSet: 0", PASSWORD, "data 773"),
        ("userAccountControl: 512", "another password", "data 52e"),
    ] {
        let name = fixture.server.fresh();
        fixture.server.change(&format!(
            "dn: CN={name},CN=Users,{DOMAIN}\nobjectClass: user\nsAMAccountName: {name}\n{state}\n\
             unicodePwd:: {}\n",
            unicode(PASSWORD)
        ));
        let refused = login(&fixture, &name, password);
        scene.refuses_after(&ticket, refused, ("administrator", data), LATER).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_domain_has_the_account_outside_the_unit_of_the_right() {
    let fixture = ActiveDirectoryFixture::default();
    add_ada(&fixture, |_| {}).await;
    let unit = format!("OU={},{DOMAIN}", fixture.server.fresh());
    let name = ada_of(&fixture);
    let (own, _) = name.split_once(',').expect("below a unit");
    fixture.server.change(&format!(
        "dn: {unit}\nobjectClass: organizationalUnit\n\n\
         dn: {name}\nchangetype: moddn\nnewrdn: {own}\ndeleteoldrdn: 1\nnewsuperior: {unit}\n"
    ));
    let server = format!("{}:636", fixture.server.address());
    let config = LdapConfig::ldaps(profile(), &[&server])
        .with_login(&format!("CN=sspr,CN=Users,{DOMAIN}"), SecretText::from(PASSWORD))
        .without_system_roots()
        .with_root_certificates(&fixture.server.certificates().ca)
        .with_tenant(World::tenant(), LdapTenant::new(TenantFacts::new("Contoso"), &unit));
    let scene = Scene::over(config).await;
    scene.refuses_all(("administrator", "50"), CONFIGURATION).await;
}

/// Disabled, and expired: both are refused before the reset begins, although the domain would write.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_domain_has_closed_the_account() {
    for state in [
        "userAccountControl\nuserAccountControl: 514",
        "accountExpires\naccountExpires: 133000000000000000",
    ] {
        let fixture = fixture().await;
        let scene = Scene::over(fixture.config()).await;
        let name = ada_of(&fixture);
        fixture.server.change(&format!("dn: {name}\nchangetype: modify\nreplace: {state}\n"));
        scene.is_not_eligible(None, DISABLED).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_domain_protects_the_account_and_cannot_be_reached() {
    let fixture = fixture().await;
    let proxied = format!("127.0.0.1:{}", fixture.proxy.port());
    let direct = format!("{}:636", fixture.server.address());
    let config = fixture.config_at(&[&direct], profile()).with_write_servers(&[&proxied]);
    let scene = Scene::over(config).await;
    fixture.proxy.refuse(true);
    scene.port_refuses(NEW, ("unreachable", "connect")).await;
    scene.is_not_eligible(Some(30), UNREACHABLE).await;
    fixture.proxy.refuse(false);
    let name = ada_of(&fixture);
    fixture
        .server
        .change(&format!("dn: {name}\nchangetype: modify\nreplace: adminCount\nadminCount: 1\n"));
    scene
        .is_not_eligible(
            Some(29),
            "Your account is protected from password resets. There is nothing more that you can do here: contact \
             your administrator.",
        )
        .await;
}
