//! A snapshot of a store, and actors on it that take turns at each store call.

use sspr::adapters::memory::MemoryStore;
use sspr::port::Commit;
use sspr::port::{Columns, Record, RecordKind, Store as _};
use sspr::testing::{Explored, Faulty, Task, block_on, explore};
use sspr::{Engine, Error, TenantId, Timestamp};

use crate::every::locked_out;
use crate::interleaved::Run;
use crate::stores::StoreUnderTest;
use crate::support::{MAIL, World, content::content, tenant};

/// An actor's result: a value to compare, or the refusal.
pub(crate) type Told = Result<String, Error>;

pub(crate) struct Scene {
    records: Vec<(Record, Columns)>,
    pub(crate) world: World,
}

impl Scene {
    /// Takes a snapshot of the store.
    pub(crate) async fn of(under_test: &StoreUnderTest, world: World) -> Self {
        let mut records = Vec::new();
        let store = TenantId::parse("_store").expect("valid");
        for (tenant, kind) in [
            (&store, RecordKind::Meta),
            (&tenant(), RecordKind::Policy),
            (&tenant(), RecordKind::Account),
        ] {
            let columns = Columns::new(tenant.clone(), kind, Timestamp::EPOCH);
            records.push((under_test.record(tenant, kind).await, columns));
        }
        Self { records, world }
    }

    /// A store restored from the snapshot, with one engine for each actor.
    fn run(&self, actors: usize) -> Run {
        block_on(async {
            let store = MemoryStore::new();
            for (record, columns) in &self.records {
                let commit = Commit::new(record, None, columns, &[]);
                let _ = store.commit(commit).await.expect("kept");
            }
            let (inner, world) = (store.clone(), locked_out().clock(self.world.clock.clone()));
            Run::over(store, world, actors, |world, turns| {
                world.store(Faulty::new(inner.clone(), turns.clone()))
            })
            .await
        })
    }

    /// Two actors in every order of their store calls.
    pub(crate) fn explore(
        &self,
        one: impl Fn(Engine) -> Task<Told>,
        other: impl Fn(Engine) -> Task<Told>,
        mut check: impl FnMut(&Seen<'_>),
    ) {
        let explored: Explored = explore(
            20_000,
            || {
                let run = self.run(2);
                let actors = vec![one(run.engines[0].clone()), other(run.engines[1].clone())];
                (run, actors)
            },
            |schedule, run, told| {
                let events = block_on(run.world.event_codes());
                check(&Seen { schedule, run: &run, told: &told, events });
            },
        );
        assert!(explored.complete && explored.schedules > 5, "{explored:?}");
    }
}

/// The result of one order of the steps.
pub(crate) struct Seen<'a> {
    pub(crate) schedule: &'a [usize],
    pub(crate) run: &'a Run,
    pub(crate) told: &'a [Told],
    pub(crate) events: Vec<String>,
}

impl Seen<'_> {
    pub(crate) fn won(&self) -> usize {
        self.told.iter().filter(|told| told.is_ok()).count()
    }

    pub(crate) fn count(&self, code: &str) -> usize {
        crate::every::count(&self.events, code)
    }

    /// Every comparison was reserved.
    pub(crate) fn reserved(&self) {
        let compared: u64 = self.run.engines.iter().map(|engine| engine.stats().comparisons).sum();
        let reserved = self.count("attempt_counted") + self.count("secret_counted");
        assert!(compared <= reserved as u64, "{self:?}: {compared} compared");
    }

    /// Every refused actor got one of these refusals.
    pub(crate) fn refused_for(&self, reasons: &[&str]) {
        for told in self.told {
            let Err(error) = told else { continue };
            let refusal = error.refusal().unwrap_or_else(|| panic!("{self:?}"));
            let shown = format!("{refusal:?}");
            assert!(reasons.iter().any(|reason| shown.starts_with(reason)), "{self:?}");
        }
    }

    pub(crate) fn body(&self) -> serde_json::Value {
        let page = block_on(self.run.store.scan(&tenant(), RecordKind::Account, None, 2))
            .expect("readable");
        assert_eq!(page.items.len(), 1, "{self:?}");
        content(&page.items[0])
    }

    /// The number of notices of this kind to the owner, after all deliveries.
    pub(crate) fn owner_told(&self, kind: &str) -> usize {
        block_on(self.run.world.deliver());
        let to = self.run.world.inbox.messages_to(MAIL);
        to.iter().filter(|message| message.kind == kind).count()
    }
}

impl std::fmt::Debug for Seen<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}: {:?}, {:?}", self.schedule, self.told, self.events)
    }
}
