//! The engine's keys: one lookup key for the life of a store, and short-lived keys with ids.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use crate::domain::account::{MessageNumber, SessionHash, SourceHash};
use crate::domain::crypto::code::CodeKey;
use crate::domain::crypto::mac::{KeyedMac, Keystream, mac_parts};
use crate::domain::crypto::secret::{SecretBytes, SecretText, secrets_equal};
use crate::domain::identity::ids::{CounterKey, Identifier, RecordKey, TenantId, UserId};
use crate::domain::invalid::InvalidInput;
use crate::domain::time::Timestamp;

/// The engine's keys.
///
/// The lookup key turns tenants, users and addresses into the keys of records and counters; it is
/// fixed for the life of a store. The short-lived keys derive codes and tickets. To replace one,
/// add the new key everywhere with [`Keys::also_verify`], then issue with it, and drop the old one
/// after one flow lifetime, when nothing that it issued is alive.
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
    lookup_print: Fingerprint,
    /// The issuing key first.
    short: Vec<ShortKey>,
}

/// A digest by which equal secrets are recognised, and nothing else.
type Fingerprint = Zeroizing<[u8; 32]>;

/// The keys made from one short-lived secret.
pub(crate) struct ShortKey {
    pub(crate) id: u16,
    fingerprint: Fingerprint,
    pub(crate) code: CodeKey,
    pub(crate) ticket_mac: KeyedMac,
    pub(crate) ticket_stream: Keystream,
}

/// The uses of the lookup key, each with a number that is never reused.
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
    pub(super) const FAMILIAR: u8 = 0x0b;
    pub(super) const ANSWER: u8 = 0x0c;
    pub(super) const QUESTIONS: u8 = 0x0d;
    pub(super) const TRAIL_LINK: u8 = 0x20;
    pub(super) const TRAIL_SEAL: u8 = 0x21;
}

/// The number of decoy records of a tenant.
pub(crate) const DECOY_SLOTS: u16 = 1024;

impl Keys {
    /// The shortest accepted secret, in bytes.
    pub const MIN_BYTES: usize = 32;
    const MAX_SHORT: usize = 4;

    /// Keys of a lookup secret, and of the short-lived secret that issues, with its id. Each secret
    /// must have at least 32 random bytes. They must differ, since a short-lived secret that is
    /// also the lookup key could never be replaced.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Rule`] for a secret below 32 bytes, and for two equal secrets.
    pub fn new(
        lookup: SecretBytes,
        issuing_id: u16,
        issuing: SecretBytes,
    ) -> Result<Self, InvalidInput> {
        let expanded = expand("lookup key", &lookup)?;
        let lookup_key = Zeroizing::new(mac_parts(&expanded, 0x10, &[b"sspr lookup"]));
        let lookup = KeyedMac::new(&lookup_key);
        let keys = Self { lookup, lookup_print: fingerprint(&expanded), short: Vec::new() };
        keys.with("issuing key", issuing_id, &issuing)
    }

    /// Adds a short-lived secret that only verifies what it has issued earlier, or issues in
    /// another process. Its secret and its id must differ from all others. At most four short-lived
    /// secrets.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Rule`] for a secret below 32 bytes, a secret or an id that another key has
    /// (the lookup key and the issuing key included), and a fifth short-lived secret.
    pub fn also_verify(self, id: u16, secret: SecretBytes) -> Result<Self, InvalidInput> {
        self.with("verifying key", id, &secret)
    }

    fn with(
        mut self,
        what: &'static str,
        id: u16,
        secret: &SecretBytes,
    ) -> Result<Self, InvalidInput> {
        let broken = |rule| Err(InvalidInput::Rule { what, rule });
        let key = ShortKey::new(what, id, secret)?;
        if self.short.len() >= Self::MAX_SHORT {
            return broken(
                "is the fifth short-lived key, at most four are allowed: drop the oldest",
            );
        }
        if self.short.iter().any(|other| other.id == id) {
            return broken("must have an id of its own: another key has this id");
        }
        let same = |other: &Fingerprint| secrets_equal(&other[..], &key.fingerprint[..]);
        if same(&self.lookup_print) {
            return broken("must differ from the lookup key");
        }
        if self.short.iter().any(|other| same(&other.fingerprint)) {
            return broken("must differ from every other short-lived key");
        }
        self.short.push(key);
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

    /// The value by which a store recognises its lookup key.
    pub(crate) fn check_value(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.lookup.parts(domain::CHECK, &[]))
    }

