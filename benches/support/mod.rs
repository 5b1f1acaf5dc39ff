//! Shared by the benchmarks: a stopwatch, rounds that compare two sides, and the lines that they
//! print.
//!
//! A ratio is the median over rounds in which both sides run one after the other, so that other
//! load of the machine affects both.
#![allow(dead_code, reason = "each benchmark uses a part of it")]
#![allow(unreachable_pub, reason = "shared by several binaries")]

use std::time::{Duration, Instant};

use criterion::Criterion;
use sspr::policy::Scope;
use sspr::{Keys, Policy, PolicySettings, Request, SecretBytes, Source, TenantId};

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
pub fn now() -> Instant {
    Instant::now()
}

/// The duration of the work.
pub fn time(work: impl FnOnce()) -> Duration {
    let from = now();
    work();
    from.elapsed()
}

/// Whether this is `cargo bench`. Otherwise (`cargo test --benches`) each benchmark runs once.
pub fn is_measured_run() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

pub fn criterion() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .without_plots()
        .configure_from_args()
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The nanoseconds of one run of each piece of work, in rounds that run all of them:
/// `[round][index]`.
pub fn rounds(rounds: usize, repeat: u32, work: &mut [&mut dyn FnMut()]) -> Vec<Vec<f64>> {
    let repeat = if is_measured_run() { repeat } else { 1 };
    let rounds = if is_measured_run() { rounds } else { 1 };
    let time_of = |work: &mut dyn FnMut()| {
        let took = time(|| (0..repeat).for_each(|_| work()));
        took.as_nanos() as f64 / f64::from(repeat)
    };
    (0..rounds).map(|_| work.iter_mut().map(|work| time_of(work)).collect()).collect()
}

/// The median of one column.
pub fn column(rounds: &[Vec<f64>], index: usize) -> f64 {
    median(rounds.iter().map(|round| round[index]).collect())
}

/// The median of the ratios within each round.
pub fn ratio_of(rounds: &[Vec<f64>], measured: usize, baseline: usize) -> f64 {
    median(rounds.iter().map(|round| round[measured] / round[baseline]).collect())
}

pub fn ratio(name: &str, value: f64) {
    println!("ratio {name} {value:.3}");
}

pub fn figure(name: &str, value: f64, unit: &str) {
    println!("figure {name} {value:.3} {unit}");
}

pub fn tenant() -> TenantId {
    TenantId::parse("contoso").expect("valid")
}

pub fn request() -> Request {
    Request::new(tenant(), Source::parse("203.0.113.7"))
}

pub fn keys() -> Keys {
    let secret = |byte| SecretBytes::new(vec![byte; 32]);
    Keys::new(secret(1), 1, secret(2)).expect("long enough")
}

/// The default policy, with flows and codes that outlive the measurement.
pub fn policy() -> Policy {
    let mut settings = PolicySettings::default();
    settings.scope = Scope::All;
    settings.lifetimes.flow = Duration::from_secs(24 * 3600);
    settings.lifetimes.email_code = Duration::from_secs(24 * 3600);
    Policy::new(settings).expect("a sound policy")
}
