//! The ports: traits that a host implements. Their documentation is the contract; the conformance
//! kit has a property for each rule of the store's.

mod abilities;
mod clock;
mod delivery;
mod directory;
mod error;
mod sessions;
mod store;

/// The attribute for the `impl` of a port.
pub use async_trait::async_trait;

pub use abilities::{
    BreachList, ExternalMethod, HumanCheck, RiskSignal, RiskSignals, Seal, SlowHash,
    StrengthEstimator,
};
pub use clock::{Clock, Entropy, SystemClock, SystemEntropy};
pub use delivery::{Delivery, Envelope};
pub use directory::{Directory, PasswordWrite, UnlockWrite};
pub use error::{FaultScope, PortError, PortErrorKind, PortResult, Retry};
pub use sessions::{NoSessions, Sessions};
pub use store::{Commit, Committed, CounterIncrement, Cursor, Cutoff, EventsOf, Page, Store};

/// Types that the traits use.
pub use crate::domain::identity::ids::{CounterKey, RecordKey, SHARDS};
pub use crate::domain::method::ProvidedChannel;
pub use crate::domain::record::store_note::StoreId;
pub use crate::domain::record::{Columns, Record, RecordKind, Version};
