//! A store of your own, whole: one JSON file, replaced under a lock.
//!
//! Run it with `cargo run --features conformance --example custom_store`: the contract kit judges
//! the store below, a line for each property. Every call takes the lock, reads the file and decides;
//! what has changed is written beside it, brought to the disk, and renamed over it. That is atomic,
//! durable, and the same for every process on the machine. It is slow where a file is large, and it
//! blocks its thread: a database has transactions and indexes instead, for the same seven methods.
//! That a folder can be brought to the disk is assumed: so it is on Unix.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};
use sspr::conformance::{Ability, Harness, Place, check, play_other_process};
use sspr::port::PortErrorKind::{self, Corrupt, Unavailable, Unknown};
use sspr::port::*;
use sspr::{CounterKey, RecordKey, TenantId, Timestamp};

/// What the file holds.
#[derive(Default, Serialize, Deserialize)]
struct Contents {
    records: BTreeMap<RecordKey, Row>,
    /// By a number that is taken under the lock: none comes later below one that was handed out.
    events: BTreeMap<u64, String>,
    /// Kept, since a number must not come again when the last event was purged.
    last_event: u64,
    counters: BTreeMap<CounterKey, (u64, Timestamp)>,
}

/// A record, and those of its columns that a listing asks for.
#[derive(Serialize, Deserialize)]
struct Row {
    version: String,
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
        // Only here: a file that is gone later is a fault, not an empty store.
        if !store.0.exists() {
            store.save(&Contents::default())?;
        }
        Ok(store)
    }

    /// Nobody else reads or writes until this is dropped. Readers wait too: what they are told must
    /// be on the disk already.
    fn lock(&self) -> PortResult<File> {
        let lock = File::create(self.0.with_extension("lock")).map_err(because(Unavailable))?;
        lock.lock().map_err(because(Unavailable))?;
        Ok(lock)
    }

    fn read(&self) -> PortResult<(File, Contents)> {
        let lock = self.lock()?;
        let text = fs::read(&self.0).map_err(because(Unavailable))?;
        Ok((lock, serde_json::from_slice(&text).map_err(because(Corrupt))?))
    }

    fn save(&self, contents: &Contents) -> PortResult<()> {
        let text = serde_json::to_vec(contents).map_err(because(Unavailable))?;
        let new = self.0.with_extension("new");
        let mut file = File::create(&new).map_err(because(Unavailable))?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(because(Unavailable))?;
        // A rename is durable when its folder is on the disk.
        let folder = self.0.parent().filter(|folder| *folder != Path::new(""));
        let folder = File::open(folder.unwrap_or(Path::new("."))).map_err(because(Unavailable))?;
        let renamed = fs::rename(&new, &self.0).and_then(|()| folder.sync_all());
        renamed.map_err(because(Unknown))
    }
}

/// Makes a port's error of another one.
fn because<E: Error + Send + Sync + 'static>(kind: PortErrorKind) -> impl Fn(E) -> PortError {
    move |error| PortError::new(kind).because(error)
}

/// Reads a cursor exactly as it was written.
fn position<T: std::str::FromStr + ToString>(cursor: &Cursor) -> PortResult<T> {
    let position = cursor.as_str().parse::<T>().ok();
    let position = position.filter(|position| position.to_string() == cursor.as_str());
    position.ok_or_else(|| PortError::denied().because("this is no cursor of a listing"))
}

impl Contents {
    /// Records after the cursor in the order of their keys: the one order that no change moves.
    fn listed(
        &self,
        after: Option<&Cursor>,
        limit: usize,
        wanted: impl Fn(&Row) -> bool,
    ) -> PortResult<Page<(RecordKey, &Row)>> {
        let after = after.map(position::<RecordKey>).transpose()?;
        let rows = self.records.iter().filter(|(key, row)| Some(**key) > after && wanted(row));
        // One more than asked for tells whether there is another page.
        let mut rows: Vec<_> =
            rows.take(limit.saturating_add(1)).map(|(key, row)| (*key, row)).collect();
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|(key, _)| Cursor::new(key.to_string()));
        Ok(Page::new(rows, next))
    }
}

impl Row {
    fn record(&self, key: RecordKey) -> PortResult<Record> {
        let version = self.version.parse().map_err(because(Corrupt))?;
        Ok(Record::loaded(key, version, self.body.as_str()))
    }
}

#[async_trait]
impl Store for FileStore {
    async fn load(&self, key: &RecordKey) -> PortResult<Option<Record>> {
        let (_lock, contents) = self.read()?;
        contents.records.get(key).map(|row| row.record(*key)).transpose()
    }

    async fn commit(&self, commit: Commit<'_>) -> PortResult<Committed> {
        let (_lock, mut contents) = self.read()?;
        let (next, columns) = (commit.next, commit.columns);
        let there = contents.records.get(next.key()).map(|row| &row.version);
        if there != commit.expected.map(|version| version.to_string()).as_ref() {
            return Ok(Committed::Stale);
        }
        let row = Row {
            version: next.version().to_string(),
            body: next.body().to_owned(),
            tenant: columns.tenant.clone(),
            kind: columns.kind,
            wake_at: columns.wake_at,
            expires_at: columns.expires_at,
        };
        contents.records.insert(*next.key(), row);
        for event in commit.events {
            contents.last_event += 1;
            contents.events.insert(contents.last_event, event.encode());
        }
        self.save(&contents)?;
        Ok(Committed::Applied)
    }

