//! Defects of the other ports.

mod abilities;
mod directory;
mod secrets;
mod sessions;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;

use super::super::lock;
use super::defect::defects;
use crate::message::{Message, Notice};
use crate::method::Channel;
use crate::port::{Clock, Delivery, Envelope, PortError, PortResult, ProvidedChannel};
use crate::{TenantId, Timestamp, UserId};

defects! {
    /// One defect of a port other than the store.
    PortDefect:
    /// The clock shows local time, two hours ahead.
    ClockInLocalTime => "now_is_near_the_time_of_others",
    /// The clock panics when it is read too often.
    ClockPanics => "now_never_fails",
    /// The last byte of each buffer is not written.
    EntropyLeavesTheEnd => "fill_fills_the_whole_buffer",
    /// Each instance draws the same stream.
    EntropyRestarts => "fill_never_repeats",
    /// Each thread draws the same stream.
    EntropyPerThread => "fill_is_different_for_each_thread",
    /// The bytes are printable letters.
    EntropyIsText => "fill_is_even",
    /// Each instance has a key of its own.
    SealKeyPerInstance => "open_gives_back_what_was_sealed",
    /// Sealed bytes are not bound to `associated`.
    SealIgnoresAssociated => "open_refuses_another_associated",
    /// Encryption without authentication.
    SealUnauthenticated => "open_refuses_what_was_changed",
    /// Bytes that cannot be opened are taken for a secret from before sealing.
    SealTakesPlainText => "open_refuses_what_was_not_sealed_here",
    /// Authentication without encryption.
    SealHidesNothing => "seal_hides_what_it_seals",
    /// Each instance counts its nonces from zero.
    SealCountsNonces => "seal_never_seals_alike",
    /// All bytes count as sealed under the current key.
    SealIsAlwaysCurrent => "is_current_is_about_the_sealed_bytes",
    /// Only the first 72 bytes of a secret count.
    HashStopsAt72 => "verify_knows_the_secret",
    /// One salt for all hashes.
    HashWithoutSalt => "hash_takes_a_fresh_salt",
    /// The text does not name its parameters.
    HashForgetsItsParameters => "hash_says_how_it_was_made",
    /// A malformed hash counts as a wrong answer instead of a damaged one.
    HashTakesAnyText => "verify_refuses_texts_of_others_making",
    /// `Ok` for a message that is dropped.
    DeliveryGoesNowhere => "deliver_hands_over_what_it_takes",
    /// A message is delivered more than twice.
    DeliveryRepeats => "deliver_of_one_key_is_one_message",
    /// Two messages of one kind to one person are delivered as one.
    DeliveryMergesAlike => "deliver_tells_messages_apart_by_their_key",
    /// `Ok` although the next system refused.
    DeliveryHidesFailure => "deliver_says_when_it_was_not_accepted",
    /// `Denied`, which is final, while the next system is down.
    DeliveryGivesUp => "deliver_is_tried_again_after_an_outage",
    /// Messages are delivered whether they have expired or not.
    DeliveryIgnoresExpiry => "deliver_drops_what_has_expired",
    /// All tenants have the channels of the system.
    DeliveryOfAllChannels => "channels_are_those_of_the_tenant",
    /// An unknown tenant has facts like any other.
    DirectoryKnowsEveryTenant => "tenant_tells_known_from_unknown",
    /// Users are found by the first three bytes of their id.
    DirectoryCutsIds => "find_knows_users_by_name_and_id",
    /// An identifier with `*` finds the one user whose name matches.
    DirectoryTakesWildcards => "find_knows_users_by_name_and_id",
    /// Users are reported as enabled and unprotected, and without roles.
    DirectoryReportsDefaults => "find_reports_facts_as_added",
    /// Users of all tenants are found.
    DirectoryIgnoresTenants => "find_keeps_tenants_apart",
    /// Of several users who share a name only the first is returned.
    DirectoryTakesTheFirst => "find_returns_all_who_share_a_name",
    /// Only one group of the user is returned.
    DirectoryNestsNoGroups => "find_resolves_groups",
    /// The listing of users ends with the first page.
    DirectoryEndsEarly => "users_lists_each_user_once",
    /// A page of users comes without groups.
    DirectoryListsNoGroups => "find_resolves_groups",
    /// All users hold every role.
    DirectoryIgnoresRoles => "role_holders_are_those_of_the_roles",
    /// `Written` although nothing was written.
    DirectoryWritesNothing => "set_password_replaces_it",
    /// Only the first 72 bytes of a password count.
    DirectoryStopsAt72 => "set_password_keeps_every_character",
    /// Passwords end at the first NUL.
    DirectoryEndsAtNul => "set_password_keeps_every_character",
    /// Passwords are trimmed.
    DirectoryTrimsPasswords => "set_password_keeps_every_character",
    /// A write neither clears a lockout nor requires a change.
    DirectoryForgetsEffects => "set_password_has_its_effects",
    /// A write enables the user.
    DirectoryEnablesUsers => "writes_leave_a_disabled_user_disabled",
    /// A repeated write is refused as a violation of the history.
    DirectoryRefusesRepeats => "set_password_made_again_is_one_write",
    /// `Written` for unknown users.
    DirectoryWritesForUnknownUsers => "set_password_of_an_unknown_user_is_not_written",
    /// `Written` by a directory that is out of reach.
    DirectoryHidesOutages => "set_password_out_of_reach_writes_nothing",
    /// Any password passes.
    DirectoryTakesAnyPassword => "verify_password_knows_the_password",
    /// Passwords that were set elsewhere keep their decomposed form.
    DirectoryKeepsTwoForms => "verify_password_knows_the_password",
    /// An unlock of an unknown user is `Written`.
    DirectoryUnlocksNobody => "unlock_of_an_unknown_user_is_not_written",
    /// Unlocking sets an initial password.
    DirectoryUnlockSetsPassword => "unlock_clears_a_lockout_only",
    /// A second revocation is an error.
    SessionsRevokeOnce => "revoke_may_come_again",
    /// A revocation ends the sessions of users of this id in all tenants.
    SessionsRevokeInAllTenants => "revoke_keeps_tenants_apart",
    /// A revocation returns `Ok` but ends no session.
    SessionsRevokeNothing => "revoke_goes_by_the_time_of_authentication",
    /// The kind is one that the engine verifies itself.
    MethodIsTheEngines => "kind_is_one_of_the_host",
    /// Every user has the method.
    MethodOfEveryUser => "available_is_about_this_user",
    /// No user has the method during an outage.
    MethodVanishesInOutages => "available_is_an_error_in_an_outage",
    /// The page data name the user.
    MethodNamesTheUser => "begin_shows_no_difference",
    /// Each call of `begin` is a new prompt.
    MethodPromptsAgain => "begin_made_again_prompts_once",
    /// Any response passes.
    MethodTakesAnyResponse => "verify_knows_the_response",
    /// Any response passes during an outage.
    MethodOpensInOutages => "verify_fails_in_an_outage",
    /// A password whose start is on the list is found.
    ListMatchesParts => "contains_is_about_the_whole_password",
    /// The list is empty during an outage.
    ListIsEmptyInOutages => "contains_fails_in_an_outage",
    /// An answer passes as often as it is given.
    CheckTakesAnswersAgain => "passed_takes_an_answer_once",
    /// Any answer passes.
    CheckTakesAnyAnswer => "passed_refuses_other_answers",
    /// Any answer passes during an outage.
    CheckOpensInOutages => "passed_lets_no_one_through_in_an_outage",
    /// Calls are not checked, only texts.
    SignalsAreOfTextsOnly => "before_send_denies_known_risks",
    /// All numbers are clear during an outage.
    SignalsAreClearInOutages => "before_send_is_not_clear_in_an_outage",
}

