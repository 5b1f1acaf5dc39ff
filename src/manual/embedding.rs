//! Embedding the engine in a web application.
//!
//! A handler takes the ticket from a cookie, calls one method, puts the new ticket into the cookie and
//! redirects. A page calls [`view`](crate::Reset::view) and renders the step. The repository's
//! `examples/embed` is such an application, with a handler of fewer than 80 lines for reset, unlock and change. The page
//! [`signed_in`](super::signed_in) covers *signed-in* users: registration, the prompt, a password
//! change.
//!
//! # Which page to render
//!
//! Match on the [`Step`](crate::Step), never on what the browser was sent last. The enum will grow: for
//! an unknown step render "please start again".
//!
//! | Step | Page | Its form calls |
//! |---|---|---|
//! | none: no cookie, or the flow has ended | the sign-in name | [`start`](crate::Reset::start) |
//! | [`Choose`](crate::Step::Choose) | the options; a field for the phone number if [`typed_number`](crate::method::OptionView::typed_number) is set | [`challenge`](crate::Reset::challenge) |
//! | [`Enter`](crate::Step::Enter) | "If the account has this method, a code is on its way", a field for it, the other options; *send again* from `resend_at` on, *contact your administrator* from `help_at` on | [`prove`](crate::Reset::prove), or `challenge` again |
//! | [`OpenLink`](crate::Step::OpenLink) | "If the account has this address, a link is on its way. Open it on this device, or on another" | nothing: [the link's page](#links) does; or `challenge` again |
//! | [`Respond`](crate::Step::Respond) | the content of [`Reply::page`](crate::Reply::page): a number for the app, options for a passkey | `prove` with [`Attempt::response`](crate::Attempt::response), or `challenge` again |
//! | [`Answer`](crate::Step::Answer) | a field for each question: its text, or that of its topic in your words | `prove` with [`Attempt::answers`](crate::Attempt::answers); after `NotAccepted`, `view`, which may ask others |
//! | [`NewPassword`](crate::Step::NewPassword) | the rules and a field; if `unsettled`, "type the same password again" | [`complete`](crate::Reset::complete) |
//! | [`ConfirmUnlock`](crate::Step::ConfirmUnlock) | "Unlock my account"; if `unsettled`, the same again | [`Unlock::complete`](crate::Unlock::complete) |
//! | [`Done`](crate::Step::Done) | "Your password is changed", or "your account is unlocked"; if not `propagated`, "in a few minutes" | nothing: sign in; see [after the end](#after-the-end) |
//!
//! Never claim that a code *was* sent: before the first proof the engine does not say so. Put an option
//! into the form as its text and parse it with [`Selection::parse`](crate::Selection::parse). One field
//! and [`Attempt::code`](crate::Attempt::code) serve codes of every kind (sent, from an app or a token,
//! recovery codes). If several challenges are open, name the one that the field belongs to with
//! [`Attempt::answering`](crate::Attempt::answering).
//!
//! [`Engine::pages`](crate::Engine::pages) returns what pages show before a user is known: whether to show the human
//! check, how long the cookie of a known device lives, the rules for a new password, and where help is.
//!
//! Only the reply that opened the challenge carries `Reply::page`; `view` does not. Render it in the
//! response to the POST, or keep it beside the ticket until the page after the redirect has rendered
//! it.
//!
//! ```
//! use sspr::Step;
//! use sspr::method::OptionView;
//!
//! fn page(step: &Step) -> String {
//!     let choices = |options: &[OptionView]| -> String {
//!         let button = |option: &OptionView| format!("<button value={}>", option.option);
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
//! The policy's [`link`](crate::PolicySettings::link) is the address of a page of your application; the
//! engine appends the secret. A link lives no longer than its flow: 15 minutes by default, even if
//! `lifetimes.email_link` is longer.
//!
//! - **The GET only reads**: it renders a button. Scanners and previews open every link in a mail, and
//!   some run scripts. None of them may redeem it.
//! - **The button POSTs** the secret, and one handler redeems it. A browser that follows a link in a
//!   mail sends no `SameSite=Strict` cookie with the GET, but sends it with the POST of your own page.
//!   So only the handler knows whether this browser holds the ticket.
//! - **With the ticket** a link is a proof like any other: call `prove`. **Without it**, or if the
//!   ticket belongs to another flow, ask for the sign-in name and call
//!   [`redeem_link`](crate::Reset::redeem_link), which gives this browser a ticket of its
//!   own. The previous ticket then proves nothing. A browser that still holds it keeps seeing the same step
//!   until the flow expires.
//! - **After `#`** the secret reaches no log, no proxy and no `Referer`; a script moves it into the
//!   form. **After `?link=`** no script is needed, but access logs contain the secret: remove it there.
//!   In both cases respond with [`PAGE_HEADERS`](crate::web::PAGE_HEADERS), and load nothing from other
//!   sites.
//! - Resets and unlocks share one base, and a link does not say which it is for. Without a ticket try
//!   one, then the other: a link that does not match is not counted.
//!
//! ```
//! use sspr::{Attempt, Engine, Error, Identifier, InvalidInput, Refusal, Reply, Request};
//! use sspr::ResetTicket;
//!
//! /// Redeems what the button posts: the link, the cookie's ticket, and the name if it was requested.
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
//! An administrator's [`initiate_reset`](crate::Admin::initiate_reset) sends such a link for a flow
//! without a ticket. It always requires the sign-in name.
//!
//! # Unlock, cancel, help
//!
//! If [`Reply::unlock_offered`](crate::Reply::unlock_offered) is set, offer "I know my password, unlock
//! my account" beside the sign-in name. [`Engine::unlock`](crate::Engine::unlock) has the same methods,
//! with its own ticket type and cookie. The policy decides whether it is offered, not the account.
//!
//! *Cancel* is a button on every page: call [`cancel`](crate::Reset::cancel), then delete the cookie.
//!
//! *Contact your administrator* calls [`contact_administrator`](crate::Reset::contact_administrator).
//! Show "your administrators are notified if possible" for every result. They are notified at most once
//! a day for one account, and the message says that the identity of the requester is not proven. The
//! result is the policy's [`desk.help`](crate::policy::DeskPolicy::help): show a link to a
//! [page](crate::policy::HelpDesk::Url) or a [mailbox](crate::policy::HelpDesk::Mail). `NotOffered`
//! means that the policy offers no help: show a telephone number instead.
//!
//! # It was not me
//!
//! Under [`desk.repudiation_link`](crate::policy::DeskPolicy::repudiation_link) each mailed notice about a
//! change holds a link. Its page asks for the sign-in name and has one button. Showing the page calls
//! nothing; the button's POST calls [`Repudiation::redeem`](crate::recovery::Repudiation::redeem). Show the same
//! sentence for every refusal ("the link was used or has expired: call your administrator"), and hold
//! every response back by [`floor_left`](crate::Engine::floor_left). The account is then blocked until an
//! administrator calls [`unblock`](crate::Admin::unblock).
//!
//! # After the end
//!
//! After [`Done`](crate::Step::Done), its ticket can still do two things until the flow expires:
//!
//! - [`Reply::replace_recovery_code`](crate::Reply::replace_recovery_code) is set if a recovery code was
//!   used. A button calls [`replace_recovery_code`](crate::Reset::replace_recovery_code); the response to
//!   that POST shows the new code once, with `Cache-Control: no-store`. "I have written it down" calls
//!   [`acknowledge_recovery_code`](crate::Reset::acknowledge_recovery_code); the code counts from then on.
//! - "Remember this browser" calls [`remember_device`](crate::Reset::remember_device). Keep the secret
//!   in its own cookie for `known_device_days`, and pass it with each request of a reset or an unlock.
//!   This browser then has a budget that anonymous callers cannot spend. It proves nothing and skips no
//!   step. An account knows its last five devices.
//!
//! ```
//! use sspr::recovery::DeviceSecret;
//! use sspr::{Request, Source, TenantId};
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
//! - One cookie for each kind of flow, `HttpOnly`, `Secure`, `SameSite=Strict`, with the `__Host-`
//!   prefix ([`SecretCookie`](crate::web::SecretCookie)). A ticket is a few hundred letters, digits, `-` and `_`.
//! - The ticket of each reply to a POST replaces the previous one. A reply of `view` needs no cookie.
//! - Delete the cookie if [`Error::ends_flow`](crate::Error::ends_flow) is true, that is after
//!   [`Refusal::Ended`](crate::Refusal::Ended),
//!   [`Refusal::TicketReplaced`](crate::Refusal::TicketReplaced) and
//!   [`InvalidInput::Foreign`](crate::InvalidInput::Foreign). The user starts again.
//! - A ticket is not a session. After `Done` the user signs in as usual.
//! - Change state in a POST only: mail scanners and impatient users open pages twice. Refuse a POST that
//!   another site makes ([`SameOrigin`](crate::web::SameOrigin)).
//!
//! # Time
//!
//! Before the first proof, response times must not tell which accounts exist. Read
//! [`Engine::now`](crate::Engine::now) when a request arrives, and delay every response by
//! [`Engine::floor_left`](crate::Engine::floor_left), replies and errors alike. After the first proof
//! the delay is unnecessary and harmless. The wait is asynchronous and costs a timer. With the feature `tower`,
//! `web::ReplyFloorLayer` is this delay for every handler.
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
//! [`Reply::not_before`](crate::Reply::not_before) is `None` after the first proof, for hosts that then
//! respond at once.
//!
//! # Errors
//!
//! | Error | Status | Page |
//! |---|---|---|
//! | `Refused(TooOften)`, `Refused(TooManyCodes)`, `Refused(Busy)` | 429, `Retry-After` from `retry_at` | its text |
//! | `Refused(Overloaded)` | 503, `Retry-After` from `retry_at` | its text |
//! | `Refused(Ended)`, `Refused(TicketReplaced)` | 410, delete the cookie | start again |
//! | `Refused(NotAuthorised)`, `Refused(OwnAccount)`, `Refused(ReauthenticationRequired)`, `Refused(SecondFactorRequired)` | 403 | administrators, sign-in |
//! | `Refused(NotFound)` | 404 | |
//! | `Refused(Conflict)` | 409 | load it again |
//! | any other `Refused` | 422 | its text; for `Password` the [guidance](crate::password::PasswordRejection::guidance) in your words |
//! | `Invalid(Foreign)` | 410, delete the cookie | start again |
//! | any other `Invalid` | 400 | its text |
//! | `Fault` | 503 | "try again later", and log it |
//!
//! A [`Refusal`](crate::Refusal) contains only what the policy's disclosure allows, so it may be shown.
//! [`web`](crate::web) has the table as a function.
//!
//! ```
//! use sspr::web::{Problem, status};
//! use sspr::{InvalidInput, Refusal};
//!
//! assert_eq!(status(&Refusal::NotAccepted.into()), 422);
//! assert_eq!(status(&InvalidInput::Empty { what: "code" }.into()), 400);
//! // For a host that serves JSON: a problem document of RFC 9457.
//! assert_eq!(Problem::of(&Refusal::Ended.into()).code, "ended");
//! ```
//!
//! [`OPENAPI`](crate::web::OPENAPI) describes the problem documents, and the steps and views of a host that serves
//! them as JSON.
//!
//! A `Fault` of the directory from `complete` may mean that the password *has* changed. Do not say that
//! it has not: `view` returns `NewPassword` with `unsettled`, and the same password may be sent again
//! with the same ticket.
//!
//! # Logs
//!
//! Log the tenant, the path, the status, a [`Fault`](crate::Fault) with its source, and
//! [`Engine::stats`](crate::Engine::stats). The history is in the audit trail: read
//! [`Admin::events`](crate::Admin::events) from a cursor that you keep.
//!
//! Never log the request's body, the cookie or the typed sign-in name: users type passwords into that
//! field. `Debug` of the engine's types hides secrets; only `expose_secret` returns them.
//!
//! # Driving `maintain`
//!
//! Nothing is delivered unless the host calls [`Engine::maintain`](crate::Engine::maintain). One task
//! per process is usual; any number may run.
//!
//! - Call it when [`on_work`](crate::builder::EngineBuilder::on_work) fires, and again after
//!   [`MaintenanceReport::idle_for`](crate::maintenance::MaintenanceReport::idle_for). If that is `None`, more work is due now.
//! - If `maintain` returns an error, wait before the next call, twice as long after each further error. A
//!   delivery that failed *within* a pass has its own retry time: a report whose `failed` is not zero is no
//!   reason to wait.
//! - Let a pass end before you stop; do not drop it. A message it has claimed would wait for the end of
//!   its lease.
//! - On a platform without tasks, call it from a timer once a minute, and after each POST.
//!
//! The repository's `examples/host_loop.rs` is this task under tokio.
//!
//! # Sources and proxies
//!
//! [`Source::Trusted`](crate::Source::Trusted) is the peer's address. Behind a proxy it is the address
//! that *your own* proxy writes into a header, provided that the proxy removes the header from incoming
//! requests. In `X-Forwarded-For` count your proxies from the right and take the first address that is
//! not yours. If a client can choose the address, limits by source have no effect. Use
//! [`Source::Unknown`](crate::Source::Unknown) for anything that is not an address; all requests with
//! it share one budget.
//!
//! ```
//! use sspr::Source;
//! use sspr::web::TrustedProxies;
//!
//! let proxies = TrustedProxies::parse(["10.0.0.0/8"])?;
//! let peer = "10.1.1.1".parse()?;
//! // The client has sent the first address, and the host's own proxy has appended the second.
//! let source = proxies.source(peer, ["198.51.100.1, 203.0.113.7"]);
//! assert_eq!(source, Source::parse("203.0.113.7"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A human check
//!
//! Give the server side of your CAPTCHA to [`human_check`](crate::builder::EngineBuilder::human_check), switch
//! it on in the policy ([`PolicySettings::human_check`](crate::PolicySettings::human_check)), and pass
//! the browser's answer with [`Request::with_human_answer`](crate::Request::with_human_answer). It is
//! checked by `start` and by redeeming a link without a ticket.
//! [`Refusal::HumanCheckRequired`](crate::Refusal::HumanCheckRequired) is the same for every name. If
//! the policy requires a check and the engine has none, every request is refused.
//!
//! # When no message arrives
//!
//! The user is never told, so an operator must notice.
//! [`Stats::failing`](crate::maintenance::Stats::failing) and
//! [`MaintenanceReport::failing`](crate::maintenance::MaintenanceReport::failing) list each tenant and
//! channel that fails now, since when, with the last error of the [`Delivery`](crate::port::Delivery) and
//! the age of the oldest waiting message; `channel` is `None` if the directory does not respond. The
//! event `message_delayed` is written at a message's first failure, and `message_delivered` or
//! `message_failed` at its end. If the list is empty and none of these events is written,
//! [`Engine::maintain`](crate::Engine::maintain) is not called.
