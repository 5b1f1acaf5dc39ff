//! The check of a typed code allocates nothing.
#![cfg(feature = "testing")]

use sspr::method::OathAlgorithm;
use sspr::testing::internals::{CodeCheck, TotpCheck};

#[test]
fn a_check_allocates_nothing() {
    let check = CodeCheck::new(&[3; 32], "12345678");
    let mut right = 0;
    let counted = allocation_counter::measure(|| {
        right = (0..100).filter(|challenge| check.check(*challenge)).count();
    });
    assert_eq!((counted.count_total, right), (0, 0));
    // The counter counts.
    let counted = allocation_counter::measure(|| drop(check.right(7)));
    assert!(counted.count_total > 0);
}

#[test]
fn a_check_of_an_authenticators_code_allocates_nothing() {
    for algorithm in [OathAlgorithm::Sha1, OathAlgorithm::Sha256, OathAlgorithm::Sha512] {
        let check = TotpCheck::new(algorithm);
        let present = check.code(TotpCheck::STEP);
        let mut matched = [None; 2];
        let counted = allocation_counter::measure(|| {
            matched = [Some(present), None].map(|typed| check.check(typed));
        });
        assert_eq!((counted.count_total, matched), (0, [Some(TotpCheck::STEP), None]));
    }
}
