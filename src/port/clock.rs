//! Time and randomness.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use super::error::{PortError, PortResult};
use crate::domain::time::Timestamp;

/// The time.
///
/// One clock per engine decides; stores never look at one. Clocks of several engines may differ
/// by up to 30 seconds: a stamp further ahead is not obeyed. A clock that steps back never revives
/// or refills anything.
pub trait Clock: Send + Sync {
    /// The time now. Never blocks and never fails: a host whose time source can fail answers with
    /// the last time it knew, since a wrong "earlier" only makes things last longer.
    fn now(&self) -> Timestamp;

    /// How much time has passed since some moment that stays the same while the process runs, by a
    /// clock that is never set; `None` if there is no such clock.
    ///
    /// The engine compares it with [`now`](Self::now) before it removes what is past its time: a
    /// clock that was set 31 days ahead by mistake must not remove the audit trail. Default: `None`;
    /// the calls of [`maintain`](crate::Engine::maintain) are then counted instead, a minute each.
    ///
    /// ```
    /// use sspr::port::{Clock, SystemClock};
    ///
    /// let first = SystemClock.steady().unwrap();
    /// assert!(SystemClock.steady().unwrap() >= first);
    /// ```
    fn steady(&self) -> Option<Duration> {
        None
    }
}

/// Randomness fit for secrets.
///
/// The bytes must come from a cryptographic generator seeded by the operating system (NIST
/// SP 800-63B-4, 3.2.12). Predictable bytes open every code and ticket.
pub trait Entropy: Send + Sync {
    /// Fills the whole buffer.
    ///
    /// # Errors
    ///
    /// `Unavailable` if there is no randomness; the operation then fails closed.
    fn fill(&self, buffer: &mut [u8]) -> PortResult<()>;
}

/// The clock of the operating system.
///
/// ```
/// use sspr::port::{Clock, SystemClock};
///
/// assert!(SystemClock.now() > sspr::Timestamp::from_unix_seconds(1_700_000_000));
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "a unit: named as a value")]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        // Before 1970 the clock is plainly unset: the epoch keeps everything closed.
        Timestamp::EPOCH.plus(since.unwrap_or_default())
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that reads the steady clock")]
    fn steady(&self) -> Option<Duration> {
        static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);
        let first = *FIRST;
        Some(Instant::now().saturating_duration_since(first))
    }
}

/// The random generator of the operating system.
///
/// ```
/// use sspr::port::{Entropy, SystemEntropy};
///
/// let mut bytes = [0; 32];
/// SystemEntropy.fill(&mut bytes)?;
/// assert_ne!(bytes, [0; 32]);
/// # Ok::<(), sspr::port::PortError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "a unit: named as a value")]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) -> PortResult<()> {
        use rand::TryRng as _;
        rand::rngs::SysRng
            .try_fill_bytes(buffer)
            .map_err(|error| PortError::unavailable().because(error))
    }
}

macro_rules! forward_clock {
    ($($target:ty),+) => {$(
        impl<T: Clock + ?Sized> Clock for $target {
            fn now(&self) -> Timestamp {
                (**self).now()
            }

            fn steady(&self) -> Option<Duration> {
                (**self).steady()
            }
        }

        impl<T: Entropy + ?Sized> Entropy for $target {
            fn fill(&self, buffer: &mut [u8]) -> PortResult<()> {
                (**self).fill(buffer)
            }
        }
    )+};
}

forward_clock!(&T, Box<T>, Arc<T>);
