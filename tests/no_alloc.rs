//! The check of a typed code allocates nothing.
#![cfg(feature = "testing")]

use sspr::testing::internals::CodeCheck;

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
