//! A delivery that keeps messages in memory.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;

use super::lock;
use crate::facts::{Destination, EmailAddress, PhoneNumber, TimeZone};
use crate::message::{CoarseOrigin, Locale, Message, Notice};
use crate::method::Channel;
use crate::port::{
    Delivery, Envelope, FaultScope, PortError, PortErrorKind, PortResult, ProvidedChannel,
};
use crate::{SecretText, TenantId, Timestamp};

/// How many messages an inbox keeps by default.
const CAPACITY: usize = 10_000;

/// A [`Delivery`] that keeps its messages, shared by all its clones: the mailbox and the phone of a
/// test.
///
/// It keeps the last 10 000 messages ([`with_capacity`](Self::with_capacity)), and each only once:
/// a repetition under the same idempotency key is counted in [`Delivered::repetitions`]. `Debug`
/// shows counts only.
///
/// ```
/// use sspr::adapters::memory::MemoryInbox;
/// use sspr::port::Envelope;
/// use sspr::facts::{Destination, EmailAddress};
/// use sspr::message::{CodeMessage, CodePurpose, Locale};
/// use sspr::method::Channel;
/// use sspr::port::Delivery;
/// use sspr::{SecretText, TenantId, Timestamp};
/// use sspr::message::Message;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let inbox = MemoryInbox::new();
/// let until = Timestamp::from_unix_seconds(1_700_000_600);
/// let code = CodeMessage::new(CodePurpose::Reset, SecretText::from("48213907"), until);
/// let envelope = Envelope::new(
///     "00".repeat(32),
///     TenantId::parse("contoso")?,
///     "Contoso".to_owned(),
///     Channel::Email,
///     Destination::Email(EmailAddress::parse("ada@contoso.example")?),
///     Locale::default(),
///     Message::Code(code),
///     until,
/// );
/// inbox.deliver(&envelope).await?;
/// assert_eq!(inbox.last_code_to("ada@contoso.example").as_deref(), Some("48213907"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct MemoryInbox {
    state: Arc<Mutex<State>>,
    capacity: usize,
}

#[derive(Default)]
struct State {
    messages: VecDeque<Delivered>,
    /// How often `deliver` was called, including refused calls.
    attempts: u64,
    channels: HashMap<TenantId, Vec<ProvidedChannel>>,
    failure: Option<PortErrorKind>,
    tenant_failures: HashMap<TenantId, PortErrorKind>,
}

/// A delivered message. `Debug` does not show its code.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Delivered {
    /// The idempotency key of the message.
    pub idempotency_key: String,
    /// The tenant that it was sent for.
    pub tenant: TenantId,
    /// The display name of the tenant.
    pub organisation: String,
    /// The channel.
    pub channel: Channel,
    /// The address or number.
    pub destination: Destination,
    /// The language.
    pub locale: Locale,
    /// The kind of message: [`Message::id`].
    pub kind: &'static str,
    /// The notice, if the message was one.
    pub notice: Option<Notice>,
    /// The time after which the message was worthless.
    pub not_after: Timestamp,
    /// For how long its code or link was still accepted at the delivery.
    pub valid_for: Option<Duration>,
    /// How often the message was repeated.
    pub repetitions: u32,
    /// The user whom a notice to administrators is about.
    pub about: Option<String>,
    /// The sign-in names, if the message lists some.
    pub names: Vec<String>,
    /// The display name of the user to whom it went.
    pub display_name: Option<String>,
    /// The time zone of the user, else of the tenant.
    pub time_zone: Option<TimeZone>,
    /// The cloud that the tenant is in.
    pub cloud: Option<String>,
    /// When the request came in that caused it.
    pub requested_at: Option<Timestamp>,
    /// How the user reaches the help desk.
    pub contact: Option<String>,
    /// Where that request came from.
    pub origin: Option<CoarseOrigin>,
    code: Option<Arc<SecretText>>,
    link: Option<Arc<SecretText>>,
    repudiation: Option<Arc<SecretText>>,
}

impl Delivered {
    /// The code, if the message held one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref().map(SecretText::expose_secret)
    }

    /// The whole address of the link, if the message held one.
    #[must_use]
    pub fn link(&self) -> Option<&str> {
        self.link.as_deref().map(SecretText::expose_secret)
    }

    /// The whole address of the *it was not me* link, if the message was a notice with one.
    #[must_use]
    pub fn repudiation_link(&self) -> Option<&str> {
        self.repudiation.as_deref().map(SecretText::expose_secret)
    }

    fn of(envelope: &Envelope) -> Self {
        let (notice, code, link) = match &envelope.message {
            Message::Notice(notice) => (Some(*notice), None, None),
            Message::SignInNames(_) => (None, None, None),
            Message::Code(message) => (None, Some(message.code.expose_secret()), None),
            Message::Link(message) => (None, None, Some(message.url.expose_secret())),
        };
        let valid_for = match &envelope.message {
            Message::Notice(_) | Message::SignInNames(_) => None,
            Message::Code(message) => message.valid_for,
            Message::Link(message) => message.valid_for,
        };
        let kept = |secret: &str| Arc::new(SecretText::from(secret));
        Self {
            idempotency_key: envelope.idempotency_key.clone(),
            tenant: envelope.tenant.clone(),
            organisation: envelope.organisation.clone(),
            channel: envelope.channel,
            destination: envelope.destination.clone(),
            valid_for,
            locale: envelope.locale.clone(),
            kind: envelope.message.id(),
            notice,
            not_after: envelope.not_after,
            repetitions: 0,
            about: envelope.about.clone(),
            names: match &envelope.message {
                Message::SignInNames(message) => message.names.clone(),
                _ => Vec::new(),
            },
            display_name: envelope.display_name.clone(),
            time_zone: envelope.time_zone.clone(),
            cloud: envelope.cloud.clone(),
            requested_at: envelope.requested_at,
            contact: envelope.contact.clone(),
            origin: envelope.origin,
            code: code.map(kept),
            link: link.map(kept),
            repudiation: envelope.repudiation.as_ref().map(|link| kept(link.url.expose_secret())),
        }
    }
}

