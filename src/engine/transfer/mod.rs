//! Moving everything from one store to another: [`copy`].
//!
//! A copy goes on page by page, holds a bounded part of either store, may be broken off anywhere and
//! begun again by any process, and ends with a comparison of both sides. No engine opens the target
//! before [`Transfer::open_target`], which a run that has not compared refuses: so a copy may be tried
//! as often as wanted. The manual page [`moving`](crate::manual::moving) says when to stop what.
//!
//! ```
//! use sspr::adapters::memory::MemoryStore;
//! use sspr::transfer::{Stage, copy};
//! # use sspr::adapters::memory::{MemoryDirectory, MemoryInbox};
//! # use sspr::{Engine, Keys, SecretBytes};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (from, to) = (MemoryStore::new(), MemoryStore::new());
//! # let secret = |byte| SecretBytes::new(vec![byte; 32]);
//! # let keys = Keys::new(secret(1), 1, secret(2))?;
//! # let engine = Engine::builder().keys(keys).store(from.clone());
//! # engine.directory(MemoryDirectory::new()).delivery(MemoryInbox::new()).open().await?;
//! let copy = copy(&from, &to, [sspr::TenantId::parse("contoso")?])?;
//! let mut copy = copy.close_source_first();
//! let ended = loop {
//!     let progress = copy.step().await?;
//!     println!("{:?}: {} records", progress.stage, progress.records);
//!     if progress.stage.is_over() {
//!         break progress.stage;
//!     }
//! };
//! assert_eq!(ended, Stage::Finished, "{:?}", copy.report());
//! copy.open_target().await?;
//! # Ok(())
//! # }
//! ```

mod all;
mod bring;
mod carry;
mod chain;
mod checkpoint;
mod compare;
mod mark;
mod position;
mod report;
mod run;
mod tally;

pub use checkpoint::Checkpoint;
pub use mark::restored;
pub use report::{
    Difference, Differs, Fence, LeftOut, Progress, Side, Stage, TransferError, TransferReport,
    UnreadableReason,
};

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use self::carry::{Naming, Renaming};
use self::mark::Marks;
use self::position::{CopyPosition, CopyTask, Counts};
use self::tally::Sums;
use crate::domain::ids::{RecordKey, TenantId};
use crate::domain::invalid::InvalidInput;
use crate::domain::keys::Keys;
use crate::domain::record::{RecordKind, Version};
use crate::port::{Clock, Cursor, PortError, Store, SystemClock};

/// What belongs to a tenant. The one record that belongs to none is the mark.
const KINDS: [RecordKind; 3] = [RecordKind::Policy, RecordKind::Account, RecordKind::Decoy];
/// Events read at once where they are only counted.
const EVENTS: usize = 1_000;

/// A copy of everything that these tenants have, from one store to another. Drive it with
/// [`Transfer::step`].
///
/// Name every tenant: a store cannot list them, and one that is left out is not there afterwards.
/// [`TransferReport::left_behind`] names those for which something is due in the source.
///
/// # Errors
///
/// [`InvalidInput::OutOfRange`] without any tenant.
///
/// ```
/// use sspr::adapters::memory::MemoryStore;
///
/// let (from, to) = (MemoryStore::new(), MemoryStore::new());
/// assert!(sspr::transfer::copy(&from, &to, []).is_err());
/// ```
pub fn copy<'a>(
    from: &'a dyn Store,
    to: &'a dyn Store,
    tenants: impl IntoIterator<Item = TenantId>,
) -> Result<Transfer<'a>, InvalidInput> {
    let tenants: BTreeSet<TenantId> = tenants.into_iter().collect();
    if tenants.is_empty() {
        return Err(InvalidInput::OutOfRange { what: "number of tenants" });
    }
    let tenants: Vec<TenantId> = tenants.into_iter().collect();
    Ok(Transfer {
        from,
        to,
        sums: vec![Sums::default(); tenants.len()],
        tenants,
        naming: Naming::Same,
        clock: Box::new(SystemClock),
        in_flight: 128,
        leave_out: false,
        closes: false,
        resumed: None,
        marks: None,
        opening: None,
        place: CopyPosition::default(),
        counts: Counts::default(),
        total: None,
        alarms: HashMap::new(),
        located: false,
        report: TransferReport::default(),
    })
}

/// A copy under way: see [`copy`].
pub struct Transfer<'a> {
    from: &'a dyn Store,
    to: &'a dyn Store,
    tenants: Vec<TenantId>,
    naming: Naming<'a>,
    clock: Box<dyn Clock + 'a>,
    in_flight: usize,
    leave_out: bool,
    closes: bool,
    resumed: Option<Checkpoint>,
    marks: Option<Marks>,
    /// The version of the note that this object has tried to open the target with.
    opening: Option<Version>,
    place: CopyPosition,
    counts: Counts,
    total: Option<u64>,
    /// By tenant.
    sums: Vec<Sums>,
    /// Records that need work, and have not been seen among the target's yet: as many as there are
    /// open flows and waiting messages.
    alarms: HashMap<RecordKey, usize>,
    /// Whether a record was found whose events differ.
    located: bool,
    report: TransferReport,
}

