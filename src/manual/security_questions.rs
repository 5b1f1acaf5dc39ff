//! Security questions: what they are worth, how a policy counts them, how a host hashes their answers.
//!
//! # What they are worth
//!
//! Little. An answer can be guessed, found in a profile, asked for by telephone, and is shared with relatives
//! and other sites. OWASP ASVS 5.0.0, 6.4.2 forbids them, NIST SP 800-63B-4, 4.2.1 knows no recovery by them, and
//! Microsoft ends them in March 2027. They are here for tenants that come from Entra with them. By default
//! they are off, and each step away from that has a name in
//! [`acknowledged`](crate::PolicySettings::acknowledged):
//!
//! | Policy | Needs |
//! |---|---|
//! | `users.methods` names `SecurityQuestions`: asked after another proof | [`SecurityQuestions`](crate::policy::Deviation::SecurityQuestions) |
//! | `questions.first`: asked before any other proof | [`QuestionsFirst`](crate::policy::Deviation::QuestionsFirst) |
//! | `users.required` is 1: answers alone suffice | both, and [`GuessingAboveThreshold`](crate::policy::Deviation::GuessingAboveThreshold) |
//! | `administrators.gates.methods` names it | a fault: never |
//!
//! [`Policy::review`](crate::Policy::review) has the odds. They assume that one person in five gives the most
//! common answer to a question (Bonneau et al., WWW 2015: 19.7 % for the favourite food), and that answers are
//! independent. Someone who knows the owner does better.
//!
//! # A set
//!
//! A signed-in user chooses from [`security_questions`](crate::Registration::security_questions) and gives the
//! whole set to [`set_security_questions`](crate::Registration::set_security_questions): five questions by
//! default, no question twice, no two equal answers, 3 to 40 characters each. It replaces the set before it. Answers
//! are compared in a normal form: Unicode's NFKC, lower case, one space between words, no invisible
//! characters. The record holds ids and hashes; no operation returns them, and no administrator can set them.
//! An administrator removes a set with [`revoke_methods`](crate::Admin::revoke_methods).
//!
//! A question that the policy removes is not asked any more. If fewer are left than a reset asks, the set does
//! not count: [`explain`](crate::Admin::explain) says
//! [`QuestionsRemoved`](crate::admin::Withheld::QuestionsRemoved), and the
//! [prompt](crate::Registration::prompt) asks the user to register when the interval of
//! [`reconfirm_days`](crate::policy::RegistrationPolicy::reconfirm_days) ends, as for every registration that has
//! fallen below. To ask at the next sign-in, call
//! [`require_registration`](crate::Admin::require_registration).
//!
//! # A draw
//!
//! A challenge asks three of them, all of which must be right; the reply does not say which was wrong. By
//! default the same three stay until they were answered (OWASP): over wrong sets, challenges and flows. With
//! `questions.sticky` off, each wrong set draws others (Entra). Wrong sets count against the same budgets as
//! wrong codes.
//!
//! Names without an account get questions too, if they are asked before the first proof: always the same for
//! one name, chosen by the lookup key. This hides less than a page without questions. An attacker who watches a name
//! sees them change when its owner has answered, and knows which questions people like. Leave `questions.first`
//! off if names are secret.
//!
//! # The hash
//!
//! `adapters::argon2` (feature `argon2`) is Argon2id at OWASP's cost: 19 MiB and two passes. It computes where its
//! future is polled. On a runtime whose threads must not block, wrap it:
//!
//! ```
//! # #[cfg(feature = "argon2")] {
//! use sspr::SecretText;
//! use sspr::adapters::argon2::Argon2Hash;
//! use sspr::port::{PortError, PortResult, SlowHash, async_trait};
//!
//! struct OnThreads(Argon2Hash);
//!
//! async fn blocking<T: Send + 'static>(
//!     work: impl FnOnce() -> PortResult<T> + Send + 'static,
//! ) -> PortResult<T> {
//!     let lost = |_| PortError::unavailable().because("the thread of a hash has ended");
//!     tokio::task::spawn_blocking(work).await.map_err(lost)?
//! }
//!
//! #[async_trait]
//! impl SlowHash for OnThreads {
//!     async fn hash(&self, secret: &SecretText) -> PortResult<String> {
//!         let (hash, secret) = (self.0.clone(), SecretText::from(secret.expose_secret()));
//!         blocking(move || hash.hash_now(&secret)).await
//!     }
//!
//!     async fn verify(&self, secret: &SecretText, text: &str) -> PortResult<bool> {
//!         let (hash, secret) = (self.0.clone(), SecretText::from(secret.expose_secret()));
//!         let text = text.to_owned();
//!         blocking(move || hash.verify_now(&secret, &text)).await
//!     }
//!
//!     fn is_current(&self, text: &str) -> bool {
//!         self.0.is_current(text)
//!     }
//! }
//! # }
//! ```
//!
//! To raise the cost, build the engine with another one: hashes of the old cost stay valid and are made again with the
//! next right answers of their owner.
//!
//! # What a stranger can cost
//!
//! An attempt takes as many hashes as questions are asked, for every name, and only while a challenge has attempts
//! left. Without `questions.first` there is none without another proof. With it, two bounds hold:
//!
//! - one source opens [`limits.source`](crate::policy::CrossLimits) challenges in its window, each of five attempts. By
//!   default that is 60 challenges an hour and, with three questions, 900 hashes, which may all be in one minute;
//! - all callers together run [`hashes_at_once`](crate::EngineBuilder::hashes_at_once) comparisons at a time, of
//!   which flows without a proof have half. Others get [`Refusal::Overloaded`](crate::Refusal::Overloaded), the same
//!   for every name, and nothing is counted: with the default of 4, strangers keep two threads and 38 MiB busy at most.
//!   With hashes of 15 milliseconds that is 8 000 hashes a minute, from any number of sources.
//!
//! An attempt takes its place before the record is read, so that the refusal is the same for every name. A caller
//! without an open challenge therefore holds a place for as long as the store needs to load one record. Limit the requests
//! of a source in front of the engine if you set `questions.first`.
//!
//! # What time and length tell
//!
//! The [reply floor](crate::EngineBuilder::reply_floor) must cover the hashes.
//! [`Engine::check`](crate::Engine::check) compares it with a hash that it has measured when it was opened: one of
//! the present cost. The hashes of an account keep the cost at which they were made until its owner has answered, so
//! after a change of the cost the floor must cover the dearer one.
//!
//! A name without an account has a stand-in with five hashes of the length of Argon2id's, so that loading it takes as
//! long as loading an account, within a kilobyte (`tests/attacks/questions.rs` prints both lengths). What an account
//! has beside its questions makes its record longer or shorter. The floor hides the difference: microseconds, beside
//! the milliseconds of a hash.
