//! What web handlers need around the engine, as pure functions over text.
//!
//! - [`status`] and [`Problem`]: an [`Error`](crate::Error) as an HTTP status and as a problem document
//!   (RFC 9457).
//! - [`SecretCookie`]: the cookie of a ticket or of a known device, with its attributes.
//! - [`TrustedProxies`]: the [`Source`](crate::Source) of a request behind proxies.
//! - [`SameOrigin`]: refuses forms that another site has posted.
//! - [`PAGE_HEADERS`]: the headers of every page.
//! - [`CHANGE_PASSWORD_PATH`]: where password managers look for the page of a change.
//! - [`OPENAPI`]: the description of the wire types.
//!
//! The order of a handler's work, here for the form that begins a reset. What a framework's request and response
//! hold is `Sent` and `Answer`:
//!
//! ```
//! use std::net::IpAddr;
//!
//! use sspr::web::{Problem, SameOrigin, SecretCookie, TrustedProxies};
//! use sspr::{Engine, Identifier, Request, TenantId};
//!
//! struct Sent<'a> {
//!     peer: IpAddr,
//!     forwarded_for: Vec<&'a str>,
//!     sec_fetch_site: Option<&'a str>,
//!     origin: Option<&'a str>,
//!     /// The field of the form.
//!     name: &'a str,
//! }
//!
//! struct Answer {
//!     status: u16,
//!     set_cookie: Option<String>,
//!     location: Option<&'static str>,
//!     retry_after: Option<u64>,
//! }
//!
//! async fn begin(engine: &Engine, tenant: TenantId, sent: Sent<'_>) -> Answer {
//!     let own = SameOrigin::new(["https://id.contoso.example"]);
//!     if !own.allows("POST", sent.sec_fetch_site, sent.origin) {
//!         return Answer { status: 403, set_cookie: None, location: None, retry_after: None };
//!     }
//!     let source = TrustedProxies::none().source(sent.peer, sent.forwarded_for);
//!     let (request, cookie) = (Request::new(tenant, source), SecretCookie::new("reset"));
//!     let done = async {
//!         let name = Identifier::parse(sent.name)?;
//!         engine.reset().start(&request, &name).await
//!     };
//!     match done.await {
//!         // The page after the redirect reads the ticket from the cookie and renders `reset().view(…)`.
//!         Ok(reply) => Answer {
//!             status: 303,
//!             set_cookie: Some(cookie.keep(reply.ticket.expose_secret())),
//!             location: Some("/reset"),
//!             retry_after: None,
//!         },
//!         Err(error) => {
//!             let problem = Problem::of(&error);
//!             Answer {
//!                 status: problem.status,
//!                 set_cookie: problem.ends_flow.then(|| cookie.delete()),
//!                 location: None,
//!                 retry_after: problem.retry_after(engine.now()),
//!             }
//!         }
//!     }
//! }
//! ```
//!
//! The other forms differ in the call only: `challenge`, `prove`, `complete` and `cancel` take the ticket that
//! [`SecretCookie::read`] and [`ResetTicket::parse`](crate::ResetTicket::parse) get from the header `Cookie`, and
//! [`Selection::parse`](crate::Selection::parse) reads the option that a page posts. Every page has [`PAGE_HEADERS`],
//! and every response is held back until the reply floor.
//!
//! The module names no HTTP crate, so it serves hosts of any framework and of any release of the crate
//! `http`, and adds no dependency. A middleware that delays replies reads [`Engine::now`](crate::Engine::now), runs the handler
//! and waits for [`Engine::floor_left`](crate::Engine::floor_left); with the feature `tower`, `ReplyFloorLayer`
//! is that middleware for every framework over tower. The repository's `examples/portal` uses all of this
//! under axum.

mod cookie;
#[cfg(feature = "tower")]
mod floor;
mod headers;
#[cfg(test)]
mod openapi;
mod problem;
mod proxies;
mod same_origin;

pub use cookie::SecretCookie;
#[cfg(feature = "tower")]
pub use floor::{HeldReply, ReplyFloor, ReplyFloorLayer};
pub use headers::{CHANGE_PASSWORD_PATH, PAGE_HEADERS};
pub use problem::{PROBLEM_CONTENT_TYPE, Problem, status};
pub use proxies::TrustedProxies;
pub use same_origin::SameOrigin;

/// The OpenAPI description (3.1) of what this crate puts on the wire: [`Problem`] and its responses, and the
/// steps, reviews and prompts that a host serves as JSON. It has no paths: the host chooses them.
///
/// ```
/// let description: serde_json::Value = serde_json::from_str(sspr::web::OPENAPI)?;
/// assert_eq!(description["openapi"], "3.1.0");
/// assert!(description["components"]["schemas"]["Problem"].is_object());
/// # Ok::<(), serde_json::Error>(())
/// ```
pub const OPENAPI: &str = include_str!("../../schemas/openapi.json");
