//! Names that a stranger types: none is a pattern, and none costs more than one search.

use std::collections::BTreeSet;

use sspr::conformance::DirectoryUnderTest;
use sspr::facts::{TenantFacts, UserFacts, UserQuery, UserSelector};
use sspr::port::Directory;
use sspr::{Identifier, TenantId, UserId};

use super::active_directory::ActiveDirectoryFixture;
use super::open_ldap::OpenLdapFixture;

fn tenant() -> TenantId {
    TenantId::parse("kit").expect("valid")
}

/// A directory with one user, whose name has an accent.
async fn filled(fixture: &dyn DirectoryUnderTest) {
    fixture.add_tenant(&tenant(), TenantFacts::new("The Kit")).await.expect("added");
    let facts = UserFacts::new(UserId::parse("u-1").expect("valid"));
    let names = ["zo\u{eb} fox@kit.example"];
    fixture.add_user(&tenant(), facts, &names, "Password of u-1 1!").await.expect("added");
}

async fn found(directory: &dyn Directory, name: &str) -> usize {
    let name = Identifier::parse(name).expect("valid");
    let groups = BTreeSet::new();
    let query = UserQuery::new(UserSelector::Identifier(&name), &groups);
    directory.find(&tenant(), &query).await.expect("asked").len()
}

fn hostile() -> Vec<String> {
    let texts = [
        "*",
        "zo*",
        "*@kit.example",
        "(",
        ")",
        "zo\u{eb} fox@kit.example)(objectClass=*",
        "*)(uid=*",
        "\\2a",
        "\\",
        "zo\\c3\\ab fox@kit.example",
        "zo\u{eb}\\20fox@kit.example",
        // Looser rules of a server: accents, repeated spaces, other letters of the same look.
        "zoe fox@kit.example",
        "zo\u{eb}  fox@kit.example",
        "z\u{43e}\u{eb} fox@kit.example",
        "zo\u{eb} f\u{1d428}x@kit.example",
        "\u{ff5a}o\u{eb} fox@kit.example",
        "\u{4e2d}\u{6587}",
        "\u{5d0}\u{5d1}",
        "\u{1f5dd}",
        "u-1",
        "cn=u-1",
    ];
    let long = "a".repeat(Identifier::MAX_BYTES);
    texts.into_iter().map(str::to_owned).chain([long]).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_name_finds_no_user_of_openldap_and_costs_one_search() {
    let fixture = OpenLdapFixture::default();
    filled(&fixture).await;
    let directory = fixture.directory();
    for name in
        ["zo\u{eb} fox@kit.example", "ZO\u{cb} FOX@KIT.EXAMPLE", "zoe\u{308} fox@kit.example"]
    {
        assert_eq!(found(&*directory, name).await, 1, "{name}");
    }
    for name in hostile() {
        let before = fixture.proxy.requests();
        assert_eq!(found(&*directory, &name).await, 0, "{name}");
        assert_eq!(fixture.proxy.requests() - before, 1, "{name}");
    }
    let mut names = hostile();
    names.push("a NUL \0 within".to_owned());
    names.push("a".repeat(10_000));
    let refused = names.iter().filter(|name| Identifier::parse(name).is_err()).count();
    assert_eq!(refused, 2, "a NUL and ten kilobytes never reach the directory");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_name_finds_no_user_of_active_directory() {
    let fixture = ActiveDirectoryFixture::default();
    filled(&fixture).await;
    let directory = fixture.directory();
    assert_eq!(found(&*directory, "zo\u{eb} fox@kit.example").await, 1);
    for name in hostile() {
        let before = fixture.proxy.requests();
        assert_eq!(found(&*directory, &name).await, 0, "{name}");
        assert_eq!(fixture.proxy.requests() - before, 1, "{name}");
    }
}
