//! Secrets at rest under keys of yours: XChaCha20-Poly1305 (RFC 8439, with the extended nonce of
//! draft-irtf-cfrg-xchacha).
//!
//! What is sealed is `format (1 byte), key id (2), nonce (24), ciphertext, tag (16)`: 43 bytes more
//! than the secret, whose length shows. Format, key id and what it is bound to are authenticated
//! with it. Nonces are random; 192 bits make a repetition no concern, however much one key seals.

use std::fmt;

use chacha20poly1305::{AeadInOut as _, KeyInit as _, Tag, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::domain::invalid::InvalidInput;
use crate::domain::keys::{SealSecret, seal_key};
use crate::domain::secret::{SecretBytes, secrets_equal};
use crate::port::{Entropy, PortError, PortResult, Seal, SystemEntropy, async_trait};

/// Seals with one key, and opens with that and older ones.
///
/// To rotate, first let every engine open with the new key ([`KeySeal::also_open`]), then seal with
/// it, [seal anew](crate::manual::upgrading) what the old one sealed, and drop it. Without its key a
/// sealed secret is lost.
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
    /// The sealing one first. Boxed, so that no key is moved and leaves a copy behind.
    keys: Vec<SealKey>,
}

struct SealKey {
    id: u16,
    cipher: Box<XChaCha20Poly1305>,
    /// Tells whether two secrets are the same, and nothing else of either.
    fingerprint: Zeroizing<[u8; 32]>,
}

impl KeySeal {
    /// How many keys there may be.
    pub const MAX_KEYS: usize = 16;

    /// Seals and opens with this secret of at least 32 random bytes, known by its id.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Rule`] for a secret below 32 bytes.
    pub fn new(id: u16, secret: SecretBytes) -> Result<Self, InvalidInput> {
        Ok(Self { keys: vec![SealKey::new(id, &secret)?] })
    }

    /// A further secret that only opens what it sealed elsewhere or earlier: another secret than
    /// every one given before, under another id.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Rule`] for a secret below 32 bytes, a secret or an id that is there already,
    /// or more than 16 secrets.
    pub fn also_open(mut self, id: u16, secret: SecretBytes) -> Result<Self, InvalidInput> {
        let broken = |rule| Err(InvalidInput::Rule { what: "sealing key", rule });
        let key = SealKey::new(id, &secret)?;
        if self.keys.len() >= Self::MAX_KEYS {
            return broken("is the seventeenth: drop one under which nothing is sealed any more");
        }
        if self.keys.iter().any(|other| other.id == id) {
            return broken("must have an id of its own: another key has this one");
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
        // The plain text is in the buffer only until it is encrypted there.
        let body = sealed.len();
        sealed.extend_from_slice(plain);
        let tag = cipher
            .encrypt_inout_detached(&nonce, &associated(head, bound), (&mut sealed[body..]).into())
            .map_err(|_| PortError::denied().because("the secret is too long to be sealed"))?;
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
            return Err(PortError::corrupt().because(format!("there is no sealing key {id}")));
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
            .map_err(|_| PortError::corrupt().because("changed, or bound to something else"))?;
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

/// The one form so far. Another cipher or layout takes another number.
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

/// What is authenticated beside the secret. The head has one length, so no two pairs are one.
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
