//! TLS, and a list of servers.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::thread;

use sspr::adapters::ldap::{LdapConfig, LdapProfile, LdapTenant};
use sspr::conformance::DirectoryUnderTest;
use sspr::facts::{TenantFacts, UserFacts, WriteOutcome};
use sspr::port::{Directory, PasswordWrite, PortErrorKind};
use sspr::{SecretText, TenantId, UserId};

use super::active_directory::ActiveDirectoryFixture;
use super::open_ldap::{OpenLdapFixture, SERVICE, profile};
use super::proxy::Proxy;
use crate::servers::openldap::PASSWORD;

const USER_PASSWORD: &str = "Password of u-1 1!";

fn tenant() -> TenantId {
    TenantId::parse("kit").expect("valid")
}

fn user() -> UserId {
    UserId::parse("u-1").expect("valid")
}

async fn filled(fixture: &dyn DirectoryUnderTest) {
    fixture.add_tenant(&tenant(), TenantFacts::new("The Kit")).await.expect("added");
    let added = fixture.add_user(&tenant(), UserFacts::new(user()), &["u-1"], USER_PASSWORD).await;
    added.expect("added");
}

/// Whether the user's password passes; otherwise the kind of the error and its cause.
async fn outcome(config: LdapConfig) -> Result<bool, (PortErrorKind, String)> {
    let directory = config.build().expect("sound");
    let password = SecretText::from(USER_PASSWORD);
    let checked = directory.verify_password(&tenant(), &user(), &password).await;
    checked.map_err(|error| {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        (error.kind(), cause.unwrap_or_default())
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_kinds_of_tls_verify_the_server() {
    let fixture = OpenLdapFixture::default();
    filled(&fixture).await;
    let (certificates, login) = (fixture.server.certificates(), SecretText::from(PASSWORD));
    let plain = |host: &str| format!("{host}:{}", fixture.server.port());
    let tls = |host: &str| format!("{host}:{}", fixture.server.tls_port());
    let with = |config: LdapConfig, ca: &str| {
        let password = SecretText::from(login.expose_secret());
        let config = fixture.with_tenants(config).with_login(SERVICE, password);
        config.without_system_roots().with_root_certificates(ca)
    };
    let starttls = |host: &str| LdapConfig::starttls(profile(), &[&plain(host)]);
    let ldaps = |host: &str| LdapConfig::ldaps(profile(), &[&tls(host)]);
    let ca = &certificates.ca;
    assert_eq!(outcome(with(starttls("127.0.0.1"), ca)).await, Ok(true));
    assert_eq!(outcome(with(ldaps("127.0.0.1"), ca)).await, Ok(true));
    for config in [
        with(starttls("127.0.0.1"), &certificates.other_ca),
        with(ldaps("127.0.0.1"), &certificates.other_ca),
        // The certificate is for the address.
        with(starttls("localhost"), ca),
        with(ldaps("localhost"), ca),
        // TLS to the port without it, and the reverse.
        with(LdapConfig::ldaps(profile(), &[&plain("127.0.0.1")]), ca),
        with(LdapConfig::starttls(profile(), &[&tls("127.0.0.1")]), ca),
    ] {
        let (kind, cause) = outcome(config).await.expect_err("not verified");
        assert_eq!(kind, PortErrorKind::Unavailable, "{cause}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn active_directory_speaks_starttls() {
    let fixture = ActiveDirectoryFixture::default();
    filled(&fixture).await;
    let server = format!("{}:389", fixture.server.address());
    let config = LdapConfig::starttls(super::active_directory::profile(), &[&server]);
    assert_eq!(outcome(fixture.completed(config)).await, Ok(true));
    let refused = LdapConfig::unencrypted_on_loopback(LdapProfile::active_directory(), 389)
        .with_login("cn=sspr", SecretText::from(PASSWORD))
        .build();
    assert_eq!(refused.expect_err("needs TLS").kind(), PortErrorKind::Denied);
}

/// Replies to StartTLS with success and, in the same packet, with what would be a successful bind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_injected_behind_the_reply_to_starttls_breaks_the_handshake() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let attacker = thread::Builder::new().name("attacker".to_owned()).spawn(move || {
        let starttls = [0x30, 12, 2, 1, 1, 0x78, 7, 10, 1, 0, 4, 0, 4, 0];
        let bind = [0x30, 12, 2, 1, 1, 0x61, 7, 10, 1, 0, 4, 0, 4, 0];
        let mut heard = Vec::new();
        // A lost call is tried again on another connection.
        for _ in 0..2 {
            let (mut client, _) = listener.accept().expect("a client");
            let mut first = vec![0; 4096];
            let read = client.read(&mut first).expect("StartTLS");
            client.write_all(&[starttls, bind].concat()).expect("sent");
            heard.extend_from_slice(&first[..read]);
            client.read_to_end(&mut heard).ok();
        }
        heard
    });
    let tenant_of = LdapTenant::new(TenantFacts::new("The Kit"), "dc=example");
    let fixture = OpenLdapFixture::default();
    let config = LdapConfig::starttls(profile(), &[&format!("127.0.0.1:{port}")])
        .with_login(SERVICE, SecretText::from("a secret of the service"))
        .with_tenant(tenant(), tenant_of)
        .without_system_roots()
        .with_root_certificates(&fixture.server.certificates().ca);
    let (kind, cause) = outcome(config).await.expect_err("broken");
    assert_eq!(kind, PortErrorKind::Unavailable, "{cause}");
    assert!(cause.contains("starting TLS"), "{cause}");
    let heard = attacker.expect("a thread").join().expect("ended");
    let secret: &[u8] = b"a secret of the service";
    assert!(!heard.windows(secret.len()).any(|window| window == secret), "nothing in clear");
}

/// Replies with elements within elements, which must not exhaust the stack, and with other nonsense.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_that_is_no_ldap_is_an_error_and_never_a_panic() {
    let nested: Vec<u8> = [0x30, 0x84, 0x00, 0x0f, 0x00, 0x00].repeat(170_000);
    let replies: [&[u8]; 6] = [
        &nested,
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        &[0x30, 0x00],
        &[0x30, 0x05, 0x02, 0x01, 0x01, 0x42, 0x00],
        &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
        &[],
    ];
    for reply in replies {
        let reply = reply.to_vec();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let server = thread::Builder::new().name("nonsense".to_owned()).spawn(move || {
            let (mut client, _) = listener.accept().expect("a client");
            let _ = client.read(&mut [0; 4096]);
            let _ = client.write_all(&reply);
        });
        let config = LdapConfig::unencrypted_on_loopback(profile(), port)
            .with_login(SERVICE, SecretText::from(PASSWORD))
            .with_tenant(tenant(), LdapTenant::new(TenantFacts::new("The Kit"), "dc=example"));
        let (kind, cause) = outcome(config).await.expect_err("nonsense");
        assert_eq!(kind, PortErrorKind::Unavailable, "{cause}");
        server.expect("a thread").join().expect("ended");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_server_of_the_list_takes_over() {
    let fixture = ActiveDirectoryFixture::default();
    filled(&fixture).await;
    let other = Proxy::before(format!("{}:636", fixture.server.address()));
    let servers =
        [format!("127.0.0.1:{}", fixture.proxy.port()), format!("127.0.0.1:{}", other.port())];
    let servers: Vec<&str> = servers.iter().map(String::as_str).collect();
    let config = fixture.config_at(&servers, super::active_directory::profile());
    let directory = config.build().expect("sound");
    let password = SecretText::from(USER_PASSWORD);
    let passes = async || directory.verify_password(&tenant(), &user(), &password).await;
    assert!(passes().await.expect("checked"));
    assert_eq!(other.requests(), 0, "the first is used until it fails");
    fixture.proxy.refuse(true);
    assert!(passes().await.expect("by the other"));
    fixture.proxy.refuse(false);
    let (before, first) = (other.requests(), fixture.proxy.requests());
    assert!(passes().await.expect("still by the other"));
    assert!(other.requests() > before && fixture.proxy.requests() == first);
    // A server that loses a reply is left, although it accepts connections.
    other.lose_reply_after(0);
    assert!(passes().await.expect("by the first"));
    assert!(fixture.proxy.requests() > first);
}

/// A repetition of a write is recognised by a bind, which has to ask the server that has refused it: another one
/// may not have the password yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_is_refused_is_tried_on_the_server_that_refused_it() {
    let fixture = OpenLdapFixture::default();
    filled(&fixture).await;
    let name = fixture.user_name(&tenant(), &user());
    fixture.server.change(&format!(
        "dn: {name}\nchangetype: modify\nreplace: pwdPolicySubentry\n\
         pwdPolicySubentry: cn=strict,ou=policies,dc=example\n"
    ));
    let target = format!("127.0.0.1:{}", fixture.server.tls_port());
    let [first, other] = [(); 2].map(|()| Proxy::before(target.clone()));
    let servers = [&first, &other].map(|proxy| format!("127.0.0.1:{}", proxy.port()));
    let config = LdapConfig::ldaps(profile(), &servers.each_ref().map(String::as_str));
    let directory = fixture
        .with_tenants(config)
        .with_login(SERVICE, SecretText::from(PASSWORD))
        .without_system_roots()
        .with_root_certificates(&fixture.server.certificates().ca)
        .build()
        .expect("sound");
    let (tenant, user, password) = (tenant(), user(), SecretText::from("Plum tractor 7 candle!"));
    for number in [1, 2] {
        let write = PasswordWrite::new(&tenant, &user, &password, number);
        let reply = directory.set_password(&write).await.expect("a reply");
        assert_eq!(reply.outcome, WriteOutcome::Written, "{reply:?}");
    }
    assert!(first.requests() > 0);
    assert_eq!(other.requests(), 0);
}