/// A correct port in a wrapper that breaks one sentence of its contract.
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

/// The state that a wrapper needs in order to misbehave.
#[derive(Default)]
struct Memo {
    calls: u32,
    tenants: BTreeSet<TenantId>,
    numbers: BTreeSet<u32>,
    alike: BTreeSet<String>,
    users: BTreeSet<UserId>,
}

impl<P: ?Sized> BrokenPort<P> {
    /// Adds the defect to a correct port.
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
        assert!(!self.is(PortDefect::ClockPanics) || calls < 100, "the clock was read too often");
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
            PortDefect::DeliveryIgnoresExpiry => {
                let Envelope { idempotency_key, tenant, organisation, destination, .. } = envelope;
                let lasting = Envelope::new(
                    idempotency_key.clone(),
                    tenant.clone(),
                    organisation.clone(),
                    envelope.channel,
                    destination.clone(),
                    envelope.locale.clone(),
                    Message::Notice(Notice::PasswordReset { at: Timestamp::EPOCH }),
                    Timestamp::MAX,
                );
                return self.inner.deliver(&lasting).await;
            }
            _ => {}
        }
        match self.inner.deliver(envelope).await {
            Err(_) if self.is(PortDefect::DeliveryHidesFailure) => Ok(()),
            Err(_) if self.is(PortDefect::DeliveryGivesUp) => Err(PortError::denied()),
            outcome => outcome,
        }
    }

    async fn channels(&self, tenant: &TenantId) -> PortResult<Vec<ProvidedChannel>> {
        match self.defect {
            PortDefect::DeliveryOfAllChannels => {
                Ok([Channel::Email, Channel::Sms, Channel::Voice].map(Into::into).into())
            }
            _ => self.inner.channels(tenant).await,
        }
    }
}
