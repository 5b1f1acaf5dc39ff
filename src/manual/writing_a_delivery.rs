//! Writing a delivery and a seal, and testing them.
//!
//! # A delivery
//!
//! A [`Delivery`](crate::port::Delivery) hands one message to a mail server, a text gateway or a telephone
//! system. It has two methods. `adapters::smtp` (feature) is a complete one for mail, and
//! [`ByChannel`](crate::adapters::route::ByChannel) combines deliveries, one for each channel.
//!
//! - **`Ok` means that the next system has accepted the message**, since the engine forgets the message then. A
//!   message in a buffer of this process is not accepted yet.
//! - **Errors decide what happens next.** `Unavailable` and `Unknown` are tried again until the message
//!   expires. `Denied` is final. A gateway that is down, times out or replies 5xx is *not* `Denied`; an address
//!   that it refuses for good is. The table below sorts common replies.
//! - **Say whose fault it is** with [`of`](crate::port::PortError::of). After three faults of the service, the
//!   tenant's other messages on the channel wait; after three faults of recipients, only those to their domains.
//! - **The same idempotency key is the same message.** Hand it to the gateway as its own key or `Message-ID`,
//!   or remember what was sent, so that a message that is tried again after a crash arrives once. Different
//!   keys are different messages, however alike they look.
//! - **Do not deliver after `not_after`.** If your gateway queues, give it the time that is left as the
//!   message's time to live.
//! - **End within seconds.** Set a timeout: the batch waits for the call.
//! - **An error's source is shown to operators.** Leave codes and addresses out of it.
//! - **`channels` returns the channels for which this tenant has a provider**, each with the provider's name; a
//!   policy can retire a provider by its name. It is called in each flow, so it may cost one read at most. Send
//!   nothing through a retired provider.
//!
//! | The gateway says | Return |
//! |---|---|
//! | connection refused, no DNS, TLS fails, 5xx of HTTP, 421 of SMTP | `unavailable().of(FaultScope::Service)` |
//! | timeout or lost connection after the message was sent | `unknown().of(FaultScope::Service)` |
//! | 429, a spent quota | `unavailable().of(FaultScope::Service)` |
//! | mailbox full, greylisted, handset off | `unavailable().of(FaultScope::Recipient)` |
//! | no such mailbox, number out of service, recipient has opted out | `denied().of(FaultScope::Recipient)` |
//! | your credentials are wrong | `unavailable().of(FaultScope::Service)`: an operator can mend it within the message's life |
//!
//! ```
//! use sspr::adapters::render::{EnglishText, Renderer as _};
//! use sspr::method::Channel;
//! use sspr::port::{Delivery, Envelope, FaultScope, PortError, PortResult, ProvidedChannel, async_trait};
//! use sspr::TenantId;
//!
//! struct Gateway;
//!
//! impl Gateway {
//!     /// The request to your provider, with a timeout; returns the status of HTTP.
//!     async fn post(&self, _key: &str, _to: &str, _text: &str) -> Result<u16, std::io::Error> {
//!         Ok(202)
//!     }
//! }
//!
//! #[async_trait]
//! impl Delivery for Gateway {
//!     async fn deliver(&self, envelope: &Envelope) -> PortResult<()> {
//!         let sspr::facts::Destination::Phone(number) = &envelope.destination else {
//!             return Err(PortError::denied().because("not a number"));
//!         };
//!         let text = EnglishText.render(envelope).text;
//!         let posted = self.post(&envelope.idempotency_key, number.as_e164(), text.expose_secret()).await;
//!         let service = |error: PortError| error.of(FaultScope::Service);
//!         match posted {
//!             Ok(200..=299) => Ok(()),
//!             Ok(400 | 404 | 410) => Err(PortError::denied().of(FaultScope::Recipient)),
//!             Ok(status) => Err(service(PortError::unavailable().because(format!("status {status}")))),
//!             Err(error) => Err(service(PortError::unknown().because(error))), // it may have arrived
//!         }
//!     }
//!
//!     async fn channels(&self, _tenant: &TenantId) -> PortResult<Vec<ProvidedChannel>> {
//!         Ok(vec![Channel::Sms.provided_by("text-gateway")])
//!     }
//! }
//! ```
//!
//! A fixture for the kit has the delivery and knows what the next system has accepted; it may be a local server
//! that counts requests by their key. The first argument of the macro names the port:
//!
//! ```
//! # #[cfg(feature = "conformance")]
//! # mod example {
//! use std::sync::Arc;
//! use sspr::adapters::memory::MemoryInbox;
//! use sspr::conformance::{Ability, DeliveryUnderTest, check_port};
//! use sspr::port::{Delivery, PortErrorKind, PortResult, async_trait};
//!
//! /// Your delivery and a server of its own. Here both are the memory inbox.
//! #[derive(Default)]
//! struct Sent(MemoryInbox);
//!
//! #[async_trait]
//! impl DeliveryUnderTest for Sent {
//!     fn delivery(&self) -> Arc<dyn Delivery> {
//!         Arc::new(self.0.clone())
//!     }
//!
//!     async fn accepted(&self, idempotency_key: &str) -> PortResult<usize> {
//!         let all = self.0.all();
//!         Ok(all.iter().filter(|message| message.idempotency_key == idempotency_key).count())
//!     }
//!
//!     async fn cut_off(&self, off: bool) -> PortResult<Ability> {
//!         self.0.fail_with(off.then_some(PortErrorKind::Unavailable)); // stop the server
//!         Ok(Ability::Has)
//!     }
//!
//!     fn drops_expired(&self) -> Ability {
//!         Ability::Lacks("the inbox has no clock")
//!     }
//! }
//!
//! sspr::conformance_tests!(delivery: my_gateway, Sent::default);
//!
//! # pub(super) fn run() {
//! let report = check_port::<dyn DeliveryUnderTest>(Sent::default);
//! assert!(report.violations.is_empty(), "{report}");
//! # }
//! # }
//! # #[cfg(feature = "conformance")]
//! # example::run();
//! ```
//!
//! # A seal
//!
//! A [`Seal`](crate::port::Seal) encrypts what has to be read again: the seeds of authenticators.
//! `adapters::seal` (feature) is a complete one over a key in memory. Write your own for a key that does not
//! leave a hardware module or a key service.
//!
//! - **Authenticated encryption, bound to `associated`.** Pass it as the associated data of the cipher. Return
//!   `Corrupt` for bytes that were changed, cut, moved to another account or never sealed.
//! - **A nonce is never used twice under one key**, by any server and after any restart. Draw 24 bytes
//!   (XChaCha20-Poly1305) or use a mode that resists misuse (AES-GCM-SIV). A counter that starts at zero in
//!   each process repeats itself at once: a reader of the store then has the XOR of two seeds, and can forge.
//! - **Put the id of the key in front**, so that `open` can take older keys and
//!   [`is_current`](crate::port::Seal::is_current) can tell which bytes
//!   [`Engine::reseal`](crate::Engine::reseal) has to seal again. A `true` for everything leaves a leaked key in
//!   use; without an id return `false`.
//! - **A key service that is down is `Unavailable`**, never `Corrupt`: the seed is not lost.
//!
//! ```
//! # #[cfg(all(feature = "conformance", feature = "seal"))]
//! # {
//! use sspr::adapters::seal::KeySeal;
//! use sspr::conformance::check_port;
//! use sspr::port::Seal;
//! use sspr::SecretBytes;
//!
//! let report = check_port::<dyn Seal>(|| KeySeal::new(1, SecretBytes::new(vec![7; 32])).unwrap());
//! assert!(report.violations.is_empty(), "{report}");
//! # }
//! ```
//!
//! The kit makes several instances of the seal from one function, as several servers of one host have the same
//! key. What it cannot see is where the key comes from, and who can read it.
//!
//! | Mistake | Caught by | What it costs |
//! |---|---|---|
//! | `Ok` before the gateway has accepted | `deliver_hands_over_what_it_takes`, `deliver_says_when_it_was_not_accepted` | a notice that the owner never sees |
//! | `Denied` during an outage | `deliver_is_tried_again_after_an_outage` | an outage of a minute removes its notices |
//! | `not_after` ignored | `deliver_drops_what_has_expired` | codes that no longer work, to the next owner of a number |
//! | messages merged by their text | `deliver_tells_messages_apart_by_their_key` | the notice about an attacker's reset is dropped |
//! | nonces from a counter in memory | `seal_never_seals_alike` | seeds are computed from the store |
//! | `associated` left out | `open_refuses_another_associated` | an attacker's seed moves to another account |
//! | plain text from before sealing accepted | `open_refuses_what_was_not_sealed_here` | an attacker inserts a seed |
//! | `is_current` always true | `is_current_is_about_the_sealed_bytes` | a leaked key stays in use |
