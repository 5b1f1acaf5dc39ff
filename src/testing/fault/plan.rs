//! The plan of faults: the calls to break, and how.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex};

use super::super::{lock, yield_once};
use crate::port::{PortError, PortResult};

/// What happens to one call of a port.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum InjectedFault {
    /// The call is not made and returns `Unavailable`.
    FailBefore,
    /// The call is not made and returns `Unknown`.
    FailUnknownBefore,
    /// The call is made and returns `Unknown`: the reply was lost.
    LoseReply,
    /// The caller waits once before the call is made.
    Delay,
    /// The call is made, and the caller waits once before it returns.
    DelayAfter,
    /// The call is not made and never returns; the caller can only drop it.
    HangBefore,
    /// The call is made but never returns; the caller can only drop it.
    HangAfter,
}

impl InjectedFault {
    /// Every fault, for loops over all of them.
    pub const ALL: [Self; 7] = [
        Self::FailBefore,
        Self::FailUnknownBefore,
        Self::LoseReply,
        Self::Delay,
        Self::DelayAfter,
        Self::HangBefore,
        Self::HangAfter,
    ];
}

/// Which calls fail and how. Counts the calls of all ports that it wraps.
///
/// Calls are numbered from zero in the order in which they begin. Clones share one plan and one
/// count. If several rules match a call, the rule for its number wins, then the outage, then the
/// rule for its name, then the rule for every call.
///
/// ```
/// use sspr::adapters::memory::MemoryStore;
/// use sspr::testing::{InjectedFault, FaultPlan, Faulty, block_on};
/// use sspr::port::{RecordKey, Store};
///
/// let plan = FaultPlan::none().at(1, InjectedFault::FailBefore).outage_from(3);
/// let store = Faulty::new(MemoryStore::new(), plan.clone());
/// let key = RecordKey::from_bytes([1; 32]);
/// let works: Vec<_> = (0..5).map(|_| block_on(store.load(&key)).is_ok()).collect();
/// assert_eq!(works, [true, false, true, false, false]);
/// plan.heal();
/// assert!(block_on(store.load(&key)).is_ok());
/// assert_eq!(plan.names(), ["store.load"; 6]);
/// ```
#[derive(Clone, Default)]
pub struct FaultPlan {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    names: Vec<&'static str>,
    at: BTreeMap<usize, InjectedFault>,
    outage: Option<usize>,
    on: BTreeMap<String, InjectedFault>,
    everywhere: Option<InjectedFault>,
    before: BTreeMap<usize, Vec<Hook>>,
}

type Hook = Box<dyn FnOnce() + Send>;

impl FaultPlan {
    /// A plan without faults, which only counts calls.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Breaks call number `n`.
    #[must_use]
    pub fn at(self, n: usize, fault: InjectedFault) -> Self {
        lock(&self.shared).at.insert(n, fault);
        self
    }

    /// Fails every call from number `n` on, until [`heal`](Self::heal).
    #[must_use]
    pub fn outage_from(self, n: usize) -> Self {
        lock(&self.shared).outage = Some(n);
        self
    }

    /// Breaks every call of this name, such as `delivery.deliver`.
    #[must_use]
    pub fn on(self, name: &str, fault: InjectedFault) -> Self {
        lock(&self.shared).on.insert(name.to_owned(), fault);
        self
    }

    /// Breaks every call. With [`InjectedFault::Delay`], each call becomes one step of
    /// [`explore`](crate::testing::explore).
    #[must_use]
    pub fn everywhere(self, fault: InjectedFault) -> Self {
        lock(&self.shared).everywhere = Some(fault);
        self
    }

    /// Runs `act` right before call number `n`, for example to change the directory without the
    /// engine's knowledge. `act` must not call a port that is wrapped with this plan.
    #[must_use]
    pub fn before(self, n: usize, act: impl FnOnce() + Send + 'static) -> Self {
        let mut shared = lock(&self.shared);
        shared.before.entry(n).or_default().push(Box::new(act));
        drop(shared);
        self
    }

    /// How many calls have begun, over all wrapped ports.
    #[must_use]
    pub fn calls(&self) -> usize {
        lock(&self.shared).names.len()
    }

    /// The names of these calls, such as `store.commit`.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        lock(&self.shared).names.clone()
    }

    /// Removes all faults. The count continues.
    pub fn heal(&self) {
        let mut shared = lock(&self.shared);
        let names = std::mem::take(&mut shared.names);
        *shared = Shared { names, ..Shared::default() };
    }

    pub(super) async fn around<T>(
        &self,
        name: &'static str,
        call: impl Future<Output = PortResult<T>>,
    ) -> PortResult<T> {
        let Some(fault) = self.begin(name) else {
            return call.await;
        };
        match fault {
            InjectedFault::FailBefore => Err(PortError::unavailable().because("a planned fault")),
            InjectedFault::FailUnknownBefore => {
                Err(PortError::unknown().because("a planned fault"))
            }
            InjectedFault::LoseReply => {
                drop(call.await);
                Err(PortError::unknown().because("a planned fault: the reply was lost"))
            }
            InjectedFault::Delay => {
                yield_once().await;
                call.await
            }
            InjectedFault::DelayAfter => {
                let outcome = call.await;
                yield_once().await;
                outcome
            }
            InjectedFault::HangBefore => std::future::pending().await,
            InjectedFault::HangAfter => {
                drop(call.await);
                std::future::pending().await
            }
        }
    }

    /// Counts a call, runs its hooks and returns its fault.
    fn begin(&self, name: &'static str) -> Option<InjectedFault> {
        let mut shared = lock(&self.shared);
        let n = shared.names.len();
        shared.names.push(name);
        let outage = shared.outage.is_some_and(|from| n >= from);
        let fault = shared
            .at
            .get(&n)
            .copied()
            .or(outage.then_some(InjectedFault::FailBefore))
            .or_else(|| shared.on.get(name).copied())
            .or(shared.everywhere);
        let hooks = shared.before.remove(&n).unwrap_or_default();
        // A hook may read the plan, so it runs after the lock is released.
        drop(shared);
        for hook in hooks {
            hook();
        }
        fault
    }
}

impl fmt::Debug for FaultPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = lock(&self.shared);
        f.debug_struct("FaultPlan")
            .field("calls", &shared.names.len())
            .field("at", &shared.at)
            .field("outage_from", &shared.outage)
            .field("on", &shared.on)
            .field("everywhere", &shared.everywhere)
            .finish_non_exhaustive()
    }
}
