//! Defects of entropy, seals and slow hashes.

use std::cell::Cell;

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};

use super::{BrokenPort, PortDefect};
use crate::port::{Entropy, PortError, PortResult, Seal, SlowHash};
use crate::testing::lock;
use crate::{SecretBytes, SecretText};

/// Bytes determined by two numbers.
fn stream(seed: u64, from: u32, buffer: &mut [u8]) {
    for (n, byte) in (0_u64..).zip(buffer) {
        let mut hash = Sha256::new();
        hash.update([seed.to_be_bytes(), u64::from(from).to_be_bytes(), n.to_be_bytes()].concat());
        *byte = hash.finalize()[0];
    }
}

impl Entropy for BrokenPort<dyn Entropy> {
    fn fill(&self, buffer: &mut [u8]) -> PortResult<()> {
        thread_local! {
            static DRAWN: Cell<u32> = const { Cell::new(0) };
        }
        match self.defect {
            PortDefect::EntropyLeavesTheEnd => {
                let end = buffer.len().saturating_sub(1);
                self.inner.fill(&mut buffer[..end])
            }
            PortDefect::EntropyRestarts => {
                let mut memo = lock(&self.memo);
                memo.calls += 1;
                stream(1, memo.calls, buffer);
                Ok(())
            }
            PortDefect::EntropyPerThread => {
                stream(2, DRAWN.replace(DRAWN.get() + 1), buffer);
                Ok(())
            }
            PortDefect::EntropyIsText => {
                self.inner.fill(buffer)?;
                for byte in buffer {
                    *byte = b'a' + *byte % 26;
                }
                Ok(())
            }
            _ => self.inner.fill(buffer),
        }
    }
}

/// Encryption without authentication.
fn masked(bytes: &[u8]) -> Vec<u8> {
    let mut mask = vec![0; bytes.len()];
    stream(3, 0, &mut mask);
    bytes.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect()
}

#[async_trait]
impl Seal for BrokenPort<dyn Seal> {
    async fn seal(&self, plain: &[u8], associated: &[u8]) -> PortResult<Vec<u8>> {
        match self.defect {
            PortDefect::SealIgnoresAssociated => self.inner.seal(plain, b"").await,
            PortDefect::SealUnauthenticated => Ok(masked(plain)),
            PortDefect::SealHidesNothing => {
                let sealed = self.inner.seal(plain, associated).await?;
                Ok([plain, &sealed].concat())
            }
            PortDefect::SealKeyPerInstance => {
                let own = format!("{:p}", &raw const self.memo);
                self.inner.seal(plain, &[associated, own.as_bytes()].concat()).await
            }
            PortDefect::SealCountsNonces => {
                let nonce = {
                    let mut memo = lock(&self.memo);
                    memo.calls += 1;
                    memo.calls
                };
                let mut sealed = self.inner.seal(plain, associated).await?;
                mask(&mut sealed, nonce);
                Ok([&nonce.to_be_bytes()[..], &sealed].concat())
            }
            _ => self.inner.seal(plain, associated).await,
        }
    }

    async fn open(&self, sealed: &[u8], associated: &[u8]) -> PortResult<SecretBytes> {
        match self.defect {
            PortDefect::SealIgnoresAssociated => self.inner.open(sealed, b"").await,
            PortDefect::SealUnauthenticated => Ok(SecretBytes::new(masked(sealed))),
            PortDefect::SealTakesPlainText => match self.inner.open(sealed, associated).await {
                Err(_) => Ok(SecretBytes::new(sealed.to_vec())),
                opened => opened,
            },
            PortDefect::SealKeyPerInstance => {
                let own = format!("{:p}", &raw const self.memo);
                self.inner.open(sealed, &[associated, own.as_bytes()].concat()).await
            }
            PortDefect::SealCountsNonces => {
                let (nonce, rest) = sealed.split_first_chunk().ok_or(PortError::corrupt())?;
                let mut bytes = rest.to_vec();
                mask(&mut bytes, u32::from_be_bytes(*nonce));
                self.inner.open(&bytes, associated).await
            }
            _ => self.inner.open(sealed, associated).await,
        }
    }

    fn is_current(&self, sealed: &[u8]) -> bool {
        self.is(PortDefect::SealIsAlwaysCurrent) || self.inner.is_current(sealed)
    }
}

/// Masks the bytes with a stream that depends on a nonce, or takes the mask off.
fn mask(bytes: &mut [u8], nonce: u32) {
    let mut mask = vec![0; bytes.len()];
    stream(4, nonce, &mut mask);
    for (byte, mask) in bytes.iter_mut().zip(mask) {
        *byte ^= mask;
    }
}

#[async_trait]
impl SlowHash for BrokenPort<dyn SlowHash> {
    async fn hash(&self, secret: &SecretText) -> PortResult<String> {
        match self.defect {
            PortDefect::HashStopsAt72 => self.inner.hash(&first_72(secret)).await,
            PortDefect::HashWithoutSalt => Ok(digest(secret, "")),
            PortDefect::HashForgetsItsParameters => Ok(digest(secret, &self.own())),
            _ => self.inner.hash(secret).await,
        }
    }

    async fn verify(&self, secret: &SecretText, hash: &str) -> PortResult<bool> {
        match self.defect {
            PortDefect::HashStopsAt72 => self.inner.verify(&first_72(secret), hash).await,
            PortDefect::HashWithoutSalt if hash.len() != 64 => Err(PortError::corrupt()),
            PortDefect::HashWithoutSalt => Ok(digest(secret, "") == hash),
            PortDefect::HashForgetsItsParameters => Ok(digest(secret, &self.own()) == hash),
            PortDefect::HashTakesAnyText => {
                Ok(self.inner.verify(secret, hash).await.unwrap_or(false))
            }
            _ => self.inner.verify(secret, hash).await,
        }
    }
}

impl BrokenPort<dyn SlowHash> {
    /// A text that differs for each instance.
    fn own(&self) -> String {
        format!("{:p}", &raw const self.memo)
    }
}

fn first_72(secret: &SecretText) -> SecretText {
    SecretText::new(secret.expose_secret().chars().take(72).collect())
}

fn digest(secret: &SecretText, with: &str) -> String {
    let digest = Sha256::digest([with.as_bytes(), secret.expose_secret().as_bytes()].concat());
    data_encoding::HEXLOWER.encode(&digest)
}
