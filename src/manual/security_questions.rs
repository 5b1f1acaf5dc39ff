//! Security questions: how much they protect, how a policy counts them, how a host hashes their answers.
//!
//! # What they are worth
//!
//! Little. An answer can be guessed, found in a profile or asked for by telephone; relatives and other sites know
//! it. OWASP ASVS 5.0.0, 6.4.2 forbids them, they are not among the means of recovery of NIST SP 800-63B-4, 4.2.1, and
//! Microsoft ends them in March 2027. They exist here for tenants that used them in Entra. By default
//! they are off, and a policy that uses them names each deviation in
//! [`acknowledged`](crate::PolicySettings::acknowledged):
//!
//! | Policy | Needs |
//! |---|---|
//! | `users.methods` names `SecurityQuestions`, which are then asked after another proof | [`SecurityQuestions`](crate::policy::Deviation::SecurityQuestions) |
//! | `questions.first` lets them be asked before any other proof | [`QuestionsFirst`](crate::policy::Deviation::QuestionsFirst) |
//! | `users.required` is 1, so that answers alone suffice | both, and [`GuessingAboveThreshold`](crate::policy::Deviation::GuessingAboveThreshold) |
//! | `administrators.gates.methods` names it | not allowed, whatever is acknowledged |
//!
//! [`Policy::review`](crate::Policy::review) has the odds. They assume that one person in five gives the most
//! common answer to a question (Bonneau et al., WWW 2015: 19.7 % for the favourite food), and that answers are
//! independent. An attacker who knows the owner does better.
//!
//! # A set
//!
//! A signed-in user chooses from [`security_questions`](crate::Registration::security_questions) and gives the
//! whole set to [`set_security_questions`](crate::Registration::set_security_questions): five questions by
//! default, no question twice, no two equal answers, 3 to 40 characters each. It replaces the previous set. Answers
//! are compared in a normal form: Unicode's NFKC, lower case, one space between words, no invisible
//! characters. The record holds ids and hashes; no operation returns them, and no administrator can set them.
//! An administrator removes a set with [`revoke_methods`](crate::Admin::revoke_methods).
//!
//! A question that the policy removes is not asked any more. If fewer are left than a reset asks, the set does
//! not count, and [`explain`](crate::Admin::explain) returns
//! [`QuestionsRemoved`](crate::admin::Withheld::QuestionsRemoved). As for every registration that no longer
//! suffices, the [prompt](crate::Registration::prompt) asks the user to register when the interval of
//! [`reconfirm_days`](crate::policy::RegistrationPolicy::reconfirm_days) ends. To ask at the next sign-in, call
//! [`require_registration`](crate::Admin::require_registration).
//!
//! # A draw
//!
//! A challenge asks three questions of the set, and all three answers must be correct; the reply does not say which
//! was wrong. By default the questions are *sticky* (OWASP): the same three are asked until they are answered, however
//! many attempts, challenges and flows that takes. With `questions.sticky` off, each wrong attempt draws other
//! questions (Entra). Wrong attempts count against the same budgets as wrong codes.
//!
//! If questions are asked before the first proof, names without an account get questions too: always the same for
//! one name, chosen by the lookup key. This hides less than a page without questions does. An attacker who watches a
//! name sees its questions change when the owner has answered, and may know which questions most users choose. Leave
//! `questions.first` off if it must stay secret which names have accounts.
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
//! To raise the cost, build the engine with a hash of the new cost. Hashes of the old cost stay valid, and are replaced
//! when their owner next answers correctly.
//!
//! # What a stranger can cost
//!
//! An attempt takes as many hashes as questions are asked, for every name, and only while a challenge has attempts
//! left. Without `questions.first` a caller needs another proof before anything is hashed. With it, two bounds hold:
//!
//! - one source opens [`limits.source`](crate::policy::CrossLimits) challenges in its window, each of five attempts. By
//!   default that is 60 challenges an hour and, with three questions, 900 hashes, which may all be in one minute;
//! - all callers together run at most [`hashes_at_once`](crate::builder::EngineBuilder::hashes_at_once) comparisons at a time,
//!   and those without a proof at most half of that. Further callers get [`Refusal::Overloaded`](crate::Refusal::Overloaded), the same
//!   for every name, and nothing is counted: with the default of 4, strangers keep two threads and 38 MiB busy at most.
//!   With hashes of 15 milliseconds that is 8 000 hashes a minute, from any number of sources.
//!
//! An attempt takes one of these places before the record is read, so that the refusal is the same for every name.
//! Even a caller without an open challenge therefore holds a place while the store loads one record. If you set
//! `questions.first`, limit the requests of a source in front of the engine.
//!
//! # What time and length tell
//!
//! The [reply floor](crate::builder::EngineBuilder::reply_floor) must cover the hashes.
//! [`Engine::check`](crate::Engine::check) compares the floor with the time of a hash of the present cost, which the
//! engine measures when it opens. The hashes of an account keep their cost until its owner has answered, so after a
//! change of the cost the floor must cover the higher of the two.
//!
//! A name without an account has a decoy record with five hashes as long as those of Argon2id. Its length is within a
//! kilobyte of an account's (`tests/attacks/questions.rs` prints both), so that loading it takes about as long. The
//! floor hides the difference, which is microseconds beside the milliseconds of a hash.
