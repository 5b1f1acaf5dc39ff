//! Every single point of failure of every flow: the n-th call of a port fails, answers that it
//! does not know, loses its reply or hangs until the caller hangs up; then the process starts
//! again, time passes, and the rules must hold (DESIGN sections 3 and 6, invariants 1, 9 to 15).
#![cfg(feature = "testing")]

mod administration;
mod behind;
mod judge;
mod outage;
mod registration;
mod reset;
mod scene;
#[cfg(feature = "sqlite")]
mod sqlite;
