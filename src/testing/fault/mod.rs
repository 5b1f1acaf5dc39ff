//! Faults at chosen calls.

mod faulty;
mod plan;

pub use faulty::Faulty;
pub use plan::{FaultPlan, InjectedFault};
