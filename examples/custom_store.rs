//! A complete store: one JSON file, replaced under a lock.
//!
//! Run it with `cargo run --features conformance --example custom_store`: the conformance kit checks the
//! store and prints a line for each property. Every call takes the lock and reads the file; a change is
//! written beside it, synced to the disk and renamed over it. On Unix that is atomic, durable and
//! visible to every process. It is slow for large files and blocks its thread: with a database, the same
//! seven methods use transactions and indexes.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sspr::audit::Event;
use sspr::port::PortErrorKind::{self, Corrupt, Unavailable, Unknown};
use sspr::port::*;
use sspr::{TenantId, Timestamp};

#[path = "custom_store/harness.rs"]
mod harness;

/// The content of the file: one line of JSON, and a line for each event.
#[derive(Default, Serialize, Deserialize)]
struct Contents {
    records: BTreeMap<RecordKey, Row>,
    counters: BTreeMap<CounterKey, (u64, Timestamp)>,
    /// Kept, since a number must not be reused when the last event was purged.
    last_event: u64,
    /// The length of the rest: a truncated file is damaged.
    length: usize,
    /// By a number taken under the lock, so no later event gets a smaller one.
    #[serde(skip)]
    events: String,
}

/// A record, and the columns that a listing needs.
#[derive(Serialize, Deserialize)]
struct Row {
    version: (u64, u64),
    body: String,
    tenant: TenantId,
    kind: RecordKind,
    wake_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
}

struct FileStore(PathBuf);

impl FileStore {
    fn open(path: PathBuf) -> PortResult<Self> {
        let store = Self(path);
        let _lock = store.lock()?;
        // Only here: a file that is missing later is a fault, not an empty store.
        if !store.0.exists() {
            store.save(&mut Contents::default())?;
        }
        Ok(store)
    }

    /// For readers too: what they return must be on the disk.
    fn lock(&self) -> PortResult<File> {
        let lock = File::create(self.0.with_extension("lock")).map_err(because(Unavailable))?;
        lock.lock().map_err(because(Unavailable)).map(|()| lock)
    }

    fn read(&self) -> PortResult<(File, Contents)> {
        let lock = self.lock()?;
        let text = fs::read(&self.0).map_err(because(Unavailable))?;
        let text = String::from_utf8(text).map_err(because(Corrupt))?;
        let (first, events) = text.split_once('\n').ok_or_else(PortError::corrupt)?;
        let mut contents: Contents = serde_json::from_str(first).map_err(because(Corrupt))?;
        let complete = (events.len() == contents.length).then(|| events.to_owned());
        contents.events = complete.ok_or_else(PortError::corrupt)?;
        Ok((lock, contents))
    }

    fn save(&self, contents: &mut Contents) -> PortResult<()> {
        let (new, folder) = (self.0.with_extension("new"), self.0.with_file_name("."));
        contents.length = contents.events.len();
        let written = || -> Result<File, Box<dyn Error + Send + Sync>> {
            let mut file = File::create(&new)?;
            let first = serde_json::to_string(contents)?;
            file.write_all(format!("{first}\n{}", contents.events).as_bytes())?;
            file.sync_all()?;
            Ok(File::open(folder)?)
        };
        let folder = written().map_err(|error| PortError::unavailable().because(error))?;
        // A rename is durable after its folder is synced.
        fs::rename(&new, &self.0).and_then(|()| folder.sync_all()).map_err(because(Unknown))
    }
}

fn because<E: Error + Send + Sync + 'static>(kind: PortErrorKind) -> impl Fn(E) -> PortError {
    move |error| PortError::new(kind).because(error)
}

/// Parses a cursor exactly as it was written.
fn position<T: std::str::FromStr + ToString>(cursor: &Cursor) -> PortResult<T> {
    let position = cursor
        .as_str()
        .parse::<T>()
        .ok()
        .filter(|position| position.to_string() == cursor.as_str());
    position.ok_or_else(|| PortError::denied().because("this is no cursor of a listing"))
}

/// The number and the text of an event.
fn numbered(line: &str) -> PortResult<(u64, &str)> {
    let (number, text) = line.trim_end().split_once(' ').ok_or_else(PortError::corrupt)?;
    Ok((number.parse().map_err(because(Corrupt))?, text))
}

fn record(key: RecordKey, row: &Row) -> Record {
    Record::loaded(key, Version::new(row.version.0, row.version.1), row.body.as_str())
}

impl Contents {
    /// Records after the cursor in the order of their keys, which no commit changes.
    fn listed(
        &self,
        after: Option<&Cursor>,
        limit: usize,
        wanted: impl Fn(&Row) -> bool,
    ) -> PortResult<Page<(RecordKey, &Row)>> {
        let after = after.map(position::<RecordKey>).transpose()?;
        let rows = self.records.iter().filter(|(key, row)| Some(**key) > after && wanted(row));
        let rows: Vec<_> = rows.take(limit).map(|(key, row)| (*key, row)).collect();
        let next = rows.last().map(|(key, _)| Cursor::new(key.to_string()));
        Ok(Page::new(rows, next))
    }
}

