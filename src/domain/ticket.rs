//! Tickets: what a browser holds between two steps. Masked, authenticated, and no session.
//!
//! A ticket is `tag || claim ^ stream(tag)` with `tag = HMAC(tenant, claim)`: the tag is also the
//! nonce, so equal claims give equal tickets (an answer can be given again) and two tickets share
//! no byte. A forged one is refused without a read.

use std::time::Duration;

use zeroize::Zeroize;

use super::account::{FlowId, Purpose};
use super::decide::{Bearer, MAX_SKEW};
use super::ids::{TenantId, UserId};
use super::invalid::InvalidInput;
use super::keys::{Keys, ShortKey};
use super::method::{ChallengeOption, Channel, MethodKind};
use super::reason::SsprReason;
use super::refusal::Refusal;
use super::secret::secrets_equal;
use super::time::Timestamp;

/// What a ticket says.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct TicketClaims {
    pub(crate) purpose: Purpose,
    pub(crate) flow: FlowId,
    pub(crate) generation: u8,
    pub(crate) started_at: Timestamp,
    /// The keyed hash of what was typed.
    pub(crate) identifier: [u8; 8],
    pub(crate) subject: TicketSubject,
    /// The account's epoch when the flow began; zero for a decoy.
    pub(crate) epoch: u32,
    /// The last challenge of each kind of method that was asked for before the first proof,
    /// whether the account's budgets let it be opened or not.
    pub(crate) asked: [Option<AskedChallenge>; KINDS],
}

const KINDS: usize = MethodKind::ALL.len();

/// Whose flow it is.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum TicketSubject {
    User(UserId),
    /// Nobody's: why, and who it would have been, for the audit trail.
    Decoy {
        reason: SsprReason,
        user: Option<UserId>,
    },
}

/// A challenge that was asked for, and what its answer said.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct AskedChallenge {
    pub(crate) option: ChallengeOption,
    pub(crate) at: Timestamp,
    /// How long the code is said to be.
    pub(crate) length: u8,
}

const TAG: usize = 16;
/// Where the challenges asked for stand, each this long, and then the user.
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

    /// Opens a ticket of this tenant and purpose; forged and foreign ones are all one error.
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

    /// Notes a challenge that was asked for.
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

    /// Whether the flow's time has not run out. A ticket from a clock that ran ahead is not obeyed.
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
            // Fewer than 16 channels, and of a kind no more than 5 methods may be active.
            slot[0] = channel_tag(asked.option.channel()) << 4 | asked.option.index().min(15);
            slot[1] = asked.length;
            // A flow is over after a day, in far fewer milliseconds than these.
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
            let channel = *channels.iter().find(|c| channel_tag(**c) == bytes[from] >> 4)?;
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

/// Checks the form of a ticket's text: its length and alphabet, nothing else.
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

/// Reasons that a decoy ticket can carry; the place in the list is the tag, from one.
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

/// The ticket of one kind of flow.
pub(crate) trait FlowTicket: Sized {
    const PURPOSE: Purpose;
    fn issue(claim: &TicketClaims, tenant: &TenantId, keys: &Keys) -> Self;
    fn open(&self, tenant: &TenantId, keys: &Keys) -> Result<TicketClaims, InvalidInput>;
}

macro_rules! ticket_types {
    ($($(#[$doc:meta])* $name:ident = $purpose:expr),+ $(,)?) => {$(
        $(#[$doc])*
        ///
        /// It opens nothing but this flow, and nothing without a proof. Keep it in a cookie
        /// (`HttpOnly`, `Secure`, `SameSite=Strict`), never in an address. No `Clone`, `Display` or
        /// serde; `Debug` prints `[redacted]`.
        pub struct $name(String);

        impl $name {
            /// Takes back a ticket from where the host kept it. Only its form is looked at.
            ///
            /// # Errors
            ///
            /// [`InvalidInput::Malformed`] for a text that no ticket has.
            pub fn parse(text: &str) -> Result<Self, InvalidInput> {
                check_form(text)?;
                Ok(Self(text.to_owned()))
            }

            /// The text, for the cookie.
            #[must_use]
            pub fn expose_secret(&self) -> &str {
                &self.0
            }

        }

        impl FlowTicket for $name {
            const PURPOSE: Purpose = $purpose;

            fn issue(claim: &TicketClaims, tenant: &TenantId, keys: &Keys) -> Self {
                debug_assert!(claim.purpose == $purpose);
                Self(claim.seal(tenant, keys))
            }

            fn open(&self, tenant: &TenantId, keys: &Keys) -> Result<TicketClaims, InvalidInput> {
                TicketClaims::open(&self.0, tenant, $purpose, keys)
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                self.0.zeroize();
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "([redacted])"))
            }
        }
    )+};
}

