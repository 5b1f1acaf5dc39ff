//! Tickets: what a browser holds between two steps of a flow. A ticket is masked and authenticated;
//! it is no session.
//!
//! A ticket is `tag || claim ^ stream(tag)` with `tag = HMAC(tenant, claim)`. The tag is also the
//! nonce: equal claims give equal tickets, so an answer can be repeated, and tickets of different
//! claims have no bytes in common. A forged ticket is refused without reading the store.

use std::time::Duration;

use zeroize::Zeroize;

use crate::domain::account::{FlowId, Purpose};
use crate::domain::crypto::keys::{Keys, ShortKey};
use crate::domain::crypto::secret::secrets_equal;
use crate::domain::identity::ids::{TenantId, UserId};
use crate::domain::invalid::InvalidInput;
use crate::domain::method::{ChallengeOption, Channel, MethodKind};
use crate::domain::reason::SsprReason;
use crate::domain::refusal::Refusal;
use crate::domain::rules::{Bearer, MAX_SKEW};
use crate::domain::time::Timestamp;

/// The claims that a ticket carries.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct TicketClaims {
    pub(crate) purpose: Purpose,
    pub(crate) flow: FlowId,
    pub(crate) generation: u8,
    pub(crate) started_at: Timestamp,
    /// The keyed hash of the typed identifier.
    pub(crate) identifier: [u8; 8],
    pub(crate) subject: TicketSubject,
    /// The account's epoch when the flow began; zero for a decoy.
    pub(crate) epoch: u32,
    /// The last challenge of each kind of method that was asked for before the first proof, also if
    /// the budgets of the account suppressed it.
    pub(crate) asked: [Option<AskedChallenge>; KINDS],
}

const KINDS: usize = MethodKind::ALL.len();

/// Whose flow it is.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum TicketSubject {
    User(UserId),
    /// A decoy: the reason, and for the audit trail the user that it stands in for, if there is
    /// one.
    Decoy {
        reason: SsprReason,
        user: Option<UserId>,
    },
}

/// A challenge that was asked for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct AskedChallenge {
    pub(crate) option: ChallengeOption,
    pub(crate) at: Timestamp,
    /// The length of the code, as the answer gave it.
    pub(crate) length: u8,
}

const TAG: usize = 16;
/// The offset of the challenges asked for, the length of each, and the offset of the user.
const ASKED: usize = 44;
const ASKED_LENGTH: usize = 6;
const USER: usize = ASKED + KINDS * ASKED_LENGTH;
const CLAIM: usize = USER + UserId::MAX_BYTES;
const SEALED: usize = TAG + CLAIM;
/// Length of the text: base64url without padding.
pub(crate) const TEXT: usize = (SEALED * 8).div_ceil(6);

const VERSION: u8 = 1;

impl TicketClaims {
    pub(crate) fn seal(&self, tenant: &TenantId, keys: &Keys) -> String {
        let mut claim = self.to_bytes();
        let key = keys.issuing();
        let tag = tag(key, tenant, &claim);
        mask(key, &tag, &mut claim);
        let mut sealed = [0; SEALED];
        sealed[..TAG].copy_from_slice(&tag);
        sealed[TAG..].copy_from_slice(&claim);
        data_encoding::BASE64URL_NOPAD.encode(&sealed)
    }

    /// Opens a ticket of this tenant and purpose.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Malformed`] for a text of another form; [`InvalidInput::Foreign`] for a
    /// forged ticket and for one of another tenant or purpose.
    pub(crate) fn open(
        text: &str,
        tenant: &TenantId,
        purpose: Purpose,
        keys: &Keys,
    ) -> Result<Self, InvalidInput> {
        let foreign = InvalidInput::Foreign { what: "ticket" };
        let mut sealed = [0; SEALED];
        decode(text, &mut sealed)?;
        for key in keys.all_short() {
            let (given, masked) = sealed.split_at(TAG);
            let mut claim = [0; CLAIM];
            claim.copy_from_slice(masked);
            mask(key, given, &mut claim);
            if secrets_equal(&tag(key, tenant, &claim), given) {
                let opened = Self::from_bytes(&claim).ok_or(foreign.clone())?;
                claim.zeroize();
                return if opened.purpose == purpose { Ok(opened) } else { Err(foreign) };
            }
        }
        Err(foreign)
    }

