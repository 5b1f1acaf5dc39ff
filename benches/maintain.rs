//! `maintain` on the SQLite store: accounts with one flow, which has expired. Each takes a read and a
//! commit with one event. Once with the file in memory (`/dev/shm`), which shows what the engine and SQLite
//! cost, and once on the disk of the build, which adds its syncs.
//!
//! The baseline is the same reads and writes through the same driver with the same pragmas, in groups of
//! as many records as `maintain` works on at once.
//!
//! Target: at least 10 000 accounts a second in memory.

mod support;

#[path = "support/sqlite.rs"]
mod sqlite;
#[path = "../tests/support/temporary.rs"]
mod temporary;

use std::path::Path;
use std::time::Duration;

use sspr::port::{Clock as _, SystemClock};
use sspr::testing::block_on;

use sqlite::{Raw, Site};
use temporary::Temporary;

/// The records that `maintain` works on at once.
const ROUND: usize = 32;

/// Two days, after which the flow has expired.
const AGE: Duration = Duration::from_secs(2 * 86_400);

/// The nanoseconds of each account, by `maintain` and by the driver alone, in rounds.
fn measure(folder: &Path) -> Vec<Vec<f64>> {
    let measures = support::is_measured_run();
    let (rounds, accounts) = if measures { (5, 20_000) } else { (1, 64) };
    let started_at = SystemClock.now().minus(AGE);
    let open = |name: &str| {
        let site = Site::open(&folder.join(name), started_at);
        Site { accounts: site.accounts.with_one_flow(), ..site }
    };
    let site = open("engine.db");
    site.put_policy();
    open("raw.db").restore(0..accounts);
    let keys = (0..accounts).map(|number| site.accounts.key(number)).collect();
    let mut raw = Raw::open(&folder.join("raw.db"), keys);
    let per = |took: Duration| took.as_nanos() as f64 / accounts as f64;
    let mut table = Vec::new();
    for _ in 0..rounds {
        site.restore(0..accounts);
        let mut settled = 0;
        let took = support::time(|| {
            loop {
                let report = block_on(site.engine.maintain(1_000)).expect("the store answers");
                settled += report.settled;
                assert_eq!(report.failed, 0, "nothing fails");
                if !report.more {
                    break;
                }
            }
        });
        assert_eq!(settled, accounts, "each account was due once");
        table.push(vec![per(took), per(raw.groups(accounts, ROUND))]);
    }
    table
}

fn main() {
    let disk = Temporary::within(Path::new(env!("CARGO_TARGET_TMPDIR")), "maintain");
    let memory = Temporary::in_memory("maintain");
    for (name, folder) in [("memory", &memory), ("disk", &disk)] {
        let table = measure(folder.path());
        let rate = |column| 1e9 / support::column(&table, column);
        support::figure(&format!("maintain_{name}"), rate(0), "accounts_per_second");
        support::figure(&format!("maintain_{name}_raw"), rate(1), "accounts_per_second");
        support::ratio(&format!("maintain_{name}_vs_raw"), support::ratio_of(&table, 1, 0));
    }
}
