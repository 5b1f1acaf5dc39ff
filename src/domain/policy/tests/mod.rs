//! Tests of the policy: limits, deviations, presets, stored form, review.

mod entra_document;
mod limits;
mod odds;
mod presets;
mod rules;
mod spray;
mod stored;
