//! Combines several deliveries into one, by channel.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::TenantId;
use crate::method::Channel;
use crate::port::{Delivery, Envelope, PortError, PortResult, ProvidedChannel};

/// A [`Delivery`] that passes each message to the delivery for its channel, such as a mail server
/// for mail and a gateway for text messages.
///
/// A channel is available if it has a route and the delivery of that route has the channel for the
/// tenant. A message for a channel without a route is refused permanently.
///
/// ```
/// use sspr::adapters::memory::MemoryInbox;
/// use sspr::adapters::route::ByChannel;
/// use sspr::TenantId;
/// use sspr::method::Channel;
/// use sspr::port::Delivery as _;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (mail, gateway) = (MemoryInbox::new(), MemoryInbox::new()); // in production, real ones
/// let delivery = ByChannel::new()
///     .with(Channel::Email, mail)
///     .with(Channel::Sms, gateway);
/// let contoso = TenantId::parse("contoso")?;
/// assert_eq!(delivery.channels(&contoso).await?, [Channel::Email, Channel::Sms]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct ByChannel {
    routes: BTreeMap<Channel, Arc<dyn Delivery>>,
}

impl ByChannel {
    /// A delivery without routes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sends the messages of this channel by this delivery. A later call for the same channel
    /// replaces it. To use one delivery for two channels, clone an `Arc` of it. A channel over
    /// which nothing is sent has no effect.
    #[must_use]
    pub fn with(mut self, channel: Channel, delivery: impl Delivery + 'static) -> Self {
        if let Some(carrier) = channel.carrier() {
            self.routes.insert(carrier, Arc::new(delivery));
        }
        self
    }
}

#[async_trait]
impl Delivery for ByChannel {
    async fn deliver(&self, envelope: &Envelope) -> PortResult<()> {
        let route = envelope.channel.carrier().and_then(|carrier| self.routes.get(&carrier));
        let Some(delivery) = route else {
            return Err(
                PortError::denied().because("channel: no route, add one with `ByChannel::with`")
            );
        };
        delivery.deliver(envelope).await
    }

    async fn channels(&self, tenant: &TenantId) -> PortResult<Vec<ProvidedChannel>> {
        let mut channels = Vec::with_capacity(self.routes.len());
        for (channel, delivery) in &self.routes {
            // An error fails the whole call: leaving the channel out would report it as missing.
            let provided = delivery.channels(tenant).await?;
            channels.extend(provided.into_iter().filter(|provided| provided.channel == *channel));
        }
        Ok(channels)
    }
}

impl fmt::Debug for ByChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.routes.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use crate::adapters::memory::MemoryInbox;
    use crate::facts::{Destination, EmailAddress, PhoneNumber};
    use crate::message::{Locale, Message, Notice};
    use crate::port::PortErrorKind;

    const AT: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);

    /// A delivery with these channels, or with an unknown set; accepts every message.
    struct WithChannels(PortResult<Vec<ProvidedChannel>>);

    #[async_trait]
    impl Delivery for WithChannels {
        async fn deliver(&self, _: &Envelope) -> PortResult<()> {
            Ok(())
        }

        async fn channels(&self, _: &TenantId) -> PortResult<Vec<ProvidedChannel>> {
            match &self.0 {
                Ok(channels) => Ok(channels.clone()),
                Err(error) => Err(PortError::new(error.kind())),
            }
        }
    }

    fn tenant() -> TenantId {
        TenantId::parse("contoso").expect("valid")
    }

    fn notice(channel: Channel) -> Envelope {
        let destination = match channel {
            Channel::Email => {
                Destination::Email(EmailAddress::parse("ada@contoso.example").expect("valid"))
            }
            _ => Destination::Phone(PhoneNumber::parse("+14255550100").expect("valid")),
        };
        Envelope::new(
            "key".to_owned(),
            tenant(),
            "Contoso".to_owned(),
            channel,
            destination,
            Locale::default(),
            Message::Notice(Notice::PasswordReset { at: AT }),
            AT,
        )
    }

    #[tokio::test]
    async fn each_message_goes_to_the_delivery_of_its_channel_only() {
        let (mail, text) = (MemoryInbox::new(), MemoryInbox::new());
        let both =
            ByChannel::new().with(Channel::Email, mail.clone()).with(Channel::Sms, text.clone());
        both.deliver(&notice(Channel::Email)).await.expect("accepted");
        assert_eq!((mail.all().len(), text.all().len()), (1, 0));
        both.deliver(&notice(Channel::Sms)).await.expect("accepted");
        assert_eq!((mail.all().len(), text.all().len()), (1, 1));
    }

    #[tokio::test]
    async fn a_channel_without_a_route_is_refused() {
        let mail = ByChannel::new().with(Channel::Email, MemoryInbox::new());
        for channel in [Channel::Sms, Channel::Voice, Channel::InHand] {
            let error = mail.deliver(&notice(channel)).await.expect_err("no route");
            assert_eq!(error.kind(), PortErrorKind::Denied);
        }
    }

    #[tokio::test]
    async fn a_channel_is_available_only_if_its_own_delivery_has_it() {
        let has = |channels: &[Channel]| {
            WithChannels(Ok(channels.iter().copied().map(Into::into).collect()))
        };
        let both = ByChannel::new()
            .with(Channel::Email, has(&[Channel::Email, Channel::Voice]))
            .with(Channel::Sms, has(&[Channel::Email]))
            .with(Channel::InHand, has(&[Channel::Sms]));
        assert_eq!(both.channels(&tenant()).await.expect("known"), [Channel::Email]);
        assert_eq!(ByChannel::new().channels(&tenant()).await.expect("known"), [Channel::Email; 0]);
    }

    #[tokio::test]
    async fn a_delivery_that_fails_to_list_its_channels_fails_the_call() {
        let both = ByChannel::new()
            .with(Channel::Email, WithChannels(Ok(vec![Channel::Email.into()])))
            .with(Channel::Sms, WithChannels(Err(PortError::unavailable())));
        let error = both.channels(&tenant()).await.expect_err("unknown");
        assert_eq!(error.kind(), PortErrorKind::Unavailable);
    }

    #[tokio::test]
    async fn a_route_for_links_is_a_route_for_mail() {
        let mail = MemoryInbox::new();
        let delivery = ByChannel::new().with(Channel::Link, mail.clone());
        delivery.deliver(&notice(Channel::Email)).await.expect("accepted");
        assert_eq!(mail.all().len(), 1);
    }
}
