//! A clock that a test moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use crate::Timestamp;
use crate::port::Clock;

/// A clock that stands still until it is moved. Clones show the same time.
///
/// ```
/// use std::time::Duration;
/// use sspr::testing::ManualClock;
/// use sspr::Timestamp;
/// use sspr::port::Clock;
///
/// let clock = ManualClock::new(Timestamp::from_unix_seconds(1_700_000_000));
/// let engines = clock.clone();
/// clock.advance(Duration::from_secs(600));
/// assert_eq!(engines.now(), Timestamp::from_unix_seconds(1_700_000_600));
/// clock.set(Timestamp::EPOCH);
/// assert_eq!(engines.now(), Timestamp::EPOCH, "clocks do step back");
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock {
    millis: Arc<AtomicI64>,
    /// The sum of all advances, in milliseconds.
    advanced: Arc<AtomicU64>,
}

impl ManualClock {
    /// A clock that shows `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self { millis: Arc::new(AtomicI64::new(now.unix_millis())), advanced: Arc::default() }
    }

    /// Advances the time, and [`steady`](Clock::steady) with it.
    pub fn advance(&self, span: Duration) {
        // Two threads that advance at once must both count, so this is one atomic update.
        let later = |millis| Some(Timestamp::from_unix_millis(millis).plus(span).unix_millis());
        // The closure never returns `None`, so the update cannot fail.
        let _ = self.millis.fetch_update(Ordering::SeqCst, Ordering::SeqCst, later);
        let span = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let more = |advanced: u64| Some(advanced.saturating_add(span));
        let _ = self.advanced.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more);
    }

    /// Sets the time, also backwards. [`steady`](Clock::steady) does not change, since a set clock
    /// does not show that time has passed.
    pub fn set(&self, now: Timestamp) {
        self.millis.store(now.unix_millis(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_millis(self.millis.load(Ordering::SeqCst))
    }

    fn steady(&self) -> Option<Duration> {
        Some(Duration::from_millis(self.advanced.load(Ordering::SeqCst)))
    }
}
