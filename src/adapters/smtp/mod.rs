//! Mail by SMTP, encrypted or not at all. Feature `smtp`.
//!
//! Hands mail to the server that takes it from you (*submission*): your own relay, or that of a
//! provider. It does not look for the servers of recipients.
//!
//! ```no_run
//! use sspr::adapters::route::ByChannel;
//! use sspr::adapters::smtp::SmtpConfig;
//! use sspr::{Channel, EmailAddress, SecretText};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (password, gateway) = (SecretText::from("x"), sspr::adapters::memory::MemoryInbox::new());
//! let sender = EmailAddress::parse("no-reply@contoso.example")?;
//! let mail = SmtpConfig::starttls("smtp.contoso.example", &sender)
//!     .with_login("sspr", password)
//!     .build()?;
//! // Text messages go another way: the engine takes both as one delivery.
//! let delivery = ByChannel::new().with(Channel::Email, mail).with(Channel::Sms, gateway);
//! # Ok(())
//! # }
//! ```
//!
//! # Encryption
//!
//! TLS 1.2 or later, by `rustls` and `ring`, begun by `STARTTLS` or from the first byte. A server
//! that does not offer it, or whose certificate is not for its name or from nobody trusted, is told
//! neither a password nor a mail; the call is tried again later. What somebody in between sends
//! ahead of the handshake makes it fail.
//!
//! Trusted are the authorities that the operating system trusts, read once, and those that are
//! added: a relay often has a certificate of the organisation's own authority, which its machines
//! know, and a list compiled into a program grows old. A container without any needs
//! [`with_root_certificates`](SmtpConfig::with_root_certificates).
//!
//! # What an error means
//!
//! | What happened | Kind |
//! |---|---|
//! | no connection, no TLS, the login refused with whatever code | `Unavailable` |
//! | the server put the mail off (4xx), or was lost before the content | `Unavailable` |
//! | lost, or out of time, once the content was on its way | `Unknown` |
//! | sender, recipient or content refused (5xx) | `Denied` |
//! | the address needs SMTPUTF8 (RFC 6531) and the server lacks it | `Denied` |
//! | past its time, or not to a mail address | `Denied` |
//!
//! A refused login is no final answer: it says nothing about the message, and a notice must not be
//! lost because a password was changed. The error's source names the stage and the code of the
//! answer, never its text, which may hold the address.
//!
//! A mail that comes again has the same `Message-ID`, so that mail programs show it once.
//!
//! # Runtime
//!
//! Futures of [`SmtpDelivery`] must be polled on a tokio runtime with I/O and time enabled;
//! without a runtime they answer `Unavailable`. Nothing is spawned.
//!
//! The text of a mail and the password pass through `lettre` and `rustls`, which do not wipe their
//! own copies.

mod config;
mod fault;
mod mail;
mod pool;
mod session;
mod until_tls;

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
use crate::adapters::render::Renderer;
use crate::domain::contact::{Destination, EmailAddress};
use crate::domain::ids::TenantId;
use crate::domain::method::Channel;
use crate::port::{Clock, Delivery, Envelope, PortError, PortResult};

/// A [`Delivery`] that hands mail to a server by SMTP; made by [`SmtpConfig`].
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
    /// Sends one mail on a connection of the pool, or on a new one. Wherever it ends early, the
    /// connection is closed, unless the server has just answered.
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
            _ => return Err(PortError::denied().because("smtp: not to a mail address")),
        };
        let now = self.clock.now();
        if now > envelope.not_after {
            return Err(PortError::denied().because("smtp: past its time"));
        }
        if Handle::try_current().is_err() {
            return Err(PortError::unavailable().because("smtp: no tokio runtime"));
        }
        let from = self.senders.get(&envelope.tenant).unwrap_or(&self.sender);
        let mail = mail::compose(envelope, &self.renderer.render(envelope), from, to, now)?;
        let mut stage = SmtpStage::Queue;
        let sent = timeout(self.timeout, self.send(&mail, &mut stage)).await;
        sent.unwrap_or_else(|_| Err(SmtpFault::new(stage, What::Late))).map_err(PortError::from)
    }

    async fn channels(&self, _tenant: &TenantId) -> PortResult<Vec<Channel>> {
        Ok(vec![Channel::Email])
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
