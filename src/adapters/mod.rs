//! Adapters that come with the crate.
