//! Randomness determined by a seed.

use std::fmt;
use std::sync::{Arc, Mutex};

use sha2::{Digest as _, Sha256};

use super::lock;
use crate::port::{Entropy, PortResult};

/// Bytes determined by a seed: SHA-256 of the seed and a count. Clones draw from one stream.
///
/// **Never use it in production**: the seed reveals every code and ticket.
///
/// ```
/// use sspr::port::Entropy;
/// use sspr::testing::SeededEntropy;
///
/// let draw = |entropy: &SeededEntropy| {
///     let mut bytes = [0; 40];
///     entropy.fill(&mut bytes).map(|()| bytes)
/// };
/// let (entropy, same, other) = (SeededEntropy::new(7), SeededEntropy::new(7), SeededEntropy::new(8));
/// let first = draw(&entropy)?;
/// assert_eq!(first, draw(&same)?);
/// assert_ne!(first, draw(&other)?);
/// assert_ne!(first, draw(&entropy)?, "a stream, not a constant");
/// # Ok::<(), sspr::port::PortError>(())
/// ```
#[derive(Clone)]
pub struct SeededEntropy {
    seed: u64,
    stream: Arc<Mutex<Stream>>,
}

#[derive(Default)]
struct Stream {
    blocks: u64,
    rest: Vec<u8>,
}

impl SeededEntropy {
    /// The stream of this seed, from its beginning.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, stream: Arc::default() }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) -> PortResult<()> {
        let mut stream = lock(&self.stream);
        for byte in buffer {
            // One stream of bytes: the sizes of the draws must not change it.
            if stream.rest.is_empty() {
                let mut hash = Sha256::new();
                hash.update(b"sspr testing entropy");
                hash.update(self.seed.to_be_bytes());
                hash.update(stream.blocks.to_be_bytes());
                stream.blocks += 1;
                stream.rest = hash.finalize().iter().rev().copied().collect();
            }
            *byte = stream.rest.pop().unwrap_or_default();
        }
        Ok(())
    }
}

impl fmt::Debug for SeededEntropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeededEntropy").field("seed", &self.seed).finish_non_exhaustive()
    }
}
