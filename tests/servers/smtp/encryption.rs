//! Mail is sent under TLS or not at all.

use sspr::SecretText;
use sspr::adapters::smtp::SmtpConfig;
use sspr::port::{Delivery as _, PortErrorKind};

use crate::smtp::authority::Authority;
use crate::smtp::relay::{ADA, Relay, SENDER, address, envelope, fails, sends};
use crate::smtp::server::{Offers, PASSWORD, USER};

fn no_starttls() -> Offers {
    Offers { starttls: false, ..Offers::default() }
}

fn implicit() -> Offers {
    Offers { implicit_tls: true, ..Offers::default() }
}

#[tokio::test]
async fn only_the_greeting_is_sent_before_tls() {
    let relay = Relay::new().await;
    sends(&relay.delivery(), "key").await;
    assert_eq!(relay.server.heard_in_clear(), ["EHLO [127.0.0.1]", "STARTTLS"]);
    let heard = relay.server.heard();
    let later: Vec<&str> = heard[2..].iter().map(|heard| heard.line.as_str()).collect();
    let login = data_encoding::BASE64.encode(format!("\0{USER}\0{PASSWORD}").as_bytes());
    assert_eq!(
        later,
        [
            "EHLO [127.0.0.1]",
            &format!("AUTH PLAIN {login}"),
            &format!("MAIL FROM:<{SENDER}>"),
            &format!("RCPT TO:<{ADA}>"),
            "DATA",
        ]
    );
    assert_eq!(relay.server.mails().len(), 1);
}

#[tokio::test]
async fn a_server_without_starttls_is_sent_nothing() {
    let relay = Relay::offering(no_starttls()).await;
    let error = fails(&relay.delivery(), &envelope("key")).await;
    assert_eq!(error.kind(), PortErrorKind::Unavailable);
    relay.server.all_closed().await;
    assert_eq!(relay.server.heard_in_clear(), ["EHLO [127.0.0.1]"]);
    assert!(relay.server.all().is_empty());
}

#[tokio::test]
async fn a_server_of_an_unknown_authority_is_sent_nothing() {
    let relay = Relay::new().await;
    // Another authority, and those of this machine.
    let other = SmtpConfig::starttls("127.0.0.1", &address(SENDER))
        .with_port(relay.server.port)
        .with_root_certificates(&Authority::new().pem())
        .with_login(USER, SecretText::from(PASSWORD))
        .with_clock(relay.clock.clone());
    let error = fails(&other.build().expect("sound"), &envelope("key")).await;
    assert_eq!(error.kind(), PortErrorKind::Unavailable);
    let source = std::error::Error::source(&error).expect("a cause").to_string();
    assert!(source.contains("starting TLS") && source.contains("certificate"), "{source}");
    relay.server.all_closed().await;
    assert_eq!(relay.server.heard_in_clear(), ["EHLO [127.0.0.1]", "STARTTLS"]);
    assert_eq!(relay.server.heard().len(), 2);
}

#[tokio::test]
async fn a_server_with_the_certificate_of_another_is_sent_nothing() {
    for offers in [Offers::default(), implicit()] {
        let relay = Relay::named(offers, &["mail.contoso.example"]).await;
        let config = match offers.implicit_tls {
            true => SmtpConfig::implicit_tls("127.0.0.1", &address(SENDER)),
            false => SmtpConfig::starttls("127.0.0.1", &address(SENDER)),
        };
        let error = fails(&relay.trusted(config).build().expect("sound"), &envelope("key")).await;
        assert_eq!(error.kind(), PortErrorKind::Unavailable);
        relay.server.all_closed().await;
        assert!(relay.server.heard().iter().all(|heard| !heard.encrypted));
    }
}

#[tokio::test]
async fn implicit_tls_sends_nothing_in_clear() {
    let relay = Relay::offering(implicit()).await;
    let config = SmtpConfig::implicit_tls("localhost", &address(SENDER));
    let config = relay.trusted(config).with_login(USER, SecretText::from(PASSWORD));
    sends(&config.build().expect("sound"), "key").await;
    assert!(relay.server.heard_in_clear().is_empty());
    assert_eq!(relay.server.mails().len(), 1);
}

#[tokio::test]
async fn starttls_by_name_reaches_the_machine_of_that_name() {
    let relay = Relay::new().await;
    let config =
        SmtpConfig::starttls("localhost", &address(SENDER)).with_hello("id.contoso.example");
    sends(&relay.trusted(config).build().expect("sound"), "key").await;
    assert_eq!(relay.server.heard_in_clear(), ["EHLO id.contoso.example", "STARTTLS"]);
    assert!(!relay.server.heard_any("AUTH"), "no login was given");
}

/// An attacker may inject replies in clear right after the reply to `STARTTLS`, which would seem to
/// come from the server under TLS: to the greeting, the login, the mail.
#[tokio::test]
async fn lines_before_the_handshake_are_never_taken_for_replies_under_tls() {
    let injected = "250-evil\r\n250 AUTH PLAIN\r\n235 in\r\n250 a\r\n250 b\r\n354 c\r\n250 d\r\n";
    let relay = Relay::offering(Offers { injected, ..Offers::default() }).await;
    let error = fails(&relay.delivery(), &envelope("key")).await;
    assert_eq!(error.kind(), PortErrorKind::Unavailable);
    relay.server.all_closed().await;
    assert_eq!(relay.server.heard().len(), 2, "{:?}", relay.server.heard());
}

#[tokio::test]
async fn login_replaces_plain_if_the_server_lacks_it() {
    let relay = Relay::offering(Offers { auth: "LOGIN", ..Offers::default() }).await;
    sends(&relay.delivery(), "key").await;
    assert!(relay.server.heard_any("AUTH LOGIN"));
    assert_eq!(relay.server.mails().len(), 1);
    assert_eq!(relay.server.heard_in_clear().len(), 2);
}

#[tokio::test]
async fn without_a_way_to_log_in_nothing_is_sent() {
    for auth in ["", "CRAM-MD5"] {
        let relay = Relay::offering(Offers { auth, ..Offers::default() }).await;
        let error = fails(&relay.delivery(), &envelope("key")).await;
        assert_eq!(error.kind(), PortErrorKind::Unavailable);
        assert!(!relay.server.heard_any("AUTH") && !relay.server.heard_any("MAIL"));
    }
}

#[tokio::test]
async fn clear_text_needs_an_option_and_is_limited_to_loopback() {
    let relay = Relay::offering(no_starttls()).await;
    let config = SmtpConfig::unencrypted_on_loopback(relay.server.port, &address(SENDER));
    let delivery = config.with_clock(relay.clock.clone()).build().expect("sound");
    delivery.deliver(&envelope("key")).await.expect("sent");
    assert_eq!(relay.server.mails().len(), 1);
    assert_eq!(relay.server.heard_in_clear().len(), relay.server.heard().len());

    let config = SmtpConfig::unencrypted_on_loopback(relay.server.port, &address(SENDER));
    let login = config.with_login(USER, SecretText::from(PASSWORD)).build();
    assert_eq!(login.expect_err("a password in clear").kind(), PortErrorKind::Denied);
}