    /// Adds a challenge that was asked for.
    pub(crate) fn ask(&mut self, asked: AskedChallenge) {
        let kind = asked.option.method();
        if let Some(place) = MethodKind::ALL.iter().position(|known| *known == kind) {
            self.asked[place] = Some(asked);
        }
    }

    /// The last challenge of this kind that was asked for.
    pub(crate) fn asked_for(&self, kind: MethodKind) -> Option<&AskedChallenge> {
        self.asked.iter().flatten().find(|asked| asked.option.method() == kind)
    }

    /// The flow, as this ticket names it.
    pub(crate) const fn bearer(&self) -> Bearer<'_> {
        Bearer { flow: &self.flow, purpose: self.purpose, generation: self.generation }
    }

    /// Checks that the flow has not expired. A ticket that was issued by a clock far ahead has.
    pub(crate) fn check_time(&self, life: Duration, now: Timestamp) -> Result<(), Refusal> {
        let ahead = self.started_at > now.plus(MAX_SKEW);
        if ahead || now >= self.started_at.plus(life) { Err(Refusal::Ended) } else { Ok(()) }
    }

    fn to_bytes(&self) -> [u8; CLAIM] {
        let mut bytes = [0; CLAIM];
        bytes[0] = VERSION;
        bytes[1] = purpose_tag(self.purpose);
        bytes[2] = self.generation;
        bytes[4..20].copy_from_slice(&self.flow.0);
        bytes[20..28].copy_from_slice(&self.started_at.unix_millis().to_be_bytes());
        bytes[28..36].copy_from_slice(&self.identifier);
        let user = match &self.subject {
            TicketSubject::User(user) => Some(user),
            TicketSubject::Decoy { reason, user } => {
                bytes[3] = reason_tag(*reason);
                user.as_ref()
            }
        };
        bytes[36..40].copy_from_slice(&self.epoch.to_be_bytes());
        for (place, asked) in self.asked.iter().enumerate() {
            let Some(asked) = asked else { continue };
            let slot = &mut bytes[ASKED + place * ASKED_LENGTH..][..ASKED_LENGTH];
            // There are fewer than 16 channels, and at most 5 active methods of a kind.
            slot[0] = channel_tag(asked.option.channel()) << 4 | asked.option.index().min(15);
            slot[1] = asked.length;
            // A flow lasts at most a day, whose milliseconds fit into 32 bits.
            let since = asked.at.since(self.started_at).as_millis();
            slot[2..].copy_from_slice(&u32::try_from(since).unwrap_or(u32::MAX).to_be_bytes());
        }
        if let Some(user) = user.map(UserId::as_str) {
            bytes[40] = user.len() as u8;
            bytes[USER..USER + user.len()].copy_from_slice(user.as_bytes());
        }
        bytes
    }

    fn from_bytes(bytes: &[u8; CLAIM]) -> Option<Self> {
        if bytes[0] != VERSION {
            return None;
        }
        let purpose = Purpose::ALL.into_iter().find(|purpose| purpose_tag(*purpose) == bytes[1])?;
        let user = match usize::from(bytes[40]) {
            0 => None,
            length => {
                let text = std::str::from_utf8(bytes.get(USER..USER + length)?).ok()?;
                Some(UserId::parse(text).ok()?)
            }
        };
        let subject = match bytes[3] {
            0 => TicketSubject::User(user?),
            tag => TicketSubject::Decoy { reason: reason_of(tag)?, user },
        };
        let started_at = time_at(bytes, 20)?;
        let mut asked = [None; KINDS];
        for (place, (asked, method)) in asked.iter_mut().zip(MethodKind::ALL).enumerate() {
            let from = ASKED + place * ASKED_LENGTH;
            if bytes[from] == 0 {
                continue;
            }
            let channels = method.channels();
            let channel_bits = bytes[from] >> 4;
            let channel =
                *channels.iter().find(|channel| channel_tag(**channel) == channel_bits)?;
            let option = ChallengeOption::indexed(method, channel, bytes[from] & 15).ok()?;
            let since = u32::from_be_bytes(bytes.get(from + 2..from + 6)?.try_into().ok()?);
            let at = started_at.plus(Duration::from_millis(since.into()));
            *asked = Some(AskedChallenge { option, at, length: bytes[from + 1] });
        }
        Some(Self {
            purpose,
            flow: FlowId(bytes[4..20].try_into().ok()?),
            generation: bytes[2],
            started_at,
            identifier: bytes[28..36].try_into().ok()?,
            subject,
            epoch: u32::from_be_bytes(bytes[36..40].try_into().ok()?),
            asked,
        })
    }
}

