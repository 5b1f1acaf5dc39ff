//! The load of `src/bin/load.rs`, in a short form.

use std::time::Duration;

use sspr_portal::load;

#[test]
fn many_people_reset_at_once_and_a_mail_server_that_is_down_loses_no_message() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let report = runtime.block_on(load::run(20, Duration::from_secs(3))).expect("it runs");
    assert_eq!(report.errors, [""; 0]);
    assert!(report.resets >= 20, "{report:?}");
    assert!(report.p99 >= report.floor, "{:?} is before {:?}", report.p99, report.floor);
    assert_eq!(report.waited, [20, 20]);
    assert_eq!(report.pages_down.len(), 3);
    for (name, page) in &report.pages_down {
        assert_eq!(Some(page), report.pages_up.get(name), "{name}");
    }
}
