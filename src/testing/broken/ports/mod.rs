//! Other ports that are wrong in one way.

mod directory;
mod secrets;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;

use super::super::lock;
use super::defect::defects;
use crate::domain::ids::TenantId;
use crate::domain::method::Channel;
use crate::domain::time::Timestamp;
use crate::port::{Clock, Delivery, Envelope, PortResult};

defects! {
    /// One way in which a port other than the store is wrong.
    PortDefect:
    /// The clock shows local time, two hours from the others.
    ClockInLocalTime => "now_is_near_the_time_of_others",
    /// The clock panics when it is asked too often.
    ClockPanics => "now_never_fails",
    /// The last byte of each buffer is left as it was.
    EntropyLeavesTheEnd => "fill_fills_the_whole_buffer",
    /// Each instance draws the same stream.
    EntropyRestarts => "fill_never_repeats",
    /// Each thread draws the same stream.
    EntropyPerThread => "fill_is_different_for_each_thread",
    /// The bytes are printable, since they are to be typed.
    EntropyIsText => "fill_is_even",
    /// Each instance has a key of its own.
    SealKeyPerInstance => "open_gives_back_what_was_sealed",
    /// What is sealed is not bound to anything.
    SealIgnoresAssociated => "open_refuses_another_associated",
    /// Encryption without authentication.
    SealUnauthenticated => "open_refuses_what_was_changed",
    /// What cannot be opened is taken for a secret from before sealing.
    SealTakesPlainText => "open_refuses_what_was_not_sealed_here",
    /// Authentication without encryption.
    SealHidesNothing => "seal_hides_what_it_seals",
    /// Only the first 72 bytes of a secret count.
    HashStopsAt72 => "verify_knows_the_secret",
    /// One salt for everything.
    HashWithoutSalt => "hash_takes_a_fresh_salt",
    /// The text does not say with which parameters it was made.
    HashForgetsItsParameters => "hash_says_how_it_was_made",
    /// A text of others' making is a wrong answer, not a damaged one.
    HashTakesAnyText => "verify_refuses_texts_of_others_making",
    /// `Ok` for a message that goes nowhere.
    DeliveryGoesNowhere => "deliver_hands_over_what_it_takes",
    /// A message is handed over again and again.
    DeliveryRepeats => "deliver_of_one_key_is_one_message",
    /// Messages of one kind to one person are one message.
    DeliveryMergesAlike => "deliver_tells_messages_apart_by_their_key",
    /// `Ok` whatever the next system says.
    DeliveryHidesFailure => "deliver_says_when_it_was_not_accepted",
    /// All tenants have the channels of the system.
    DeliveryOfAllChannels => "channels_are_those_of_the_tenant",
    /// A tenant that is not there has facts like any other.
    DirectoryKnowsEveryTenant => "tenant_tells_known_from_unknown",
    /// Users are found by the first three bytes of their id.
    DirectoryCutsIds => "find_knows_users_by_name_and_id",
    /// Users are found in whichever tenant they are.
    DirectoryIgnoresTenants => "find_keeps_tenants_apart",
    /// If the answer is not one user, it is the first.
    DirectoryTakesTheFirst => "find_hands_out_nobody_for_two",
    /// Only one group is named.
    DirectoryNestsNoGroups => "find_resolves_groups",
    /// Users end with the first page.
    DirectoryEndsEarly => "users_lists_everybody_once",
    /// Everybody holds every role.
    DirectoryIgnoresRoles => "role_holders_are_those_of_the_roles",
    /// `Written`, and nothing was.
    DirectoryWritesNothing => "set_password_replaces_it",
    /// A write that comes again violates the history.
    DirectoryRefusesRepeats => "set_password_made_again_is_one_write",
    /// `Written` for users who are not there.
    DirectoryWritesForNobody => "set_password_of_nobody_is_not_written",
    /// `Written` by a system that is out of reach.
    DirectoryHidesOutages => "set_password_out_of_reach_writes_nothing",
    /// Any password passes.
    DirectoryTakesAnyPassword => "verify_password_knows_the_password",
    /// Unlocking sets an initial password.
    DirectoryUnlockSetsPassword => "unlock_clears_a_lockout_only",
    /// Sessions are revoked once, and then the answer is an error.
    DirectoryRevokesOnce => "revoke_sessions_may_come_again",
    /// `Ok` to a revocation, and no session ends.
    DirectoryRevokesNothing => "revoke_sessions_goes_by_the_time_of_authentication",
}

/// A correct port behind a wrapper that breaks one sentence of its contract.
///
/// ```
/// use std::sync::Arc;
/// use sspr::port::{Clock, SystemClock};
/// use sspr::testing::broken::{BrokenPort, PortDefect};
///
/// let clock: Arc<dyn Clock> = Arc::new(SystemClock);
/// let wrong = BrokenPort::over(PortDefect::ClockInLocalTime, clock.clone());
/// assert!(wrong.now().since(clock.now()).as_secs() > 7000);
/// ```
pub struct BrokenPort<P: ?Sized> {
    defect: PortDefect,
    inner: Arc<P>,
    memo: Mutex<Memo>,
}

/// What a wrapper must remember to be wrong.
#[derive(Default)]
struct Memo {
    calls: u32,
    tenants: BTreeSet<TenantId>,
    numbers: BTreeSet<u32>,
    alike: BTreeSet<String>,
}

impl<P: ?Sized> BrokenPort<P> {
    /// Breaks a port that is correct.
    #[must_use]
    pub fn over(defect: PortDefect, inner: Arc<P>) -> Self {
        Self { defect, inner, memo: Mutex::default() }
    }

    fn is(&self, defect: PortDefect) -> bool {
        self.defect == defect
    }
}

impl<P: ?Sized> fmt::Debug for BrokenPort<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrokenPort").field("defect", &self.defect).finish_non_exhaustive()
    }
}

impl Clock for BrokenPort<dyn Clock> {
    fn now(&self) -> Timestamp {
        let calls = {
            let mut memo = lock(&self.memo);
            memo.calls += 1;
            memo.calls
        };
        assert!(!self.is(PortDefect::ClockPanics) || calls < 100, "asked too often");
        match self.defect {
            PortDefect::ClockInLocalTime => self.inner.now().plus(Duration::from_secs(7200)),
            _ => self.inner.now(),
        }
    }
}

#[async_trait]
impl Delivery for BrokenPort<dyn Delivery> {
    async fn deliver(&self, envelope: &Envelope) -> PortResult<()> {
        let alike = format!("{} {}", envelope.channel, envelope.message.id());
        match self.defect {
            PortDefect::DeliveryGoesNowhere => return Ok(()),
            PortDefect::DeliveryMergesAlike if !lock(&self.memo).alike.insert(alike) => {
                return Ok(());
            }
            PortDefect::DeliveryRepeats => {
                self.inner.deliver(envelope).await?;
                self.inner.deliver(envelope).await?;
            }
            _ => {}
        }
        match self.inner.deliver(envelope).await {
            Err(_) if self.is(PortDefect::DeliveryHidesFailure) => Ok(()),
            answer => answer,
        }
    }

    async fn channels(&self, tenant: &TenantId) -> PortResult<Vec<Channel>> {
        match self.defect {
            PortDefect::DeliveryOfAllChannels => {
                Ok(vec![Channel::Email, Channel::Sms, Channel::Voice])
            }
            _ => self.inner.channels(tenant).await,
        }
    }
}
