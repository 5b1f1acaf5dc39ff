//! Mail by SMTP, always encrypted except on loopback. Feature `smtp`.
//!
//! Sends mail to a server that accepts it from the host (*submission*), such as the host's own
//! relay or that of a provider. It does not look up the servers of recipients.
//!
//! ```no_run
//! use sspr::adapters::route::ByChannel;
//! use sspr::adapters::smtp::SmtpConfig;
//! use sspr::SecretText;
//! use sspr::facts::EmailAddress;
//! use sspr::method::Channel;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (password, gateway) = (SecretText::from("x"), sspr::adapters::memory::MemoryInbox::new());
//! let sender = EmailAddress::parse("no-reply@contoso.example")?;
//! let mail = SmtpConfig::starttls("smtp.contoso.example", &sender)
//!     .with_login("sspr", password)
//!     .build()?;
//! // The engine takes mail and text messages as one delivery.
//! let delivery = ByChannel::new().with(Channel::Email, mail).with(Channel::Sms, gateway);
//! # Ok(())
//! # }
//! ```
//!
//! # Encryption
//!
//! TLS 1.2 or later, by `rustls` with the provider of the feature `tls-aws-lc-rs` or `tls-ring`, or by a
//! configuration of the host ([`with_tls`](SmtpConfig::with_tls)); begun by `STARTTLS` or from the first
//! byte. Without either, [`build`](SmtpConfig::build) returns `Denied`, except on loopback. A server that
//! does not offer TLS, or whose certificate is not for its name or not from a trusted
//! authority, is sent neither a password nor a mail; the call is tried again later. Bytes that an
//! attacker injects before the handshake make it fail.
//!
//! The trusted authorities are those of the operating system, read once, and those that are added.
//! They are not compiled in, since such a list grows old and lacks the organisation's own authority,
//! which often signs a relay's certificate. A container without any needs
//! [`with_root_certificates`](SmtpConfig::with_root_certificates).
//!
//! # What an error means
//!
//! | What happened | Kind |
//! |---|---|
//! | no connection, no TLS, login refused with any code | `Unavailable` |
//! | the server deferred the mail (4xx), or was lost before the content | `Unavailable` |
//! | lost, or timed out, after the content was begun | `Unknown` |
//! | sender, recipient or content refused (5xx) | `Denied` |
//! | the address needs SMTPUTF8 (RFC 6531) and the server lacks it | `Denied` |
//! | expired, or not to a mail address | `Denied` |
//!
//! A refused login is not final: it is not about the message, and a notice must not be lost because
//! a password was changed. The error's source names the stage and the code of the reply, never its
//! text, which may contain the address.
//!
//! A repeated mail has the same `Message-ID`, so that mail programs show it once.
//!
//! # Runtime
//!
//! Futures of [`SmtpDelivery`] must be polled on a tokio runtime with I/O and time enabled;
//! otherwise they return `Unavailable`. Nothing is spawned.
//!
//! The text of a mail and the password pass through `lettre` and `rustls`, which do not wipe their
//! own copies.

mod config;
mod fault;
mod mail;
mod pool;
mod session;
mod stream;

pub use config::SmtpConfig;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::runtime::Handle;
use tokio::time::timeout;

use self::fault::{SmtpFault, SmtpStage, What};
use self::mail::Mail;
use self::pool::Pool;
use self::session::Server;
use crate::TenantId;
use crate::adapters::render::Renderer;
use crate::facts::{Destination, EmailAddress};
use crate::method::Channel;
use crate::port::{Clock, Delivery, Envelope, PortError, PortResult, ProvidedChannel};

/// A [`Delivery`] that sends mail to a server by SMTP; made by [`SmtpConfig`].
///
/// Has the channel [`Channel::Email`] for every tenant; see
/// [`ByChannel`](super::route::ByChannel) for the others. To share it, put it into an `Arc`.
pub struct SmtpDelivery {
    server: Server,
    pool: Pool,
    timeout: Duration,
    sender: EmailAddress,
    senders: HashMap<TenantId, EmailAddress>,
    renderer: Arc<dyn Renderer>,
    clock: Arc<dyn Clock>,
}

impl SmtpDelivery {
    /// Sends one mail on a pooled connection or a new one. After a failure the connection is
    /// closed, unless the server has replied and keeps it open.
    async fn send(&self, mail: &Mail, stage: &mut SmtpStage) -> Result<(), SmtpFault> {
        let _slot = self.pool.slot().await;
        *stage = SmtpStage::Connect;
        let idle = self.pool.take(self.clock.now(), self.server.patience).await;
        let mut connection = match idle {
            Some(connection) => connection,
            None => session::connect(&self.server, stage).await?,
        };
        let sent = session::send(&mut connection, mail, stage).await;
        if sent.as_ref().err().is_none_or(SmtpFault::leaves_the_connection) {
            self.pool.put(connection, self.clock.now());
        }
        sent
    }
}

#[async_trait]
impl Delivery for SmtpDelivery {
    async fn deliver(&self, envelope: &Envelope) -> PortResult<()> {
        let to = match (envelope.channel.carrier(), &envelope.destination) {
            (Some(Channel::Email), Destination::Email(to)) => to,
            _ => return Err(PortError::denied().because("smtp: destination: not a mail address")),
        };
        let now = self.clock.now();
        if now > envelope.not_after {
            return Err(PortError::denied().because("smtp: the message has expired"));
        }
        if Handle::try_current().is_err() {
            return Err(PortError::unavailable().because("smtp: no tokio runtime"));
        }
        let words = self.renderer.render(envelope);
        let configured = self.senders.get(&envelope.tenant).unwrap_or(&self.sender);
        let from = words.sender.as_ref().unwrap_or(configured);
        let mail = mail::compose(envelope, &words, from, to, now)?;
        let mut stage = SmtpStage::Queue;
        let sent = timeout(self.timeout, self.send(&mail, &mut stage)).await;
        sent.unwrap_or_else(|_| Err(SmtpFault::new(stage, What::Late))).map_err(PortError::from)
    }

    async fn channels(&self, _tenant: &TenantId) -> PortResult<Vec<ProvidedChannel>> {
        Ok(vec![Channel::Email.provided_by("smtp")])
    }
}

impl fmt::Debug for SmtpDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpDelivery")
            .field("host", &self.server.host)
            .field("port", &self.server.port)
            .field("sender", &self.sender)
            .finish_non_exhaustive()
    }
}