ticket_types! {
    /// The ticket of a reset.
    ResetTicket = Purpose::Reset,
    /// The ticket of a method that waits for its confirmation.
    RegistrationTicket = Purpose::Register,
    /// The ticket of an unlock.
    UnlockTicket = Purpose::Unlock,
    /// The ticket of a change.
    ChangeTicket = Purpose::Change,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::SecretBytes;
    use proptest::prelude::*;

    fn keys(byte: u8) -> Keys {
        let secret = |byte| SecretBytes::new(vec![byte; 32]);
        Keys::new(secret(1), u16::from(byte), secret(byte)).expect("long enough")
    }

    fn claim(flow: [u8; 16], user: &str) -> TicketClaims {
        TicketClaims {
            purpose: Purpose::Reset,
            flow: FlowId(flow),
            generation: 0,
            started_at: Timestamp::from_unix_seconds(1_700_000_000),
            identifier: [7; 8],
            subject: TicketSubject::User(UserId::parse(user).expect("valid")),
            epoch: 0,
            asked: [None; KINDS],
        }
    }

    fn tenant(name: &str) -> TenantId {
        TenantId::parse(name).expect("valid")
    }

    proptest! {
        #[test]
        fn a_ticket_opens_to_what_was_sealed(flow: [u8; 16], user in "[a-z0-9-]{1,128}", generation: u8, at: i64, decoy: bool, asked: bool, epoch: u32) {
            let mut sealed = claim(flow, &user);
            sealed.generation = generation;
            sealed.epoch = epoch;
            sealed.started_at = Timestamp::from_unix_millis(at);
            if decoy {
                sealed.subject = TicketSubject::Decoy { reason: SsprReason::NotInScope, user: None };
            }
            if asked {
                let option = ChallengeOption::indexed(MethodKind::MobilePhone, Channel::Voice, 3).expect("reached");
                sealed.ask(AskedChallenge { option, at: sealed.started_at.plus(Duration::from_secs(90)), length: 8 });
            }
            let text = sealed.seal(&tenant("a"), &keys(2));
            prop_assert_eq!(text.len(), TEXT);
            prop_assert_eq!(TicketClaims::open(&text, &tenant("a"), Purpose::Reset, &keys(2)), Ok(sealed));
        }

        #[test]
        fn any_changed_byte_is_refused(place in 0..SEALED, bit in 0_u8..8) {
            let text = claim([3; 16], "u").seal(&tenant("a"), &keys(2));
            let mut bytes = data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).expect("own");
            bytes[place] ^= 1 << bit;
            let forged = data_encoding::BASE64URL_NOPAD.encode(&bytes);
            prop_assert!(TicketClaims::open(&forged, &tenant("a"), Purpose::Reset, &keys(2)).is_err());
        }
    }

    /// V14: nothing in two tickets of one account links them.
    #[test]
    fn two_tickets_of_one_account_share_no_run_of_bytes() {
        let opened = |flow| {
            let text = claim(flow, "the-same-user").seal(&tenant("a"), &keys(2));
            data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).expect("own")
        };
        let (left, right) = (opened([1; 16]), opened([2; 16]));
        let shared = left.windows(4).filter(|run| right.windows(4).any(|other| other == *run));
        assert_eq!(shared.count(), 0);
    }

    #[test]
    fn foreign_tickets_are_refused() {
        let text = claim([3; 16], "u").seal(&tenant("a"), &keys(2));
        let open = |name: &str, purpose, keys: &Keys| {
            TicketClaims::open(&text, &tenant(name), purpose, keys)
        };
        assert!(open("a", Purpose::Reset, &keys(2)).is_ok());
        assert!(open("b", Purpose::Reset, &keys(2)).is_err());
        assert!(open("a", Purpose::Register, &keys(2)).is_err());
        assert!(open("a", Purpose::Reset, &keys(3)).is_err());
        // Rotation: what the old key issued still opens while it is there to verify.
        let rotated = keys(3).also_verify(2, SecretBytes::new(vec![2; 32])).expect("room");
        assert!(open("a", Purpose::Reset, &rotated).is_ok());
    }

    #[test]
    fn junk_is_refused_by_its_form() {
        for junk in [
            "",
            "a",
            &"A".repeat(TEXT - 1),
            &"é".repeat(TEXT / 2),
            &"=".repeat(TEXT),
            &"A".repeat(1 << 20),
        ] {
            assert!(ResetTicket::parse(junk).is_err());
        }
        assert!(ResetTicket::parse(&"A".repeat(TEXT)).is_ok());
    }
}
