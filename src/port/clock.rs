//! The clock and the source of randomness, with the operating system's implementations.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::error::{PortError, PortResult};
use crate::domain::invalid::InvalidInput;
use crate::domain::time::Timestamp;

/// The time.
///
/// Each engine has one clock; stores have none. The clocks of several engines may differ by up to
/// 30 seconds: times further ahead are not believed. If a clock steps back, no expired code becomes
/// valid and no budget is refilled.
pub trait Clock: Send + Sync {
    /// The current time. Never blocks and never fails: a host whose time source can fail returns
    /// the last known time, since a time that is too early only makes codes and locks last longer.
    fn now(&self) -> Timestamp;

    /// The monotonic time since a fixed moment of this process; `None` if there is no monotonic
    /// clock.
    ///
    /// The engine compares it with [`now`](Self::now) before it removes expired rows: a clock that
    /// was set 31 days ahead by mistake must not remove the audit trail. Default: `None`; the
    /// engine then counts each call of [`maintain`](crate::Engine::maintain) as a minute.
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
/// The bytes must come from a cryptographic generator seeded by the operating system (NIST SP
/// 800-63B-4, 3.2.12). With predictable bytes an attacker can compute codes and links.
pub trait Entropy: Send + Sync {
    /// Fills the whole buffer.
    ///
    /// # Errors
    ///
    /// `Unavailable` if there is no randomness; the operation then fails.
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
        // A clock before 1970 is unset. It reads as the epoch.
        Timestamp::from(SystemTime::now()).max(Timestamp::EPOCH)
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that reads the steady clock")]
    fn steady(&self) -> Option<Duration> {
        static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);
        let first = *FIRST;
        Some(Instant::now().saturating_duration_since(first))
    }
}

impl From<SystemTime> for Timestamp {
    /// Whole milliseconds; a time beyond the range of [`Timestamp`] becomes its first or last one.
    fn from(at: SystemTime) -> Self {
        match at.duration_since(UNIX_EPOCH) {
            Ok(after) => Self::EPOCH.plus(after),
            Err(before) => Self::EPOCH.minus(before.duration()),
        }
    }
}

impl TryFrom<Timestamp> for SystemTime {
    type Error = InvalidInput;

    /// Fails for a time that the operating system cannot represent, such as [`Timestamp::MAX`] on
    /// some systems.
    fn try_from(at: Timestamp) -> Result<Self, InvalidInput> {
        let span = Duration::from_millis(at.unix_millis().unsigned_abs());
        let found = if at < Timestamp::EPOCH {
            UNIX_EPOCH.checked_sub(span)
        } else {
            UNIX_EPOCH.checked_add(span)
        };
        found.ok_or(InvalidInput::OutOfRange { what: "time" })
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
