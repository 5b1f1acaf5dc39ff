//! Embedding the engine in a web application.
//!
//! A handler takes the ticket from a cookie, calls one verb, puts the new ticket into the cookie and
//! redirects; a page asks [`view`](crate::Reset::view) and shows the step. The repository's
//! `examples/embed` is that as an application of its own, in less than 80 lines.
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
//! | [`NewPassword`](crate::Step::NewPassword) | the rules and a field; if `unsettled`, "type the same password again" | [`complete`](crate::Reset::complete) |
//! | [`Done`](crate::Step::Done) | "Your password is changed"; if not `propagated`, "in a few minutes" | nothing: sign in |
//!
//! Never say that a code *was* sent: before the first proof nobody is told. An option goes into the
//! form as its text, and comes back through [`Selection::parse`](crate::Selection::parse).
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
//!         Step::NewPassword { unsettled: true, .. } => "the same password again".to_owned(),
//!         Step::NewPassword { rules, .. } => format!("at least {}", rules.min_length),
//!         Step::Done { .. } => "your password is changed".to_owned(),
//!         _ => "please start again".to_owned(),
//!     }
//! }
//! assert_eq!(page(&Step::Choose { options: Vec::new() }), "");
//! ```
//!
//! # The cookie
//!
//! - One cookie, `HttpOnly`, `Secure`, `SameSite=Strict`, with the `__Host-` prefix. The ticket is
//!   a few hundred letters, digits, `-` and `_`.
//! - The ticket of every reply to a POST replaces the one before. A reply of `view` needs no cookie.
//! - Drop the cookie after [`Refusal::Ended`](crate::Refusal::Ended),
//!   [`Refusal::TicketReplaced`](crate::Refusal::TicketReplaced) and
//!   [`InvalidInput::Foreign`](crate::InvalidInput::Foreign): the way on is a new start.
//! - A ticket is no session. After `Done` the person signs in as ever.
//! - A POST changes something, a GET never does: mail scanners and impatient people open pages twice.
//!
//! # Time
//!
//! Before the first proof an answer must not tell by its time who exists.
//! [`Reply::not_before`](crate::Reply::not_before) says when it may leave the host; an error has no
//! reply, so wait until the arrival plus [`Engine::reply_floor`](crate::Engine::reply_floor),
//! whichever error it is. Waiting is asynchronous and costs a timer.
//!
//! ```
//! use std::time::Duration;
//! use sspr::{Engine, Error, Reply, ResetTicket, Timestamp};
//!
//! /// How much longer to hold this answer back.
//! fn wait(
//!     engine: &Engine,
//!     arrived: Timestamp,
//!     now: Timestamp,
//!     outcome: &Result<Reply<ResetTicket>, Error>,
//! ) -> Duration {
//!     let until = match outcome {
//!         Ok(reply) => reply.not_before,
//!         Err(_) => Some(arrived.plus(engine.reply_floor())),
//!     };
//!     until.map_or(Duration::ZERO, |until| until.since(now))
//! }
//! ```
//!
//! Take `now` and `arrived` from the clock that the engine has, which is the
//! [`SystemClock`](crate::port::SystemClock) unless you have set another.
//!
//! # Errors
//!
//! | Error | Status | Page |
//! |---|---|---|
//! | `Refused(TooOften)`, `Refused(Busy)` | 429, `Retry-After` from `retry_at` | its text |
//! | `Refused(Ended)`, `Refused(TicketReplaced)` | 410, drop the cookie | start again |
//! | `Refused(NotAuthorised)`, `Refused(ReauthenticationRequired)` | 403 | administrators, sign-in |
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
//!         Error::Refused(Refusal::TooOften { .. } | Refusal::Busy { .. }) => 429,
//!         Error::Refused(Refusal::Ended | Refusal::TicketReplaced) => 410,
//!         Error::Refused(Refusal::NotAuthorised | Refusal::ReauthenticationRequired) => 403,
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
//!   [`Maintained::idle_for`](crate::Maintained::idle_for). If that is `None` there is more to do now.
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
