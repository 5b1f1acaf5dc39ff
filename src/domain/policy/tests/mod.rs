//! Tests of the policy: limits, departures, presets, stored form, review.

mod limits;
mod rules;
mod stored;
