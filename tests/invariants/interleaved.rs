//! Two and three actors, in every order of their port calls.

use std::sync::Arc;
use std::time::Duration;

use sspr::adapters::memory::MemoryStore;
use sspr::port::Commit;
use sspr::port::{Columns, Record, RecordKind, Store};
use sspr::testing::{FaultPlan, InjectedFault, Task, WorldBuilder, block_on, explore};
use sspr::{Engine, Error, Refusal, ResetTicket, Step, TenantId};

use crate::stores::{memory, secret};
use crate::support::{MAIL, NEW, OLD, World, code, email, one_gate, other_than, request, tenant};

/// A snapshot of a store's records, from which many runs begin.
pub(crate) struct Snapshot {
    records: Vec<(Record, Columns)>,
    pub(crate) ticket: String,
    right: String,
    pub(crate) method: sspr::method::MethodId,
}

/// The stage of the flow in the snapshot.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum At {
    Challenged,
    Granted,
}

impl Snapshot {
    pub(crate) async fn take(at: At) -> (Self, World) {
        let under_test = memory();
        let world = under_test.world(one_gate()).await;
        let reply = world.start().await;
        let (mut reply, right) = world.challenged(&reply.ticket, &email(), MAIL).await;
        if at == At::Granted {
            reply = world.prove(&reply.ticket, &right).await.expect("proven");
        }
        let methods = world.engine.registration().list(&request(), &world.signed_in()).await;
        let method = methods.expect("listed")[0].id.clone();
        let mut records = Vec::new();
        let store = TenantId::parse("_store").expect("valid");
        for (tenant, kind) in [
            (&store, RecordKind::Meta),
            (&tenant(), RecordKind::Policy),
            (&tenant(), RecordKind::Account),
        ] {
            let columns = Columns::new(tenant.clone(), kind, sspr::Timestamp::EPOCH);
            records.push((under_test.record(tenant, kind).await, columns));
        }
        let ticket = reply.ticket.expose_secret().to_owned();
        (Self { records, ticket, right, method }, world)
    }

    async fn store(&self) -> MemoryStore {
        let store = MemoryStore::new();
        for (record, columns) in &self.records {
            let commit = Commit::new(record, None, columns, &[]);
            let _ = store.commit(commit).await.expect("kept");
        }
        store
    }
}

/// One run: its store, its ports, and one engine per actor.
pub(crate) struct Run {
    pub(crate) world: World,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) engines: Vec<Engine>,
}

impl Run {
    /// A world over the store, and `actors` engines beside it. Each call that `layer` puts under
    /// the plan waits for its turn; those of the world itself do not.
    pub(crate) async fn over(
        store: MemoryStore,
        world: WorldBuilder,
        actors: usize,
        layer: impl Fn(WorldBuilder, &FaultPlan) -> WorldBuilder,
    ) -> Self {
        let store = Arc::new(store);
        let world = world.store(Arc::clone(&store)).seed(1_000 + actors as u64).open().await;
        let mut engines = Vec::new();
        for actor in 0..actors {
            let turns = FaultPlan::none();
            let joined = layer(world.beside().seed(1_000 + actor as u64), &turns).open().await;
            // The policy is read here once, so that later calls do not read it.
            drop(joined.admin().policy().await.expect("read"));
            drop(turns.everywhere(InjectedFault::Delay));
            engines.push(joined.engine);
        }
        Self { world, store, engines }
    }
}

pub(crate) fn run(snapshot: &Snapshot, from: &World, actors: usize) -> Run {
    block_on(async {
        let (store, world) = (snapshot.store().await, World::builder().clock(from.clock.clone()));
        Run::over(store, world, actors, WorldBuilder::faulty).await
    })
}

fn proves(run: &Run, number: usize, ticket: &str, typed: &str) -> Task<Result<Step, Error>> {
    let engine = run.engines[number].clone();
    let (ticket, typed) = (ResetTicket::parse(ticket).expect("own"), typed.to_owned());
    Box::pin(async move {
        let reply = engine.reset().prove(&request(), &ticket, &code(&typed)).await?;
        Ok(reply.step)
    })
}

fn compared_and_reserved(run: &Run) -> (u64, u64) {
    let compared = run.engines.iter().map(|engine| engine.stats().comparisons).sum();
    let codes = block_on(run.world.event_codes());
    let reserved = codes.iter().filter(|code| *code == "attempt_counted").count() as u64;
    let repeated = codes.iter().filter(|code| *code == "proof_repeated").count() as u64;
    (compared, reserved + repeated)
}

