//! Every store call of a copy that closes its source, and of its end, fails or loses its reply; the
//! operation is then made again. On servers, a sample of the calls.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use sspr::method::ChallengeOption;
use sspr::port::{PortErrorKind, RecordKind, Store};
use sspr::testing::{FaultPlan, Faulty, InjectedFault, block_on};
use sspr::transfer::{Stage, Transfer, TransferError, copy};
use sspr::{Error, Keys, MethodKind, Refusal, Selection};

use crate::support::{World, keys, refusal};
use crate::transfer::key::open;
use crate::transfer::life::use_a_code;
use crate::transfer::scene::{Held, Scene, ada_alone, held, other_keys, run, scan, tenants};
use crate::transfer::stores::{Made, Make, memory};

/// How the copy ends.
#[derive(Clone, Copy, PartialEq, Debug)]
enum End {
    Opened,
    GivenUp,
    /// Copied under another lookup key.
    Renamed,
    /// Copied under another lookup key, and from there under the first one into a third store.
    RenamedBack,
}

const ENDS: [End; 4] = [End::Opened, End::GivenUp, End::Renamed, End::RenamedBack];
/// The calls of a copy; those that write come first.
const ALL: [&str; 7] = [
    "store.commit",
    "store.fence",
    "store.purge",
    "store.load",
    "store.due",
    "store.scan",
    "store.events",
];
const FAULTS: [InjectedFault; 2] = [InjectedFault::FailBefore, InjectedFault::LoseReply];

/// The keys live as long as the program: a copy only borrows them.
static KEYS: LazyLock<[Keys; 2]> = LazyLock::new(|| [keys(), other_keys()]);

impl End {
    fn stores(self) -> usize {
        if self == Self::RenamedBack { 3 } else { 2 }
    }

    /// Under which key the store at this place is.
    fn key(self, place: usize) -> Keys {
        let renamed = matches!(self, Self::Renamed | Self::RenamedBack) && place == 1;
        if renamed { other_keys() } else { keys() }
    }

    /// The place of the store that opens in the end.
    fn last(self) -> usize {
        if self == Self::GivenUp { 0 } else { self.stores() - 1 }
    }
}

/// The copies of a life, store by store.
fn legs<'a>(stores: &[&'a dyn Store], end: End, close: bool) -> Vec<Transfer<'a>> {
    let leg = |(place, pair): (usize, &[&'a dyn Store])| {
        let [from, to] = pair else { unreachable!("pairs") };
        let mut transfer = copy(*from, *to, tenants()).expect("a tenant");
        if matches!(end, End::Renamed | End::RenamedBack) {
            let (old, new) = (&KEYS[place % 2], &KEYS[(place + 1) % 2]);
            transfer = transfer.rename(old, new).expect("another key");
        }
        if close { transfer.close_source_first() } else { transfer }
    };
    stores.windows(2).enumerate().map(leg).collect()
}

/// Copies and ends each copy that is left, all by these objects.
async fn live(legs: &mut Vec<Transfer<'_>>, end: End) -> Result<(), TransferError> {
    while let Some(transfer) = legs.first_mut() {
        assert_eq!(run(transfer).await?, Stage::Finished, "{:#?}", transfer.report());
        match end {
            End::GivenUp => transfer.give_up().await?,
            _ => transfer.open_target().await?,
        }
        legs.remove(0);
    }
    Ok(())
}

/// Repeats everything after an error, in another process. Completed steps are reported as
/// completed.
async fn live_again(stores: &[&dyn Store], end: End, label: &str) {
    for leg in legs(stores, end, true) {
        match (live(&mut vec![leg], end).await, end) {
            (Ok(()), _) | (Err(TransferError::GivenUp), End::GivenUp) => {}
            (Err(TransferError::Opened), other) if other != End::GivenUp => {}
            (other, _) => panic!("{label}: {other:?}"),
        }
    }
    if end == End::GivenUp {
        // In a third process: work that the first left unfinished is completed.
        legs(stores, end, true)[0].give_up().await.expect(label);
    }
}

/// The engine on the store, if it opens under this key.
async fn opens(scene: &Scene, store: &Arc<dyn Store>, keys: Keys, label: &str) -> Option<World> {
    match open(scene, store, keys).await {
        Ok(world) => Some(world),
        Err(Error::Fault(fault)) if fault.error.kind() == PortErrorKind::Denied => None,
        Err(error) => panic!("{label}: {error}"),
    }
}

/// The stores that open. An empty store is skipped, since an engine would initialise it.
async fn open_places(scene: &Scene, stores: &[Made], end: End, label: &str) -> Vec<usize> {
    let mut open = Vec::new();
    for (place, made) in stores.iter().enumerate() {
        let there = !scan(&*made.store, RecordKind::Account).await.is_empty();
        if there && opens(scene, &made.store, end.key(place), label).await.is_some() {
            open.push(place);
        }
    }
    open
}

/// The content of each store after an undisturbed run.
async fn unbroken(from: &dyn Store, end: End) -> Vec<Held> {
    if matches!(end, End::Opened | End::GivenUp) {
        return (0..end.stores()).map(|_| held(from)).collect();
    }
    let copies: Vec<Made> = (1..end.stores()).map(|_| memory()).collect();
    let stores: Vec<&dyn Store> =
        [from].into_iter().chain(copies.iter().map(|made| &*made.store)).collect();
    live(&mut legs(&stores, end, false), end).await.expect("no failure");
    stores.into_iter().map(held).collect()
}

/// A call of a life: of which store, and which of its calls.
type Call = (usize, usize);

