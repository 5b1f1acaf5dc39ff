//! The engine's keys: one for the life of a store, and short-lived ones with ids.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use super::code::CodeKey;
use super::ids::{CounterKey, Identifier, RecordKey, TenantId, UserId};
use super::invalid::InvalidInput;
use super::mac::{KeyedMac, PreparedMac, mac_parts};
use super::secret::{SecretBytes, secrets_equal};
use super::time::Timestamp;

/// The engine's keys.
///
/// The lookup key turns tenants, users and addresses into the keys of records and counters; it is
/// fixed for the life of a store. The short-lived keys derive codes and tickets: add a new one
/// everywhere with [`Keys::also_verify`], then issue with it, then drop the old one once nothing
/// that it issued can be alive (one flow lifetime later).
///
/// ```
/// use sspr::{Keys, SecretBytes};
///
/// let random = |byte| SecretBytes::new(vec![byte; 32]); // from your vault
/// let keys = Keys::new(random(1), 7, random(2))?.also_verify(6, random(3))?;
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
pub struct Keys {
    lookup: KeyedMac,
    /// The issuing one first.
    short: Vec<ShortKey>,
}

/// The keys made from one short-lived secret.
pub(crate) struct ShortKey {
    pub(crate) id: u16,
    pub(crate) code: CodeKey,
    pub(crate) ticket_mac: KeyedMac,
    pub(crate) ticket_stream: PreparedMac,
}

/// What a key of the lookup key is for. Never reused.
mod domain {
    pub(super) const ACCOUNT: u8 = 0x01;
    pub(super) const DECOY: u8 = 0x02;
    pub(super) const POLICY: u8 = 0x03;
    pub(super) const CHECK: u8 = 0x04;
    pub(super) const COUNTER: u8 = 0x05;
    pub(super) const IDENTIFIER: u8 = 0x06;
    pub(super) const SOURCE: u8 = 0x07;
    pub(super) const MASK: u8 = 0x08;
    pub(super) const MESSAGE: u8 = 0x09;
    pub(super) const SESSION: u8 = 0x0a;
}

/// How many decoy records a tenant has.
pub(crate) const DECOY_SLOTS: u16 = 1024;

impl Keys {
    /// The shortest accepted secret, in bytes.
    pub const MIN_BYTES: usize = 32;
    const MAX_SHORT: usize = 4;

    /// A lookup key, and the short-lived secret that issues, with its id. Each at least 32 random
    /// bytes, and each another: the same secret twice would outlive its own rotation.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::OutOfRange`] for a secret below 32 bytes, or the same one twice.
    pub fn new(
        lookup: SecretBytes,
        issuing_id: u16,
        issuing: SecretBytes,
    ) -> Result<Self, InvalidInput> {
        if secrets_equal(lookup.expose_secret(), issuing.expose_secret()) {
            return Err(InvalidInput::OutOfRange { what: "second secret key (the first again)" });
        }
        let expanded = expand(&lookup)?;
        let lookup = Zeroizing::new(mac_parts(&expanded, 0x10, &[b"sspr lookup"]));
        let lookup = KeyedMac::new(&lookup);
        Ok(Self { lookup, short: vec![ShortKey::new(issuing_id, &issuing)?] })
    }

    /// A further short-lived secret that only verifies what it issued elsewhere or earlier.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::OutOfRange`] for a secret below 32 bytes, an id that is there already, or a
    /// fifth secret.
    pub fn also_verify(mut self, id: u16, secret: SecretBytes) -> Result<Self, InvalidInput> {
        if self.short.len() >= Self::MAX_SHORT || self.short.iter().any(|key| key.id == id) {
            return Err(InvalidInput::OutOfRange { what: "short-lived key" });
        }
        self.short.push(ShortKey::new(id, &secret)?);
        Ok(self)
    }

    /// The key that issues.
    pub(crate) fn issuing(&self) -> &ShortKey {
        &self.short[0]
    }

    pub(crate) fn short(&self, id: u16) -> Option<&ShortKey> {
        self.short.iter().find(|key| key.id == id)
    }

    pub(crate) fn all_short(&self) -> &[ShortKey] {
        &self.short
    }

    pub(crate) fn account(&self, tenant: &TenantId, user: &UserId) -> RecordKey {
        let parts: [&[u8]; 2] = [tenant.as_str().as_bytes(), user.as_str().as_bytes()];
        RecordKey::from_bytes(self.lookup.parts(domain::ACCOUNT, &parts))
    }

    pub(crate) fn decoy(&self, tenant: &TenantId, slot: u16) -> RecordKey {
        let parts: [&[u8]; 2] = [tenant.as_str().as_bytes(), &slot.to_be_bytes()];
        RecordKey::from_bytes(self.lookup.parts(domain::DECOY, &parts))
    }

    pub(crate) fn policy(&self, tenant: &TenantId) -> RecordKey {
        let parts: [&[u8]; 1] = [tenant.as_str().as_bytes()];
        RecordKey::from_bytes(self.lookup.parts(domain::POLICY, &parts))
    }

