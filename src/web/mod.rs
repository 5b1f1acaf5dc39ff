//! What web handlers need around the engine, as pure functions over text.
//!
//! - [`status`] and [`Problem`]: an [`Error`](crate::Error) as an HTTP status and as a problem document
//!   (RFC 9457).
//! - [`SecretCookie`]: the cookie of a ticket or of a known device, with its attributes.
//! - [`TrustedProxies`]: the [`Source`](crate::Source) of a request behind proxies.
//! - [`SameOrigin`]: refuses forms that another site has posted.
//! - [`PAGE_HEADERS`]: the headers of every page.
//! - [`CHANGE_PASSWORD_PATH`]: where password managers look for the page of a change.
//!
//! The module names no HTTP crate, so it serves hosts of any framework and of any release of the crate
//! `http`, and adds no dependency. The delay of replies needs no type of its own: a middleware reads
//! [`Engine::now`](crate::Engine::now), runs the handler and waits for
//! [`Engine::floor_left`](crate::Engine::floor_left). The repository's `examples/portal` uses all of
//! this under axum.

mod cookie;
mod headers;
mod problem;
mod proxies;
mod same_origin;

pub use cookie::SecretCookie;
pub use headers::{CHANGE_PASSWORD_PATH, PAGE_HEADERS};
pub use problem::{PROBLEM_CONTENT_TYPE, Problem, status};
pub use proxies::TrustedProxies;
pub use same_origin::SameOrigin;
