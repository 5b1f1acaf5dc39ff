//! Signed-in users and desks: the prompt, registration, a change, the host's own sign-in.
//!
//! Here the host says who it is, by [`SignedIn::vouch`](crate::SignedIn::vouch): tenant, user and times
//! from its own session, and never from a form or an address.
//!
//! | Refusal | Send the user to |
//! |---|---|
//! | [`ReauthenticationRequired`](crate::Refusal::ReauthenticationRequired) | your sign-in, and back: it is older than five minutes |
//! | [`SecondFactorRequired`](crate::Refusal::SecondFactorRequired) | your second factor, and back; a user who has none, to your desk |
//!
//! # At sign-in
//!
//! After the password and the second factor, and before the session is worth anything, ask
//! [`prompt`](crate::Registration::prompt). It only reads. An error lets the user in.
//!
//! | Prompt | Page |
//! |---|---|
//! | `ChangePassword` | the [change form](#a-change), and no way round it |
//! | `Register` | the registration, with *not now*: [`postpone`](crate::Registration::postpone) asks no more in this session, so name sessions as yours are named |
//! | `Reconfirm` | [`review`](crate::Registration::review) as a list, with *this is right*: [`reconfirm`](crate::Registration::reconfirm) |
//! | `Nothing`, and what is new to you | where they wanted to go |
//!
//! **Codes of authenticators** are judged by the engine at your sign-in too, so that one mark of what
//! was used serves all: a code that has opened a session resets no password. Ask only after the
//! password was right. `TooOften` stands for a spent budget; where its time never comes fifty codes in a
//! row were wrong at the sign-in, and a desk must help ([`unblock`](crate::Admin::unblock)). Failures in
//! resets do not count here.
//!
//! ```
//! use sspr::{Attempt, Engine, Error, Refusal, Request, UserId};
//!
//! async fn second_factor(
//!     engine: &Engine,
//!     request: &Request,
//!     user: &UserId, // whose password was right
//!     typed: &str,
//! ) -> Result<bool, Error> {
//!     match engine.authenticator().verify(request, user, &Attempt::code(typed)?).await {
//!         Ok(_method) => Ok(true),
//!         Err(Error::Refused(Refusal::NotAccepted)) => Ok(false),
//!         Err(error) => Err(error), // with `TooOften`: another factor, or later
//!     }
//! }
//! ```
//!
//! # Registration
//!
//! `review` says what there is ([`MethodView`](crate::MethodView)), what the policy counts, whether it
//! is enough, and whether another method takes a second factor
//! ([`second_factor_wanted`](crate::RegistrationReview::second_factor_wanted)). Each row has *remove* ([`remove`](crate::Registration::remove)), *replace*
//! ([`replace`](crate::Registration::replace)) and *use this first*
//! ([`set_default`](crate::Registration::set_default)). A new method:
//!
//! | Method | Begins with | What the answer shows | Ends with |
//! |---|---|---|---|
//! | mail address, phones | [`add`](crate::Registration::add), for phones after a choice of channel | a field for the code that was sent | [`confirm`](crate::Registration::confirm) |
//! | authenticator app | [`enrol_authenticator`](crate::Registration::enrol_authenticator) | the QR code, the seed, a field for the app's code | `confirm` |
//! | OATH token | [`claim_token`](crate::Registration::claim_token), for each pending one in `review` | a field for the token's code | `confirm` |
//! | recovery codes | [`create_recovery_codes`](crate::Registration::create_recovery_codes) | the codes, *print*, *I have saved them* | [`acknowledge_recovery_codes`](crate::Registration::acknowledge_recovery_codes) |
//! | push, passkey | your own enrolment ([`host_methods`](super::host_methods)) | | |
//!
//! There is no `view` here: a registration's answer is shown as the answer to its POST, and its ticket
//! goes into a hidden field or a cookie. A user who has closed the page begins again; two tabs of one
//! session do not end each other.
//!
//! **What it takes.** Every page wants a sign-in of the last five minutes, and where the session holds a
//! second factor, that one as fresh: the stricter of two timers.
//!
//! | The account | Adding takes | A new address counts |
//! |---|---|---|
//! | holds nothing | the fresh sign-in | at once, and so do those that join it in this session, within an hour |
//! | holds some, not enough for a reset | the fresh sign-in, for a method of another kind; else a second factor | after a day; the addresses before it are told |
//! | could pass a reset | a second factor | after a day |
//! | was revoked, or is to register again ([`revoke_methods`](crate::Admin::revoke_methods), [`require_registration`](crate::Admin::require_registration)) | what a first one takes; only what is confirmed from then on counts | after a day; an address that was good before, at once |
//! | was forgotten ([`forget`](crate::Admin::forget)) | what a first one takes | after a day, where the directory has an address to tell |
//!
//! A host that knows passwords only therefore registers what a reset wants in one sitting. Its users
//! change nothing by themselves after that, since a stolen password must not: they ask the desk, which
//! uses `require_registration`; or the policy turns
//! [`second_factor_to_change`](crate::RegistrationPolicy::second_factor_to_change) off. A thief of the
//! password can put one method beside the only one of the owner's, on hold and told to the owner, and
//! never two: a reset still wants the owner's.
//!
//! A method that is replaced counts until the hold of the new one is over. A completed reset drops
//! what is still on hold, and tells the owner: what a stranger has added must not outlive it.
//!
//! **What the host verifies** is asked for here too. If [`ExternalMethod::available`](crate::port::ExternalMethod::available)
//! fails, or an engine is built without a method that the policy counts, and the answer matters, the
//! registration fails ([`Error::Fault`](crate::Error::Fault)): *not known* is not *none*. Give every
//! process the same methods.
//!
//! **The authenticator's page** shows [`Enrolment::uri`](crate::Enrolment::uri) as a QR code that *you*
//! draw, with a library in the page or on your server. An address of a service that draws QR codes
//! would hand the seed to it. Beside it stands [`Enrolment::seed`](crate::Enrolment::seed) for whoever
//! has no camera. Both come once; answer with `Cache-Control: no-store`, and keep them nowhere. The
//! engine needs a [`seal`](crate::EngineBuilder::seal).
//!
//! ```
//! use sspr::{Engine, Error, NewAuthenticator, Request, SignedIn};
//!
//! /// The page; `qr` is a function of yours that draws.
//! async fn app_page(
//!     engine: &Engine,
//!     request: &Request,
//!     user: &SignedIn,
//!     qr: impl Fn(&str) -> String,
//! ) -> Result<String, Error> {
//!     let app = NewAuthenticator::new("Contoso", "ada@contoso.example");
//!     let enrolment = engine.registration().enrol_authenticator(request, user, &app).await?;
//!     Ok(format!(
//!         "{}<code>{}</code><input name=code><input type=hidden name=ticket value={}>",
//!         qr(enrolment.uri.expose_secret()),
//!         enrolment.seed.expose_secret(),
//!         enrolment.reply.ticket.expose_secret(),
//!     ))
//! }
//! ```
//!
//! **Recovery codes** are kept as digests: the page is the one time that they are seen. The set before
//! counts until the new one is acknowledged. `codes_left` says when to suggest a new set.
//!
//! # A change
//!
//! A form with the present password and a new one, twice. One handler calls
//! [`Change::start`](crate::Change::start) and then [`complete`](crate::Change::complete). If the new one
//! is refused, show why and ask for both again, or keep the ticket and ask for the new one only. All
//! sessions end with the change, also this one: start a new one.
//!
//! # Desks
//!
//! What an administrator does is an operation of [`Admin`](crate::Admin). It asks for a role
//! ([`AdminRoles`](crate::AdminRoles)), is recorded by name, and shows no secret.
//!
//! | Desk | Operations | Roles |
//! |---|---|---|
//! | policy | [`policy`](crate::Admin::policy), [`put_policy`](crate::Admin::put_policy) | `policy` |
//! | enrolment | [`supply_contacts`](crate::Admin::supply_contacts), [`supply_token`](crate::Admin::supply_token) | `contacts` |
//! | help | [`unblock`](crate::Admin::unblock) | `unblock` |
//! | help | [`initiate_reset`](crate::Admin::initiate_reset) | `initiate` |
//! | security | [`revoke_flows`](crate::Admin::revoke_flows), [`revoke_methods`](crate::Admin::revoke_methods), [`require_registration`](crate::Admin::require_registration), [`forget`](crate::Admin::forget) | `revoke` |
//! | audit | [`events`](crate::Admin::events), [`accounts`](crate::Admin::accounts), [`explain`](crate::Admin::explain) | `read` |
//!
//! | Somebody says | Look, then do |
//! |---|---|
//! | "no code arrives" | `explain`: the reason, what is usable, what is blocked |
//! | "it says too often" | `explain`; `unblock` once you know who asks |
//! | "my method is out of use" | have them register it anew while signed in; without a second factor, `require_registration` first; if they cannot sign in, `revoke_methods` and a first enrolment as on the first day |
//! | "my phone is lost" | they remove it while signed in with a second factor; else as above |
//! | "that was not me" | `revoke_flows`, end your sessions, `initiate_reset`; `require_registration` if a method may be a stranger's |
//! | "I have left" | `forget`, once the directory no longer knows them |
//!
//! None of this replaces the question who is asking. `supply_contacts` for a stranger is the account in
//! the stranger's hands: keep that desk small, and let nobody sit at it and at the telephone at once.
