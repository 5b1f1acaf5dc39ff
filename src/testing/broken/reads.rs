//! Defects of `load`, `due` and `scan`.

use std::future::Future;
use std::time::Duration;

use super::super::{lock, yield_once};
use super::{BrokenStore, Defect, partition};
use crate::port::{
    Clock as _, Cursor, Page, PortError, PortErrorKind, PortResult, Record, RecordKey, RecordKind,
    SystemClock, Version,
};
use crate::{TenantId, Timestamp};

impl BrokenStore {
    pub(super) async fn load_wrongly(&self, key: &RecordKey) -> PortResult<Option<Record>> {
        if self.is(Defect::CachePerHandle)
            && let Some(cached) = self.cached(key)
        {
            return Ok(cached);
        }
        let found = self.inner.load(key).await;
        if let Ok(found) = &found {
            self.cache(*key, found.clone());
        }
        match self.defect {
            Defect::StaleRead => {
                let before = lock(&self.memo).before.remove(key);
                Ok(before.or(found?))
            }
            Defect::HidesExpired | Defect::ExpiresEarly => {
                let early = if self.is(Defect::ExpiresEarly) { 900 } else { 0 };
                let now = SystemClock.now().plus(Duration::from_secs(early));
                let memo = lock(&self.memo);
                let expires = memo.columns.get(key).and_then(|columns| columns.expires_at);
                let over = expires.is_some_and(|expires| expires <= now);
                Ok(found?.filter(|_| !over))
            }
            Defect::LoadTears => match found? {
                Some(record) => self.under_a_later_version(record).await.map(Some),
                None => Ok(None),
            },
            Defect::LoadMakesUp => {
                Ok(found?.or_else(|| Some(Record::loaded(*key, Version::new(0, 0), "{}"))))
            }
            Defect::CorruptAsNone => match found {
                Err(error) if error.kind() == PortErrorKind::Corrupt => Ok(None),
                found => found,
            },
            Defect::BodyReencoded => Ok(found?.map(|record| {
                let parsed = serde_json::from_str::<serde_json::Value>(record.body());
                let body =
                    parsed.map_or_else(|_| record.body().to_owned(), |json| json.to_string());
                Record::loaded(*key, record.version(), body)
            })),
            Defect::NonceLosesABit => Ok(found?.map(|record| {
                let kept = record.version().nonce() & (u64::MAX >> 1);
                let version = Version::new(record.version().count(), kept);
                Record::loaded(*key, version, record.body())
            })),
            _ => found,
        }
    }

