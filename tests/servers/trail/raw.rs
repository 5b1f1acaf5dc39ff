//! The rows of events of each store, without the store.

use std::sync::{Arc, Mutex};

use sspr::audit::Event;
use sspr::port::{Cursor, EventsOf, Page, PortError, PortResult, RecordKey, Store, async_trait};
use sspr::testing::{block_on, forward};

use crate::fresh::{self, Temporary};

/// An empty store, and the way to its rows.
pub(super) struct Raw {
    pub(super) name: &'static str,
    pub(super) store: Arc<dyn Store>,
    pub(super) rows: Box<dyn Rows>,
    /// Goes after the store.
    _files: Option<Temporary>,
}

/// The events of a store as it keeps them.
pub(super) trait Rows {
    /// The rows of this record in the order of the trail: where each is, and the event's text.
    fn list(&self, record: &RecordKey) -> Vec<Row>;

    fn put(&self, place: &str, text: &str);

    fn remove(&self, place: &str);
}

#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) place: String,
    pub(super) text: String,
}

pub(super) type Make = fn() -> Raw;

/// Every kind of store.
pub(super) fn kinds() -> Vec<Make> {
    vec![
        memory,
        text,
        #[cfg(feature = "sqlite")]
        sqlite::make,
        #[cfg(feature = "postgres")]
        postgres::make,
        #[cfg(feature = "etcd")]
        etcd::make,
    ]
}

fn memory() -> Raw {
    over(fresh::memory())
}

fn text() -> Raw {
    over(fresh::text())
}

/// A store in memory has no rows to write to: what it lists is altered instead.
fn over(fresh::Fresh { name, store, files }: fresh::Fresh) -> Raw {
    let over = Over { inner: store, altered: Arc::default() };
    Raw { name, store: Arc::new(over.clone()), rows: Box::new(over), _files: files }
}

/// The record whose events are altered, and what is listed instead.
type Altered = (RecordKey, Vec<Row>);

#[derive(Clone)]
struct Over {
    inner: Arc<dyn Store>,
    /// The record whose events are altered, and all its rows.
    altered: Arc<Mutex<Option<Altered>>>,
}

fn place_of(event: &Event) -> String {
    format!("{}/{}", event.id.count, event.id.index)
}

impl Over {
    fn rows(&self, edit: impl FnOnce(&mut Vec<Row>)) {
        let mut altered = self.altered.lock().expect("no panic");
        edit(&mut altered.as_mut().expect("listed before").1);
    }
}

impl Rows for Over {
    fn list(&self, record: &RecordKey) -> Vec<Row> {
        let page = block_on(self.events(EventsOf::Record(record), None, 1_000)).expect("listed");
        let row = |event: &Event| Row { place: place_of(event), text: event.encode() };
        let rows: Vec<Row> = page.items.iter().map(row).collect();
        *self.altered.lock().expect("no panic") = Some((*record, rows.clone()));
        rows
    }

    fn put(&self, place: &str, text: &str) {
        self.rows(|rows| {
            let row = rows.iter_mut().find(|row| row.place == place).expect("a row");
            row.text = text.to_owned();
        });
    }

    fn remove(&self, place: &str) {
        self.rows(|rows| rows.retain(|row| row.place != place));
    }
}

#[async_trait]
impl Store for Over {
    forward!(self.inner => load, commit, increment, due, scan, purge, fence);

    async fn events(
        &self,
        of: EventsOf<'_>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Event>> {
        let page = self.inner.events(of, after, limit).await?;
        let altered = self.altered.lock().expect("no panic").clone();
        let Some((record, rows)) = altered else { return Ok(page) };
        let mut items = Vec::new();
        for event in page.items {
            let row = rows.iter().find(|row| row.place == place_of(&event));
            match row {
                _ if event.id.record != record => items.push(event),
                None => {}
                Some(row) => {
                    let read = Event::decode(&row.text).map_err(|_| PortError::corrupt())?;
                    // As stores with keys do.
                    if read.id != event.id {
                        return Err(PortError::corrupt());
                    }
                    items.push(read);
                }
            }
        }
        Ok(Page::new(items, page.next))
    }
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use std::path::PathBuf;

    use rusqlite::Connection;
    use sspr::port::RecordKey;

    use super::{Raw, Row, Rows};
    use crate::fresh;

    struct File(PathBuf);

    pub(super) fn make() -> Raw {
        let fresh::Fresh { name, store, files } = fresh::sqlite();
        let file = files.as_ref().expect("a folder").path().join("sspr.db");
        Raw { name, store, rows: Box::new(File(file)), _files: files }
    }

