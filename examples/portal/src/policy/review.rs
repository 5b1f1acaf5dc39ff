//! The review of a policy: the odds of guessing, and the findings with their citations.

use minijinja::{Value, context};
use sspr::Policy;
use sspr::policy::{Finding, GuessingRisk};

pub(super) fn review(policy: &Policy) -> Value {
    let review = policy.review();
    let odds = |who: &str, risk: &GuessingRisk| {
        let risk = &risk.takeover;
        let spans =
            [risk.per_code, risk.per_flow, risk.per_day, risk.until_disabled, risk.per_year];
        context! { who, odds => spans.map(one_in).to_vec() }
    };
    let finding = |finding: &Finding| {
        context! {
            severity => finding.severity().to_string(),
            path => finding.path(),
            text => finding.text(),
            citation => finding.citation(),
            acknowledged => finding.acknowledged(),
        }
    };
    context! {
        odds => [
            odds("policy.odds.user", review.guessing()),
            odds("policy.odds.administrator", review.administrator_guessing()),
        ],
        findings => review.findings().iter().map(finding).collect::<Vec<_>>(),
    }
}

/// A probability as `1 : 250 000`, rounded to the side of the attacker.
fn one_in(probability: f64) -> String {
    if probability <= 0.0 {
        return "0".to_owned();
    }
    // At most 2^53, since a smaller probability is none that a page needs.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "positive, bounded"
    )]
    let times = (1.0 / probability).floor().clamp(1.0, 9.0e15) as u64;
    let digits = times.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap_or_default())
        .collect();
    format!("1 : {}", groups.join("\u{a0}"))
}
