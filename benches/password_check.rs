//! The check of a new password: by derivatives, and by Entra's score with the bundled list and the
//! largest list of a policy, 1 000 terms of 16 characters.
//!
//! Target: the longest password that Entra's preset takes is scored within a millisecond.

mod support;

use std::hint::black_box;

use sspr::SecretText;
use sspr::password::{BannedPasswords, PasswordContext, PasswordRules};

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

    let run = |rules: &PasswordRules, password: &SecretText| {
        let checked = black_box(rules).check(black_box(password), black_box(&context));
        assert!(black_box(checked).is_ok());
    };
    let mut by_derivatives = || run(&derivatives, &usual);
    let mut by_score = || run(&score, &usual);
    let mut by_full_lists = || run(&full, &usual);
    let mut longest_by_full_lists = || run(&full, &longest);

    let mut criterion = support::criterion();
    let mut group = criterion.benchmark_group("password_check");
    group.bench_function("derivatives", |bencher| bencher.iter(&mut by_derivatives));
    group.bench_function("score", |bencher| bencher.iter(&mut by_score));
    group.bench_function("score_1000_terms", |bencher| bencher.iter(&mut by_full_lists));
    group
        .bench_function("score_256_characters", |bencher| bencher.iter(&mut longest_by_full_lists));
    group.finish();
    criterion.final_summary();

    let work: &mut [&mut dyn FnMut()] =
        &mut [&mut by_derivatives, &mut by_score, &mut by_full_lists, &mut longest_by_full_lists];
    let rounds = support::rounds(41, 50, work);
    for (index, name) in
        ["derivatives", "score", "score_1000_terms", "score_256_characters"].into_iter().enumerate()
    {
        support::figure(&format!("password_{name}"), support::column(&rounds, index), "ns");
    }
}
