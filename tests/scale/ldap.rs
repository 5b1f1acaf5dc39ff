//! A dry run over the users of an OpenLDAP server, who come in pages.

use std::fmt::Write as _;

use sspr::adapters::ldap::{IdAttribute, IdSyntax, LdapConfig, LdapProfile, LdapTenant};
use sspr::facts::TenantFacts;
use sspr::port::Cursor;
use sspr::testing::World;
use sspr::{Policy, SecretText};
use tokio::runtime::Builder;

use super::{page, today};
use crate::servers::openldap::{OpenLdap, PASSWORD};

/// The users of the small unit: more identifiers than the directory keeps from one scan.
const FEW: usize = 12_000;
const MANY: usize = 100_000;

fn unit(name: &str, users: usize) -> String {
    let mut ldif =
        format!("dn: ou={name},dc=example\nobjectClass: organizationalUnit\nou: {name}\n\n");
    for number in 0..users {
        let user = format!("{name}-{number:06}");
        write!(
            ldif,
            "dn: uid={user},ou={name},dc=example\nobjectClass: inetOrgPerson\nuid: {user}\ncn: {user}\n\
             sn: Name\nmail: {user}@contoso.example\nmobile: +1 425{number:07}\n\n"
        )
        .expect("text");
    }
    ldif
}

/// The greatest number of bytes in use during a dry run over this unit, and how often each user was seen, at least and
/// at most.
fn dry_run_peak(server: &OpenLdap, name: &str, users: usize) -> (u64, u8, u8) {
    let mut profile = LdapProfile::open_ldap();
    profile.id = IdAttribute::new("uid", IdSyntax::Text);
    let base = format!("ou={name},dc=example");
    let config = LdapConfig::unencrypted_on_loopback(profile, server.port())
        .with_login("cn=sspr,ou=services,dc=example", SecretText::from(PASSWORD))
        .with_timeout(LdapConfig::MAX_TIMEOUT)
        .with_tenant(World::tenant(), LdapTenant::new(TenantFacts::new("Contoso"), &base));
    let directory = config.build().expect("sound");
    // One thread does all the work, so that all of it is counted.
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let world =
        runtime.block_on(World::builder().settings(today()).directory(|_| directory).open());
    let mut settings = today();
    settings.users.required = 2;
    let policy = Policy::new(settings).expect("sound");
    let mut seen = vec![0_u8; users];
    let measured = allocation_counter::measure(|| {
        runtime.block_on(async {
            let mut at: Option<Cursor> = None;
            loop {
                let (items, next) = page(&world, &policy, at.as_ref(), 500).await;
                for user in &items {
                    let (_, number) = user.user.as_str().rsplit_once('-').expect("a number");
                    seen[number.parse::<usize>().expect("a number")] += 1;
                }
                at = next;
                if at.is_none() {
                    return;
                }
            }
        });
    });
    let (least, most) = (seen.iter().min(), seen.iter().max());
    (measured.bytes_max, *least.expect("users"), *most.expect("users"))
}

#[test]
fn the_memory_of_a_dry_run_over_ldap_does_not_grow_with_the_directory() {
    let server = OpenLdap::start(&format!("{}{}", unit("few", FEW), unit("many", MANY)));
    let (small, least, most) = dry_run_peak(&server, "few", FEW);
    assert_eq!((least, most), (1, 1), "each user once");
    let (large, least, most) = dry_run_peak(&server, "many", MANY);
    assert_eq!((least, most), (1, 1), "each user once");
    assert!(small > 0, "nothing was counted");
    println!("a dry run over LDAP takes {small} bytes for {FEW} users and {large} for {MANY}");
    assert!(large * 10 <= small * 12, "{large} bytes, {small} for an eighth of the users");
}
