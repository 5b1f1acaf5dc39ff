//! A log of port calls.

use std::fmt::{self, Debug, Write as _};
use std::sync::{Arc, Mutex};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::lock;

/// The calls that [`Recorder`](super::Recorder)s made, in the order in which they began.
///
/// Clones share one log, so the wrappers of all ports of an engine can write into it. Compare two
/// runs that must look alike, such as for a known and an unknown user, by their
/// [`shapes`](Self::shapes).
///
/// ```
/// use sspr::adapters::memory::MemoryStore;
/// use sspr::testing::{CallLog, Recorder, block_on};
/// use sspr::port::{RecordKey, Store};
///
/// let log = CallLog::new();
/// let store = Recorder::new(MemoryStore::new(), log.clone());
/// block_on(store.load(&RecordKey::from_bytes([1; 32])))?;
/// assert_eq!(log.lines(), ["store.load none"]);
/// assert_eq!(log.shapes(), ["store.load"]);
/// assert_eq!(log.count("store.load"), 1);
/// # Ok::<(), sspr::port::PortError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct CallLog {
    calls: Arc<Mutex<Vec<Call>>>,
    digests: bool,
}

/// One call of a port.
///
/// Displayed as `store.commit applied`; an argument that is a list adds its length, as in
/// `store.add(3) ok`, and a log with arguments their digest, as in `store.load#1f00a2c4 none`.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Call {
    /// The port and method, such as `store.commit`.
    pub name: &'static str,
    /// How many items the call was given, if it takes a list.
    pub items: Option<usize>,
    /// A digest of the arguments, if the log keeps them.
    pub digest: Option<String>,
    /// The outcome; `dropped` if the caller dropped the call before it ended.
    pub outcome: String,
}

impl CallLog {
    /// An empty log of calls and outcomes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty log that also keeps a digest of each call's arguments, so that runs from one seed
    /// can be compared exactly.
    #[must_use]
    pub fn with_arguments() -> Self {
        Self { digests: true, ..Self::default() }
    }

    /// All calls.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.calls).clone()
    }

    /// All calls as text, with their outcomes.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        lock(&self.calls).iter().map(ToString::to_string).collect()
    }

    /// All calls as text, without their outcomes: what an observer of the traffic sees.
    #[must_use]
    pub fn shapes(&self) -> Vec<String> {
        lock(&self.calls).iter().map(Call::shape).collect()
    }

    /// How many calls of this name there were.
    #[must_use]
    pub fn count(&self, name: &str) -> usize {
        let calls = lock(&self.calls);
        calls.iter().filter(|call| call.name == name).count()
    }

    /// Forgets all calls.
    pub fn clear(&self) {
        lock(&self.calls).clear();
    }

    /// Logs the beginning of a call; returns its index, for [`end`](Self::end).
    pub(super) fn begin(
        &self,
        name: &'static str,
        items: Option<usize>,
        arguments: &[&(dyn Debug + Sync)],
    ) -> usize {
        let call = Call {
            name,
            items,
            digest: self.digests.then(|| digest(arguments)),
            outcome: "dropped".to_owned(),
        };
        let mut calls = lock(&self.calls);
        calls.push(call);
        calls.len() - 1
    }

    pub(super) fn end(&self, index: usize, outcome: String) {
        // Without effect if the log was cleared meanwhile.
        if let Some(call) = lock(&self.calls).get_mut(index) {
            call.outcome = outcome;
        }
    }
}

impl Call {
    fn shape(&self) -> String {
        let mut shape = self.name.to_owned();
        // Writing to a string cannot fail.
        if let Some(items) = self.items {
            let _ = write!(shape, "({items})");
        }
        if let Some(digest) = &self.digest {
            let _ = write!(shape, "#{digest}");
        }
        shape
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.shape(), self.outcome)
    }
}

fn digest(arguments: &[&(dyn Debug + Sync)]) -> String {
    // `Debug` of the arguments shows no secret and no body.
    let digest = Sha256::digest(format!("{arguments:?}").as_bytes());
    HEXLOWER.encode(digest.get(..4).unwrap_or_default())
}
