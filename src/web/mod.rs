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
