//! Signed-in users and help desks: the prompt, registration, a password change, the host's own sign-in.
//!
//! On this page the host says who the user is, by [`SignedIn::vouch`](crate::SignedIn::vouch). Take the
//! tenant, the user and the times from your own session, never from a form or a URL.
//!
//! | Refusal | Send the user to |
//! |---|---|
//! | [`ReauthenticationRequired`](crate::Refusal::ReauthenticationRequired) | your sign-in, and back: the sign-in is older than five minutes, or the registration session is over |
//! | [`SecondFactorRequired`](crate::Refusal::SecondFactorRequired) | your second factor, and back; a user without one, to your help desk |
//!
//! # At sign-in
//!
//! After the password and the second factor, and before the session is valid, call
//! [`prompt`](crate::Registration::prompt), at most once per interactive session: the engine does not
//! know how often a page is shown. If it returns an error, let the user in.
//!
//! | Prompt | Page |
//! |---|---|
//! | `ChangePassword` | the [change form](#a-change), without a way to skip it |
//! | `Register` | the kinds that [`plan`](crate::method::SignInPrompt::plan) proposes, with the others that it offers; register them with [`interrupt`](crate::Registration::interrupt) |
//! | `Reconfirm` | [`review`](crate::Registration::review) as a list, with *this is right*: [`reconfirm`](crate::Registration::reconfirm) |
//! | `Nothing`, and any unknown variant | the page that the user wanted |
//!
//! Unless [`skip`](crate::method::SignInPrompt::skip) is `Never`, the pages of `Register` and `Reconfirm`
//! have *not now*: [`Registration::skip`](crate::Registration::skip) stops the prompt for this session, so
//! give each session a unique name. The policy allows that for ever (the default: a user without
//! methods can still sign in, but cannot reset), for some days from the first prompt, or never
//! ([`skip_days`](crate::policy::RegistrationPolicy::skip_days)). If your sign-in requires methods of its
//! own, name their kinds
//! ([`with_sign_in_kinds`](crate::method::SignInContext::with_sign_in_kinds)): the plan is then enough for
//! both, and a prompt for what the sign-in needs cannot be skipped.
//!
//! **Authenticator codes** at your sign-in are verified by the engine too, so that one replay mark
//! covers all uses: a code that has opened a session resets no password. Call it only after the
//! password was correct. `TooOften` means a spent budget. If its `retry_at` is
//! [`Timestamp::MAX`](crate::Timestamp::MAX), fifty codes in a row were wrong at the sign-in, and a
//! help desk must call [`unblock`](crate::Admin::unblock). Failures in resets do not count here.
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
//! `review` returns the methods ([`MethodView`](crate::method::MethodView)), what the policy requires,
//! whether the methods satisfy it, and whether adding one requires a second factor
//! ([`second_factor_wanted`](crate::method::RegistrationReview::second_factor_wanted)). Each row has
//! *remove* ([`remove`](crate::Registration::remove)), *replace*
//! ([`replace`](crate::Registration::replace), for an app
//! [`replace_authenticator`](crate::Registration::replace_authenticator)) and *use this first*
//! ([`set_default`](crate::Registration::set_default)). A new method:
//!
//! | Method | Begins with | The page shows | Ends with |
//! |---|---|---|---|
//! | mail address, phones | [`add`](crate::Registration::add), for phones after a choice of channel | a field for the code that was sent | [`confirm`](crate::Registration::confirm) |
//! | authenticator app | [`enrol_authenticator`](crate::Registration::enrol_authenticator) | the QR code, the seed, a field for the app's code | `confirm` |
//! | OATH token | [`claim_token`](crate::Registration::claim_token), for each pending one in `review` | a field for the token's code | `confirm` |
//! | recovery codes | [`create_recovery_codes`](crate::Registration::create_recovery_codes) | the codes, *print*, *I have saved them* | [`acknowledge_recovery_codes`](crate::Registration::acknowledge_recovery_codes) |
//! | security questions | [`security_questions`](crate::Registration::security_questions) | a choice of question and a field for each answer of the set | [`set_security_questions`](crate::Registration::set_security_questions) with the whole set |
//! | push, passkey | [`check_host_verified`](crate::Registration::check_host_verified), then your own enrolment ([`host_methods`](super::host_methods)) | | |
//!
//! **Supplied data.** `review` and the prompt list contact data of an administrator or the directory, masked
//! ([`RegistrationPlan::supplied`](crate::method::RegistrationPlan::supplied)). One code, requested by
//! [`claim_contact`](crate::Registration::claim_contact), makes it the user's own method, which a reset
//! offers first; the supplied data is then the fallback.
//!
//! There is no `view` here: render the reply in the response to its POST, and keep its ticket in a
//! hidden field or a cookie. A user who has closed the page begins again. Two tabs of one session do
//! not end each other.
//!
//! **Requirements.** Each of these calls requires a sign-in within the last five minutes. If the
//! session has a second factor, or the directory reports that the user has one, that factor must be as
//! recent. A registration session begins with the first method that is added, confirmed or removed. It
//! ends after 15 minutes, however often the user signs in meanwhile; a sign-in after its end begins
//! another one.
//!
//! | The account | Adding requires | A new address counts |
//! |---|---|---|
//! | has no method | the recent sign-in | at once, and so do others added in this registration session |
//! | has some, not enough for a reset | the recent sign-in, for a method of another kind; otherwise a second factor | after a day; the previous addresses are notified |
//! | could pass a reset | a second factor | after a day |
//! | was revoked, or must register again ([`revoke_methods`](crate::Admin::revoke_methods), [`require_registration`](crate::Admin::require_registration)) | the same as a first method; only methods confirmed from then on count | after a day; an address that counted before, at once |
//! | was forgotten ([`forget`](crate::Admin::forget)) | the same as a first method | after a day, if the directory has an address to notify |
//!
//! A host without second factors can therefore register all methods that a reset requires in one
//! session. After that its users cannot change methods by themselves, since a stolen password must not
//! be enough. They ask the help desk, which uses `require_registration`, or the policy turns
//! [`second_factor_to_change`](crate::policy::RegistrationPolicy::second_factor_to_change) off. If the owner
//! has one method, a thief of the password can add a second one, but no third. The new method is on
//! hold, the owner is notified, and a reset still requires the owner's method.
//!
//! A replaced method counts until the hold of the new one ends. A completed reset removes methods on
//! hold and notifies the owner, so that an attacker's method does not outlive it.
//!
//! **Host-verified methods** count here too, so the engine asks the host whether the user has one. If the
//! result depends on it and [`ExternalMethod::available`](crate::port::ExternalMethod::available) fails, or
//! the engine was built without that method, the registration fails with
//! [`Error::Fault`](crate::Error::Fault): *unknown* is not *none*. Give every process the same methods.
//!
//! **The authenticator page** shows [`Enrolment::uri`](crate::method::Enrolment::uri) as a QR code. Draw it
//! with a library in the page or on your server: a service that draws QR codes would receive the seed.
//! Show [`Enrolment::seed`](crate::method::Enrolment::seed) beside it for users without a camera. Both are
//! returned once. Respond with `Cache-Control: no-store`, and do not store them. The engine needs a
//! [`seal`](crate::builder::EngineBuilder::seal).
//!
//! ```
//! use sspr::{Engine, Error, Request, SignedIn};
//! use sspr::method::NewAuthenticator;
//!
//! /// The page; `qr` draws the QR code.
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
//! **Recovery codes** are stored as digests, so this page is the only time that they can be shown. The
//! previous set counts until the new one is acknowledged. `codes_left` tells when to suggest a new set.
//!
//! # A change
//!
//! Use a form with the current password and a new one, twice. One handler calls
//! [`Change::start`](crate::Change::start) and then [`complete`](crate::Change::complete). If the new
//! password is refused, show why. Then ask for both again, or keep the ticket and ask for the new one
//! only. The change ends all sessions, including this one: start a new one.
//!
//! # Desks
//!
//! An administrator's action is an operation of [`Admin`](crate::Admin). It requires a role
//! ([`AdminRoles`](crate::admin::AdminRoles)), is recorded with the administrator's name, and shows no secret.
//!
//! An operation on a user also depends on the roles of that user: a Helpdesk Administrator, for
//! example, cannot initiate the reset of a Global Administrator. The table is
//! [`TargetRules`](crate::admin::TargetRules); its default is Entra's. Report
//! [`restricted_management`](crate::facts::UserFacts::restricted_management) for every user: without it,
//! only the most privileged administrators may act on the user. An administrator may not act on their
//! own account, so pass the user id of each administrator who is a user
//! ([`Actor::user`](crate::Actor::user)). A refused act is recorded as `act_refused`.
//!
//! | Desk | Operations | Roles |
//! |---|---|---|
//! | policy | [`policy`](crate::Admin::policy), [`put_policy`](crate::Admin::put_policy), [`dry_run`](crate::Admin::dry_run) | `policy`; to read it and for dry runs, `read` is enough |
//! | enrolment | [`supply_contacts`](crate::Admin::supply_contacts), [`supply_token`](crate::Admin::supply_token) | `contacts` |
//! | help | [`unblock`](crate::Admin::unblock) | `unblock` |
//! | help | [`initiate_reset`](crate::Admin::initiate_reset) | `initiate` |
//! | security | [`revoke_flows`](crate::Admin::revoke_flows), [`revoke_methods`](crate::Admin::revoke_methods), [`require_registration`](crate::Admin::require_registration), [`forget`](crate::Admin::forget), [`confirm_incarnation`](crate::Admin::confirm_incarnation) | `revoke` |
//! | audit | [`events`](crate::Admin::events), [`user_events`](crate::Admin::user_events), [`accounts`](crate::Admin::accounts), [`explain`](crate::Admin::explain), the [reports](crate::manual::reports) | `read` |
//!
//! | The user reports | Look at, then do |
//! |---|---|
//! | "no code arrives" | `explain`: the reason, which methods are usable, which are blocked |
//! | "it says too often" | `explain`; `unblock` once you know who asks |
//! | "my method is disabled" | have the user register it again while signed in; without a second factor, `require_registration` first; without a sign-in, `revoke_methods` and a first enrolment as for a new user |
//! | "my phone is lost" | the user removes it while signed in with a second factor; otherwise as above |
//! | "that was not me" | `revoke_flows`, end your sessions, `initiate_reset`; `require_registration` if a method may be an attacker's |
//! | the user has left the organisation | `forget`, once the directory no longer has the user |
//!
//! None of these operations verifies the identity of the person who asks. If a desk supplies an
//! attacker's contact data, the account is taken over. Give that role to few administrators, and not to
//! those who answer the telephone.
