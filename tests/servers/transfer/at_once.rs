//! Several copies of one source into one target at the same time.

use std::sync::Arc;

use sspr::port::Entropy as _;
use sspr::port::Store;
use sspr::testing::{FaultPlan, Faulty, InjectedFault, SeededEntropy, block_on, join_all};
use sspr::transfer::{Stage, copy};

use crate::transfer::scene::{fill, held, run, tenants};
use crate::transfer::stores::{kinds, memory};

/// A store under which some calls, by this seed, wait before they happen or before their answer.
fn shaken(store: &Arc<dyn Store>, seed: u64) -> Faulty<Arc<dyn Store>> {
    let entropy = SeededEntropy::new(seed);
    let mut plan = FaultPlan::none();
    for n in 0..2_000 {
        let mut byte = [0];
        entropy.fill(&mut byte).expect("seeded");
        plan = match byte[0] % 4 {
            0 => plan.at(n, InjectedFault::Delay),
            1 => plan.at(n, InjectedFault::DelayAfter),
            _ => plan,
        };
    }
    Faulty::new(Arc::clone(store), plan)
}

#[test]
fn two_copies_at_once_write_everything_once() {
    for (name, make) in kinds() {
        let from = memory();
        block_on(fill(Arc::clone(&from.store)));
        let expected = held(&*from.store);
        // The delays make the order of the calls, not the server, on which each copy costs a new schema.
        let seeds = if matches!(name, "postgres" | "etcd") { 10 } else { 40 };
        for seed in 0..seeds {
            let to = make();
            let ends: Vec<_> = (0..2_u64)
                .map(|copy| {
                    let seed = 100 * seed + 10 * copy;
                    (shaken(&from.store, seed), shaken(&to.store, seed + 1))
                })
                .collect();
            let both = ends.iter().zip([3, 5]).map(|((from, to), in_flight)| async move {
                let transfer = copy(from, to, tenants()).expect("a tenant");
                run(&mut transfer.in_flight(in_flight)).await.expect("no failure")
            });
            let stages = block_on(join_all(both));
            assert_eq!(stages, [Stage::Finished; 2], "{name}, {seed}");
            assert_eq!(held(&*to.store), expected, "{name}, {seed}");
        }
    }
}
