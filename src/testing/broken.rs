//! Stores that are wrong in exactly one way.
