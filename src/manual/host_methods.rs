//! Host-verified methods: a push with number matching, a passkey.
//!
//! [`ExternalMethod`](crate::port::ExternalMethod) is for a proof that the engine cannot verify. The
//! host enrols it, begins it and verifies it. The engine names each challenge, counts each attempt
//! *before* it asks the host, counts a proof once, and offers the method only if the policy names its
//! kind. The repository's `examples/methods.rs` plays both methods in a complete flow.
//!
//! | The engine | The host |
//! |---|---|
//! | names the challenge: 64 hexadecimal digits, no secret, never used twice | binds the proof that it requests to that name |
//! | sets the attempts aside when the challenge opens, five by default, and counts each | returns true or false, and the same for the same response |
//! | makes at most one proof of a challenge, whatever is sent and how often | need not remember which responses it has accepted |
//! | makes the same calls for unknown users, under an id of `unknown-` and sixteen digits | returns the same for them |
//! | returns [`Reply::page`](crate::Reply::page) once, in the reply of `challenge` | renders it there, or keeps it for the page after the redirect |
//!
//! # What a wrong result costs
//!
//! - *If `verify` wrongly returns true, the account is taken over.* Examples: another user's passkey, a
//!   response to another challenge, "approved" from a phone that was never asked.
//! - *If the page differs between users, it tells which accounts exist.* The page that
//!   [`begin`](crate::port::ExternalMethod::begin) returns must contain nothing of the user: no
//!   credential ids, no name of a phone. It must contain no made-up values in their place either: once
//!   the budgets of a real account are spent, `begin` is called with an `unknown-` id, and a page whose
//!   values change at that moment reveals the account. [`reply_floor`](crate::builder::EngineBuilder::reply_floor)
//!   hides the time only up to its length, so send the push from a queue.
//! - *If `verify` wrongly returns false*, the attempt is lost and the owner uses another method.
//! - [`available`](crate::port::ExternalMethod::available) is called at nearly every step, so it must
//!   be cheap. If it fails, a reset does not offer the method. A registration that depends on the
//!   answer fails, and so does `complete` with a proof of this method.
//!
//! Before you add, change or remove one, ask
//! [`check_host_verified`](crate::Registration::check_host_verified) whether the sign-in may do so. The
//! engine does not see that a passkey was added or removed. Notify the owner yourself, and void
//! outstanding flows: change the directory's change stamp
//! ([`UserFacts::change_stamp`](crate::facts::UserFacts)), or call
//! [`Admin::revoke_flows`](crate::Admin::revoke_flows). An app and the push to it are on one phone and
//! never count as two methods; a passkey and any other method do.
//!
//! # A push with number matching
//!
//! The page shows a number, and the owner types it *on the phone*. Neither a plain "approve" nor "which
//! of these three" is enough (NIST SP 800-63B-4, 3.1.3): users approve requests that they did not make.
//! If an account's budgets are spent, the engine calls `begin` with a stand-in id, so that other
//! callers' requests do not ring the phone all night.
//!
//! ```
//! use std::collections::HashMap;
//! use std::sync::Mutex;
//!
//! use sspr::port::{Entropy as _, ExternalMethod, PortResult, SystemEntropy, async_trait};
//! use sspr::{MethodKind, SecretText, TenantId, UserId};
//!
//! struct Asked { user: UserId, number: u8, approved: bool }
//!
//! /// Challenges by name. A service keeps them for the life of a flow.
//! #[derive(Default)]
//! struct Push { asked: Mutex<HashMap<String, Asked>> }
//!
//! impl Push {
//!     /// Handles what the phone sends, signed by the app's key: which challenge, and the typed number.
//!     fn typed_on_phone(&self, user: &UserId, challenge: &str, number: u8) {
//!         let mut asked = self.asked.lock().unwrap();
//!         // One attempt: a wrong number ends the challenge.
//!         if let Some(one) = asked.remove(challenge) {
//!             if one.user == *user && one.number == number {
//!                 asked.insert(challenge.to_owned(), Asked { approved: true, ..one });
//!             }
//!         }
//!     }
//! }
//!
//! #[async_trait]
//! impl ExternalMethod for Push {
//!     fn kind(&self) -> MethodKind { MethodKind::AppNotification }
//!
//!     async fn available(&self, _: &TenantId, user: &UserId) -> PortResult<bool> {
//!         Ok(user.as_str() == "u-1") // has the app
//!     }
//!
//!     async fn begin(&self, _: &TenantId, user: &UserId, challenge: &str) -> PortResult<String> {
//!         let mut byte = [0];
//!         SystemEntropy.fill(&mut byte)?;
//!         let fresh = Asked { user: user.clone(), number: 10 + byte[0] % 90, approved: false };
//!         let mut asked = self.asked.lock().unwrap();
//!         // If the name is known, the number stays and nothing is sent.
//!         let one = asked.entry(challenge.to_owned()).or_insert(fresh);
//!         // Here a queue gets the push for the phones of `user`; a stand-in id has none.
//!         Ok(one.number.to_string())
//!     }
//!
//!     async fn verify(
//!         &self,
//!         _: &TenantId,
//!         user: &UserId,
//!         challenge: &str,
//!         _: &SecretText, // "I have typed it": the browser proves nothing
//!     ) -> PortResult<bool> {
//!         let asked = self.asked.lock().unwrap();
//!         Ok(asked.get(challenge).is_some_and(|request| request.user == *user && request.approved))
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (push, contoso) = (Push::default(), TenantId::parse("contoso")?);
//! let (ada, unknown) = (UserId::parse("u-1")?, UserId::parse("unknown-0123456789abcdef")?);
//! let said = SecretText::from("I have typed it");
//!
//! let shown: u8 = push.begin(&contoso, &ada, "one").await?.parse()?;
//! assert!(!push.verify(&contoso, &ada, "one", &said).await?, "not typed yet");
//! push.typed_on_phone(&ada, "one", shown);
//! assert!(push.verify(&contoso, &ada, "one", &said).await?);
//! assert!(push.verify(&contoso, &ada, "one", &said).await?, "a lost reply is given again");
//! assert!(!push.verify(&contoso, &ada, "two", &said).await?, "but for no other challenge");
//!
//! let shown: u8 = push.begin(&contoso, &ada, "two").await?.parse()?;
//! push.typed_on_phone(&ada, "two", shown ^ 1);
//! push.typed_on_phone(&ada, "two", shown);
//! assert!(!push.verify(&contoso, &ada, "two", &said).await?, "a wrong number ends it");
//!
//! // An unknown user is shown a number as well.
//! assert_eq!(push.begin(&contoso, &unknown, "three").await?.len(), shown.to_string().len());
//! # Ok(())
//! # }
//! ```
//!
//! Each call of [`prove`](crate::Reset::prove) uses an attempt, so a page must not poll with it. Let
//! the page poll your own endpoint, which says whether the challenge was answered but not how, and then
//! call `prove` once; or let the user press a button.
//!
//! # A passkey
//!
//! This crate contains no WebAuthn library. Use yours behind three calls.
//!
//! | Call | With a WebAuthn library | Note |
//! |---|---|---|
//! | `available` | does the user have a credential? | |
//! | `begin` | the options of an authentication, as JSON for `navigator.credentials.get` | no `allowCredentials`: passkeys are discoverable, and a list would tell which accounts exist; user verification `required` |
//! | `verify` | the check of an assertion: type, challenge, origin, RP id, flags, signature, counter | the credential must be *this user's*: without a list, an attacker can respond with their own |
//!
//! **A signature must belong to the name of the challenge.** If the library accepts a challenge, pass it
//! the bytes of the name. If it generates its own (webauthn-rs: `start_discoverable_authentication`, then
//! `identify_discoverable_authentication` and `finish_discoverable_authentication`), it also returns a
//! state. Keep that state under the name for the life of a flow, and verify with the state of the name
//! that `verify` receives, whatever the response claims. If `begin` is called again with the same name,
//! return the same page.
//!
//! The example shows what the host itself has to check; a simple function stands in for the signatures.
//!
//! ```
//! use std::collections::HashMap;
//!
//! use data_encoding::BASE64URL_NOPAD;
//! use serde_json::{Value, json};
//! use sspr::port::{ExternalMethod, PortResult, async_trait};
//! use sspr::{MethodKind, SecretText, TenantId, UserId};
//!
//! const ORIGIN: &str = "https://id.contoso.example";
//!
//! /// Stands in for a signature: your library verifies one with the credential's public key.
//! fn signature(key: &str, client_data: &str) -> String { format!("{key} has signed {client_data}") }
//!
//! /// Credentials by id: the owner and the key.
//! struct Passkeys(HashMap<&'static str, (UserId, &'static str)>);
//!
//! impl Passkeys {
//!     fn right(&self, user: &UserId, challenge: &str, response: &str) -> Option<bool> {
//!         let response: Value = serde_json::from_str(response).ok()?;
//!         let client_data = response["clientDataJSON"].as_str()?;
//!         let said: Value = serde_json::from_str(client_data).ok()?;
//!         let (owner, key) = self.0.get(response["id"].as_str()?)?;
//!         Some(
//!             said["type"] == "webauthn.get"
//!                 // This challenge: the browser includes it in the signed data.
//!                 && said["challenge"] == BASE64URL_NOPAD.encode(challenge.as_bytes())
//!                 // This site: an imitation has another origin.
//!                 && said["origin"] == ORIGIN
//!                 // This user: other users have passkeys here too.
//!                 && owner == user
//!                 && response["signature"] == signature(key, client_data),
//!         )
//!     }
//! }
//!
//! #[async_trait]
//! impl ExternalMethod for Passkeys {
//!     fn kind(&self) -> MethodKind { MethodKind::Passkey }
//!
//!     async fn available(&self, _: &TenantId, user: &UserId) -> PortResult<bool> {
//!         Ok(self.0.values().any(|(owner, _)| owner == user))
//!     }
//!
//!     /// The same for all users except for the challenge.
//!     async fn begin(&self, _: &TenantId, _: &UserId, challenge: &str) -> PortResult<String> {
//!         let challenge = BASE64URL_NOPAD.encode(challenge.as_bytes());
//!         Ok(json!({ "challenge": challenge, "rpId": "id.contoso.example",
//!                    "userVerification": "required", "allowCredentials": [] }).to_string())
//!     }
//!
//!     async fn verify(
//!         &self,
//!         _: &TenantId,
//!         user: &UserId,
//!         challenge: &str,
//!         response: &SecretText,
//!     ) -> PortResult<bool> {
//!         Ok(self.right(user, challenge, response.expose_secret()).unwrap_or(false))
//!     }
//! }
//!
//! /// Returns what a browser sends: the key signs what the page received.
//! fn browser(page: &str, id: &str, key: &str, origin: &str) -> sspr::Attempt {
//!     let options: Value = serde_json::from_str(page).unwrap();
//!     let said = json!({ "type": "webauthn.get", "challenge": options["challenge"],
//!                        "origin": origin }).to_string();
//!     let response = json!({ "id": id, "signature": signature(key, &said),
//!                            "clientDataJSON": said });
//!     sspr::Attempt::response(SecretText::new(response.to_string())).unwrap()
//! }
//!
//! # use sspr::adapters::memory::{MemoryDirectory, MemoryInbox, MemoryStore};
//! # use sspr::facts::*;
//! # use sspr::policy::Scope;
//! # use sspr::*;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let secret = |byte| SecretBytes::new(vec![byte; 32]);
//! # let directory = MemoryDirectory::new();
//! # let (contoso, ada) = (TenantId::parse("contoso")?, UserId::parse("u-1")?);
//! # directory.add_tenant(contoso.clone(), TenantFacts::new("Contoso"));
//! # directory.add_user(&contoso, UserFacts::new(ada.clone()), &["ada@contoso.example"], "old")?;
//! let keys = [("ada's", (ada.clone(), "key 1")), ("eve's", (UserId::parse("u-2")?, "key 2"))];
//! let engine = Engine::builder().keys(Keys::new(secret(1), 1, secret(2))?);
//! let engine = engine.store(MemoryStore::new()).directory(directory.clone()).sessions(directory).delivery(MemoryInbox::new());
//! let engine = engine.external_method(Passkeys(keys.into())).open().await?;
//! # let root = Actor::service("setup", [RoleId::parse("Global Administrator")?]);
//! # let policy = Policy::with(|settings| {
//! #     settings.scope = Scope::All;
//! #     settings.users.required = 1;
//! #     settings.users.methods = [MethodKind::Passkey].into();
//! # })?;
//! # engine.admin(&contoso, &root).put_policy(&policy, None).await?;
//! # let request = Request::new(contoso.clone(), Source::parse("203.0.113.7"));
//! let (reset, passkey) = (engine.reset(), Selection::parse("passkey")?);
//! let begin = async |name: &str| -> Result<_, Error> {
//!     let reply = reset.start(&request, &Identifier::parse(name)?).await?;
//!     reset.challenge(&request, &reply.ticket, &passkey).await
//! };
//!
//! let reply = begin("ada@contoso.example").await?;
//! let page = reply.page.as_deref().ok_or("a page")?;
//! for (id, key, origin) in [
//!     ("eve's", "key 2", ORIGIN),
//!     ("ada's", "key 2", ORIGIN),
//!     ("ada's", "key 1", "https://id.contoso.example.evil.example"),
//! ] {
//!     let wrong = browser(page, id, key, origin);
//!     assert!(reset.prove(&request, &reply.ticket, &wrong).await.is_err());
//! }
//! let right = browser(page, "ada's", "key 1", ORIGIN);
//! let proven = reset.prove(&request, &reply.ticket, &right).await?;
//! assert!(matches!(proven.step, Step::NewPassword { .. }));
//!
//! // A response to one challenge is refused for another.
//! let another = begin("ada@contoso.example").await?;
//! assert!(reset.prove(&request, &another.ticket, &right).await.is_err());
//!
//! // An unknown user gets the same page, except for the challenge.
//! let unknown = begin("unknown@contoso.example").await?;
//! assert!(matches!(unknown.step, Step::Respond { .. }));
//! assert_eq!(unknown.page.map(|page| page.len()), another.page.map(|page| page.len()));
//! # Ok(())
//! # }
//! ```