/// Inv. 3: the owner's correct code succeeds during other calls, in every order. Inv. 1: each
/// comparison was reserved, and one proof is made.
#[test]
fn inv03_the_right_code_is_never_refused_for_wrong_ones_in_flight() {
    let (snapshot, from) = block_on(Snapshot::take(At::Challenged));
    let wrong = other_than(&snapshot.right);
    for (actors, limit) in [(2, 10_000), (3, 1_200)] {
        let explored = explore(
            limit,
            || {
                let run = run(&snapshot, &from, actors);
                let mut all = vec![proves(&run, 0, &snapshot.ticket, &snapshot.right)];
                all.extend((1..actors).map(|n| proves(&run, n, &snapshot.ticket, &wrong)));
                (run, all)
            },
            |schedule, run, outputs| {
                let granted = matches!(outputs[0], Ok(Step::NewPassword { .. }));
                assert!(granted, "{schedule:?}: {:?}", outputs[0]);
                for other in &outputs[1..] {
                    let refused = other.as_ref().expect_err("a wrong code");
                    assert_eq!(refused.refusal(), Some(&Refusal::NotAccepted), "{schedule:?}");
                }
                let (compared, reserved) = compared_and_reserved(&run);
                assert!(compared <= reserved, "{schedule:?}: {compared} of {reserved}");
                let codes = block_on(run.world.event_codes());
                let proofs = codes.iter().filter(|code| *code == "method_proven").count();
                assert_eq!(proofs, 1, "{schedule:?}");
                for engine in &run.engines {
                    assert!(engine.stats().redecisions <= 8, "{schedule:?}");
                }
            },
        );
        assert!(explored.complete || explored.schedules == limit, "{explored:?}");
        assert!(explored.schedules > 10, "{explored:?}");
    }
}

/// Inv. 1: the same correct code in two concurrent calls is one proof and one reply.
#[test]
fn inv01_one_code_typed_twice_at_once_is_one_proof() {
    let (snapshot, from) = block_on(Snapshot::take(At::Challenged));
    let explored = explore(
        10_000,
        || {
            let run = run(&snapshot, &from, 2);
            let all = (0..2).map(|n| proves(&run, n, &snapshot.ticket, &snapshot.right)).collect();
            (run, all)
        },
        |schedule, run, outputs| {
            let steps: Vec<_> =
                outputs.iter().map(|output| output.as_ref().expect("accepted")).collect();
            assert_eq!(steps[0], steps[1], "{schedule:?}");
            let codes = block_on(run.world.event_codes());
            let proofs = codes.iter().filter(|code| *code == "method_proven").count();
            assert_eq!(proofs, 1, "{schedule:?}");
        },
    );
    assert!(explored.complete, "{explored:?}");
}

pub(crate) fn completes(run: &Run, number: usize, ticket: &str) -> Task<Result<(), Error>> {
    let engine = run.engines[number].clone();
    let ticket = ResetTicket::parse(ticket).expect("own");
    Box::pin(
        async move { engine.reset().complete(&request(), &ticket, &secret(NEW)).await.map(drop) },
    )
}

/// Checks the notices and events of a changed password, in every order.
pub(crate) fn told_if_changed(run: &Run, schedule: &[usize]) {
    run.world.clock.advance(Duration::from_secs(90));
    block_on(run.world.deliver());
    // All runs share the clock, which each sets to the same start.
    let now = sspr::port::Clock::now(&run.world.clock);
    run.world.clock.set(now.minus(Duration::from_secs(90)));
    if run.world.password_is(OLD) {
        return;
    }
    let told = run.world.inbox.messages_to("ada@contoso.example");
    let kinds: Vec<_> = told.iter().map(|message| message.kind).collect();
    let of_it = |kind: &&str| kind.starts_with("notice.password_");
    assert!(kinds.iter().any(of_it), "{schedule:?}: a new password, and told only {kinds:?}");
    let revoked = run.world.directory.revocations(&run.world.tenant, &run.world.user);
    assert!(!revoked.is_empty(), "{schedule:?}: the sessions live on");
    let codes = block_on(run.world.event_codes());
    let recorded = codes.iter().filter(|code| *code == "password_reset").count();
    assert!(recorded <= 1, "{schedule:?}: {codes:?}");
    let trace = ["password_reset", "directory_write_unsettled"];
    assert!(codes.iter().any(|code| trace.contains(&code.as_str())), "{schedule:?}: {codes:?}");
}

/// Inv. 11: two `complete` calls of one grant write once.
#[test]
fn inv11_one_grant_writes_once_in_every_order() {
    let (snapshot, from) = block_on(Snapshot::take(At::Granted));
    let explored = explore(
        1_500,
        || {
            let run = run(&snapshot, &from, 2);
            let all = (0..2).map(|n| completes(&run, n, &snapshot.ticket)).collect();
            (run, all)
        },
        |schedule, run, outputs| {
            assert!(outputs.iter().any(Result::is_ok), "{schedule:?}: {outputs:?}");
            let writes = run.world.directory.writes(&run.world.tenant, &run.world.user);
            assert_eq!(writes.len(), 1, "{schedule:?}");
            told_if_changed(&run, schedule);
        },
    );
    assert!(explored.schedules > 100, "{explored:?}");
}
