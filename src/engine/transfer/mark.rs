//! The mark that keeps a target closed until its copy is finished.

use super::carry::Naming;
use super::chain::passing;
use super::report::{Side, TransferError};
use super::{At as _, KINDS, Transfer};
use crate::domain::record::{Meta, Record, Subject, Version};
use crate::domain::secret::secrets_equal;
use crate::domain::time::Timestamp;
use crate::engine::check::{META_KEY, meta_of};
use crate::port::{Commit, Committed};

/// What the target says about itself, while it is not finished and when it is.
pub(super) struct Marks {
    unfinished: Record,
    finished: Record,
}

impl Marks {
    /// The version of the source's own: no two stores were made with the same one.
    pub(super) const fn source(&self) -> Version {
        self.finished.version()
    }
}

/// What stands in the target.
pub(super) enum Standing {
    Unfinished,
    Finished,
}

impl Transfer<'_> {
    /// Reads what the source says about itself, and marks the target as unfinished.
    pub(super) async fn begin(&self) -> Result<(Marks, Standing), TransferError> {
        let found = self.from.load(&META_KEY).await.at(Side::Source)?;
        let found = found.ok_or(TransferError::NoSource)?;
        let meta = meta_of(&found).at(Side::Source)?;
        if meta.is_unfinished() {
            return Err(TransferError::NoSource);
        }
        if let Naming::Other(renaming) = &self.naming
            && !secrets_equal(meta.check.as_bytes(), renaming.from.check_value().as_bytes())
        {
            return Err(TransferError::WrongKey);
        }
        let check = self.naming.check(&meta.check);
        let source = found.version();
        let mark = format!("{} of {source} to {check}", Meta::UNFINISHED);
        let note = |version, check| {
            Record::new(META_KEY, version, Subject::Meta(Meta { key: META_KEY, check }))
        };
        let marks = Marks {
            unfinished: note(passing(&META_KEY, source.count()), mark),
            finished: note(source, check),
        };
        if !self.is_marked().await? {
            // What stands there now may be another copy's, which has begun in between.
            if !self.is_empty().await? && !self.is_marked().await? {
                return Err(TransferError::Occupied);
            }
            // Whatever it answers, what counts is what can be read next.
            let _ = self.put(&marks.unfinished, None).await?;
        }
        let standing = self.standing(&marks).await?;
        Ok((marks, standing))
    }

    /// Nobody else has made the target theirs meanwhile.
    pub(super) async fn standing(&self, marks: &Marks) -> Result<Standing, TransferError> {
        let found = self.to.load(&META_KEY).await.at(Side::Target)?;
        let found = found.ok_or(TransferError::Occupied)?;
        let is = |mark: &Record| found.version() == mark.version() && found.body() == mark.body();
        if is(&marks.unfinished) {
            Ok(Standing::Unfinished)
        } else if is(&marks.finished) {
            Ok(Standing::Finished)
        } else {
            Err(TransferError::Occupied)
        }
    }

    /// Opens the target to engines.
    pub(super) async fn finish(&self, marks: &Marks) -> Result<(), TransferError> {
        let expected = Some(marks.unfinished.version());
        match self.put(&marks.finished, expected).await? {
            Committed::Applied => Ok(()),
            // Another copy of the same source was faster, or somebody else was here.
            Committed::Stale => self.standing(marks).await.map(drop),
        }
    }

    async fn put(
        &self,
        note: &Record,
        expected: Option<Version>,
    ) -> Result<Committed, TransferError> {
        let columns = Meta::columns(self.clock.now())?;
        let commit = Commit::new(note, expected, &columns, &[]);
        self.to.commit(commit).await.at(Side::Target)
    }

    async fn is_marked(&self) -> Result<bool, TransferError> {
        Ok(self.to.load(&META_KEY).await.at(Side::Target)?.is_some())
    }

    /// A store cannot be asked for everything that it holds; but for what these tenants have, and
    /// for what is due.
    async fn is_empty(&self) -> Result<bool, TransferError> {
        let due = self.to.due(Timestamp::MAX, None, 1).await.at(Side::Target)?;
        let mut empty = due.items.is_empty();
        for tenant in &self.tenants {
            for kind in KINDS {
                let page = self.to.scan(tenant, kind, None, 1).await.at(Side::Target)?;
                empty &= page.items.is_empty();
            }
        }
        Ok(empty)
    }
}
