//! `cargo run --release --bin load -- 200 60`: so many people reset their passwords for so many seconds.

use std::time::Duration;

use sspr_portal::load;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut numbers = std::env::args().skip(1).map(|number| number.parse::<u32>());
    let people = numbers.next().transpose()?.unwrap_or(200);
    let seconds = numbers.next().transpose()?.unwrap_or(60);
    let report = load::run(people as usize, Duration::from_secs(seconds.into())).await?;
    let load::Report { resets, requests, median, p99, floor, memory, waited, .. } = &report;
    println!("{people} people for {seconds} s: {resets} resets, {requests} requests");
    println!("median {median:?}, p99 {p99:?}, reply floor {floor:?}");
    println!("memory: {} MiB after a quarter of the time, {} MiB at the end", memory[0], memory[1]);
    println!(
        "mail server down: {} messages were due, {} arrived once it was back",
        waited[0], waited[1]
    );
    let differ: Vec<_> = report
        .pages_down
        .iter()
        .filter(|(name, page)| report.pages_up.get(*name) != Some(page))
        .map(|(name, _)| name)
        .collect();
    println!("pages that differed then: {differ:?}");
    println!("errors: {}", report.errors.len());
    for error in report.errors.iter().take(10) {
        println!("  {error}");
    }
    if report.errors.is_empty() && differ.is_empty() && waited[0] == waited[1] {
        return Ok(());
    }
    Err("the load was not served".into())
}
