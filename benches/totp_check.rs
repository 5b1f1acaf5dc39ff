//! The check of an authenticator's code, by the time step that it matches.
//!
//! Every step of the window is computed and compared, and the matching step is selected without a
//! branch, so that the duration does not tell which step matched, or whether one did. Targets: a
//! check that matches the previous step, and one that matches no step, take 0.97 to 1.03 of the
//! time of one that matches the present step. (A test checks that the number of HMACs is the same.)

mod support;

use std::hint::black_box;

use sspr::method::OathAlgorithm;
use sspr::testing::internals::TotpCheck;

fn main() {
    let check = TotpCheck::new(OathAlgorithm::Sha1);
    let [present, previous] = [0, 1].map(|back| Some(check.code(TotpCheck::STEP - back)));
    let wrong = present.map(|code| (code + 1) % 100_000_000);
    assert_eq!(check.check(present), Some(TotpCheck::STEP));
    assert_eq!(check.check(previous), Some(TotpCheck::STEP - 1));
    assert_eq!((check.check(wrong), check.check(None)), (None, None));

    // All cases run the same code, so that they differ only in the typed code.
    let run = |typed: Option<u32>| {
        black_box(black_box(&check).check(black_box(typed)));
    };
    let mut present = || run(present);
    let mut previous = || run(previous);
    let mut wrong = || run(wrong);
    let mut malformed = || run(None);

    let mut criterion = support::criterion();
    let mut group = criterion.benchmark_group("totp_check");
    group.bench_function("present_step", |bencher| bencher.iter(&mut present));
    group.bench_function("previous_step", |bencher| bencher.iter(&mut previous));
    group.bench_function("no_step", |bencher| bencher.iter(&mut wrong));
    group.bench_function("malformed", |bencher| bencher.iter(&mut malformed));
    group.finish();
    criterion.final_summary();

    let work: &mut [&mut dyn FnMut()] =
        &mut [&mut present, &mut previous, &mut wrong, &mut malformed];
    let rounds = support::rounds(401, 2_000, work);
    support::figure("totp_check", support::column(&rounds, 0), "ns");
    support::ratio("totp_check_which_step", support::ratio_of(&rounds, 1, 0));
    support::ratio("totp_check_no_step", support::ratio_of(&rounds, 2, 0));
    support::ratio("totp_check_malformed", support::ratio_of(&rounds, 3, 0));
}