    /// A keyed hash of a typed identifier. It selects a decoy and a counter, nothing else.
    pub(crate) fn identifier(&self, tenant: &TenantId, typed: &Identifier) -> [u8; 8] {
        // Spellings that differ in case, width or spaces have the same hash. Two users may share
        // one without harm, since it selects a counter and a decoy only.
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

    /// A short keyed hash of a source, by which an account counts its challenges.
    pub(crate) fn source(&self, tenant: &TenantId, source: &str) -> SourceHash {
        let parts: [&[u8]; 2] = [tenant.as_str().as_bytes(), source.as_bytes()];
        SourceHash(u32::from_be_bytes(first_bytes(self.lookup.parts(domain::SOURCE, &parts))))
    }

    /// A keyed hash of an account and a source, for the account's familiar sources. The same source
    /// has another hash in every account.
    pub(crate) fn familiar(&self, account: &RecordKey, source: &str) -> [u8; 8] {
        let parts: [&[u8]; 2] = [account.as_bytes(), source.as_bytes()];
        first_bytes(self.lookup.parts(domain::FAMILIAR, &parts))
    }

    /// A short keyed hash of a session of the host.
    pub(crate) fn session(&self, tenant: &TenantId, session: &str) -> SessionHash {
        let parts: [&[u8]; 2] = [tenant.as_str().as_bytes(), session.as_bytes()];
        SessionHash(u32::from_be_bytes(first_bytes(self.lookup.parts(domain::SESSION, &parts))))
    }

    /// Bytes for the masks of an identifier that no account has: always the same for one
    /// identifier.
    pub(crate) fn mask(&self, identifier: [u8; 8]) -> [u8; 32] {
        self.lookup.parts(domain::MASK, &[&identifier])
    }

    /// Bytes for the questions of an identifier that no account has: always the same for one
    /// identifier.
    pub(crate) fn questions(&self, identifier: [u8; 8]) -> [u8; 32] {
        self.lookup.parts(domain::QUESTIONS, &[&identifier])
    }

    /// What is hashed in place of an answer in its normal form: it fits one user and one question,
    /// and cannot be computed from the store alone.
    pub(crate) fn answer(
        &self,
        tenant: &TenantId,
        user: &UserId,
        question: &str,
        answer: &str,
    ) -> SecretText {
        let parts = [tenant.as_str(), user.as_str(), question, answer].map(str::as_bytes);
        let mac = self.lookup.parts(domain::ANSWER, &parts);
        SecretText::new(data_encoding::BASE64URL_NOPAD.encode(&mac))
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

    /// The MAC of an event in its place of a record's trail. The lookup key serves for it, since the
    /// short-lived keys are dropped long before the events are.
    pub(crate) fn trail_link(&self, record: &RecordKey, place: &[u8], text: &[u8]) -> [u8; 16] {
        first_bytes(self.lookup.parts(domain::TRAIL_LINK, &[record.as_bytes(), place, text]))
    }

    /// The MAC of the head of a record's trail.
    pub(crate) fn trail_seal(&self, record: &RecordKey, place: &[u8]) -> [u8; 16] {
        first_bytes(self.lookup.parts(domain::TRAIL_SEAL, &[record.as_bytes(), place]))
    }

    /// The idempotency key of a message.
    ///
    /// The time is part of it, since the numbers of a record start again after it was purged.
    pub(crate) fn message(
        &self,
        record: &RecordKey,
        number: MessageNumber,
        queued_at: Timestamp,
    ) -> String {
        let millis = queued_at.unix_millis().to_be_bytes();
        let parts: [&[u8]; 3] = [record.as_bytes(), &number.0.to_be_bytes(), &millis];
        data_encoding::HEXLOWER.encode(&self.lookup.parts(domain::MESSAGE, &parts))
    }
}

fn first_bytes<const N: usize>(mac: [u8; 32]) -> [u8; N] {
    std::array::from_fn(|place| mac[place])
}

/// A key of 32 bytes from a secret of at least 32.
fn expand(what: &'static str, secret: &SecretBytes) -> Result<Zeroizing<[u8; 32]>, InvalidInput> {
    let bytes = secret.expose_secret();
    if bytes.len() < Keys::MIN_BYTES {
        return Err(InvalidInput::Rule { what, rule: "must have at least 32 random bytes" });
    }
    Ok(Zeroizing::new(mac_parts(b"sspr: expand a secret to a key..", 0x11, &[bytes])))
}

/// The fingerprint of an expanded secret: a digest for no other use.
fn fingerprint(expanded: &[u8; 32]) -> Fingerprint {
    Zeroizing::new(mac_parts(expanded, 0x13, &[b"sspr same secret"]))
}

/// The key that seals secrets at rest, and the fingerprint of its secret.
#[cfg(feature = "seal")]
pub(crate) struct SealSecret {
    pub(crate) key: Zeroizing<[u8; 32]>,
    pub(crate) fingerprint: Zeroizing<[u8; 32]>,
}

/// The key that seals secrets at rest under this secret.
#[cfg(feature = "seal")]
pub(crate) fn seal_key(secret: &SecretBytes) -> Result<SealSecret, InvalidInput> {
    let key = expand("sealing key", secret)?;
    let fingerprint = fingerprint(&key);
    Ok(SealSecret { key: Zeroizing::new(mac_parts(&key, 0x12, &[b"sspr seal"])), fingerprint })
}

impl ShortKey {
    fn new(what: &'static str, id: u16, secret: &SecretBytes) -> Result<Self, InvalidInput> {
        let key = expand(what, secret)?;
        let derive = |label: &[u8]| Zeroizing::new(mac_parts(&key, 0x12, &[label]));
        Ok(Self {
            id,
            fingerprint: fingerprint(&key),
            code: CodeKey::new(&derive(b"sspr code")),
            ticket_mac: KeyedMac::new(&derive(b"sspr ticket mac")),
            ticket_stream: Keystream::new(&derive(b"sspr ticket stream")),
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
    fn keys_of_different_tenants_and_kinds_differ() {
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
    fn a_secret_below_32_bytes_is_refused_with_its_name() {
        let secret = |byte, length| SecretBytes::new(vec![byte; length]);
        let said = |keys: Result<Keys, InvalidInput>| keys.map(|_| ()).unwrap_err().to_string();
        let rule = "must have at least 32 random bytes";
        assert_eq!(said(Keys::new(secret(1, 31), 1, secret(2, 32))), format!("lookup key {rule}"));
        assert_eq!(said(Keys::new(secret(1, 32), 1, secret(2, 31))), format!("issuing key {rule}"));
        let keys = Keys::new(secret(1, 32), 1, secret(2, 64)).expect("long enough");
        assert_eq!(said(keys.also_verify(2, secret(3, 0))), format!("verifying key {rule}"));
    }

    /// Every pair among the lookup key, the issuing key and the verifying ones.
    #[test]
    fn no_two_keys_have_one_secret_or_one_id() {
        const COUNT: usize = 5; // lookup, issuing, three that verify
        let build = |bytes: [u8; COUNT], ids: [u16; COUNT]| {
            let secret = |place: usize| SecretBytes::new(vec![bytes[place]; 32]);
            let keys = Keys::new(secret(0), ids[1], secret(1));
            (2..COUNT).fold(keys, |keys, place| keys?.also_verify(ids[place], secret(place)))
        };
        let (bytes, ids) = ([1, 2, 3, 4, 5], [0, 10, 11, 12, 13]);
        assert!(build(bytes, ids).is_ok());
        for later in 1..COUNT {
            for earlier in 0..later {
                let (mut same_bytes, mut same_ids) = (bytes, ids);
                same_bytes[later] = bytes[earlier];
                let error = build(same_bytes, ids).map(|_| ()).unwrap_err();
                assert_eq!(error.code(), "rule");
                assert!(error.to_string().contains("must differ from"), "{error}");
                if earlier > 0 {
                    same_ids[later] = ids[earlier];
                    let error = build(bytes, same_ids).map(|_| ()).unwrap_err();
                    assert!(error.to_string().contains("id of its own"), "{error}");
                }
            }
        }
        let fifth = build(bytes, ids).expect("four").also_verify(14, SecretBytes::new(vec![6; 32]));
        assert!(fifth.unwrap_err().to_string().contains("fifth"));
    }
}
