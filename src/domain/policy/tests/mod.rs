//! Tests of the policy: limits, expiry of passwords, deviations, presets, stored form, review.

mod documents;
mod entra_document;
mod expiry;
mod limits;
mod odds;
mod presets;
mod questions;
mod rules;
mod spray;
mod stored;
