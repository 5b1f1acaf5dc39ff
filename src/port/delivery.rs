//! The delivery of messages.

use std::sync::Arc;

use async_trait::async_trait;

use super::error::PortResult;
use crate::domain::identity::coarse::CoarseOrigin;
use crate::domain::identity::contact::Destination;
use crate::domain::identity::ids::TenantId;
use crate::domain::identity::locale::Locale;
use crate::domain::identity::time_zone::TimeZone;
use crate::domain::message::{Message, RepudiationLink};
use crate::domain::method::{Channel, ProvidedChannel};
use crate::domain::time::Timestamp;

/// Passes messages to a mail server, a text gateway or a telephone system.
///
/// ```
/// use sspr::adapters::render::{EnglishText, Renderer as _};
/// use sspr::port::{Delivery, Envelope, PortResult, ProvidedChannel, async_trait};
/// use sspr::TenantId;
/// use sspr::method::Channel;
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
///     async fn channels(&self, _tenant: &TenantId) -> PortResult<Vec<ProvidedChannel>> {
///         Ok(vec![Channel::Email.provided_by("mail.contoso.example"), Channel::Sms.provided_by("text-gateway")])
///     }
/// }
/// ```
#[async_trait]
pub trait Delivery: Send + Sync {
    /// Delivers one message.
    ///
    /// `Ok` means that the next system has accepted it, not that it was read. The same
    /// [`idempotency_key`](Envelope::idempotency_key) may come again after a crash, with the same
    /// message: do not deliver it twice if you can avoid it. The call must end within a few
    /// seconds, which the implementation chooses, since a hanging call delays its batch.
    ///
    /// *A wrong `Ok`* is a notice that the owner never sees. *A wrong error* sends a message twice.
    /// The caller never gets the outcome: a failing mail server must not tell which accounts exist.
    ///
    /// # Errors
    ///
    /// `Unavailable` and `Unknown` are tried again until the message expires; `Denied` is final.
    /// Set with [`PortError::of`](super::PortError::of) whether it is a fault of the service or of
    /// this recipient: after three of the service the tenant's other messages on the channel wait
    /// for the next call, after three of a recipient's only those to the same domain. The source of
    /// the error is shown to operators ([`Engine::stats`](crate::Engine::stats)): it must not
    /// contain a code or an address.
    async fn deliver(&self, envelope: &Envelope) -> PortResult<()>;

    /// The channels that this tenant has a provider for, each with the provider's name: one entry for
    /// each provider. Methods that need a missing channel are not offered, and a policy can retire a
    /// provider at a date ([`retirements`](crate::PolicySettings::retirements)). Send nothing through
    /// a provider whose date has come.
    ///
    /// # Errors
    ///
    /// `Unavailable`; the operation then fails.
    async fn channels(&self, tenant: &TenantId) -> PortResult<Vec<ProvidedChannel>>;
}

/// One message for one destination.
#[derive(Debug)]
#[non_exhaustive]
pub struct Envelope {
    /// 64 hexadecimal digits, the same for every try of one message and different for each message.
    pub idempotency_key: String,
    /// The tenant on whose behalf it is sent.
    pub tenant: TenantId,
    /// The tenant's display name.
    pub organisation: String,
    /// The channel.
    pub channel: Channel,
    /// The stored address or number, never one that was typed.
    pub destination: Destination,
    /// The language.
    pub locale: Locale,
    /// The content.
    pub message: Message,
    /// When the message expires. Do not deliver it afterwards.
    pub not_after: Timestamp,
    /// The user whom a notice to administrators is about: the user principal name, or the id if
    /// there is none. It comes from the directory, never from a request. `None` in messages to
    /// users.
    pub about: Option<String>,
    /// The display name of the user to whom the message goes, from the directory. `None` if it is not
    /// known, and in messages to administrators about another user.
    pub display_name: Option<String>,
    /// The time zone of the user, else of the tenant. `None` if neither is known.
    pub time_zone: Option<TimeZone>,
    /// The cloud that the tenant is in, as the directory reports it.
    pub cloud: Option<String>,
    /// When the request came in that caused the message.
    pub requested_at: Option<Timestamp>,
    /// Where it came from, as the host's [`Request`](crate::Request::with_origin) says.
    pub origin: Option<CoarseOrigin>,
    /// How the user reaches the help desk, from the policy
    /// ([`desk.contact`](crate::policy::DeskPolicy::contact)): one line of text. `None` if the policy names
    /// none, and in messages to administrators.
    pub contact: Option<String>,
    /// The *it was not me* link of a notice by mail about a change, if the policy has a page for it.
    pub repudiation: Option<RepudiationLink>,
}

impl Envelope {
    /// An envelope of these parts, for tests of a delivery.
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
            display_name: None,
            time_zone: None,
            cloud: None,
            requested_at: None,
            origin: None,
            contact: None,
            repudiation: None,
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

            async fn channels(&self, tenant: &TenantId) -> PortResult<Vec<ProvidedChannel>> {
                (**self).channels(tenant).await
            }
        }
    )+};
}

forward_delivery!(&T, Box<T>, Arc<T>);
