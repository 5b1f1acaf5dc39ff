//! The ports: what a host implements. Their documentation is a contract; each sentence of the
//! store's has a property of the same name in the conformance kit.

mod abilities;
mod clock;
mod delivery;
mod directory;
mod error;
mod store;

/// What an implementation of a port puts above its `impl`.
pub use async_trait::async_trait;

pub use abilities::{
    BreachList, ExternalMethod, HumanCheck, RiskSignal, RiskSignals, Seal, SlowHash,
};
pub use clock::{Clock, Entropy, SystemClock, SystemEntropy};
pub use delivery::{Delivery, Envelope};
pub use directory::{Directory, PasswordWrite, UnlockWrite};
pub use error::{FaultScope, PortError, PortErrorKind, PortResult, Retry};
pub use store::{Commit, Committed, CounterIncrement, Cursor, Cutoff, EventsOf, Page, Store};

/// The types that the contracts speak of, beside the traits.
pub use crate::domain::event::Event;
pub use crate::domain::facts::{TenantFacts, UserFacts, UserQuery, UserSelector, WriteOutcome};
pub use crate::domain::record::{Columns, Record, RecordKind, Version};