/// Checks the length and the alphabet of a ticket's text, nothing else.
pub(crate) fn check_form(text: &str) -> Result<(), InvalidInput> {
    decode(text, &mut [0; SEALED])
}

fn decode(text: &str, sealed: &mut [u8; SEALED]) -> Result<(), InvalidInput> {
    if text.len() != TEXT {
        return Err(InvalidInput::Malformed { what: "ticket" });
    }
    match data_encoding::BASE64URL_NOPAD.decode_mut(text.as_bytes(), sealed) {
        Ok(SEALED) => Ok(()),
        _ => Err(InvalidInput::Malformed { what: "ticket" }),
    }
}

fn tag(key: &ShortKey, tenant: &TenantId, claim: &[u8; CLAIM]) -> [u8; TAG] {
    let mac = key.ticket_mac.parts(0x01, &[tenant.as_str().as_bytes(), claim]);
    std::array::from_fn(|place| mac[place])
}

fn mask(key: &ShortKey, tag: &[u8], claim: &mut [u8; CLAIM]) {
    for (number, block) in claim.chunks_mut(32).enumerate() {
        let mut input = [0; TAG + 1];
        input[..TAG].copy_from_slice(tag);
        input[TAG] = number as u8;
        for (byte, stream) in block.iter_mut().zip(key.ticket_stream.mac(&input)) {
            *byte ^= stream;
        }
    }
}

fn time_at(bytes: &[u8; CLAIM], from: usize) -> Option<Timestamp> {
    let millis = bytes.get(from..from + 8)?.try_into().ok()?;
    Some(Timestamp::from_unix_millis(i64::from_be_bytes(millis)))
}

const fn purpose_tag(purpose: Purpose) -> u8 {
    match purpose {
        Purpose::Reset => 1,
        Purpose::Register => 2,
        Purpose::Unlock => 3,
        Purpose::Change => 4,
    }
}

const fn channel_tag(channel: Channel) -> u8 {
    match channel {
        Channel::Email => 1,
        Channel::Sms => 2,
        Channel::Voice => 3,
        Channel::Link => 4,
        Channel::InHand => 5,
    }
}

/// The reasons that a decoy ticket can carry. The tag of a reason is its place in the list, from
/// one.
const REASONS: [SsprReason; 11] = [
    SsprReason::UnknownUser,
    SsprReason::AccountDisabled,
    SsprReason::SwitchedOff,
    SsprReason::WritebackOff,
    SsprReason::NoPolicy,
    SsprReason::NotEntitled,
    SsprReason::NotInScope,
    SsprReason::TooFewMethods,
    SsprReason::AdministratorRequired,
    SsprReason::DirectoryUnreachable,
    SsprReason::Blocked,
];

fn reason_tag(reason: SsprReason) -> u8 {
    let place = REASONS.iter().position(|known| *known == reason);
    place.map_or(1, |place| place as u8 + 1)
}

fn reason_of(tag: u8) -> Option<SsprReason> {
    REASONS.get(usize::from(tag).checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests;
