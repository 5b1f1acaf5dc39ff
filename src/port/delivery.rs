//! Handing messages to people.

use std::sync::Arc;

use async_trait::async_trait;

use super::error::PortResult;
use crate::domain::contact::Destination;
use crate::domain::ids::TenantId;
use crate::domain::message::{Locale, Message};
use crate::domain::method::Channel;
use crate::domain::time::Timestamp;

/// Hands messages to a mail server, a text gateway, a telephone system.
///
/// ```
/// use sspr::adapters::render::{EnglishText, Renderer as _};
/// use sspr::port::{Delivery, Envelope, PortResult, async_trait};
/// use sspr::{Channel, TenantId};
///
/// struct Gateway;
///
/// #[async_trait]
/// impl Delivery for Gateway {
///     async fn deliver(&self, envelope: &Envelope) -> PortResult<()> {
///         let rendered = EnglishText.render(envelope);
///         let _to_be_sent = rendered.text.expose_secret(); // hand it to your provider here
///         Ok(())
///     }
///
///     async fn channels(&self, _tenant: &TenantId) -> PortResult<Vec<Channel>> {
///         Ok(vec![Channel::Email, Channel::Sms])
///     }
/// }
/// ```
#[async_trait]
pub trait Delivery: Send + Sync {
    /// Hands over one message.
    ///
    /// `Ok` means that the next system has accepted it, not that it was read. The same
    /// [`idempotency_key`](Envelope::idempotency_key) may come again after a crash: the same
    /// message, to be handed over at most once more. The call must end within a bounded time of
    /// the implementer's choice (seconds), since a hanging one holds up its batch.
    ///
    /// *A wrong `Ok`* is a notice that the owner never sees. *A wrong error* is a message twice.
    /// Its outcome is never shown to the person: a failing mail server must not tell who exists.
    ///
    /// # Errors
    ///
    /// `Unavailable` and `Unknown` are tried again until the message is dead; `Denied` is final.
    /// Say with [`PortError::of`](super::PortError::of) whether it is a fault of the service or of
    /// this recipient: after three of the service the tenant's other messages on the channel wait
    /// for the next call, after three of a recipient's only those to the same domain. The source of
    /// the error is shown to operators ([`Engine::stats`](crate::Engine::stats)): it holds no code
    /// and no address.
    async fn deliver(&self, envelope: &Envelope) -> PortResult<()>;

    /// The channels that this tenant has a provider for. Methods that only a missing channel
    /// reaches are not offered.
    ///
    /// # Errors
    ///
    /// `Unavailable`; the operation then fails closed.
    async fn channels(&self, tenant: &TenantId) -> PortResult<Vec<Channel>>;
}

/// One message for one destination.
#[derive(Debug)]
#[non_exhaustive]
pub struct Envelope {
    /// The same for every try of one message, different for every message: 64 hexadecimal digits.
    pub idempotency_key: String,
    /// The tenant on whose behalf it is sent.
    pub tenant: TenantId,
    /// The tenant's name for people.
    pub organisation: String,
    /// How to reach the person.
    pub channel: Channel,
    /// Where: a stored address, never one that was typed.
    pub destination: Destination,
    /// The language.
    pub locale: Locale,
    /// What to say.
    pub message: Message,
    /// After this the message is worthless and should not be handed over.
    pub not_after: Timestamp,
    /// Whom a notice to administrators is about: the user principal name, else the id. From the
    /// directory, never from a request. `None` in messages to users.
    pub about: Option<String>,
}

impl Envelope {
    /// An envelope: for tests of a delivery.
    #[must_use]
    #[expect(clippy::too_many_arguments, reason = "one argument per field, used by tests only")]
    pub const fn new(
        idempotency_key: String,
        tenant: TenantId,
        organisation: String,
        channel: Channel,
        destination: Destination,
        locale: Locale,
        message: Message,
        not_after: Timestamp,
    ) -> Self {
        Self {
            idempotency_key,
            tenant,
            organisation,
            channel,
            destination,
            locale,
            message,
            not_after,
            about: None,
        }
    }
}

macro_rules! forward_delivery {
    ($($target:ty),+) => {$(
        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<T: Delivery + ?Sized> Delivery for $target {
            async fn deliver(&self, envelope: &Envelope) -> PortResult<()> {
                (**self).deliver(envelope).await
            }

            async fn channels(&self, tenant: &TenantId) -> PortResult<Vec<Channel>> {
                (**self).channels(tenant).await
            }
        }
    )+};
}

forward_delivery!(&T, Box<T>, Arc<T>);