    impl File {
        fn open(&self) -> Connection {
            Connection::open(&self.0).expect("opened")
        }
    }

    impl Rows for File {
        fn list(&self, record: &RecordKey) -> Vec<Row> {
            let raw = self.open();
            let sql = "SELECT CAST(seq AS TEXT), body FROM event
                       WHERE lower(hex(record)) = ?1 ORDER BY count, idx, seq";
            let mut select = raw.prepare(sql).expect("prepared");
            let row = |row: &rusqlite::Row<'_>| {
                Ok(Row { place: row.get::<_, String>(0)?, text: row.get::<_, String>(1)? })
            };
            let rows = select.query_map([record.to_string()], row).expect("selected");
            rows.map(|row| row.expect("a row")).collect()
        }

        fn put(&self, place: &str, text: &str) {
            let sql = "UPDATE event SET body = ?2 WHERE seq = CAST(?1 AS INTEGER)";
            assert_eq!(self.open().execute(sql, [place, text]).expect("updated"), 1);
        }

        fn remove(&self, place: &str) {
            let sql = "DELETE FROM event WHERE seq = CAST(?1 AS INTEGER)";
            assert_eq!(self.open().execute(sql, [place]).expect("deleted"), 1);
        }
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use sspr::adapters::postgres::PostgresOptions;
    use sspr::port::RecordKey;

    use super::{Raw, Row, Rows};
    use crate::fresh;
    use crate::servers::postgres::Postgres;

    struct Schema(String);

    pub(super) fn make() -> Raw {
        let server = Postgres::shared();
        let schema = server.fresh();
        let options = PostgresOptions::parse(&server.url()).expect("an address");
        // A long timeout, since a busy machine is slow.
        let wait = std::time::Duration::from_secs(20);
        let options = options.with_schema(&schema).with_connections(4).with_acquire_timeout(wait);
        fresh::create_postgres(&options);
        let store = fresh::postgres_at(&options);
        Raw { name: "postgres", store, rows: Box::new(Schema(schema)), _files: None }
    }

    impl Schema {
        fn changed(&self, statement: &str, place: &str) {
            let (shard, seq) = place.split_once('/').expect("two numbers");
            let sql = format!(
                "WITH changed AS ({statement} WHERE shard = {shard} AND seq = {seq} RETURNING 1)
                 SELECT count(*) FROM changed"
            );
            assert_eq!(Postgres::shared().sql(&sql), "1");
        }
    }

    impl Rows for Schema {
        fn list(&self, record: &RecordKey) -> Vec<Row> {
            let found = Postgres::shared().sql(&format!(
                "SELECT shard || '/' || seq || ' ' || body FROM {}.event
                 WHERE record = '\\x{record}' ORDER BY count, idx, seq",
                self.0
            ));
            let row = |line: &str| {
                let (place, text) = line.split_once(' ').expect("two columns");
                Row { place: place.to_owned(), text: text.to_owned() }
            };
            found.lines().map(row).collect()
        }

        fn put(&self, place: &str, text: &str) {
            let text = text.replace('\'', "''");
            self.changed(&format!("UPDATE {}.event SET body = '{text}'", self.0), place);
        }

        fn remove(&self, place: &str) {
            self.changed(&format!("DELETE FROM {}.event", self.0), place);
        }
    }
}

#[cfg(feature = "etcd")]
mod etcd {
    use sspr::adapters::etcd::EtcdOptions;
    use sspr::port::RecordKey;

    use super::{Raw, Row, Rows};
    use crate::fresh;
    use crate::servers::etcd::{fresh_prefix, shared};

    struct Prefix(String);

    pub(super) fn make() -> Raw {
        let prefix = fresh_prefix();
        let options = EtcdOptions::new(shared().endpoints()).with_prefix(&prefix);
        fresh::create_etcd(options.clone());
        let store = fresh::etcd_at(options);
        Raw { name: "etcd", store, rows: Box::new(Prefix(prefix)), _files: None }
    }

    impl Rows for Prefix {
        fn list(&self, record: &RecordKey) -> Vec<Row> {
            let prefix = format!("{}e/{record}/", self.0);
            let found = shared().etcdctl(&["get", "--prefix", &prefix]);
            let lines: Vec<&str> = found.lines().collect();
            let row = |pair: &[&str]| Row { place: pair[0].to_owned(), text: pair[1].to_owned() };
            lines.chunks_exact(2).map(row).collect()
        }

        fn put(&self, place: &str, text: &str) {
            assert_eq!(shared().etcdctl(&["put", place, text]).trim(), "OK");
        }

        fn remove(&self, place: &str) {
            assert_eq!(shared().etcdctl(&["del", place]).trim(), "1");
        }
    }
}