/// One life that breaks at this call, if any; the names of the calls of each store.
fn one_life(
    makes: [Make; 2],
    end: End,
    broken: Option<(Call, InjectedFault)>,
) -> Vec<Vec<&'static str>> {
    let label = format!("{end:?} {broken:?}");
    let stores: Vec<Made> = (0..end.stores()).map(|place| makes[place % 2]()).collect();
    let label = format!("{} to {}, {label}", stores[0].name, stores[1].name);
    let plan = |place: usize| match broken {
        Some(((at, n), fault)) if at == place => FaultPlan::none().at(n, fault),
        _ => FaultPlan::none(),
    };
    let plans: Vec<FaultPlan> = (0..stores.len()).map(plan).collect();
    let faulty: Vec<_> = stores
        .iter()
        .zip(&plans)
        .map(|(made, plan)| Faulty::new(Arc::clone(&made.store), plan.clone()))
        .collect();
    block_on(async {
        let scene = ada_alone(Arc::clone(&stores[0].store)).await;
        use_a_code(&scene, &scene.world).await;
        let expected = unbroken(&*stores[0].store, end).await;
        let through: Vec<&dyn Store> = faulty.iter().map(|store| store as &dyn Store).collect();
        let mut transfers = legs(&through, end, true);
        let failed = live(&mut transfers, end).await.is_err();
        assert_eq!(failed, broken.is_some(), "{label}");
        if let Some(((_, n), _)) = broken {
            let open = open_places(&scene, &stores, end, &label).await;
            assert!(open.len() <= 1, "{label}: {open:?} are open");
            if n % 2 == 0 {
                // The same process makes the calls again.
                let again = live(&mut transfers, end).await;
                again.unwrap_or_else(|error| panic!("{label}: {error}"));
            } else {
                drop(transfers);
                let stores: Vec<_> = stores.iter().map(|made| &*made.store).collect();
                live_again(&stores, end, &label).await;
            }
        }
        for (made, expected) in stores.iter().zip(&expected) {
            assert_eq!(held(&*made.store), *expected, "{label}: as if nothing had been broken");
        }
        assert_eq!(open_places(&scene, &stores, end, &label).await, [end.last()], "{label}");
        let last = &stores[end.last()].store;
        let world = opens(&scene, last, end.key(end.last()), &label).await.expect("it opens");
        let reply = world.start().await;
        let saved = Selection::from(ChallengeOption::preferred(MethodKind::RecoveryCode));
        let reply = world.challenge(&reply.ticket, &saved).await;
        let again = world.prove(&reply.ticket, &scene.saved[0]).await;
        assert_eq!(refusal(again), Refusal::NotAccepted, "{label}: it was used before");
    });
    plans.iter().map(FaultPlan::names).collect()
}

/// The calls of an unbroken life.
fn calls(makes: [Make; 2], end: End) -> Vec<(Call, &'static str)> {
    let of = |(place, names): (usize, Vec<&'static str>)| {
        names.into_iter().enumerate().map(move |(n, name)| ((place, n), name))
    };
    one_life(makes, end, None).into_iter().enumerate().flat_map(of).collect()
}

fn every_life(make: Make, ends: &[End]) {
    for &end in ends {
        let calls = calls([make; 2], end);
        assert!(calls.len() > 20, "{end:?}: only {} calls", calls.len());
        let renames = matches!(end, End::Renamed | End::RenamedBack);
        for (turn, (call, _)) in calls.into_iter().enumerate() {
            // The longer lives meet one of the faults at each call, by turns.
            let faults = if renames { &FAULTS[turn % 2..=turn % 2] } else { &FAULTS[..] };
            for fault in faults {
                one_life([make; 2], end, Some((call, *fault)));
            }
        }
    }
}

#[test]
fn a_closed_copy_that_breaks_at_any_call_comes_to_the_same_end() {
    every_life(memory, &ENDS);
}

#[cfg(feature = "sqlite")]
#[test]
fn a_closed_copy_of_files_that_breaks_at_any_call_comes_to_the_same_end() {
    every_life(crate::transfer::stores::sqlite, &[End::Opened, End::GivenUp]);
    let sampled = sampled_lives([crate::transfer::stores::sqlite; 2], End::RenamedBack, &ALL);
    assert!(sampled >= 19, "{sampled} calls");
}

/// Breaks the last call of each of these kinds on each store, by turns failed and with its reply
/// lost. How many there are.
#[cfg(any(feature = "sqlite", all(feature = "postgres", feature = "etcd")))]
fn sampled_lives(makes: [Make; 2], end: End, kinds: &[&str]) -> usize {
    let sampled = calls(makes, end).into_iter().filter(|(_, name)| kinds.contains(name));
    let last: BTreeMap<_, _> = sampled.map(|(call, name)| ((call.0, name), call)).collect();
    for (turn, call) in last.values().enumerate() {
        one_life(makes, end, Some((*call, FAULTS[turn % 2])));
    }
    last.len()
}

/// The store in the middle is target and source, the others are of the other kind: each kind of
/// call is broken on each kind of store, and on either side of a copy.
#[cfg(all(feature = "postgres", feature = "etcd"))]
#[test]
fn a_closed_copy_between_servers_that_breaks_at_a_call_comes_to_the_same_end() {
    let (postgres, etcd): (Make, Make) =
        (crate::transfer::stores::postgres, crate::transfer::stores::etcd);
    let sampled = sampled_lives([postgres, etcd], End::RenamedBack, &ALL);
    assert!(sampled >= 19, "{sampled} calls");
    let sampled = sampled_lives([etcd, postgres], End::GivenUp, &ALL[..3]);
    assert!(sampled >= 4, "{sampled} calls");
}
