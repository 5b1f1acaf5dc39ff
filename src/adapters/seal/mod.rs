//! A seal with keys of the host: XChaCha20-Poly1305 (RFC 8439, with the extended nonce of
//! draft-irtf-cfrg-xchacha).
//!
//! Sealed bytes are `format (1 byte), key id (2), nonce (24), ciphertext, tag (16)`: 43 bytes more
//! than the secret, whose length is visible. Format, key id and `associated` are authenticated with
//! the secret. Nonces are random; with 192 bits a repetition is no concern.

use std::fmt;

use chacha20poly1305::{AeadInOut as _, KeyInit as _, Tag, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::domain::crypto::keys::{SealSecret, seal_key};
use crate::domain::crypto::secret::secrets_equal;
use crate::port::{Entropy, PortError, PortResult, Seal, SystemEntropy, async_trait};
use crate::{InvalidInput, SecretBytes};

/// Seals with one key, and opens with that key and older ones.
///
/// To rotate, first let every engine open with the new key ([`KeySeal::also_open`]), then seal with
/// it, [reseal](crate::manual::upgrading) what the old key sealed, and drop the old key. Without
/// its key a sealed secret is lost.
///
/// ```
/// use sspr::SecretBytes;
/// use sspr::adapters::seal::KeySeal;
/// use sspr::port::Seal;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let random = |byte| SecretBytes::new(vec![byte; 32]); // from your vault
/// let old = KeySeal::new(1, random(1))?;
/// let sealed = old.seal(b"a seed", b"contoso u-1").await?;
///
/// let seal = KeySeal::new(2, random(2))?.also_open(1, random(1))?;
/// assert_eq!(seal.open(&sealed, b"contoso u-1").await?.expose_secret(), b"a seed");
/// assert!(seal.open(&sealed, b"contoso u-2").await.is_err());
/// # Ok(())
/// # }
/// ```
pub struct KeySeal {
    /// The sealing key comes first. Ciphers are boxed, so that moving a key leaves no copy behind.
    keys: Vec<SealKey>,
}

struct SealKey {
    id: u16,
    cipher: Box<XChaCha20Poly1305>,
    /// Shows whether two secrets are equal, and reveals nothing else about them.
    fingerprint: Zeroizing<[u8; 32]>,
}

impl KeySeal {
    /// The largest number of keys.
    pub const MAX_KEYS: usize = 16;

    /// Seals and opens with this secret of at least 32 random bytes, under this id.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Rule`] for a secret below 32 bytes.
    pub fn new(id: u16, secret: SecretBytes) -> Result<Self, InvalidInput> {
        Ok(Self { keys: vec![SealKey::new(id, &secret)?] })
    }

    /// Adds a secret that only opens bytes sealed elsewhere or earlier. Secret and id must differ
    /// from those of every other key.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Rule`] for a secret below 32 bytes, a secret or an id that another key has, or
    /// more than 16 secrets.
    pub fn also_open(mut self, id: u16, secret: SecretBytes) -> Result<Self, InvalidInput> {
        let broken = |rule| Err(InvalidInput::Rule { what: "sealing key", rule });
        let key = SealKey::new(id, &secret)?;
        if self.keys.len() >= Self::MAX_KEYS {
            return broken("must be one of at most 16: drop a key that sealed nothing any more");
        }
        if self.keys.iter().any(|other| other.id == id) {
            return broken("must have an id that no other key has");
        }
        let same = |other: &SealKey| secrets_equal(&other.fingerprint[..], &key.fingerprint[..]);
        if self.keys.iter().any(same) {
            return broken("must differ from every other sealing key");
        }
        self.keys.push(key);
        Ok(self)
    }

    fn sealed(&self, entropy: &dyn Entropy, plain: &[u8], bound: &[u8]) -> PortResult<Vec<u8>> {
        let SealKey { id, cipher, .. } = &self.keys[0];
        let mut nonce = XNonce::default();
        entropy.fill(&mut nonce)?;
        let head = head(*id);
        let mut sealed = Vec::with_capacity(OVERHEAD + plain.len());
        sealed.extend_from_slice(&head);
        sealed.extend_from_slice(&nonce);
        // The plain text stays in the buffer only until it is encrypted in place.
        let body = sealed.len();
        sealed.extend_from_slice(plain);
        let tag = cipher
            .encrypt_inout_detached(&nonce, &associated(head, bound), (&mut sealed[body..]).into())
            .map_err(|_| PortError::denied().because("secret: too long to be sealed"))?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    fn opened(&self, sealed: &[u8], bound: &[u8]) -> PortResult<SecretBytes> {
        let foreign = || PortError::corrupt().because("not sealed here");
        let (&head, rest) = sealed.split_first_chunk::<HEAD>().ok_or_else(foreign)?;
        let (&nonce, rest) = rest.split_first_chunk::<NONCE>().ok_or_else(foreign)?;
        let (body, &tag) = rest.split_last_chunk::<TAG>().ok_or_else(foreign)?;
        let [format, id @ ..] = head;
        if format != FORMAT {
            return Err(foreign());
        }
        let id = u16::from_be_bytes(id);
        let Some(SealKey { cipher, .. }) = self.keys.iter().find(|key| key.id == id) else {
            return Err(PortError::corrupt().because(format!("no sealing key has the id {id}")));
        };
        let mut plain = Zeroizing::new(body.to_vec());
        let (nonce, tag) = (XNonce::from(nonce), Tag::from(tag));
        cipher
            .decrypt_inout_detached(
                &nonce,
                &associated(head, bound),
                plain.as_mut_slice().into(),
                &tag,
            )
            .map_err(|_| {
                PortError::corrupt().because("changed, or sealed with other associated data")
            })?;
        Ok(SecretBytes::new(std::mem::take(&mut plain)))
    }
}

#[async_trait]
impl Seal for KeySeal {
    async fn seal(&self, plain: &[u8], associated: &[u8]) -> PortResult<Vec<u8>> {
        self.sealed(&SystemEntropy, plain, associated)
    }

    async fn open(&self, sealed: &[u8], associated: &[u8]) -> PortResult<SecretBytes> {
        self.opened(sealed, associated)
    }

    fn is_current(&self, sealed: &[u8]) -> bool {
        sealed.first_chunk() == Some(&head(self.keys[0].id))
    }
}

impl fmt::Debug for KeySeal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<u16> = self.keys.iter().map(|key| key.id).collect();
        f.debug_struct("KeySeal").field("keys", &ids).finish_non_exhaustive()
    }
}

/// The only format so far. Another cipher or layout gets another number.
const FORMAT: u8 = 1;
/// Format and key id.
const HEAD: usize = 3;
const NONCE: usize = 24;
const TAG: usize = 16;
const OVERHEAD: usize = HEAD + NONCE + TAG;

fn head(id: u16) -> [u8; HEAD] {
    let [high, low] = id.to_be_bytes();
    [FORMAT, high, low]
}

/// The data authenticated with the secret. The head has a fixed length, so the pair is unambiguous.
fn associated(head: [u8; HEAD], bound: &[u8]) -> Vec<u8> {
    [head.as_slice(), bound].concat()
}

impl SealKey {
    fn new(id: u16, secret: &SecretBytes) -> Result<Self, InvalidInput> {
        let SealSecret { key, fingerprint } = seal_key(secret)?;
        let cipher = Box::new(XChaCha20Poly1305::new((&*key).into()));
        Ok(Self { id, cipher, fingerprint })
    }
}

#[cfg(test)]
mod tests;