    /// The value that tells whether a store was made with this lookup key.
    pub(crate) fn check_value(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.lookup.parts(domain::CHECK, &[]))
    }

    /// A keyed hash of what somebody typed: it names a decoy slot and a counter, nothing else.
    pub(crate) fn identifier(&self, tenant: &TenantId, typed: &Identifier) -> [u8; 8] {
        // A spelling that differs in case, width or spaces makes no new bucket. Two people who
        // share one lose nothing: the hash names a counter and a decoy slot only.
        let folded: String = typed
            .as_str()
            .nfkc()
            .filter(|symbol| !symbol.is_whitespace())
            .flat_map(char::to_lowercase)
            .collect();
        let parts: [&[u8]; 2] = [tenant.as_str().as_bytes(), folded.as_bytes()];
        first_bytes(self.lookup.parts(domain::IDENTIFIER, &parts))
    }

    pub(crate) const fn decoy_slot(identifier: [u8; 8]) -> u16 {
        u16::from_be_bytes([identifier[0], identifier[1]]) % DECOY_SLOTS
    }

    /// A short keyed hash of a source, for an account's own list of who opened challenges.
    pub(crate) fn source(&self, tenant: &TenantId, source: &str) -> u32 {
        let parts: [&[u8]; 2] = [tenant.as_str().as_bytes(), source.as_bytes()];
        u32::from_be_bytes(first_bytes(self.lookup.parts(domain::SOURCE, &parts)))
    }

    /// A short keyed hash of a host's session, to know whether it was prompted.
    pub(crate) fn session(&self, tenant: &TenantId, session: &str) -> u32 {
        let parts: [&[u8]; 2] = [tenant.as_str().as_bytes(), session.as_bytes()];
        u32::from_be_bytes(first_bytes(self.lookup.parts(domain::SESSION, &parts)))
    }

    /// Bytes for the masks of an identifier that nobody has: always the same for one identifier.
    pub(crate) fn mask(&self, identifier: [u8; 8]) -> [u8; 32] {
        self.lookup.parts(domain::MASK, &[&identifier])
    }

    /// The counter of `what` for `whom` in the window that starts at `window`.
    pub(crate) fn counter(
        &self,
        tenant: &TenantId,
        what: u8,
        whom: &[u8],
        stripe: u8,
        window: Timestamp,
    ) -> CounterKey {
        let parts: [&[u8]; 5] = [
            tenant.as_str().as_bytes(),
            &[what],
            whom,
            &[stripe],
            &window.unix_millis().to_be_bytes(),
        ];
        CounterKey::from_bytes(self.lookup.parts(domain::COUNTER, &parts))
    }

    /// The idempotency key of a message.
    ///
    /// The time is part of it: numbers start again when a record was purged and made anew.
    pub(crate) fn message(&self, record: &RecordKey, number: u32, queued_at: Timestamp) -> String {
        let queued_at = queued_at.unix_millis().to_be_bytes();
        let parts: [&[u8]; 3] = [record.as_bytes(), &number.to_be_bytes(), &queued_at];
        data_encoding::HEXLOWER.encode(&self.lookup.parts(domain::MESSAGE, &parts))
    }
}

fn first_bytes<const N: usize>(mac: [u8; 32]) -> [u8; N] {
    std::array::from_fn(|place| mac[place])
}

/// A secret of any length from 32 bytes, as a key of 32.
fn expand(secret: &SecretBytes) -> Result<Zeroizing<[u8; 32]>, InvalidInput> {
    let bytes = secret.expose_secret();
    if bytes.len() < Keys::MIN_BYTES {
        return Err(InvalidInput::OutOfRange { what: "secret key" });
    }
    Ok(Zeroizing::new(mac_parts(b"sspr: expand a secret to a key..", 0x11, &[bytes])))
}

/// The key that seals secrets at rest under this secret.
#[cfg(feature = "seal")]
pub(crate) fn seal_key(secret: &SecretBytes) -> Result<Zeroizing<[u8; 32]>, InvalidInput> {
    let key = expand(secret)?;
    Ok(Zeroizing::new(mac_parts(&key, 0x12, &[b"sspr seal"])))
}

impl ShortKey {
    fn new(id: u16, secret: &SecretBytes) -> Result<Self, InvalidInput> {
        let key = expand(secret)?;
        let derive = |label: &[u8]| Zeroizing::new(mac_parts(&key, 0x12, &[label]));
        Ok(Self {
            id,
            code: CodeKey::new(&derive(b"sspr code")),
            ticket_mac: KeyedMac::new(&derive(b"sspr ticket mac")),
            ticket_stream: PreparedMac::new(&derive(b"sspr ticket stream")),
        })
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<u16> = self.short.iter().map(|key| key.id).collect();
        f.debug_struct("Keys").field("short", &ids).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_tenants_and_kinds_never_meet() {
        let secret = |byte| SecretBytes::new(vec![byte; 32]);
        let keys = Keys::new(secret(1), 1, secret(2)).expect("long enough");
        let tenant = |name| TenantId::parse(name).expect("valid");
        let user = |name| UserId::parse(name).expect("valid");
        let all = [
            keys.account(&tenant("a"), &user("bc")),
            keys.account(&tenant("ab"), &user("c")),
            keys.account(&tenant("abc"), &user("abc")),
            keys.decoy(&tenant("a"), 0),
            keys.decoy(&tenant("a"), 1),
            keys.policy(&tenant("a")),
            keys.policy(&tenant("ab")),
        ];
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
    }

    #[test]
    fn weak_and_repeated_secrets_are_refused() {
        let secret = |length| SecretBytes::new(vec![1; length]);
        assert!(Keys::new(secret(31), 1, secret(32)).is_err());
        assert!(Keys::new(secret(32), 1, secret(31)).is_err());
        let keys = Keys::new(secret(32), 1, secret(64)).expect("long enough");
        assert!(keys.also_verify(1, secret(32)).is_err());
    }
}
