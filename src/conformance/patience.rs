//! Waiting by time, without a runtime.

use std::time::{Duration, Instant};

use crate::testing::yield_once;

/// How long one try waits for the next: short beside an election, long beside a call.
const PAUSE: Duration = Duration::from_millis(20);

/// A span that may pass while answers say "later".
pub(super) struct Patience {
    since: Instant,
    most: Duration,
}

impl Patience {
    #[expect(
        clippy::disallowed_methods,
        reason = "a failover takes time, not tries; nothing is decided by it"
    )]
    pub(super) fn new(most: Duration) -> Self {
        Self { since: Instant::now(), most }
    }

    /// Waits a little, unless the span is over; whether it waited.
    ///
    /// The thread is parked, since the kit has no timer. Whatever drives the work goes on in its
    /// other threads; a wake that comes meanwhile only shortens the wait.
    pub(super) async fn waits(&self) -> bool {
        if self.since.elapsed() >= self.most {
            return false;
        }
        std::thread::park_timeout(PAUSE);
        // What is driven by this very thread has its turn too.
        yield_once().await;
        true
    }
}
