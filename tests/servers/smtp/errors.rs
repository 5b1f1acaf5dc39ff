//! The errors of failures, and their timeouts.

use std::time::Duration;

use sspr::adapters::smtp::SmtpConfig;
use sspr::facts::{Destination, PhoneNumber};
use sspr::method::Channel;
use sspr::port::{Delivery as _, PortErrorKind};
use sspr::testing::{block_on, join_all};
use sspr::{SecretText, TenantId};

use crate::smtp::relay::{AT, Relay, SENDER, address, envelope, fails, sends};
use crate::smtp::server::{Answer, At, PASSWORD, USER};

use PortErrorKind::{Denied, Unavailable, Unknown};

/// Checks the error of the delivery for a reply of the server at one stage.
async fn expect(at: At, answer: Answer, kind: PortErrorKind) {
    let relay = Relay::new().await;
    relay.server.once(at, answer);
    let hangs = matches!(answer, Answer::Hang);
    let delivery = if hangs { relay.hasty() } else { relay.delivery() };
    let error = fails(&delivery, &envelope("key")).await;
    assert_eq!(error.kind(), kind, "{at:?} {answer:?}: {error:?}");
    let arrived = relay.server.all();
    assert_eq!(arrived.len(), usize::from(at == At::EndOfContent), "{at:?}");
}

#[tokio::test]
async fn a_permanent_refusal_of_the_server_is_final() {
    let recipient = "550 5.1.1 <ada@private.example>: no such user here\r\n";
    expect(At::Rcpt, Answer::Say(recipient), Denied).await;
    expect(At::Mail, Answer::Say("553 5.1.8 not you, ada\r\n"), Denied).await;
    expect(At::Data, Answer::Say("554 5.7.1 no\r\n"), Denied).await;
    expect(At::EndOfContent, Answer::Say("554 5.7.1 spam for ada\r\n"), Denied).await;
}

#[tokio::test]
async fn a_deferred_mail_is_tried_again() {
    expect(At::Rcpt, Answer::Say("451 4.7.1 <ada@private.example>: later\r\n"), Unavailable).await;
    expect(At::Mail, Answer::Say("421 4.3.2 closing\r\n"), Unavailable).await;
    expect(At::Data, Answer::Say("451 4.3.0 later\r\n"), Unavailable).await;
    expect(At::EndOfContent, Answer::Say("452 4.3.1 full\r\n"), Unavailable).await;
}

#[tokio::test]
async fn before_the_content_a_lost_connection_is_unavailable() {
    for at in [At::Greeting, At::Ehlo, At::StartTls, At::Auth, At::Mail, At::Rcpt, At::Data] {
        expect(at, Answer::Drop, Unavailable).await;
    }
}

#[tokio::test]
async fn after_the_content_was_begun_a_lost_connection_is_unknown() {
    expect(At::MiddleOfContent, Answer::Drop, Unknown).await;
    expect(At::EndOfContent, Answer::Drop, Unknown).await;
}

#[tokio::test]
async fn a_hanging_server_times_out() {
    let early = [At::Greeting, At::Ehlo, At::StartTls, At::Auth, At::Mail, At::Rcpt, At::Data];
    let late = [At::MiddleOfContent, At::EndOfContent];
    let cases = early.map(|at| (at, Unavailable)).into_iter();
    let cases = cases.chain(late.map(|at| (at, Unknown)));
    join_all(cases.map(|(at, kind)| expect(at, Answer::Hang, kind))).await;
}

#[tokio::test]
async fn only_a_final_success_means_accepted() {
    expect(At::EndOfContent, Answer::Say("354 go on\r\n"), Unknown).await;
    expect(At::EndOfContent, Answer::Say("ada@private.example\r\n"), Unknown).await;
    expect(At::Data, Answer::Say("250 ok\r\n"), Unavailable).await;
}

/// An operator can fix it, and a notice must not be lost meanwhile.
#[tokio::test]
async fn a_refused_login_is_not_the_end_of_the_message() {
    let relay = Relay::new().await;
    let config = relay.anonymous().with_login(USER, SecretText::from("wrong"));
    let error = fails(&config.build().expect("sound"), &envelope("key")).await;
    assert_eq!(error.kind(), Unavailable);
    assert!(!relay.server.heard_any("MAIL"));
    let source = std::error::Error::source(&error).expect("a cause").to_string();
    assert_eq!(source, "smtp, logging in: the server replied 535");

    // The same if the server refuses only at the next step.
    expect(At::Mail, Answer::Say("530 5.7.0 authentication required\r\n"), Unavailable).await;
    expect(At::Greeting, Answer::Say("554 5.3.2 not you\r\n"), Unavailable).await;
}

#[tokio::test]
async fn a_missing_server_is_unavailable() {
    // Bound without listening, so that connections are refused and no other process gets the port.
    let held = tokio::net::TcpSocket::new_v4().expect("a socket");
    held.bind((std::net::Ipv4Addr::LOCALHOST, 0).into()).expect("a port");
    let port = held.local_addr().expect("bound").port();
    for config in [SmtpConfig::starttls, SmtpConfig::implicit_tls] {
        let config = config("127.0.0.1", &address(SENDER)).with_port(port);
        let delivery = config.with_clock(Relay::new().await.clock).build().expect("sound");
        assert_eq!(fails(&delivery, &envelope("key")).await.kind(), Unavailable);
    }
}

#[tokio::test]
async fn an_expired_message_is_not_sent() {
    let relay = Relay::new().await;
    let delivery = relay.delivery();
    relay.clock.set(AT.plus(Duration::from_secs(600)));
    sends(&delivery, "just in time").await;
    relay.clock.advance(Duration::from_millis(1));
    assert_eq!(fails(&delivery, &envelope("too late")).await.kind(), Denied);
    assert_eq!(relay.server.mails().len(), 1);
}

#[tokio::test]
async fn a_message_that_is_no_mail_is_refused() {
    let relay = Relay::new().await;
    let delivery = relay.delivery();
    let mut text = envelope("key");
    text.channel = Channel::Sms;
    assert_eq!(fails(&delivery, &text).await.kind(), Denied);
    text.destination = Destination::Phone(PhoneNumber::parse("+14255550100").expect("valid"));
    assert_eq!(fails(&delivery, &text).await.kind(), Denied);
    text.channel = Channel::Email;
    assert_eq!(fails(&delivery, &text).await.kind(), Denied);
    assert_eq!(relay.server.connections(), 0);
    let tenant = TenantId::parse("contoso").expect("valid");
    assert_eq!(delivery.channels(&tenant).await.expect("known"), [Channel::Email]);
}

#[test]
fn without_a_runtime_there_is_an_error_and_no_panic() {
    let config = SmtpConfig::starttls("127.0.0.1", &address(SENDER));
    let config = config.with_login(USER, SecretText::from(PASSWORD));
    let delivery = config.with_clock(sspr::testing::ManualClock::new(AT)).build().expect("sound");
    let error = block_on(fails(&delivery, &envelope("key")));
    assert_eq!(error.kind(), Unavailable);
}
