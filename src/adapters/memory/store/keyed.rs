//! Maps and shards by keys that are already hashes.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// The number of shards, each with a lock of its own.
pub(super) const LOCKS: usize = 64;

/// The shard of a key, by its highest bits, so that the shards are in key order and a scan can go
/// through them one after the other.
pub(super) const fn shard_of(key: &[u8; 32]) -> usize {
    key[0] as usize * LOCKS / 256
}

/// A map from record or counter keys.
pub(super) type KeyMap<K, V> = HashMap<K, V, BuildHasherDefault<Fold>>;

/// Folds the bytes of a key into one word.
///
/// A record or counter key is the output of a keyed hash, so its bits are spread and no attacker
/// without the lookup key can choose two that collide. Hashing it again, as the standard hasher
/// does, would add no protection and cost more than the lookup. All lanes are folded, so that keys
/// of tests, which differ in one byte only, spread as well.
#[derive(Default)]
pub(super) struct Fold(u64);

impl Hasher for Fold {
    fn write(&mut self, bytes: &[u8]) {
        let (lanes, rest) = bytes.as_chunks::<8>();
        for lane in lanes {
            self.write_u64(u64::from_le_bytes(*lane));
        }
        for byte in rest {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, lane: u64) {
        // An odd multiplier (2^64 / golden ratio) moves every bit upwards and loses none.
        self.0 = (self.0.rotate_left(29) ^ lane).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, _: usize) {
        // The length prefix of a slice's hash, which is 32 for every key.
    }

    fn finish(&self) -> u64 {
        // The map takes its buckets from the low bits, which a multiplication mixes least.
        self.0.rotate_left(32)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::hash::{BuildHasher, BuildHasherDefault};

    use super::Fold;
    use crate::port::RecordKey;

    #[test]
    fn keys_that_differ_in_one_byte_spread() {
        let build = BuildHasherDefault::<Fold>::default();
        let mut low_bits = HashSet::new();
        for index in 0..32 {
            for value in 1..=255 {
                let mut bytes = [0; 32];
                bytes[index] = value;
                low_bits.insert(build.hash_one(RecordKey::from_bytes(bytes)) & 0xffff);
            }
        }
        // 8 160 keys over 65 536 buckets: a random function fills about 7 670 of them.
        assert!(low_bits.len() > 7_000, "{} buckets", low_bits.len());
    }
}
