//! Waits for a failover by wall time, without a runtime.

use std::time::{Duration, Instant};

use crate::testing::yield_once;

/// The pause between two tries: short compared with an election, long compared with a call.
const PAUSE: Duration = Duration::from_millis(20);

/// The time that may pass while calls return `Unavailable`.
pub(super) struct Patience {
    since: Instant,
    most: Duration,
}

impl Patience {
    #[expect(
        clippy::disallowed_methods,
        reason = "a failover takes wall time; no rule depends on it"
    )]
    pub(super) fn new(most: Duration) -> Self {
        Self { since: Instant::now(), most }
    }

    /// Waits a little and returns true, or returns false if the time is up.
    ///
    /// The thread is parked, since the kit has no timer. A runtime goes on in its other threads; an
    /// early wake only shortens the wait.
    pub(super) async fn waits(&self) -> bool {
        if self.since.elapsed() >= self.most {
            return false;
        }
        std::thread::park_timeout(PAUSE);
        // Lets the work run that this thread drives.
        yield_once().await;
        true
    }
}
