//! Methods that the host verifies: a push with number matching, a passkey.
//!
//! [`ExternalMethod`](crate::port::ExternalMethod) is for a proof that the engine cannot judge. The
//! host enrols it, begins it and judges it; the engine gives each challenge a name of its own, counts
//! each try *before* it asks, lets a proof count once, and asks for it only where the policy names
//! its kind. The repository's `examples/methods.rs` plays both in a whole flow.
//!
//! | The engine | The host |
//! |---|---|
//! | names the challenge: 64 hexadecimal digits, no secret, never used twice | binds what it asks for to that name |
//! | sets the tries aside when the challenge opens, five by default, and reserves each | says yes or no, the same to the same response |
//! | makes at most one proof of a challenge, whatever is sent and how often | need not remember what it has accepted |
//! | calls for users that do not exist too, as `nobody-` and sixteen digits | answers alike for them |
//! | hands [`Reply::page`](crate::Reply::page) over once, in the answer of `challenge` | shows it there, or keeps it for the page after the redirect |
//!
//! # What a wrong answer costs
//!
//! - *A wrong yes is an account in a stranger's hands.* With a passkey of somebody else's, with a
//!   response to another challenge, with "approved" from a phone that was never asked.
//! - *A page that differs tells who exists.* What [`begin`](crate::port::ExternalMethod::begin) returns
//!   holds nothing of the user: no credential ids, no name of a phone, and no made-up ones either,
//!   since `begin` is called under a `nobody-` id once the budgets of a real account are spent, and a
//!   page that changed then would tell. The time that it takes is hidden below
//!   [`reply_floor`](crate::EngineBuilder::reply_floor), so send the push from a queue.
//! - *A wrong no* counts as a try, and the owner takes another method.
//! - [`available`](crate::port::ExternalMethod::available) is asked at nearly every step: one cheap look.
//!   An error counts as no, so a service that is away takes its method away and nothing else.
//!
//! The engine does not see that a passkey was added or taken away. Tell the owner yourself, and end
//! what is outstanding: change the directory's change stamp
//! ([`UserFacts::change_stamp`](crate::UserFacts)), or call
//! [`Admin::revoke_flows`](crate::Admin::revoke_flows). An app and the push to it are on one phone and
//! never two gates; a passkey and anything else are.
//!
//! # A push with number matching
//!
//! The page shows a number, and the owner types it *on the phone*. Neither a bare "approve" nor "which
//! of these three" will do (NIST SP 800-63B-4, 3.1.3): people approve what they did not ask for. Where
//! an account's budgets are spent the engine begins for nobody, so that no stranger's requests ring a
//! phone all night.
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
//! /// Challenges by name. A service keeps them as long as a flow lives.
//! #[derive(Default)]
//! struct Push { asked: Mutex<HashMap<String, Asked>> }
//!
//! impl Push {
//!     /// What the phone sends, signed by the app's own key: which challenge, and what was typed.
//!     fn typed_on_phone(&self, user: &UserId, challenge: &str, number: u8) {
//!         let mut asked = self.asked.lock().unwrap();
//!         // One try: a wrong number ends it.
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
//!         // The same name again: the number on the screen stays, and nothing is sent.
//!         let one = asked.entry(challenge.to_owned()).or_insert(fresh);
//!         // Here a queue is told to ring the phones of `user`. Nobody has none.
//!         Ok(one.number.to_string())
//!     }
//!
//!     async fn verify(
//!         &self,
//!         _: &TenantId,
//!         user: &UserId,
//!         challenge: &str,
//!         _: &SecretText, // "I have typed it": the browser has nothing to prove
//!     ) -> PortResult<bool> {
//!         let asked = self.asked.lock().unwrap();
//!         Ok(asked.get(challenge).is_some_and(|one| one.user == *user && one.approved))
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (push, contoso) = (Push::default(), TenantId::parse("contoso")?);
//! let (ada, nobody) = (UserId::parse("u-1")?, UserId::parse("nobody-0123456789abcdef")?);
//! let said = SecretText::from("I have typed it");
//!
//! let shown: u8 = push.begin(&contoso, &ada, "one").await?.parse()?;
//! assert!(!push.verify(&contoso, &ada, "one", &said).await?, "not typed yet");
//! push.typed_on_phone(&ada, "one", shown);
//! assert!(push.verify(&contoso, &ada, "one", &said).await?);
//! assert!(push.verify(&contoso, &ada, "one", &said).await?, "a lost answer is given again");
//! assert!(!push.verify(&contoso, &ada, "two", &said).await?, "and for no other challenge");
//!
//! let shown: u8 = push.begin(&contoso, &ada, "two").await?.parse()?;
//! push.typed_on_phone(&ada, "two", shown ^ 1);
//! push.typed_on_phone(&ada, "two", shown);
//! assert!(!push.verify(&contoso, &ada, "two", &said).await?, "a wrong number ends it");
//!
//! // Somebody who does not exist is shown a number as well.
//! assert_eq!(push.begin(&contoso, &nobody, "three").await?.len(), shown.to_string().len());
//! # Ok(())
//! # }
//! ```
//!
//! Each call of [`prove`](crate::Reset::prove) takes a try, so a page must not poll with it. Let it
//! poll an address of yours that says whether the challenge was answered, never how, and call `prove`
//! once; or let the person press a button.
//!
//! # A passkey
//!
//! No WebAuthn library is part of this crate: yours is behind three calls.
//!
//! | Call | With a WebAuthn library | Mind |
//! |---|---|---|
//! | `available` | is there a credential of this user? | |
//! | `begin` | the options of an authentication, as JSON for `navigator.credentials.get` | no `allowCredentials`: passkeys are discoverable, and a list would tell who exists; user verification `required` |
//! | `verify` | the check of an assertion: type, challenge, origin, RP id, flags, signature, counter | the credential must be *this user's*: without a list, a stranger can answer with their own |
//!
//! **The name is what is signed.** A library that takes a challenge gets the bytes of the name. One
//! that draws its own (webauthn-rs: `start_discoverable_authentication`, then
//! `identify_discoverable_authentication` and `finish_discoverable_authentication`) gives a state back
//! with it: keep that state under the name, for as long as a flow lives, and check with the state of
//! the name that `verify` is given, whatever the response claims. When the same name comes again, give
//! the same page again.
//!
//! Here a stand-in signs, so that what is left can be seen: what the host itself has to check.
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
//! /// In the place of a signature: your library verifies one with the credential's public key.
//! fn signature(key: &str, client_data: &str) -> String { format!("{key} has signed {client_data}") }
//!
//! /// Credentials by id: whose each is, and its key.
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
//!                 // This challenge and no other: the browser puts it into what is signed.
//!                 && said["challenge"] == BASE64URL_NOPAD.encode(challenge.as_bytes())
//!                 // This site: a page that looks like it has another origin.
//!                 && said["origin"] == ORIGIN
//!                 // This user: anybody may have a passkey here.
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
//!     /// The same for everybody but for the challenge.
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
//! /// What a browser sends back: the key signs what the page was given.
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
//! # use sspr::*;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let secret = |byte| SecretBytes::new(vec![byte; 32]);
//! # let directory = MemoryDirectory::with_hash_cost(8, 1);
//! # let (contoso, ada) = (TenantId::parse("contoso")?, UserId::parse("u-1")?);
//! # directory.add_tenant(contoso.clone(), TenantFacts::new("Contoso"));
//! # directory.add_user(&contoso, UserFacts::new(ada.clone()), &["ada@contoso.example"], "old")?;
//! let keys = [("ada's", (ada.clone(), "key 1")), ("eve's", (UserId::parse("u-2")?, "key 2"))];
//! let engine = Engine::builder().keys(Keys::new(secret(1), 1, secret(2))?);
//! let engine = engine.store(MemoryStore::new()).directory(directory).delivery(MemoryInbox::new());
//! let engine = engine.external_method(Passkeys(keys.into())).open().await?;
//! # let root = Actor::new("root@contoso.example", [RoleId::parse("Global Administrator")?]);
//! # let mut settings = PolicySettings::default();
//! # settings.scope = Scope::All;
//! # settings.users.required = 1;
//! # settings.users.methods = [MethodKind::Passkey].into();
//! # engine.admin(&contoso, &root).put_policy(&Policy::new(settings)?, None).await?;
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
//! // What has answered one challenge answers no other.
//! let another = begin("ada@contoso.example").await?;
//! assert!(reset.prove(&request, &another.ticket, &right).await.is_err());
//!
//! // Whoever does not exist gets the same page, but for the challenge.
//! let nobody = begin("nobody@contoso.example").await?;
//! assert!(matches!(nobody.step, Step::Respond { .. }));
//! assert_eq!(nobody.page.map(|page| page.len()), another.page.map(|page| page.len()));
//! # Ok(())
//! # }
//! ```
