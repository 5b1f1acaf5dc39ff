//! Embedding the engine in a web application.
//!
//! A handler takes the ticket from a cookie, calls one verb, puts the new ticket into the cookie and
//! redirects; a page asks [`view`](crate::Reset::view) and shows the step. The repository's
//! `examples/embed` is that as an application of its own, in less than 80 lines of code. What a
//! *signed-in* user sees (registration, the prompt, a change of the password) is on the page
//! [`signed_in`](super::signed_in).
//!
//! # What to show
//!
//! Match on the [`Step`](crate::Step), never on what the browser was sent last. The enum will grow:
//! an unknown step is a page that says "please start again".
//!
//! | Step | Page | Its form calls |
//! |---|---|---|
//! | none: no cookie, or the flow has ended | the sign-in name | [`start`](crate::Reset::start) |
//! | [`Choose`](crate::Step::Choose) | the options; a field for the phone number where [`typed_number`](crate::OptionView::typed_number) says so | [`challenge`](crate::Reset::challenge) |
//! | [`Enter`](crate::Step::Enter) | "If the account has this method, a code is on its way", a field for it, the other options; *send again* from `resend_at` on, *contact your administrator* from `help_at` on | [`prove`](crate::Reset::prove), or `challenge` again |
//! | [`OpenLink`](crate::Step::OpenLink) | "If the account has this address, a link is on its way. Open it on this device, or on another" | nothing: [the link's page](#links) does; or `challenge` again |
//! | [`Respond`](crate::Step::Respond) | what [`Reply::page`](crate::Reply::page) holds: a number for the app, options for a passkey | `prove` with [`Attempt::response`](crate::Attempt::response), or `challenge` again |
//! | [`NewPassword`](crate::Step::NewPassword) | the rules and a field; if `unsettled`, "type the same password again" | [`complete`](crate::Reset::complete) |
//! | [`ConfirmUnlock`](crate::Step::ConfirmUnlock) | "Unlock my account"; if `unsettled`, the same again | [`Unlock::complete`](crate::Unlock::complete) |
//! | [`Done`](crate::Step::Done) | "Your password is changed", or "your account is unlocked"; if not `propagated`, "in a few minutes" | nothing: sign in; see [after the end](#after-the-end) |
//!
//! Never say that a code *was* sent: before the first proof nobody is told. An option goes into the
//! form as its text, and comes back through [`Selection::parse`](crate::Selection::parse). Codes of
//! every sort (sent, shown by an app or a token, saved) go through one field and
//! [`Attempt::code`](crate::Attempt::code). Where several challenges are open, the field belongs to one:
//! say so with [`Attempt::answering`](crate::Attempt::answering).
//!
//! `Reply::page` is in the answer that opened the challenge and in no other, `view` included. Show it
//! in that answer, or keep it beside the ticket until the page after the redirect has shown it.
//!
//! ```
//! use sspr::{OptionView, Step};
//!
//! fn page(step: &Step) -> String {
//!     let choices = |options: &[OptionView]| -> String {
//!         let button = |one: &OptionView| format!("<button value={}>", one.option);
//!         options.iter().map(button).collect()
//!     };
//!     match step {
//!         Step::Choose { options } => choices(options),
//!         Step::Enter { options, .. } => format!("<input name=code>{}", choices(options)),
//!         Step::OpenLink { options, .. } => format!("open the link{}", choices(options)),
//!         Step::Respond { options, .. } => format!("<button name=response>{}", choices(options)),
//!         Step::ConfirmUnlock { .. } => "<button name=unlock>".to_owned(),
//!         Step::NewPassword { unsettled: true, .. } => "the same password again".to_owned(),
//!         Step::NewPassword { rules, .. } => format!("at least {}", rules.min_length),
//!         Step::Done { .. } => "your password is changed".to_owned(),
//!         _ => "please start again".to_owned(),
//!     }
//! }
//! assert_eq!(page(&Step::Choose { options: Vec::new() }), "");
//! ```
//!
//! # Links
//!
//! The policy's [`link`](crate::PolicySettings::link) is the address of a page of yours, and the
//! secret is appended to it. A link lives no longer than its flow: 15 minutes by default, whatever
//! `lifetimes.email_link` says beyond that.
//!
//! - **The GET only reads**: it shows a button. Scanners and previews open every link in a mail, and
//!   some run scripts; none may redeem it.
//! - **The button POSTs** the secret, and one handler redeems it. A browser that comes from a mail
//!   sends no `SameSite=Strict` cookie with the GET, but does with the POST of your own page: so only
//!   the handler knows whether this browser holds the ticket.
//! - **With the ticket** it is a proof like any other: `prove`. **Without it**, or if the ticket is of
//!   another flow, ask for the sign-in name and call
//!   [`redeem_link`](crate::Reset::redeem_link), which gives this browser a ticket of its own.
//!   The one before is worth nothing then, and its page does not see why: what it shows stays the same
//!   until the flow's time is over.
//! - **After `#`** the secret reaches no log, no proxy and no `Referer`; a script moves it into the form.
//!   **After `?link=`** no script is needed, but access logs have it: drop it there. In both cases
//!   answer with `Referrer-Policy: no-referrer` and `Cache-Control: no-store`, and load nothing from
//!   other sites.
//! - Resets and unlocks have one base, and a link does not say which it is for. Without a ticket try the
//!   one, then the other: what fits nothing is not counted.
//!
//! ```
//! use sspr::{Attempt, Engine, Error, Identifier, InvalidInput, Refusal, Reply, Request};
//! use sspr::ResetTicket;
//!
//! /// What the button posts: the link, the cookie's ticket, and the name once it was asked for.
//! /// `None`: ask for the name.
//! async fn redeem(
//!     engine: &Engine,
//!     request: &Request,
//!     link: &Attempt,
//!     cookie: Option<&ResetTicket>,
//!     name: Option<&Identifier>,
//! ) -> Result<Option<Reply<ResetTicket>>, Error> {
//!     let reset = engine.reset();
//!     if let Some(name) = name {
//!         return reset.redeem_link(request, name, link).await.map(Some);
//!     }
//!     let Some(ticket) = cookie else { return Ok(None) };
//!     match reset.prove(request, ticket, link).await {
//!         Err(Error::Refused(Refusal::NotAccepted)) => Ok(None),
//!         Err(Error::Invalid(InvalidInput::Foreign { .. })) => Ok(None),
//!         answer => answer.map(Some),
//!     }
//! }
//! ```
//!
//! An administrator's [`initiate_reset`](crate::Admin::initiate_reset) sends such a link for a flow that
//! nobody holds a ticket of: it always ends at the question for the name.
//!
//! # Unlock, cancel, help
//!
//! Where [`Reply::unlock_offered`](crate::Reply::unlock_offered) is set, offer beside the sign-in name
//! "I know my password, unlock my account": [`Engine::unlock`](crate::Engine::unlock) has the same verbs
//! with a ticket and a cookie of its own. It is offered or not by the policy, not by the account.
//!
//! *Cancel* is a button on every page: [`cancel`](crate::Reset::cancel), then drop the cookie.
//! *Contact your administrator* ([`contact_administrator`](crate::Reset::contact_administrator)) says
//! "your administrators are told, if they can be", whatever came back: it reaches people at most once
//! a day for one account, and tells them that nobody has proven who asks. `NotOffered` means that
//! the policy names no roles: show a telephone number instead.
//!
//! # After the end
//!
//! With [`Done`](crate::Step::Done), and with its ticket, while the flow's time lasts:
//!
//! - [`Reply::replace_recovery_code`](crate::Reply::replace_recovery_code): a recovery code was used up. A button
//!   calls [`replace_recovery_code`](crate::Reset::replace_recovery_code), the answer to that POST shows the
//!   code, once and with `Cache-Control: no-store`; "I have written it down" calls
//!   [`acknowledge_recovery_code`](crate::Reset::acknowledge_recovery_code), and only then does it count.
//! - "Remember this browser": [`remember_device`](crate::Reset::remember_device). Keep the secret in a
//!   cookie of its own for as long as `known_device_days`, and hand it to each request of a reset or an
//!   unlock. Strangers who spend the tries of an account then leave this browser its own. It proves
//!   nothing and skips nothing. An account knows its last five.
//!
//! ```
//! use sspr::{DeviceSecret, Request, Source, TenantId};
//!
//! fn request(tenant: TenantId, source: Source, device_cookie: Option<&str>) -> Request {
//!     let request = Request::new(tenant, source);
//!     match device_cookie.map(DeviceSecret::parse) {
//!         Some(Ok(device)) => request.with_device(device),
//!         _ => request,
//!     }
//! }
//! ```
//!
//! # The cookie
//!
//! - One cookie for each kind of flow, `HttpOnly`, `Secure`, `SameSite=Strict`, with the `__Host-` prefix. The ticket is
//!   a few hundred letters, digits, `-` and `_`.
//! - The ticket of every reply to a POST replaces the one before. A reply of `view` needs no cookie.
//! - Drop the cookie after [`Refusal::Ended`](crate::Refusal::Ended),
//!   [`Refusal::TicketReplaced`](crate::Refusal::TicketReplaced) and
//!   [`InvalidInput::Foreign`](crate::InvalidInput::Foreign), which is
//!   [`Error::ends_flow`](crate::Error::ends_flow): the way on is a new start.
//! - A ticket is no session. After `Done` the person signs in as ever.
//! - A POST changes something, a GET never does: mail scanners and impatient people open pages twice.
//!
//! # Time
//!
//! Before the first proof an answer must not tell by its time who exists. Note
//! [`Engine::now`](crate::Engine::now) when a request arrives, and hold every answer back for
//! [`Engine::floor_left`](crate::Engine::floor_left), whether it is a reply or an error. After the first
//! proof that is not needed, and does no harm. Waiting is asynchronous and costs a timer.
//!
//! ```
//! use sspr::{Engine, Error, Identifier, Reply, Request, ResetTicket};
//!
//! async fn start(
//!     engine: &Engine,
//!     request: &Request,
//!     name: &Identifier,
//! ) -> Result<Reply<ResetTicket>, Error> {
//!     let arrived = engine.now();
//!     let outcome = engine.reset().start(request, name).await;
//!     tokio::time::sleep(engine.floor_left(arrived)).await;
//!     outcome
//! }
//! ```
//!
//! A host that answers faster after the first proof asks
//! [`Reply::not_before`](crate::Reply::not_before): `None` from then on.
//!
//! # Errors
//!
//! | Error | Status | Page |
//! |---|---|---|
//! | `Refused(TooOften)`, `Refused(Busy)` | 429, `Retry-After` from `retry_at` | its text |
//! | `Refused(Ended)`, `Refused(TicketReplaced)` | 410, drop the cookie | start again |
//! | `Refused(NotAuthorised)`, `Refused(ReauthenticationRequired)`, `Refused(SecondFactorRequired)` | 403 | administrators, sign-in |
//! | `Refused(NotFound)` | 404 | |
//! | `Refused(Conflict)` | 409 | load it again |
//! | any other `Refused` | 422 | its text; for `Password` the [guidance](crate::PasswordRejection::guidance) in your words |
//! | `Invalid(Foreign)` | 410, drop the cookie | start again |
//! | any other `Invalid` | 400 | its text |
//! | `Fault` | 503 | "try again later", and the log |
//!
//! A [`Refusal`](crate::Refusal) holds only what the policy's disclosure allows: it may be shown.
//!
//! ```
//! use sspr::{Error, InvalidInput, Refusal};
//!
//! const fn status(error: &Error) -> u16 {
//!     match error {
//!         Error::Refused(
//!             Refusal::TooOften { .. } | Refusal::TooManyCodes { .. } | Refusal::Busy { .. },
//!         ) => 429,
//!         Error::Refused(Refusal::Ended | Refusal::TicketReplaced) => 410,
//!         Error::Refused(
//!             Refusal::NotAuthorised
//!             | Refusal::ReauthenticationRequired
//!             | Refusal::SecondFactorRequired,
//!         ) => 403,
//!         Error::Refused(Refusal::NotFound) => 404,
//!         Error::Refused(Refusal::Conflict) => 409,
//!         Error::Refused(_) => 422,
//!         Error::Invalid(InvalidInput::Foreign { .. }) => 410,
//!         Error::Invalid(_) => 400,
//!         _ => 503,
//!     }
//! }
//! assert_eq!(status(&Refusal::NotAccepted.into()), 422);
//! assert_eq!(status(&InvalidInput::Empty { what: "code" }.into()), 400);
//! ```
//!
//! A `Fault` of the directory from `complete` may mean that the password *has* changed. Do not say
//! that it has not: `view` shows `NewPassword` with `unsettled`, and the same password may be sent
//! again with the same ticket.
//!
//! # Logs
//!
//! Log the tenant, the path, the status, a [`Fault`](crate::Fault) with its source, and
//! [`Engine::stats`](crate::Engine::stats). The engine's own history is the audit trail: read
//! [`Admin::events`](crate::Admin::events) from a cursor that you keep.
//!
//! Never log the request's body, the cookie, or what was typed as a name: people type passwords
//! there. `Debug` of the engine's types hides secrets; `expose_secret` is the one verb that does not.
//!
//! # Driving `maintain`
//!
//! Nothing is delivered unless somebody calls [`Engine::maintain`](crate::Engine::maintain). One
//! task per process is usual; any number may run.
//!
//! - Call it when [`on_work`](crate::EngineBuilder::on_work) rings, and again after
//!   [`MaintenanceReport::idle_for`](crate::MaintenanceReport::idle_for). If that is `None` there is more to do now.
//! - After an error wait, twice as long each time. What failed *within* a pass has a time of its own
//!   for its next try: `failed` alone is no reason to wait longer.
//! - Let a pass end before you stop; do not drop it. What it has claimed would wait for its lease.
//! - On a platform without tasks a timer that calls it each minute, and each process after a POST,
//!   will do.
//!
//! The repository's `examples/host_loop.rs` is that task under tokio.
//!
//! # Sources and proxies
//!
//! [`Source::Trusted`](crate::Source::Trusted) is the peer's address. Behind a proxy it is the
//! address that *your own* proxy has put into a header which it also removes from what it receives:
//! count your proxies from the right of `X-Forwarded-For` and take the first that is not yours. An
//! address that a stranger can choose turns the limits by source off. What is no address is
//! [`Source::Unknown`](crate::Source::Unknown), and all of those share one budget.
//!
//! ```
//! use std::net::{IpAddr, Ipv4Addr};
//! use sspr::Source;
//!
//! /// The address that the only proxy, which is ours, has appended.
//! fn source(forwarded_for: &str) -> Source {
//!     Source::parse(forwarded_for.rsplit(',').next().unwrap_or_default())
//! }
//! let honest = Source::Trusted(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7)));
//! assert_eq!(source("10.1.1.1, 203.0.113.7"), honest);
//! assert_eq!(source("unknown"), Source::Unknown);
//! ```
//!
//! # A human check
//!
//! Give [`human_check`](crate::EngineBuilder::human_check) your CAPTCHA's server side, switch it on
//! in the policy ([`PolicySettings::human_check`](crate::PolicySettings::human_check)), and pass what
//! the browser sent with [`Request::with_human_answer`](crate::Request::with_human_answer). Only
//! `start` asks for it; [`Refusal::HumanCheckRequired`](crate::Refusal::HumanCheckRequired) is the
//! same for every name. A policy that wants a check where the engine has none refuses everybody.
//!
//! # When no message arrives
//!
//! The person is never told, so an operator has to see it.
//! [`Stats::failing`](crate::Stats::failing) and [`MaintenanceReport::failing`](crate::MaintenanceReport::failing)
//! name each tenant and channel that fails now, since when, with the last error of the
//! [`Delivery`](crate::Delivery) and the age of the oldest message that waits; `channel` is none where
//! the directory does not answer. The event `message_delayed` stands at the first failure of a message,
//! `message_delivered` or `message_failed` at its end. An empty list and no event means that nobody
//! calls [`Engine::maintain`](crate::Engine::maintain).