    async fn add(&self, charges: &[Charge]) -> PortResult<Vec<u64>> {
        let (_lock, mut contents) = self.read()?;
        let mut values = Vec::with_capacity(charges.len());
        for charge in charges {
            let counter = contents.counters.entry(charge.key).or_insert((0, charge.expires_at));
            counter.0 += u64::from(charge.amount);
            counter.1 = counter.1.max(charge.expires_at);
            values.push(counter.0);
        }
        self.save(&contents)?;
        Ok(values)
    }

    async fn due(
        &self,
        now: Timestamp,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<RecordKey>> {
        let (_lock, contents) = self.read()?;
        let due = |row: &Row| row.wake_at.is_some_and(|at| at <= now);
        let page = contents.listed(after, limit, due)?;
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
        let page = contents.listed(after, limit, wanted)?;
        let records = page.items.into_iter().map(|(key, row)| row.record(key));
        Ok(Page::new(records.collect::<PortResult<_>>()?, page.next))
    }

    async fn events(
        &self,
        of: EventsOf<'_>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Event>> {
        let (_lock, contents) = self.read()?;
        let after = after.map(position::<u64>).transpose()?.unwrap_or(0);
        let (mut items, mut next) = (Vec::new(), None);
        for (number, event) in contents.events.range(after.saturating_add(1)..) {
            let event = Event::decode(event).map_err(because(Corrupt))?;
            let wanted = match of {
                EventsOf::Record(key) => event.id.record == *key,
                EventsOf::Tenant(tenant) => event.tenant == *tenant,
                _ => return Err(PortError::denied().because("an unknown kind of listing")),
            };
            if wanted && items.len() < limit {
                items.push(event);
                next = Some(Cursor::new(number.to_string()));
            }
        }
        Ok(Page::new(items, next))
    }

    async fn purge(&self, cutoff: Cutoff, limit: usize) -> PortResult<u64> {
        let (_lock, mut contents) = self.read()?;
        let mut removed = 0;
        let mut stays = |old: bool| {
            let goes = old && removed < limit;
            removed += usize::from(goes);
            !goes
        };
        let old = |event: &str| Event::decode(event).is_ok_and(|one| one.at < cutoff.events_before);
        let expired = |at: Timestamp| at <= cutoff.expired;
        contents.records.retain(|_, row| stays(row.expires_at.is_some_and(expired)));
        contents.counters.retain(|_, (_, until)| stays(expired(*until)));
        contents.events.retain(|_, event| stays(old(event)));
        if removed > 0 {
            self.save(&contents)?;
        }
        Ok(removed as u64)
    }
}

/// Places to judge the store in, each a folder.
struct Folders(PathBuf, AtomicUsize);
struct Folder(PathBuf);

#[async_trait]
impl Harness for Folders {
    async fn place(&self) -> PortResult<Box<dyn Place>> {
        let folder = self.0.join(self.1.fetch_add(1, Ordering::Relaxed).to_string());
        fs::create_dir_all(&folder).map_err(because(Unavailable))?;
        Ok(Box::new(Folder(folder)))
    }

    async fn join(&self, address: &str) -> PortResult<Box<dyn Place>> {
        Ok(Box::new(Folder(PathBuf::from(address))))
    }

    fn other_process(&self) -> Option<Command> {
        std::env::current_exe().ok().map(Command::new) // this program once more
    }

    fn rounds(&self) -> usize {
        100 // half the default: every call waits for the disk
    }

    fn accounts(&self) -> u64 {
        100 // likewise: every call reads the whole file
    }
}

#[async_trait]
impl Place for Folder {
    async fn open(&self) -> PortResult<Arc<dyn Store>> {
        Ok(Arc::new(FileStore::open(self.0.join("sspr.json"))?))
    }

    fn several_handles(&self) -> Ability {
        Ability::Has
    }

    fn durable(&self) -> Ability {
        Ability::Has
    }

    fn several_processes(&self) -> Ability {
        Ability::Has
    }

    fn address(&self) -> String {
        self.0.display().to_string()
    }

    async fn damage(&self, _key: &RecordKey) -> PortResult<Ability> {
        let file = fs::OpenOptions::new().write(true).open(self.0.join("sspr.json"));
        file.and_then(|file| file.set_len(file.metadata()?.len() / 2))
            .map_err(because(Unavailable))?;
        Ok(Ability::Has)
    }

    async fn damage_event(&self, key: &RecordKey) -> PortResult<Ability> {
        self.damage(key).await // the whole file
    }
}

fn main() -> ExitCode {
    let folders = |folder| Folders(folder, AtomicUsize::new(0));
    if play_other_process(folders(PathBuf::new())) {
        return ExitCode::SUCCESS; // the kit started this one, to race it and to kill it
    }
    println!("the kit is at work: half a minute, or less");
    let folder = std::env::temp_dir().join(format!("sspr-custom-store-{}", std::process::id()));
    let report = check(folders(folder.clone()));
    let _ = fs::remove_dir_all(folder); // among temporary files: no harm if it stays
    for property in &report.held {
        println!("held     {property}");
    }
    println!("{report}"); // what was violated or skipped, and the sums
    ExitCode::from(u8::from(!report.violations.is_empty()))
}
