//! Known devices, familiar sources, and the cancelling of a flow.

use super::Transition;
use crate::domain::account::{Account, Bearer, Done, FamiliarSource, Flow, KnownDevice, Unknown};
use crate::domain::crypto::digest::Digest;
use crate::domain::event::{EventKind, FlowEnd};
use crate::domain::refusal::Refusal;
use crate::domain::time::{DAY, Timestamp};

/// The most known devices of one account; a further one replaces the oldest.
const MAX_DEVICES: usize = 5;

/// The most familiar sources of one account; a further one replaces the one not seen for longest.
const MAX_SOURCES: usize = 8;

/// Whether the user has registered a method or completed a flow from this source.
pub(crate) fn is_familiar(account: &Account, source: &[u8; 8], now: Timestamp) -> bool {
    account.sources.iter().any(|familiar| now < familiar.until && familiar.source == *source)
}

impl Transition<'_> {
    /// Makes the source familiar for as long as a device stays known. A request without a known
    /// source passes `None`.
    pub(super) fn know_source(&mut self, source: Option<[u8; 8]>) {
        let (now, days) = (self.now, u32::from(self.policy.known_device_days));
        let Some(source) = source.filter(|_| days > 0) else { return };
        let sources = &mut self.account.sources;
        sources.retain(|familiar| now < familiar.until && familiar.source != source);
        if sources.len() >= MAX_SOURCES {
            sources.remove(0);
        }
        sources.push(FamiliarSource {
            source,
            until: now.plus(DAY * days),
            unknown: Unknown::NONE,
        });
    }
}

/// Whether this is the secret of a known device. It is compared with every one of them.
pub(crate) fn is_known_device(account: &Account, secret: &Digest, now: Timestamp) -> bool {
    let live = account.devices.iter().filter(|device| now < device.until);
    live.fold(false, |known, device| known | device.secret.fits(secret))
}

/// Makes the browser of a signed-in user a known device.
///
/// # Errors
///
/// [`Refusal::TooOften`].
pub(crate) fn remember_user_device(
    transition: &mut Transition<'_>,
    secret: Digest,
) -> Result<(), Refusal> {
    transition.sweep();
    transition.count_quiet_act()?;
    remember_device(transition, secret);
    Ok(())
}

/// Makes a browser a known device.
fn remember_device(transition: &mut Transition<'_>, secret: Digest) {
    transition.sweep();
    let now = transition.now;
    let days = u32::from(transition.policy.known_device_days);
    let devices = &mut transition.account.devices;
    devices.retain(|device| now < device.until && !device.secret.fits(&secret));
    if devices.len() >= MAX_DEVICES {
        devices.remove(0);
    }
    devices.push(KnownDevice { secret, until: now.plus(DAY * days), unknown: Unknown::NONE });
    let count = u8::try_from(devices.len()).unwrap_or(u8::MAX);
    transition.record(EventKind::DeviceRemembered { devices: count });
}

impl Bearer<'_> {
    /// The flow, if it exists and this ticket is its newest.
    pub(super) fn flow<'a>(&self, transition: &'a Transition<'_>) -> Option<&'a Flow> {
        let now = transition.now;
        transition.account.flow(self.flow).filter(|flow| {
            flow.purpose == self.purpose
                && flow.generation == self.generation
                && flow.epoch == transition.account.epoch
                && now < flow.expires_at
        })
    }

    /// How the flow reached its goal.
    ///
    /// # Errors
    ///
    /// [`Refusal::Ended`] if it has not reached it, or the ticket is not its newest.
    pub(super) fn done(&self, transition: &Transition<'_>) -> Result<Done, Refusal> {
        self.flow(transition).and_then(|flow| flow.done).ok_or(Refusal::Ended)
    }
}

/// Makes the browser of a flow that has reached its goal a known device, once for each flow.
///
/// # Errors
///
/// [`Refusal::Ended`] before the goal, or the second time; [`Refusal::NotOffered`] if the policy
/// has no known devices.
pub(crate) fn remember_bearer(
    transition: &mut Transition<'_>,
    bearer: &Bearer<'_>,
    secret: Digest,
) -> Result<(), Refusal> {
    transition.sweep();
    if bearer.done(transition)?.remembered {
        return Err(Refusal::Ended);
    }
    if transition.policy.known_device_days == 0 {
        return Err(Refusal::NotOffered);
    }
    if let Some(done) = transition.account.flow_mut(bearer.flow).and_then(|flow| flow.done.as_mut())
    {
        done.remembered = true;
    }
    remember_device(transition, secret);
    Ok(())
}

/// Ends a flow that its bearer cancels; returns whether there was one, which the reply must not
/// show. A flow whose directory write is not settled stays.
pub(crate) fn cancel(transition: &mut Transition<'_>, bearer: &Bearer<'_>) -> bool {
    transition.sweep();
    let flow = bearer.flow(transition).filter(|flow| flow.done.is_none());
    let number = flow.map(|flow| flow.number);
    let writing = transition.account.write.as_ref().map(|write| write.flow);
    match number.filter(|number| Some(*number) != writing) {
        Some(number) => {
            transition.drop_flow(number, FlowEnd::Cancelled);
            true
        }
        None => false,
    }
}