    pub(super) async fn due_wrongly(
        &self,
        now: Timestamp,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<RecordKey>> {
        if self.is(Defect::DueCountsRows) {
            let all = self.inner.due(now, None, usize::MAX).await?.items;
            return counted(all.into_iter().map(|key| (0, key)), after, limit);
        }
        let bare = bare(after);
        let after = bare.as_ref();
        let late = Duration::from_secs(u64::from(self.is(Defect::DueComesLate)));
        let now = if self.is(Defect::RemembersTheLatestTime) {
            self.latest(now)
        } else {
            now.minus(late)
        };
        let call = |after| self.inner.due(now, after, limit);
        let mut page = self.paged(after, call).await?;
        match self.defect {
            Defect::WakeIndexLost => {
                let memo = lock(&self.memo);
                page.items.retain(|key| !memo.lost.contains(key));
            }
            // On the first page only, or a listing of stale rows would never end.
            Defect::WakeIndexNeverCleared if after.is_none() => {
                let stale = lock(&self.memo).lost.clone();
                page.items.extend(stale);
                page.items.truncate(limit);
            }
            Defect::WakeIndexLags => {
                let memo = lock(&self.memo);
                page.items.retain(|key| !memo.lagging.contains(key));
            }
            Defect::DueOfOneTenant => {
                let memo = lock(&self.memo);
                page.items.retain(|key| {
                    memo.columns.get(key).map(|columns| &columns.tenant) == memo.home.as_ref()
                });
            }
            Defect::DueHandsOutOnce => {
                let mut memo = lock(&self.memo);
                page.items.retain(|key| memo.handed.insert(*key));
            }
            Defect::DueSkips if after.is_some() && !page.items.is_empty() => {
                page.items.remove(0);
            }
            _ => {}
        }
        Ok(page)
    }

    pub(super) async fn scan_wrongly(
        &self,
        tenant: &TenantId,
        kind: RecordKind,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Record>> {
        let limit = self.limited(limit);
        let owners = match self.defect {
            Defect::CursorWorksOnce => {
                if let Some(cursor) = after
                    && !lock(&self.memo).used.insert(cursor.as_str().to_owned())
                {
                    return Ok(Page::new(Vec::new(), None));
                }
                return self.inner.scan(tenant, kind, after, limit).await;
            }
            Defect::ListingNeverEnds => {
                let mut page = self.inner.scan(tenant, kind, after, limit).await?;
                let last = page.items.last().map(|record| Cursor::new(record.key().to_string()));
                page.next = page.next.or(last).or(after.cloned());
                return Ok(page);
            }
            Defect::TenantIgnoredInScan => self.owners(|_, other| other == kind),
            Defect::TenantByPrefix => self.owners(|owner, other| {
                owner.as_str().starts_with(tenant.as_str()) && other == kind
            }),
            Defect::TenantCutShort => self.owners(|owner, other| {
                let short = |id: &TenantId| id.as_str().bytes().take(32).collect::<Vec<_>>();
                short(owner) == short(tenant) && other == kind
            }),
            Defect::KindIgnoredInScan => self.owners(|owner, _| owner == tenant),
            Defect::ScanCountsRows => {
                let mut all = self.inner.scan(tenant, kind, None, usize::MAX).await?.items;
                all.sort_by_key(|record| *record.key());
                let parts = all.into_iter().map(|record| (partition(record.key()), record));
                return counted(parts, after, limit);
            }
            Defect::ScanTears => {
                let mut page = self.inner.scan(tenant, kind, after, limit).await?;
                for record in &mut page.items {
                    *record = self.under_a_later_version(record.clone()).await?;
                }
                return Ok(page);
            }
            Defect::ScanByLastChange => {
                return self.scan_by_change(tenant, kind, after, limit).await;
            }
            _ => return self.scan_page(tenant, kind, after, limit).await,
        };
        self.scan_owners(&owners, after, limit).await
    }

    async fn scan_page(
        &self,
        tenant: &TenantId,
        kind: RecordKind,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Record>> {
        let bare = bare(after);
        let call = |after| self.inner.scan(tenant, kind, after, limit);
        match self.paged(bare.as_ref(), call).await {
            Err(error)
                if self.is(Defect::CorruptLeftOut) && error.kind() == PortErrorKind::Corrupt =>
            {
                Ok(Page::new(Vec::new(), None))
            }
            Ok(mut page) if self.is(Defect::ScanCutsBodies) => {
                for record in &mut page.items {
                    let body = record.body();
                    let cut = &body[..body.len().saturating_sub(1)];
                    *record = Record::loaded(*record.key(), record.version(), cut);
                }
                Ok(page)
            }
            page => page,
        }
    }

    /// The limit as this store takes it.
    pub(super) fn limited(&self, limit: usize) -> usize {
        if limit == 0 && self.is(Defect::ZeroIsNoLimit) { usize::MAX } else { limit }
    }

    /// The body that was read, under a version that is read after commits could go first.
    async fn under_a_later_version(&self, read: Record) -> PortResult<Record> {
        yield_once().await;
        std::thread::yield_now();
        let later = self.inner.load(read.key()).await?;
        let version = later.map_or(read.version(), |record| record.version());
        Ok(Record::loaded(*read.key(), version, read.body()))
    }

    /// The latest time that any caller has passed so far.
    pub(super) fn latest(&self, now: Timestamp) -> Timestamp {
        let mut memo = lock(&self.memo);
        let latest = memo.latest.map_or(now, |latest| latest.max(now));
        memo.latest = Some(latest);
        latest
    }

    /// The tenants and kinds of stored records that the condition selects.
    fn owners(
        &self,
        wanted: impl Fn(&TenantId, RecordKind) -> bool,
    ) -> Vec<(TenantId, RecordKind)> {
        let memo = lock(&self.memo);
        let all = memo.columns.values();
        let mut owners: Vec<_> = all
            .map(|columns| (columns.tenant.clone(), columns.kind))
            .filter(|(tenant, kind)| wanted(tenant, *kind))
            .collect();
        owners.sort();
        owners.dedup();
        owners
    }

    /// One scan after the other; a cursor holds the number of the scan and the scan's own cursor.
    async fn scan_owners(
        &self,
        owners: &[(TenantId, RecordKind)],
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Record>> {
        let (at, within) = match after {
            None => (0, None),
            Some(cursor) => {
                let parts = cursor.as_str().split_once('|').ok_or(PortError::denied())?;
                let at: usize = parts.0.parse().map_err(|_| PortError::denied())?;
                (at, Some(parts.1).filter(|text| !text.is_empty()))
            }
        };
        let Some((tenant, kind)) = owners.get(at) else {
            return Ok(Page::new(Vec::new(), None));
        };
        let cursor = within.map(Cursor::new);
        let page = self.inner.scan(tenant, *kind, cursor.as_ref(), limit).await?;
        let next = match page.next {
            Some(cursor) => Some(format!("{at}|{}", cursor.as_str())),
            None => (at + 1 < owners.len()).then(|| format!("{}|", at + 1)),
        };
        Ok(Page::new(page.items, next.map(Cursor::new)))
    }

    async fn scan_by_change(
        &self,
        tenant: &TenantId,
        kind: RecordKind,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Record>> {
        let all = self.inner.scan(tenant, kind, None, usize::MAX).await?.items;
        let memo = lock(&self.memo);
        let position = |record: &Record| {
            let columns = memo.columns.get(record.key());
            let millis = columns.map_or(0, |columns| columns.updated_at.unix_millis());
            format!("{millis:020}.{}", record.key())
        };
        let mut rows: Vec<_> = all.into_iter().map(|record| (position(&record), record)).collect();
        rows.sort_by(|(one, _), (other, _)| one.cmp(other));
        rows.retain(|(position, _)| after.is_none_or(|after| position.as_str() > after.as_str()));
        rows.truncate(limit);
        let next = rows.last().map(|(position, _)| Cursor::new(position.as_str()));
        Ok(Page::new(rows.into_iter().map(|(_, record)| record).collect(), next))
    }

    /// A page of the correct store, or of a defect that concerns all listings.
    pub(super) async fn paged<'a, T, F>(
        &self,
        after: Option<&'a Cursor>,
        call: impl Fn(Option<&'a Cursor>) -> F,
    ) -> PortResult<Page<T>>
    where
        F: Future<Output = PortResult<Page<T>>>,
    {
        let mut page = match call(after).await {
            Err(_) if after.is_some() && self.is(Defect::CursorRestarts) => call(None).await?,
            Err(error) if after.is_some() && self.is(Defect::CursorPanics) => {
                panic!("malformed cursor: {error}")
            }
            page => page?,
        };
        if self.is(Defect::ListingEndsEarly) && page.items.len() > 64 {
            page.items.truncate(64);
            page.next = None;
        }
        if self.is(Defect::CursorTooLong) {
            let pad = |cursor: Cursor| Cursor::new(format!("{:300}", cursor.as_str()));
            page.next = page.next.map(pad);
        }
        Ok(page)
    }
}

/// A page of rows by partition, whose cursor is a partition and how many of its rows were returned.
fn counted<T>(
    rows: impl Iterator<Item = (u8, T)>,
    after: Option<&Cursor>,
    limit: usize,
) -> PortResult<Page<T>> {
    let place = |cursor: &Cursor| {
        let (part, returned) = cursor.as_str().split_once('.')?;
        Some((part.parse::<u8>().ok()?, returned.parse::<usize>().ok()?))
    };
    let (mut part, mut returned) = match after {
        Some(cursor) => place(cursor).ok_or(PortError::denied())?,
        None => (0, 0),
    };
    let mut skipped = 0;
    let mut rest = rows.filter(|(of, _)| {
        let skip = *of == part && skipped < returned;
        skipped += usize::from(skip);
        *of >= part && !skip
    });
    let page: Vec<_> = rest.by_ref().take(limit).collect();
    let more = rest.next().is_some();
    for (of, _) in &page {
        returned = if *of == part { returned + 1 } else { 1 };
        part = *of;
    }
    let next = more.then(|| Cursor::new(format!("{part}.{returned}")));
    Ok(Page::new(page.into_iter().map(|(_, row)| row).collect(), next))
}

/// A cursor without the padding of [`Defect::CursorTooLong`].
pub(super) fn bare(cursor: Option<&Cursor>) -> Option<Cursor> {
    cursor.map(|cursor| Cursor::new(cursor.as_str().trim_end_matches(' ')))
}
