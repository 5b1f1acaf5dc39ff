//! A slow hash as a host would write it: argon2id, with the salt and the hash in hexadecimal.

use argon2::{Algorithm, Argon2, Params, Version};
use async_trait::async_trait;
use sspr::SecretText;
use sspr::port::{Entropy as _, PortError, PortResult, SlowHash, SystemEntropy};

/// A low cost for tests: 64 KiB, one pass.
const COST: (u32, u32) = (64, 1);
const SALT: usize = 16;
const HASH: usize = 32;

pub(crate) struct Answers;

fn derive(
    secret: &SecretText,
    salt: &[u8],
    (memory, passes): (u32, u32),
) -> PortResult<[u8; HASH]> {
    let params = Params::new(memory, passes, 1, Some(HASH)).map_err(|_| PortError::corrupt())?;
    let mut hash = [0; HASH];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(secret.expose_secret().as_bytes(), salt, &mut hash)
        .map_err(|_| PortError::corrupt())?;
    Ok(hash)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[async_trait]
impl SlowHash for Answers {
    async fn hash(&self, secret: &SecretText) -> PortResult<String> {
        let mut salt = [0; SALT];
        SystemEntropy.fill(&mut salt)?;
        let hash = derive(secret, &salt, COST)?;
        Ok(format!("argon2id {} {} {} {}", COST.0, COST.1, hex(&salt), hex(&hash)))
    }

    async fn verify(&self, secret: &SecretText, hash: &str) -> PortResult<bool> {
        let parts: Vec<&str> = hash.split(' ').collect();
        let ["argon2id", memory, passes, salt, known] = *parts else {
            return Err(PortError::corrupt());
        };
        if salt.len() != 2 * SALT || known.len() != 2 * HASH || !salt.is_ascii() {
            return Err(PortError::corrupt());
        }
        let number = |text: &str| text.parse().map_err(|_| PortError::corrupt());
        let byte = |at| u8::from_str_radix(&salt[at..at + 2], 16).map_err(|_| PortError::corrupt());
        let salt = (0..2 * SALT).step_by(2).map(byte).collect::<PortResult<Vec<u8>>>()?;
        let found = hex(&derive(secret, &salt, (number(memory)?, number(passes)?))?);
        // A real host must compare in constant time.
        Ok(found == known)
    }
}
