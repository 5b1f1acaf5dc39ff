//! `examples/ad.rs` on a domain.

use sspr::conformance::DirectoryUnderTest as _;
use sspr::facts::{TenantFacts, UserFacts};
use sspr::{TenantId, UserId};

use super::active_directory::ActiveDirectoryFixture;
use crate::servers::samba::{DOMAIN, PASSWORD};

#[path = "../../../examples/ad.rs"]
#[allow(dead_code, reason = "its `main` reads the environment")]
mod ad;

const OLD: &str = "An old password of Ada 1!";
const NEW: &str = "Plum tractor violet 7 candle!";

/// A domain with one user, and the user's account name.
async fn domain() -> (ActiveDirectoryFixture, String) {
    let fixture = ActiveDirectoryFixture::default();
    let (tenant, user) =
        (TenantId::parse("kit").expect("valid"), UserId::parse("u-1").expect("valid"));
    fixture.add_tenant(&tenant, TenantFacts::new("The Kit")).await.expect("added");
    let mut facts = UserFacts::new(user.clone());
    facts.display_name = Some("Ada Lovelace".to_owned());
    facts.primary_mail = Some("ada@kit.example".to_owned());
    fixture.add_user(&tenant, facts, &["u-1"], OLD).await.expect("added");
    let (name, account) = (fixture.user_name(&tenant, &user), fixture.server.fresh());
    fixture.server.change(&format!(
        "dn: {name}\nchangetype: modify\nreplace: userPrincipalName\n\
         userPrincipalName: {account}@corp.example.test\n"
    ));
    (fixture, format!("{account}@corp.example.test"))
}

/// What the example prints, or its error.
async fn printed(
    fixture: &ActiveDirectoryFixture,
    words: &[&str],
    password: &str,
) -> Result<String, String> {
    let authority = fixture.server.authority().display().to_string();
    let variable = |name: &str| {
        Some(match name {
            "SSPR_AD_SERVERS" => format!("127.0.0.1:{}", fixture.proxy.port()),
            "SSPR_AD_USERS" => fixture.base.clone(),
            "SSPR_AD_LOGIN" => format!("CN=sspr,CN=Users,{DOMAIN}"),
            "SSPR_AD_PASSWORD" => PASSWORD.to_owned(),
            "SSPR_AD_CA" => authority.clone(),
            "SSPR_AD_NEW_PASSWORD" => password.to_owned(),
            _ => return None,
        })
    };
    let mut out = Vec::new();
    let done = ad::run(words, &variable, &mut out).await;
    done.map_err(|error| error.to_string())?;
    Ok(String::from_utf8(out).expect("text"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_checks_a_domain_finds_a_user_and_resets_the_password() {
    let (fixture, name) = domain().await;
    let checked = printed(&fixture, &["check"], NEW).await.expect("checked");
    assert!(checked.contains("policy hints are not supported"), "{checked}");
    assert!(checked.ends_with("1 findings\n"), "{checked}");

    let found = printed(&fixture, &["find", &name], NEW).await.expect("found");
    for line in
        ["name: Ada Lovelace", "mail: ada@kit.example", "mobile phone: none", "state: enabled\n"]
    {
        assert!(found.contains(line), "{line} is not in {found}");
    }
    let unknown = printed(&fixture, &["find", "no.one@corp.example.test"], NEW).await;
    assert_eq!(unknown.expect_err("unknown"), "no user has this name");

    let weak = printed(&fixture, &["reset", &name], "of one class only").await;
    let weak = weak.expect_err("refused");
    assert!(weak.contains("complexity"), "{weak}");
    let done = printed(&fixture, &["reset", &name], NEW).await.expect("reset");
    assert!(done.ends_with(&format!("the domain has the new password of {name}\n")), "{done}");
    let (tenant, user) =
        (TenantId::parse("kit").expect("valid"), UserId::parse("u-1").expect("valid"));
    for (password, passes) in [(OLD, false), (NEW, true)] {
        let secret = sspr::SecretText::from(password);
        let checked = fixture.directory().verify_password(&tenant, &user, &secret).await;
        assert_eq!(checked.expect("checked"), passes, "{password}");
    }
}

#[tokio::test]
async fn the_example_names_what_is_missing() {
    let mut out = Vec::new();
    let unset = ad::run(&["check"], &|_| None, &mut out).await.expect_err("nothing is set");
    assert_eq!(unset.to_string(), "SSPR_AD_SERVERS is not set");
    ad::run(&[], &|_| None, &mut out).await.expect("the commands are printed");
    assert_eq!(String::from_utf8_lossy(&out), "say `check`, `find NAME` or `reset NAME`\n");
    let lost = ad::run(&["frobnicate"], &|_| None, &mut out).await.expect_err("no such command");
    assert_eq!(lost.to_string(), "say `check`, `find NAME` or `reset NAME`");
}
