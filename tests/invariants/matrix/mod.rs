//! Every flow with every method, as a generated matrix: each secret of each cell tried in each
//! other cell (purpose confusion), each port call of each cell failing, and each option of a
//! stranger's flow with the same replies for known and unknown users.
#![cfg(feature = "testing")]

mod cells;
mod confusion;
mod crash;
mod enrol;
mod fixture;
mod judge;
mod play;
mod repeats;
mod rules;
mod script;
#[cfg(feature = "sqlite")]
mod sqlite;
mod steps;
mod tickets;
mod uniform;
