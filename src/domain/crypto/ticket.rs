//! Tickets: what a browser holds between two steps of a flow. A ticket is masked and authenticated;
//! it is no session.
//!
//! A ticket is `tag || claim ^ stream(tag)` with `tag = HMAC(tenant, claim)`. The tag is also the
//! nonce: equal claims give equal tickets, so a reply can be repeated, and tickets of different
//! claims have no bytes in common. A forged ticket is refused without reading the store.

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
use crate::domain::crypto::secret::secrets_equal;
use crate::domain::identity::ids::TenantId;
use crate::domain::invalid::InvalidInput;
use crate::domain::method::MethodKind;
use crate::domain::refusal::Refusal;
use crate::domain::time::{MAX_SKEW, Timestamp};

const TAG: usize = 16;
const SEALED: usize = TAG + CLAIM;
/// Length of the text: base64url without padding.
pub(crate) const TEXT: usize = (SEALED * 8).div_ceil(6);

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
