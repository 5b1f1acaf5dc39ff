//! The bytes of a ticket's claims: fields of fixed length in a fixed order, so that all tickets are
//! of one length.
//!
//! Written by hand: a general encoding has texts and lists of variable length, which would have to
//! be padded to the longest, and the domain types' serde forms are those of stored records.

use std::time::Duration;

use super::claims::{AskedChallenge, KINDS, TicketClaims, TicketSubject};
use crate::domain::account::{CredentialEpoch, FlowId, Generation, Purpose};
use crate::domain::identity::ids::UserId;
use crate::domain::method::{ChallengeOption, Channel, MethodKind};
use crate::domain::reason::SsprReason;
use crate::domain::time::Timestamp;

const VERSION: u8 = 1;

/// The fields before the challenges: four of one byte, flow, start, identifier, epoch.
const HEAD: usize = 4 + 16 + 8 + 8 + 4;
/// A challenge that was asked for: channel and index, length, time.
const ASKED: usize = 1 + 1 + 4;
/// The user: the length, the bytes, zeros.
const USER: usize = 1 + UserId::MAX_BYTES;
pub(super) const CLAIM: usize = HEAD + KINDS * ASKED + USER;

/// Appends fields; the rest stays zero.
struct Writer {
    bytes: [u8; CLAIM],
    length: usize,
}

impl Writer {
    fn put(&mut self, field: &[u8]) {
        self.bytes[self.length..][..field.len()].copy_from_slice(field);
        self.length += field.len();
    }
}

/// Takes fields in the order in which they were put.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*field)
    }
}

impl TicketClaims {
    pub(super) fn to_bytes(&self) -> [u8; CLAIM] {
        let (reason, user) = match &self.subject {
            TicketSubject::User(user) => (0, user.as_str()),
            TicketSubject::Decoy { reason, user } => {
                (reason_tag(*reason), user.as_ref().map_or("", UserId::as_str))
            }
        };
        let mut claim = Writer { bytes: [0; CLAIM], length: 0 };
        claim.put(&[VERSION, purpose_tag(self.purpose), self.generation.0, reason]);
        claim.put(&self.flow.0);
        claim.put(&self.started_at.unix_millis().to_be_bytes());
        claim.put(&self.identifier);
        claim.put(&self.epoch.0.to_be_bytes());
        for asked in self.asked {
            claim.put(&asked.map_or([0; ASKED], |asked| asked.to_bytes(self.started_at)));
        }
        claim.put(&[user.len() as u8]);
        claim.put(user.as_bytes());
        claim.bytes
    }

    pub(super) fn from_bytes(bytes: &[u8; CLAIM]) -> Option<Self> {
        let mut claim = Reader(bytes);
        let [VERSION, purpose, generation, reason] = claim.take()? else { return None };
        let generation = Generation(generation);
        let purpose = Purpose::ALL.into_iter().find(|known| purpose_tag(*known) == purpose)?;
        let flow = FlowId(claim.take()?);
        let started_at = Timestamp::from_unix_millis(i64::from_be_bytes(claim.take()?));
        let identifier = claim.take()?;
        let epoch = CredentialEpoch(u32::from_be_bytes(claim.take()?));
        let mut asked = [None; KINDS];
        for (asked, method) in asked.iter_mut().zip(MethodKind::ALL) {
            let bytes: [u8; ASKED] = claim.take()?;
            if bytes[0] != 0 {
                *asked = Some(AskedChallenge::from_bytes(bytes, method, started_at)?);
            }
        }
        let user = match claim.take()? {
            [0] => None,
            [length] => {
                let text = std::str::from_utf8(claim.0.get(..usize::from(length))?).ok()?;
                Some(UserId::parse(text).ok()?)
            }
        };
        let subject = match reason {
            0 => TicketSubject::User(user?),
            tag => TicketSubject::Decoy { reason: reason_of(tag)?, user },
        };
        Some(Self { purpose, flow, generation, started_at, identifier, subject, epoch, asked })
    }
}

impl AskedChallenge {
    /// Never begins with zero, which stands for no challenge.
    fn to_bytes(self, started_at: Timestamp) -> [u8; ASKED] {
        // There are fewer than 16 channels, and at most 5 active methods of a kind.
        let way = channel_tag(self.option.channel()) << 4 | self.option.index().min(15);
        // A flow lasts at most a day, whose milliseconds fit into 32 bits.
        let since = u32::try_from(self.at.since(started_at).as_millis()).unwrap_or(u32::MAX);
        let [first, second, third, fourth] = since.to_be_bytes();
        [way, self.length, first, second, third, fourth]
    }

    fn from_bytes(bytes: [u8; ASKED], method: MethodKind, started_at: Timestamp) -> Option<Self> {
        let [way, length, since @ ..] = bytes;
        let channel =
            *method.channels().iter().find(|channel| channel_tag(**channel) == way >> 4)?;
        let option = ChallengeOption::indexed(method, channel, way & 15).ok()?;
        let since = Duration::from_millis(u32::from_be_bytes(since).into());
        Some(Self { option, at: started_at.plus(since), length })
    }
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

/// The tag of a reason is its place in the list of all, from one. A ticket lives for a flow, so the
/// list may change between releases.
fn reason_tag(reason: SsprReason) -> u8 {
    let place = SsprReason::ALL.iter().position(|known| *known == reason);
    place.map_or(1, |place| place as u8 + 1)
}

fn reason_of(tag: u8) -> Option<SsprReason> {
    SsprReason::ALL.get(usize::from(tag).checked_sub(1)?).copied()
}