#[async_trait]
impl Store for FileStore {
    async fn load(&self, key: &RecordKey) -> PortResult<Option<Record>> {
        let (_lock, contents) = self.read()?;
        Ok(contents.records.get(key).map(|row| record(*key, row)))
    }

    async fn commit(&self, commit: Commit<'_>) -> PortResult<Committed> {
        let (_lock, mut contents) = self.read()?;
        let (next, columns) = (commit.next, commit.columns);
        let parts = |version: Version| (version.count(), version.nonce());
        if contents.records.get(next.key()).map(|row| row.version) != commit.expected.map(parts) {
            return Ok(Committed::Stale);
        }
        let row = Row {
            version: parts(next.version()),
            body: next.body().to_owned(),
            tenant: columns.tenant.clone(),
            kind: columns.kind,
            wake_at: columns.wake_at,
            expires_at: columns.expires_at,
        };
        contents.records.insert(*next.key(), row);
        for event in commit.events {
            contents.last_event += 1;
            contents.events += &format!("{} {}\n", contents.last_event, event.encode());
        }
        self.save(&mut contents)?;
        Ok(Committed::Applied)
    }

    async fn increment(&self, increments: &[CounterIncrement]) -> PortResult<Vec<u64>> {
        let (_lock, mut contents) = self.read()?;
        let add = |increment: &CounterIncrement| {
            if increment.amount == 0 {
                // An amount of zero only reads.
                return contents.counters.get(&increment.key).map_or(0, |counter| counter.0);
            }
            let counter =
                contents.counters.entry(increment.key).or_insert((0, increment.expires_at));
            *counter =
                (counter.0 + u64::from(increment.amount), counter.1.max(increment.expires_at));
            counter.0
        };
        let values = increments.iter().map(add).collect();
        self.save(&mut contents)?;
        Ok(values)
    }

    async fn due(
        &self,
        now: Timestamp,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<RecordKey>> {
        let (_lock, contents) = self.read()?;
        let page = contents.listed(after, limit, |row| row.wake_at.is_some_and(|at| at <= now))?;
        Ok(Page::new(page.items.into_iter().map(|(key, _)| key).collect(), page.next))
    }

    async fn scan(
        &self,
        tenant: &TenantId,
        kind: RecordKind,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Record>> {
        let (_lock, contents) = self.read()?;
        let wanted = |row: &Row| row.tenant == *tenant && row.kind == kind;
        let Page { items, next, .. } = contents.listed(after, limit, wanted)?;
        Ok(Page::new(items.into_iter().map(|(key, row)| record(key, row)).collect(), next))
    }

    async fn events(
        &self,
        of: EventsOf<'_>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Event>> {
        let (_lock, contents) = self.read()?;
        let after = after.map(position::<u64>).transpose()?.unwrap_or(0);
        let mut page = Page::new(Vec::new(), None);
        for line in contents.events.lines() {
            let (number, text) = numbered(line)?;
            if number <= after || page.items.len() == limit {
                continue;
            }
            let event = Event::decode(text).map_err(because(Corrupt))?;
            let wanted = match of {
                EventsOf::Record(key) => event.id.record == *key,
                EventsOf::Tenant(tenant) => event.tenant == *tenant,
                _ => return Err(PortError::denied().because("an unknown kind of listing")),
            };
            if wanted {
                page.items.push(event);
                page.next = Some(Cursor::new(number.to_string()));
            }
        }
        Ok(page)
    }

    async fn purge(&self, cutoff: Cutoff, limit: usize) -> PortResult<u64> {
        let (_lock, mut contents) = self.read()?;
        let mut removed = 0;
        let mut keep = |old: bool| {
            let remove = old && removed < limit;
            removed += usize::from(remove);
            !remove
        };
        let expired = |at: Timestamp| at <= cutoff.expired;
        contents.records.retain(|_, row| keep(row.expires_at.is_some_and(expired)));
        contents.counters.retain(|_, (_, until)| keep(expired(*until)));
        // Unreadable records are kept, for an operator to inspect.
        let past = |text| Event::decode(text).is_ok_and(|event| event.at < cutoff.events_before);
        let is_old = |line| numbered(line).is_ok_and(|(_, text)| past(text));
        let lines = contents.events.split_inclusive('\n');
        contents.events = lines.filter(|line| keep(is_old(line))).collect();
        let changed = (removed > 0).then(|| self.save(&mut contents));
        changed.unwrap_or(Ok(())).map(|()| removed as u64)
    }
}

fn main() -> std::process::ExitCode {
    harness::judge()
}
