//! A server with a private authority, and messages for it.

use std::time::Duration;

use sspr::adapters::smtp::{SmtpConfig, SmtpDelivery};
use sspr::facts::{Destination, EmailAddress};
use sspr::message::{CodeMessage, CodePurpose, Locale, Message};
use sspr::method::Channel;
use sspr::port::{Delivery as _, Envelope, PortError};
use sspr::testing::ManualClock;
use sspr::{SecretText, TenantId, Timestamp};

use crate::smtp::authority::Authority;
use crate::smtp::server::{Offers, PASSWORD, Server, USER};

pub const AT: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);
pub const ADA: &str = "ada@private.example";
pub const SENDER: &str = "no-reply@contoso.example";
/// Short enough to wait for, and long enough to reach the server's end of a mail on a busy machine.
pub const HASTE: Duration = Duration::from_secs(4);
pub const CODE: &str = "48213907";

pub struct Relay {
    pub server: Server,
    pub authority: Authority,
    pub clock: ManualClock,
}

impl Relay {
    pub async fn new() -> Self {
        Self::offering(Offers::default()).await
    }

    pub async fn offering(offers: Offers) -> Self {
        Self::named(offers, &["127.0.0.1", "localhost"]).await
    }

    pub async fn named(offers: Offers, names: &[&str]) -> Self {
        let authority = Authority::new();
        let server = Server::start(offers, authority.server(names)).await;
        Self { server, authority, clock: ManualClock::new(AT) }
    }

    /// The configuration of a delivery, without a login.
    pub fn anonymous(&self) -> SmtpConfig {
        self.trusted(SmtpConfig::starttls("127.0.0.1", &address(SENDER)))
    }

    pub fn config(&self) -> SmtpConfig {
        self.anonymous().with_login(USER, SecretText::from(PASSWORD))
    }

    pub fn trusted(&self, config: SmtpConfig) -> SmtpConfig {
        config
            .with_port(self.server.port)
            .with_root_certificates(&self.authority.pem())
            .without_system_roots()
            .with_clock(self.clock.clone())
    }

    pub fn delivery(&self) -> SmtpDelivery {
        self.config().build().expect("sound")
    }

    /// One whose calls end soon, for servers that hang.
    pub fn hasty(&self) -> SmtpDelivery {
        self.config().with_timeout(HASTE).build().expect("sound")
    }
}

pub fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("valid")
}

pub fn code_message() -> Message {
    Message::Code(CodeMessage::new(CodePurpose::Reset, CODE.into(), AT))
}

pub fn envelope_to(to: &str, key: &str) -> Envelope {
    Envelope::new(
        key.to_owned(),
        TenantId::parse("contoso").expect("valid"),
        "Contoso".to_owned(),
        Channel::Email,
        Destination::Email(address(to)),
        Locale::default(),
        code_message(),
        AT.plus(Duration::from_secs(600)),
    )
}

pub fn envelope(key: &str) -> Envelope {
    envelope_to(ADA, key)
}

pub async fn sends(delivery: &SmtpDelivery, key: &str) {
    delivery.deliver(&envelope(key)).await.expect("sent");
}

/// The error of a call that must fail. It tells nothing of the message and of the login.
pub async fn fails(delivery: &SmtpDelivery, envelope: &Envelope) -> PortError {
    let error = delivery.deliver(envelope).await.expect_err("it must fail");
    let source = std::error::Error::source(&error).expect("a cause").to_string();
    let told = format!("{error} {error:?} {source} {delivery:?}");
    for secret in [ADA, "ada", "private.example", CODE, PASSWORD] {
        assert!(!told.contains(secret), "{told}");
    }
    error
}
