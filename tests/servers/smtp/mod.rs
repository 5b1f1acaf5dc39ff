//! Mail by SMTP, against a server on the loopback interface that the tests start.

#![cfg(all(feature = "smtp", feature = "testing"))]
#![allow(unreachable_pub, reason = "one test binary: what its modules share is public to it")]

mod authority;
mod relay;
mod server;
mod talk;

mod encryption;
mod errors;
mod mail;
mod reset;
mod reuse;
mod settings;
