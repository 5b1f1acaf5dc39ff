//! The counters of an engine in the text format of Prometheus.
//!
//! Run it with `cargo run --features testing --example metrics`. [`exposition`] is the part to copy:
//! serve its text at `/metrics`. The rest plays a host in which one code is guessed wrongly.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sspr::maintenance::{CallStats, CallTime, Stats};
use sspr::method::ChallengeOption;
use sspr::testing::{World, block_on};
use sspr::{Attempt, MethodKind};

fn main() {
    let world = block_on(World::builder().registered().open());
    block_on(async {
        let request = world.request();
        let reply = world.start().await;
        let by_mail = ChallengeOption::preferred(MethodKind::Email).into();
        let (reply, _) = world.challenged(&reply.ticket, &by_mail, World::MAIL).await;
        let guess = Attempt::code("00000000").expect("well formed");
        let refused = world.engine.reset().prove(&request, &reply.ticket, &guess).await;
        assert!(refused.is_err(), "a wrong code");
    });
    let text = exposition(&world.engine.stats());
    println!("{text}");
    let counted = "sspr_operations_total{name=\"reset.prove\",outcome=\"not_accepted\"} 1";
    assert!(text.contains(counted), "the wrong code is counted");
}

/// The counters as metrics. The labels are names of the crate, so their number is bounded.
fn exposition(stats: &Stats) -> String {
    let mut text = String::new();
    family(&mut text, "sspr_operations", &stats.operations);
    family(&mut text, "sspr_port_calls", &stats.ports);
    family(&mut text, "sspr_deliveries", &stats.channels);
    let counters = [
        ("sspr_comparisons_total", stats.comparisons),
        ("sspr_redecisions_total", stats.redecisions),
        ("sspr_silenced_total", stats.silenced),
        ("sspr_silenced_decoys_total", stats.silenced_decoys),
        ("sspr_hidden_faults_total", stats.hidden_faults),
        ("sspr_failing_deliveries", stats.failing.len() as u64),
    ];
    for (name, value) in counters {
        writeln!(text, "{name} {value}").expect("a string takes every text");
    }
    let seconds = stats.maintained_at.map_or(0, |at| at.unix_millis() / 1_000);
    writeln!(text, "sspr_maintained_timestamp_seconds {seconds}").expect("a string");
    text
}

/// One counter for each outcome, and one histogram of times.
fn family(text: &mut String, metric: &str, calls: &BTreeMap<&'static str, CallStats>) {
    for (name, counted) in calls {
        let plain = [
            ("succeeded", counted.succeeded),
            ("invalid", counted.invalid),
            ("abandoned", counted.abandoned),
        ];
        let coded = counted.refused.iter().chain(&counted.failed).map(|(code, n)| (*code, *n));
        for (outcome, count) in plain.into_iter().chain(coded).filter(|(_, count)| *count > 0) {
            let labels = format!("name=\"{name}\",outcome=\"{outcome}\"");
            writeln!(text, "{metric}_total{{{labels}}} {count}").expect("a string");
        }
        histogram(text, metric, name, &counted.time);
    }
}

fn histogram(text: &mut String, metric: &str, name: &str, time: &CallTime) {
    let mut below = 0;
    for (count, bound) in time.within.iter().zip(CallTime::BOUNDS_MICROS) {
        below += count;
        let labels = format!("name=\"{name}\",le=\"{}\"", bound as f64 / 1e6);
        writeln!(text, "{metric}_seconds_bucket{{{labels}}} {below}").expect("a string");
    }
    let (count, sum) = (time.count, time.total_micros as f64 / 1e6);
    for (suffix, value) in [("bucket", count as f64), ("sum", sum), ("count", count as f64)] {
        let bound = if suffix == "bucket" { ",le=\"+Inf\"" } else { "" };
        writeln!(text, "{metric}_seconds_{suffix}{{name=\"{name}\"{bound}}} {value}")
            .expect("a string");
    }
}
