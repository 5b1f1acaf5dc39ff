//! HMAC-SHA-256 with a key that is prepared once.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::block_api::compress256;
use zeroize::Zeroize;

/// The initial state of SHA-256 (FIPS 180-4, 5.3.3).
const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// An HMAC-SHA-256 key after its two key blocks.
///
/// A MAC over at most [`PreparedMac::MAX`] bytes then costs two compressions and no copy of a
/// hasher, which is all that checking a code needs. The tests compare it with the `hmac` crate,
/// which computes every other MAC ([`KeyedMac`]).
pub(crate) struct PreparedMac {
    inner: [u32; 8],
    outer: [u32; 8],
}

impl PreparedMac {
    /// The longest input: it must fit into one block with the padding.
    pub(crate) const MAX: usize = 55;

    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self { inner: keyed_state(key, 0x36), outer: keyed_state(key, 0x5c) }
    }

    /// The MAC, as words, of the `N` bytes that `fill` writes at the start of its block. They are
    /// written in place: a copy of a message would have to wait until all its parts are stored.
    #[inline]
    pub(crate) fn words_of<const N: usize>(&self, fill: impl FnOnce(&mut [u8; 64])) -> [u32; 8] {
        const { assert!(N <= Self::MAX) };
        let mut block = [0; 64];
        fill(&mut block);
        finish_block(&mut block, N);
        self.words_of_padded(&block)
    }

    /// The MAC, as words, of a block that is padded already.
    #[inline]
    pub(crate) fn words_of_padded(&self, block: &[u8; 64]) -> [u32; 8] {
        let mut state = self.inner;
        compress256(&mut state, std::slice::from_ref(block));
        self.finish(state)
    }

    /// The outer hash of the inner one.
    #[inline]
    fn finish(&self, inner: [u32; 8]) -> [u32; 8] {
        let mut block = [0; 64];
        for (bytes, word) in block.as_chunks_mut::<4>().0.iter_mut().zip(inner) {
            *bytes = word.to_be_bytes();
        }
        finish_block(&mut block, 32);
        let mut state = self.outer;
        compress256(&mut state, &[block]);
        state
    }
}

/// A keystream under a key that is prepared once: one compression for each 32 bytes.
///
/// A block is the inner hash of HMAC over a nonce and the block's number. The outer hash separates
/// messages of several lengths; here all have one, so that none continues another. On such inputs
/// the cascade of a pseudorandom compression function is pseudorandom (Bellare, Canetti, Krawczyk
/// 1996), and HMAC assumes no less of the function. A block must not be used as a MAC.
pub(crate) struct Keystream {
    keyed: [u32; 8],
}

impl Keystream {
    pub(crate) const NONCE: usize = 16;

    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self { keyed: keyed_state(key, 0x36) }
    }

    pub(crate) fn block(&self, nonce: &[u8; Self::NONCE], number: u8) -> [u8; 32] {
        let mut block = [0; 64];
        block[..Self::NONCE].copy_from_slice(nonce);
        block[Self::NONCE] = number;
        finish_block(&mut block, Self::NONCE + 1);
        let mut state = self.keyed;
        compress256(&mut state, &[block]);
        bytes_of(state)
    }
}

impl Drop for Keystream {
    fn drop(&mut self) {
        self.keyed.zeroize();
    }
}

pub(crate) fn bytes_of(words: [u32; 8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (bytes, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(words) {
        *bytes = word.to_be_bytes();
    }
    bytes
}

/// Padding of a message that follows one key block: a one bit, zeros, the length in bits.
pub(crate) fn finish_block(block: &mut [u8; 64], length: usize) {
    block[length] = 0x80;
    let bits = (64 + length as u64) * 8;
    block[56..].copy_from_slice(&bits.to_be_bytes());
}

fn keyed_state(key: &[u8; 32], pad: u8) -> [u32; 8] {
    let mut block = [pad; 64];
    for (byte, key) in block.iter_mut().zip(key) {
        *byte ^= key;
    }
    let mut state = INITIAL;
    compress256(&mut state, &[block]);
    block.zeroize();
    state
}

impl Drop for PreparedMac {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

/// An HMAC-SHA-256 key for messages of any length, prepared once.
pub(crate) struct KeyedMac(Hmac<sha2::Sha256>);

impl KeyedMac {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let Ok(mac) = Hmac::new_from_slice(key) else {
            unreachable!("HMAC takes a key of any length")
        };
        Self(mac)
    }

    /// The MAC of the parts. Each part is preceded by its length, so that different lists give
    /// different inputs.
    pub(crate) fn parts(&self, domain: u8, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(&[domain]);
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// [`KeyedMac::parts`] under a key that is used once.
pub(crate) fn mac_parts(key: &[u8; 32], domain: u8, parts: &[&[u8]]) -> [u8; 32] {
    KeyedMac::new(key).parts(domain, parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The MAC of exactly `N` bytes.
    fn mac<const N: usize>(prepared: &PreparedMac, message: &[u8; N]) -> [u8; 32] {
        bytes_of(prepared.words_of::<N>(|input| input[..N].copy_from_slice(message)))
    }

    fn reference(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key).expect("any length");
        mac.update(message);
        mac.finalize().into_bytes().into()
    }

    /// RFC 4231, test case 2 has a short key, which HMAC pads with zeros.
    #[test]
    fn agrees_with_rfc_4231() {
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let found = mac(&PreparedMac::new(&key), b"what do ya want for nothing?");
        let hex = data_encoding::HEXLOWER.encode(&found);
        assert_eq!(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    proptest! {
        #[test]
        fn agrees_with_the_hmac_crate(key: [u8; 32], message: [u8; 32], long in prop::array::uniform32(0u8..)) {
            let prepared = PreparedMac::new(&key);
            prop_assert_eq!(mac(&prepared, &message), reference(&key, &message));
            let mut full = [7; 55];
            full[..32].copy_from_slice(&long);
            prop_assert_eq!(mac(&prepared, &full), reference(&key, &full));
            prop_assert_eq!(mac(&prepared, b""), reference(&key, b""));
        }

        /// A block is the inner hash of HMAC: SHA-256 of the padded key and the input.
        #[test]
        fn a_keystream_is_the_inner_hash(key: [u8; 32], nonce: [u8; 16], number: u8) {
            use sha2::Digest as _;
            let mut hash = sha2::Sha256::new();
            hash.update(key.map(|byte| byte ^ 0x36));
            hash.update([0x36; 32]);
            hash.update(nonce);
            hash.update([number]);
            let expected: [u8; 32] = hash.finalize().into();
            prop_assert_eq!(Keystream::new(&key).block(&nonce, number), expected);
        }

        #[test]
        fn different_lists_of_parts_have_different_macs(left: Vec<Vec<u8>>, right: Vec<Vec<u8>>) {
            let parts = |list: &[Vec<u8>]| {
                let slices: Vec<&[u8]> = list.iter().map(Vec::as_slice).collect();
                mac_parts(&[1; 32], 9, &slices)
            };
            prop_assert_eq!(left == right, parts(&left) == parts(&right));
        }
    }
}
