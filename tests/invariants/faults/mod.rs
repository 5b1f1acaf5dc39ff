//! Every single point of failure of every flow: the n-th port call fails, has an unknown outcome,
//! loses its reply or hangs until the caller drops it. Then the process restarts, time passes, and
//! invariants 1 and 9 to 15 must hold.
#![cfg(feature = "testing")]

mod administration;
mod behind;
mod desk;
mod judge;
mod outage;
mod registration;
mod reset;
mod scene;
#[cfg(feature = "sqlite")]
mod sqlite;
