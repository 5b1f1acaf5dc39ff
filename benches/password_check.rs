//! The check of a new password: by derivatives, and by Entra's score with the bundled list and the
//! largest list of a policy, 1 000 terms of 16 characters; and the lookup in a file of a million
//! breached passwords.
//!
//! Target: the longest password that Entra's preset takes is scored within a millisecond. Four of the
//! longest terms are the longest text whose characters are read.

mod support;

use std::fmt::Write as _;
use std::future::Future;
use std::hint::black_box;
use std::path::PathBuf;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use sspr::SecretText;
use sspr::adapters::breach::{BreachHash, SortedFile};
use sspr::password::{BannedPasswords, PasswordContext, PasswordRules};
use sspr::port::BreachList as _;

/// A file of this many hashes, evenly spread, that is removed at the end.
struct Breached(PathBuf);

impl Breached {
    fn of(lines: u64) -> Self {
        let path = std::env::temp_dir().join(format!("sspr-bench-{}", std::process::id()));
        let mut text = String::new();
        for line in 0..lines {
            let start = line * (u64::MAX / lines);
            writeln!(text, "{start:016X}{:024X}:1", 7).expect("a text");
        }
        std::fs::write(&path, text).expect("written");
        Self(path)
    }
}

impl Drop for Breached {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Polls a future once: a lookup blocks.
fn run<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("a lookup does not wait"),
    }
}

fn main() {
    let derivatives = PasswordRules::default();
    let mut score = PasswordRules::default();
    score.banned = BannedPasswords::EntraScore;
    let mut full = score.clone();
    // The terms share a beginning, which is the most to compare.
    full.banned_words = (0..1_000).map(|n| format!("fabrikamhq{n:0>6}")).collect();
    let context = PasswordContext::new().name("Ada Lovelace").name("Contoso");
    let usual = SecretText::from("winter badgers sing hymns");
    let words = "fabrikamhq password winter ".repeat(10);
    let longest = SecretText::from(&words[..256]);
    let longest_read = SecretText::from(&words[..112]);

    let check = |rules: &PasswordRules, password: &SecretText| {
        let checked = black_box(rules).check(black_box(password), black_box(&context));
        assert!(black_box(checked).is_ok());
    };
    let mut by_derivatives = || check(&derivatives, &usual);
    let mut by_score = || check(&score, &usual);
    let mut by_full_lists = || check(&full, &usual);
    let mut longest_read_by_full_lists = || check(&full, &longest_read);
    let mut longest_by_full_lists = || check(&full, &longest);
    let file = Breached::of(if support::is_measured_run() { 1_000_000 } else { 1_000 });
    let list = SortedFile::open(&file.0, BreachHash::Sha1).expect("a list");
    let mut by_breach_file = || {
        assert!(!run(black_box(&list).contains(black_box(&usual))).expect("readable"));
    };

    let mut criterion = support::criterion();
    let mut group = criterion.benchmark_group("password_check");
    group.bench_function("derivatives", |bencher| bencher.iter(&mut by_derivatives));
    group.bench_function("score", |bencher| bencher.iter(&mut by_score));
    group.bench_function("score_1000_terms", |bencher| bencher.iter(&mut by_full_lists));
    group.bench_function("score_112_characters", |bencher| {
        bencher.iter(&mut longest_read_by_full_lists);
    });
    group
        .bench_function("score_256_characters", |bencher| bencher.iter(&mut longest_by_full_lists));
    group.bench_function("breach_file", |bencher| bencher.iter(&mut by_breach_file));
    group.finish();
    criterion.final_summary();

    let work: &mut [&mut dyn FnMut()] = &mut [
        &mut by_derivatives,
        &mut by_score,
        &mut by_full_lists,
        &mut longest_read_by_full_lists,
        &mut longest_by_full_lists,
        &mut by_breach_file,
    ];
    let rounds = support::rounds(41, 50, work);
    let names = [
        "derivatives",
        "score",
        "score_1000_terms",
        "score_112_characters",
        "score_256_characters",
        "breach_file",
    ];
    for (index, name) in names.into_iter().enumerate() {
        support::figure(&format!("password_{name}"), support::column(&rounds, index), "ns");
        if index > 0 {
            let ratio = support::ratio_of(&rounds, index, 0);
            support::ratio(&format!("password_{name}_vs_derivatives"), ratio);
        }
    }
}
