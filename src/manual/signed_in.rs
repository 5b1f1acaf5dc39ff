//! Signed-in users and desks: the prompt, registration, a change, the host's own sign-in.
//!
//! Here the host says who it is, by [`SignedIn::vouch`](crate::SignedIn::vouch), from its own session
//! and never from a form. What changes methods wants a sign-in of the last five minutes, and from
//! whoever has a method already a second factor as recent: on
//! [`ReauthenticationRequired`](crate::Refusal::ReauthenticationRequired) send them to sign in again,
//! and back.
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
//! `review` says what there is ([`MethodView`](crate::MethodView)), what the policy counts, and whether
//! it is enough. Each row has *remove* ([`remove`](crate::Registration::remove)), *replace*
//! ([`replace`](crate::Registration::replace)) and *use this first*
//! ([`set_default`](crate::Registration::set_default)). A new method:
//!
//! | Method | Begins with | What the answer shows | Ends with |
//! |---|---|---|---|
//! | mail address, phones | [`add`](crate::Registration::add), for phones after a choice of channel | a field for the code that was sent | [`confirm`](crate::Registration::confirm) |
//! | authenticator app | [`enrol_authenticator`](crate::Registration::enrol_authenticator) | the QR code, the seed, a field for the app's code | `confirm` |
//! | OATH token | [`claim_token`](crate::Registration::claim_token), for each pending one in `review` | a field for the token's code | `confirm` |
//! | saved codes | [`create_saved_codes`](crate::Registration::create_saved_codes) | the codes, *print*, *I have saved them* | [`acknowledge_saved_codes`](crate::Registration::acknowledge_saved_codes) |
//! | push, passkey | your own enrolment ([`host_methods`](super::host_methods)) | | |
//!
//! There is no `view` here: a registration's answer is shown as the answer to its POST, and its ticket
//! goes into a hidden field or a cookie. Who has closed the page begins again. A method that others
//! could come by (a new address) waits a day before it counts in a reset, unless it is the first:
//! [`MethodView::usable_from`](crate::MethodView::usable_from).
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
//! **Saved codes** are kept as digests: the page is the one time that they are seen. The set before
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
//! | "my method is out of use" | have them register it anew while signed in; if they cannot sign in, `revoke_methods` and a first enrolment as on the first day |
//! | "my phone is lost" | they remove it while signed in; else as above |
//! | "that was not me" | `revoke_flows`, end your sessions, `initiate_reset`; `require_registration` if a method may be a stranger's |
//! | "I have left" | `forget`, once the directory no longer knows them |
//!
//! None of this replaces the question who is asking. `supply_contacts` for a stranger is the account in
//! the stranger's hands: keep that desk small, and let nobody sit at it and at the telephone at once.
