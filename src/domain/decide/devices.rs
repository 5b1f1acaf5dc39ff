//! Known devices, and flows that are given up.

use super::Turn;
use crate::domain::account::{Account, FlowId, KnownDevice, Purpose};
use crate::domain::digest::Digest;
use crate::domain::event::{EventKind, FlowEnd};
use crate::domain::time::Timestamp;

const DAY: std::time::Duration = std::time::Duration::from_secs(86_400);
/// Known devices of one account: the oldest gives way.
const MAX_DEVICES: usize = 5;

/// Whether this is the secret of a known device. All of them are compared.
pub(crate) fn is_known_device(account: &Account, secret: &Digest, now: Timestamp) -> bool {
    let live = account.devices.iter().filter(|device| now < device.until);
    live.fold(false, |known, device| known | device.secret.fits(secret))
}

/// Knows a browser from now on.
pub(crate) fn remember_device(turn: &mut Turn<'_>, secret: Digest) {
    turn.sweep();
    let now = turn.now;
    let days = u32::from(turn.policy.known_device_days);
    let devices = &mut turn.account.devices;
    devices.retain(|device| now < device.until && !device.secret.fits(&secret));
    if devices.len() >= MAX_DEVICES {
        devices.remove(0);
    }
    devices.push(KnownDevice { secret, until: now.plus(DAY * days) });
    let devices = u8::try_from(devices.len()).unwrap_or(u8::MAX);
    turn.note(EventKind::DeviceRemembered { devices });
}

/// Ends a flow that its bearer gives up. Whether there was one is told to nobody. A directory write
/// of unknown outcome keeps its flow.
pub(crate) fn cancel(turn: &mut Turn<'_>, id: &FlowId, purpose: Purpose, generation: u8) -> bool {
    turn.sweep();
    let flow = turn.account.flow(id).filter(|flow| {
        flow.purpose == purpose && flow.generation == generation && flow.done.is_none()
    });
    let number = flow.map(|flow| flow.number);
    let writing = turn.account.write.as_ref().map(|write| write.flow);
    match number.filter(|number| Some(*number) != writing) {
        Some(number) => {
            turn.drop_flow(number, FlowEnd::Cancelled);
            true
        }
        None => false,
    }
}