impl MemoryInbox {
    /// An empty inbox that has every channel and keeps the last 10 000 messages.
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(CAPACITY)
    }

    /// An empty inbox that keeps the last `messages`, at least one. A repetition of a message that
    /// was dropped to make room counts as new.
    #[must_use]
    pub fn with_capacity(messages: usize) -> Self {
        Self { state: Arc::default(), capacity: messages.max(1) }
    }

    /// All kept messages, oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<Delivered> {
        lock(&self.state).messages.iter().cloned().collect()
    }

    /// The messages to an address or a number, oldest first. Spellings that the engine treats as
    /// one destination are one here.
    #[must_use]
    pub fn messages_to(&self, address: &str) -> Vec<Delivered> {
        let mail = EmailAddress::parse(address).map(Destination::Email);
        let phone = PhoneNumber::parse(address).map(Destination::Phone);
        let wanted = [mail, phone].map(|parsed| parsed.ok().map(|to| to.normalised()));
        let state = lock(&self.state);
        let to = |message: &&Delivered| {
            let index = usize::from(matches!(message.destination, Destination::Phone(_)));
            wanted[index].as_ref() == Some(&message.destination.normalised())
        };
        state.messages.iter().filter(to).cloned().collect()
    }

    /// The code of the last message to an address or a number that held one.
    #[must_use]
    pub fn last_code_to(&self, address: &str) -> Option<String> {
        let messages = self.messages_to(address);
        let last = messages.iter().rev().find_map(Delivered::code);
        last.map(str::to_owned)
    }

    /// The *it was not me* link of the last notice to an address that held one.
    #[must_use]
    pub fn last_repudiation_link_to(&self, address: &str) -> Option<String> {
        let messages = self.messages_to(address);
        let last = messages.iter().rev().find_map(Delivered::repudiation_link);
        last.map(str::to_owned)
    }

    /// The link of the last message to an address that held one.
    #[must_use]
    pub fn last_link_to(&self, address: &str) -> Option<String> {
        let messages = self.messages_to(address);
        let last = messages.iter().rev().find_map(Delivered::link);
        last.map(str::to_owned)
    }

    /// Removes all messages. A later repetition counts as new.
    pub fn clear(&self) {
        lock(&self.state).messages.clear();
    }

    /// How often `deliver` was called, including failed calls and repetitions.
    #[must_use]
    pub fn attempts(&self) -> u64 {
        lock(&self.state).attempts
    }

    /// Sets the channels of a tenant, or their providers. Default: all, from `memory`.
    pub fn set_channels<C: Into<ProvidedChannel>>(
        &self,
        tenant: &TenantId,
        channels: impl IntoIterator<Item = C>,
    ) {
        let provided = channels.into_iter().map(Into::into).collect();
        lock(&self.state).channels.insert(tenant.clone(), provided);
    }

    /// Makes every delivery fail with this error, or succeed again with `None`. Failed messages are
    /// not kept, except for `Unknown`: there the message arrives and the reply is lost.
    pub fn fail_with(&self, kind: Option<PortErrorKind>) {
        lock(&self.state).failure = kind;
    }

    /// As [`fail_with`](Self::fail_with), for the messages of one tenant.
    pub fn fail_tenant(&self, tenant: &TenantId, kind: Option<PortErrorKind>) {
        let failures = &mut lock(&self.state).tenant_failures;
        match kind {
            Some(kind) => failures.insert(tenant.clone(), kind),
            None => failures.remove(tenant),
        };
    }
}

impl State {
    fn keep(&mut self, envelope: &Envelope, capacity: usize) {
        // Newest first, since a repetition soon follows its message.
        let mut newest = self.messages.iter_mut().rev();
        let key = &envelope.idempotency_key;
        if let Some(known) = newest.find(|known| known.idempotency_key == *key) {
            known.repetitions += 1;
            return;
        }
        if self.messages.len() == capacity {
            self.messages.pop_front();
        }
        self.messages.push_back(Delivered::of(envelope));
    }
}

#[async_trait]
impl Delivery for MemoryInbox {
    async fn deliver(&self, envelope: &Envelope) -> PortResult<()> {
        let mut state = lock(&self.state);
        state.attempts += 1;
        let own = state.tenant_failures.get(&envelope.tenant).copied();
        let failure = own.or(state.failure);
        if matches!(failure, None | Some(PortErrorKind::Unknown)) {
            state.keep(envelope, self.capacity);
        }
        failure.map_or(Ok(()), |kind| Err(PortError::new(kind).of(FaultScope::Service)))
    }

    async fn channels(&self, tenant: &TenantId) -> PortResult<Vec<ProvidedChannel>> {
        let state = lock(&self.state);
        let all = || {
            [Channel::Email, Channel::Sms, Channel::Voice]
                .map(|channel| channel.provided_by("memory"))
                .into()
        };
        Ok(state.channels.get(tenant).cloned().unwrap_or_else(all))
    }
}

impl Default for MemoryInbox {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryInbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = lock(&self.state);
        f.debug_struct("MemoryInbox")
            .field("messages", &state.messages.len())
            .field("attempts", &state.attempts)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "inbox_tests.rs"]
mod tests;
