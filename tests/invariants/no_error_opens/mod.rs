//! No error opens anything (attack V53): each port call of each script fails in every way, loses its
//! reply, or is answered "not now"; then the attacker goes on, and must not come further than without
//! the fault. The calls are not listed here: they are recorded from a run without a fault.
#![cfg(feature = "testing")]

mod fixture;
mod generate;
mod listed;
mod opened;
mod scripts;
mod twist;