impl<'a> Transfer<'a> {
    /// Names everything by another lookup key. The short-lived keys of both play no part: a new
    /// issuing key need not come with the new lookup key.
    ///
    /// Flows that are under way end, and messages that would carry their codes are not sent; let
    /// [`Engine::maintain`](crate::Engine::maintain) deliver what waits before. What people have
    /// registered stays good, recovery codes, known browsers and sealed seeds included. No engine may
    /// write to the source meanwhile: a target of a trial that was written to during the trial holds
    /// the ends of flows that went on in the source, so it stays
    /// [`Incomplete`](Stage::Incomplete). Throw it away and copy into an empty store.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::OutOfRange`] if both have one lookup key.
    ///
    /// ```
    /// # use sspr::adapters::memory::MemoryStore;
    /// # use sspr::{Keys, SecretBytes, TenantId};
    /// # let (from, to) = (MemoryStore::new(), MemoryStore::new());
    /// # let from_vault = |id: u8| SecretBytes::new(vec![id; 32]);
    /// let old = Keys::new(from_vault(1), 1, from_vault(2))?;
    /// let new = Keys::new(from_vault(3), 1, from_vault(2))?;
    /// let copy = sspr::transfer::copy(&from, &to, [TenantId::parse("contoso")?])?;
    /// let copy = copy.rename(&old, &new)?;
    /// # Ok::<(), sspr::InvalidInput>(())
    /// ```
    pub fn rename(mut self, old: &'a Keys, new: &'a Keys) -> Result<Self, InvalidInput> {
        let what = "second lookup key (the first again)";
        let other = old.check_value() != new.check_value();
        let renaming = other
            .then(|| Renaming::new(old, new, &self.tenants))
            .flatten()
            .ok_or(InvalidInput::OutOfRange { what })?;
        self.naming = Naming::Other(Box::new(renaming));
        Ok(self)
    }

    /// Finishes without what cannot be read. An account whose record is left out **begins anew** in
    /// the target, with all its budgets: look at [`TransferReport::left_out`] of a copy without this first.
    #[must_use]
    pub const fn leave_out_unreadable(mut self) -> Self {
        self.leave_out = true;
        self
    }

    /// Closes the source before anything is read: no engine opens it any more, and a store that has a
    /// [fence](crate::Store::fence) refuses every write, also of engines that are running and of
    /// tenants that were not named. [`TransferReport::fence`] says which of the two it was. What was read of
    /// a closed source stays true, so `Finished` then means that nothing can be lost.
    ///
    /// Not for a trial. Without it, stop everything that writes to the source first: a last look at the
    /// source finds what was written during the comparison, but not what is written after it.
    ///
    /// To open the source again: [`give_up`](Self::give_up).
    ///
    /// ```
    /// # use sspr::adapters::memory::MemoryStore;
    /// # let (from, to) = (MemoryStore::new(), MemoryStore::new());
    /// let copy = sspr::transfer::copy(&from, &to, [sspr::TenantId::parse("contoso")?])?;
    /// let copy = copy.close_source_first();
    /// # Ok::<(), sspr::InvalidInput>(())
    /// ```
    #[must_use]
    pub const fn close_source_first(mut self) -> Self {
        self.closes = true;
        self
    }

    /// How many records are worked on at once, from 1 to 1,000. Default 128: a store that writes
    /// what waits in one transaction takes them up together.
    #[must_use]
    pub fn in_flight(mut self, records: usize) -> Self {
        self.in_flight = records.clamp(1, 1_000);
        self
    }

    /// The clock. Default: the operating system's. It says which records of the target a purge
    /// would take, and nothing else.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'a) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Goes on where another process stopped.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Foreign`] if it is of other tenants. One of another source is found by the
    /// first step.
    pub fn resume(mut self, checkpoint: &Checkpoint) -> Result<Self, InvalidInput> {
        let foreign = InvalidInput::Foreign { what: "checkpoint" };
        self.place = checkpoint.place(&self.tenants, &KINDS).ok_or(foreign)?;
        self.counts = checkpoint.counts();
        self.resumed = Some(checkpoint.clone());
        Ok(self)
    }

    /// Where it stands; none before the first step.
    #[must_use]
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        let source = self.marks.as_ref()?.source;
        Some(Checkpoint::of((source, self.closes), &self.place, &self.tenants, &KINDS, self.counts))
    }

    /// What was found. Complete once a step has said that the copy is over.
    #[must_use]
    pub const fn report(&self) -> &TransferReport {
        &self.report
    }

    fn tenant(&self) -> &TenantId {
        &self.tenants[self.place.tenant]
    }

    fn after(&self) -> Option<&Cursor> {
        self.place.after.as_ref()
    }

    /// The tenant and the kind of record that are being listed.
    fn listed(&self) -> (TenantId, RecordKind) {
        (self.tenant().clone(), self.kinds()[self.place.kind])
    }

    /// In the target there may be places held for records that are gone, too.
    const fn kinds(&self) -> &'static [RecordKind] {
        match self.place.task {
            CopyTask::Extras => &RecordKind::ALL,
            _ => &KINDS,
        }
    }
}

impl fmt::Debug for Transfer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transfer")
            .field("tenants", &self.tenants.len())
            .field("place", &self.place)
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}

/// Names the store that an error comes from.
trait At<T> {
    fn at(self, side: Side) -> Result<T, TransferError>;
}

impl<T> At<T> for Result<T, PortError> {
    fn at(self, side: Side) -> Result<T, TransferError> {
        self.map_err(|error| TransferError::Store { side, error })
    }
}
