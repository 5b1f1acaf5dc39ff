//! Tickets: what a browser holds between two steps of a flow. A ticket is masked and authenticated;
//! it is no session.
//!
//! A ticket is `tag || claim ^ stream(tag)` with `tag = HMAC(tenant, claim)` and a keystream under a
//! key of its own. The tag is also the nonce: equal claims give equal tickets, so a reply can be
//! repeated, and tickets of different claims have no bytes in common. A forged ticket is refused
//! without reading the store.

mod claims;
mod layout;
#[cfg(test)]
mod tests;

pub(crate) use claims::{AskedChallenge, TicketClaims, TicketSubject};

use std::time::Duration;

use zeroize::Zeroize;

use self::layout::CLAIM;
use crate::domain::account::{Bearer, Purpose};
use crate::domain::crypto::keys::{Keys, ShortKey};
use crate::domain::crypto::mac::Keystream;
use crate::domain::crypto::secret::secrets_equal;
use crate::domain::identity::ids::TenantId;
use crate::domain::invalid::InvalidInput;
use crate::domain::method::MethodKind;
use crate::domain::refusal::Refusal;
use crate::domain::time::{MAX_SKEW, Timestamp};

const TAG: usize = Keystream::NONCE;
const SEALED: usize = TAG + CLAIM;
/// Length of the text: base64url without padding.
pub(crate) const TEXT: usize = (SEALED * 8).div_ceil(6);

impl TicketClaims {
    pub(crate) fn seal(&self, tenant: &TenantId, keys: &Keys) -> Sealed {
        let mut claim = self.to_bytes();
        let key = keys.issuing();
        let tag = tag(key, tenant, &claim);
        mask(key, &tag, &mut claim);
        let mut bytes = [0; SEALED];
        bytes[..TAG].copy_from_slice(&tag);
        bytes[TAG..].copy_from_slice(&claim);
        Sealed { text: data_encoding::BASE64URL_NOPAD.encode(&bytes), bytes }
    }

    /// Opens a ticket of this tenant and purpose.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Foreign`] for a forged ticket and for one of another tenant or purpose.
    pub(crate) fn open(
        sealed: &Sealed,
        tenant: &TenantId,
        purpose: Purpose,
        keys: &Keys,
    ) -> Result<Self, InvalidInput> {
        let foreign = InvalidInput::Foreign { what: "ticket" };
        let Some((given, masked)) = sealed.bytes.split_first_chunk::<TAG>() else {
            return Err(foreign);
        };
        for key in keys.all_short() {
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
}

/// A ticket: its text, and the bytes that the text encodes.
pub(crate) struct Sealed {
    text: String,
    bytes: [u8; SEALED],
}

impl Sealed {
    /// Checks the length and the alphabet of a ticket's text, nothing else.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidInput> {
        const MALFORMED: InvalidInput = InvalidInput::Malformed { what: "ticket" };
        if text.len() != TEXT {
            return Err(MALFORMED);
        }
        let mut bytes = [0; SEALED];
        match data_encoding::BASE64URL_NOPAD.decode_mut(text.as_bytes(), &mut bytes) {
            Ok(SEALED) => Ok(Self { text: text.to_owned(), bytes }),
            _ => Err(MALFORMED),
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

impl Drop for Sealed {
    fn drop(&mut self) {
        self.text.zeroize();
        self.bytes.zeroize();
    }
}

fn tag(key: &ShortKey, tenant: &TenantId, claim: &[u8; CLAIM]) -> [u8; TAG] {
    let mac = key.ticket_mac.parts(0x01, &[tenant.as_str().as_bytes(), claim]);
    std::array::from_fn(|place| mac[place])
}

fn mask(key: &ShortKey, tag: &[u8; TAG], claim: &mut [u8; CLAIM]) {
    let (blocks, rest) = claim.as_chunks_mut::<32>();
    let last = blocks.len() as u8;
    for (block, number) in blocks.iter_mut().zip(0..) {
        xor(block, key.ticket_stream.block(tag, number));
    }
    xor(rest, key.ticket_stream.block(tag, last));
}

#[inline]
fn xor(bytes: &mut [u8], stream: [u8; 32]) {
    bytes.iter_mut().zip(stream).for_each(|(byte, stream)| *byte ^= stream);
}
