//! The copy of a store into another: [`copy`].
//!
//! A copy works page by page and holds a bounded part of either store in memory. It may be
//! interrupted anywhere and continued by any process, and ends with a comparison of both sides. No
//! engine opens the target before [`Transfer::open_target`], which requires that comparison, so
//! that a copy may be tried any number of times. The manual page [`moving`](crate::manual::moving)
//! says when to stop the engines.
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
//! # engine.directory(MemoryDirectory::new()).sessions(sspr::port::NoSessions).delivery(MemoryInbox::new()).open().await?;
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
mod marks;
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
use self::marks::Marks;
use self::position::{CopyPosition, CopyTask, Counts, KINDS};
use self::tally::Sums;
use crate::domain::crypto::keys::Keys;
use crate::domain::identity::ids::{RecordKey, TenantId};
use crate::domain::invalid::InvalidInput;
use crate::domain::record::{RecordKind, Version};
use crate::port::{Clock, Cursor, Store, SystemClock};

/// Events of one page if they are only counted.
const EVENTS: usize = 1_000;

/// A copy of all records and events of these tenants from one store to another. Call
/// [`Transfer::step`] until it is over.
///
/// Name every tenant: a store cannot list its tenants, and a tenant that is not named is not
/// copied. [`TransferReport::left_behind`] lists unnamed tenants for which something is due in the
/// source.
///
/// # Errors
///
/// [`InvalidInput::Rule`] without any tenant.
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
    let distinct: BTreeSet<TenantId> = tenants.into_iter().collect();
    if distinct.is_empty() {
        return Err(InvalidInput::Rule { what: "list of tenants", rule: "must not be empty" });
    }
    let tenants: Vec<TenantId> = distinct.into_iter().collect();
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
        position: CopyPosition::default(),
        counts: Counts::default(),
        total: None,
        alarms: HashMap::new(),
        located: false,
        report: TransferReport::default(),
    })
}

/// A copy between two stores: see [`copy`].
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
    /// The version of the note with which this object has tried to open the target.
    opening: Option<Version>,
    position: CopyPosition,
    counts: Counts,
    total: Option<u64>,
    /// By tenant.
    sums: Vec<Sums>,
    /// Records with a wake time that the target has not listed yet, with the index of their tenant.
    /// There are as many as open flows and waiting messages.
    alarms: HashMap<RecordKey, usize>,
    /// Whether a record with differing events was found.
    located: bool,
    report: TransferReport,
}

impl<'a> Transfer<'a> {
    /// Names all records by another lookup key. The short-lived keys of both are not used: they
    /// need not change with the lookup key.
    ///
    /// Live flows end, and messages with their codes are not sent: let
    /// [`Engine::maintain`](crate::Engine::maintain) deliver waiting messages before. Registered
    /// methods stay valid, including recovery codes, known devices and sealed seeds. No engine may
    /// write to the source meanwhile. If one did, the target has ended flows that continued in the
    /// source, and it stays [`Incomplete`](Stage::Incomplete): discard it and copy into an empty
    /// store.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Rule`] if both have the same lookup key.
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
        let (what, rule) = ("new lookup key", "must differ from the old lookup key");
        let different = old.check_value() != new.check_value();
        let renaming = different
            .then(|| Renaming::new(old, new, &self.tenants))
            .flatten()
            .ok_or(InvalidInput::Rule { what, rule })?;
        self.naming = Naming::Other(Box::new(renaming));
        Ok(self)
    }

    /// Finishes without records that cannot be read. An account whose record is left out **starts
    /// empty** in the target, with unspent budgets: first make a copy without this option and read
    /// its [`TransferReport::left_out`].
    #[must_use]
    pub const fn leave_out_unreadable(mut self) -> Self {
        self.leave_out = true;
        self
    }

    /// Closes the source before anything is read: no engine opens it any more, and a store with a
    /// [fence](crate::port::Store::fence) refuses every write, also from running engines and of tenants
    /// that were not named. [`TransferReport::fence`] tells which of the two applies. A closed
    /// source does not change while it is read, so that `Finished` then means that nothing is lost.
    ///
    /// Do not use it for a trial. Without it, stop everything that writes to the source first: the
    /// last check of the source finds writes during the comparison, but not writes after it.
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

    /// How many records are copied concurrently, from 1 to 1,000. Default 128: a store that groups
    /// waiting commits writes them in one transaction.
    #[must_use]
    pub fn in_flight(mut self, records: usize) -> Self {
        self.in_flight = records.clamp(1, 1_000);
        self
    }

    /// The clock. Default: the operating system's. It only decides which records of the target have
    /// expired.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'a) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Continues from where another process stopped.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Foreign`] if the checkpoint has other tenants. The first step refuses a
    /// checkpoint of another source.
    pub fn resume(mut self, checkpoint: &Checkpoint) -> Result<Self, InvalidInput> {
        let foreign = InvalidInput::Foreign { what: "checkpoint" };
        self.position = checkpoint.position_among(&self.tenants, &KINDS).ok_or(foreign)?;
        self.counts = checkpoint.counts();
        self.resumed = Some(checkpoint.clone());
        Ok(self)
    }

    /// The position of the copy; `None` before the first step.
    #[must_use]
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        let source = self.marks.as_ref()?.source;
        Some(Checkpoint::of(
            (source, self.closes),
            &self.position,
            &self.tenants,
            &KINDS,
            self.counts,
        ))
    }

    /// The findings. They are complete once a step has returned a stage that is over.
    #[must_use]
    pub const fn report(&self) -> &TransferReport {
        &self.report
    }

    fn tenant(&self) -> &TenantId {
        &self.tenants[self.position.tenant]
    }

    fn after(&self) -> Option<&Cursor> {
        self.position.after.as_ref()
    }

    /// The tenant and the kind of record that are being listed.
    fn listed(&self) -> (TenantId, RecordKind) {
        (self.tenant().clone(), self.kinds()[self.position.kind])
    }

    /// The target may also have placeholders of records that the source no longer has.
    const fn kinds(&self) -> &'static [RecordKind] {
        match self.position.task {
            CopyTask::Extras => &RecordKind::ALL,
            _ => &KINDS,
        }
    }
}

impl fmt::Debug for Transfer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transfer")
            .field("tenants", &self.tenants.len())
            .field("position", &self.position)
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}
