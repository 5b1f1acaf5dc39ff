//! The decisions of one `prove`, without a store: the account is cloned, the transition is decided,
//! and the columns and events of the commit are built. The account has three methods and two flows.
//!
//! Target: at most 2 microseconds for a reservation.

mod support;

use std::hint::black_box;

use sspr::Timestamp;
use sspr::testing::internals::ProveStep;

fn main() {
    let step = ProveStep::new(support::policy(), Timestamp::from_unix_seconds(1_800_000_000));
    assert_eq!(step.reserve().shape(), [3, 2, 1]);
    assert_eq!(step.consume().shape(), [3, 2, 1]);
    assert!(step.refuse());

    let mut reserve = || drop(black_box(black_box(&step).reserve()));
    let mut consume = || drop(black_box(black_box(&step).consume()));
    let mut refuse = || {
        black_box(black_box(&step).refuse());
    };

    let mut criterion = support::criterion();
    let mut group = criterion.benchmark_group("decide");
    group.bench_function("reserve", |bencher| bencher.iter(&mut reserve));
    group.bench_function("consume", |bencher| bencher.iter(&mut consume));
    group.bench_function("refuse", |bencher| bencher.iter(&mut refuse));
    group.finish();
    criterion.final_summary();

    let rounds = support::rounds(201, 1_000, &mut [&mut reserve, &mut consume, &mut refuse]);
    support::figure("decide_reserve", support::column(&rounds, 0), "ns");
    support::figure("decide_consume", support::column(&rounds, 1), "ns");
    support::figure("decide_refuse", support::column(&rounds, 2), "ns");
    let both = support::column(&rounds, 0) + support::column(&rounds, 1);
    support::figure("decide_prove", both, "ns");
}
