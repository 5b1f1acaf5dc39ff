//! The portal in a real Chromium: every page in every language, and the states that a page must survive.
//!
//! A browser is 320 pixels wide. Each page that a test opens is checked with axe in light and dark, and for text
//! that does not fit.

mod browser;
mod desk;
mod every_page;
#[cfg(feature = "sqlite")]
mod load;
mod passkey;
mod passwords;
mod policy;
mod questions;
mod recovery;
mod reports;
mod security;
#[cfg(all(feature = "ad", feature = "postgres"))]
#[path = "../../../../tests/support/servers/mod.rs"]
mod servers;
mod site;
#[cfg(all(feature = "ad", feature = "postgres"))]
mod started;
mod states;
mod words;
