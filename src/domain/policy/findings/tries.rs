//! Findings about the strength of codes, the number of attempts, and what the budgets leave to the
//! owner.

use crate::domain::method::Verification;
use crate::domain::policy::budgets::CrossLimits;
use crate::domain::policy::deviation::Deviation;
use crate::domain::policy::fault::SettingValue;
use crate::domain::policy::finding::Severity::{Note, Recommendation, Requirement};
use crate::domain::policy::finding::Standard::{Asvs, Engine, Nist, Pci};
use crate::domain::policy::finding::{Row, row};
use crate::domain::policy::guessing::GuessingRisk;
use crate::domain::policy::owner::{self, OwnersWay};
use crate::domain::policy::reach::{exceeds_threshold, float, spans};
use crate::domain::policy::settings::{Gates, PolicySettings};
use crate::domain::time::{DAY, MINUTE};

/// The accepted number of accounts that are expected to fall to guessing in a tenant within a day,
/// before codes grow.
const EXPECTED_PER_DAY: f64 = 0.01;
/// The accepted number of [`MANY_ACCOUNTS`] that are expected to fall while codes are longer: the
/// value for six digits and two more, at five attempts each.
const EXPECTED_WHILE_GROWN: f64 = 0.05;
const MANY_ACCOUNTS: u32 = 1_000_000;
/// Rounding must not report a value that equals its limit.
const ROUNDING: f64 = 1.000_001;

/// Findings about the strength and the life of codes.
pub(super) fn codes(settings: &PolicySettings, odds: [&GuessingRisk; 2], found: &mut Vec<Row>) {
    let lifetimes = &settings.lifetimes;
    let [users, administrators] = odds;
    guesses(settings, &settings.user_gates(), users, ["users.methods", "users"], found);
    let paths = ["administrators.gates.methods", "administrators.gates"];
    guesses(settings, &settings.least_administrator_gates(), administrators, paths, found);
    spraying(settings, odds, found);
    let all = [&settings.user_gates(), &settings.administrators.gates];
    let oath = all
        .iter()
        .flat_map(|gates| &gates.methods)
        .any(|kind| kind.verification() == Verification::Oath);
    let long_life = lifetimes.email_code.min(lifetimes.flow) > 10 * MINUTE;
    found.extend([
        row(long_life, "lifetimes.email_code", "mail-code-lifetime")
            .cites(Requirement, Asvs, "OWASP ASVS 5.0.0, 6.5.5")
            .text("A mail code lives longer than 10 minutes."),
        row(
            settings.link.is_some() && lifetimes.email_link.min(lifetimes.flow) > 10 * MINUTE,
            "lifetimes.email_link",
            "mail-link-lifetime",
        )
        .cites(Requirement, Asvs, "OWASP ASVS 5.0.0, 6.5.5")
        .text("A link in a mail lives longer than 10 minutes."),
        row(
            oath && settings.oath.back + settings.oath.forward > 0,
            "oath.back",
            "app-code-lifetime",
        )
        .cites(Note, Asvs, "OWASP ASVS 5.0.0, 6.5.5; RFC 6238, 5.2")
        .text(
            "A code of an authenticator is accepted for longer than its 30 seconds: RFC 6238 \
                 recommends one step of delay, ASVS allows none.",
        ),
    ]);
}

/// Findings about one code tried against each of very many accounts: before codes grow, and while
/// they are longer.
fn spraying(settings: &PolicySettings, odds: [&GuessingRisk; 2], found: &mut Vec<Row>) {
    let [users, administrators] = odds.map(|risk| risk.takeover);
    // All codes of a window may be requested within one day of it.
    let windows = spans(DAY, settings.limits.tenant.window);
    let per_code = users.per_code.max(administrators.per_code);
    let before = float(settings.limits.short_codes().saturating_mul(windows)) * per_code;
    let before_growth = format!(
        "With this limit of the tenant, {before:.4} accounts are expected to fall to one code each within \
         a day, more than {EXPECTED_PER_DAY}, before codes grow. To mend it, set a `limits.tenant.max` of \
         {} in its window, longer codes, fewer `attempts`, or a second gate.",
        CrossLimits::tenant_max_for(EXPECTED_PER_DAY * ROUNDING / per_code / float(windows)),
    );
    let (weaker, whose) = if administrators.per_escalated_code > users.per_escalated_code {
        (odds[1], "administrators.gates.methods")
    } else {
        (odds[0], "users.methods")
    };
    let grown = weaker.takeover.per_escalated_code * f64::from(MANY_ACCOUNTS);
    let never = weaker.weakest_escalated().filter(|kind| kind.verification() == Verification::Oath);
    let (path, why) = match (never, settings.limits.escalated_length) {
        (Some(kind), _) => (
            whose,
            format!("a code of kind `{kind}` never grows. To mend it, add a second gate beside it"),
        ),
        (None, 0) => (
            "limits.escalated_length",
            "codes do not grow. To mend it, set a `limits.escalated_length` of 2, or a second gate"
                .to_owned(),
        ),
        (None, grown) => (
            "limits.escalated_length",
            format!(
                "codes grow by {grown} only. To mend it, set a larger `limits.escalated_length`, longer \
                 codes, fewer `attempts`, or a second gate"
            ),
        ),
    };
    let while_grown = format!(
        "While the tenant's limit is spent, {grown:.2} of {MANY_ACCOUNTS} accounts are expected to fall to \
         one code each, more than {EXPECTED_WHILE_GROWN}: {why}.",
    );
    let rows = [
        (before > EXPECTED_PER_DAY * ROUNDING, "limits.tenant", before_growth),
        (grown > EXPECTED_WHILE_GROWN * ROUNDING, path, while_grown),
    ];
    found.extend(rows.map(|(applies, path, text)| {
        row(applies, path, "spray-above-threshold")
            .cites(Recommendation, Engine, "sspr, limits across accounts")
            .text(text)
    }));
}

/// Findings about the codes of these gates, and the probability that guessing opens them all.
fn guesses(
    settings: &PolicySettings,
    gates: &Gates,
    odds: &GuessingRisk,
    [methods, path]: [&'static str; 2],
    found: &mut Vec<Row>,
) {
    let bits = odds.methods.iter().map(|method| method.bits).fold(f64::INFINITY, f64::min);
    let weak = format!(
        "The weakest code has {bits:.1} bits. Codes of fewer than 64 bits need throttling: their safety \
         depends on the budgets."
    );
    let likely = format!(
        "The probability that guessing opens an account before its methods are disabled is {:.3e}, \
         above 1e-4.",
        odds.takeover.until_disabled,
    );
    found.extend([
        row(bits < 64.0, methods, "codes-under-64-bits")
            .cites(Note, Asvs, "NIST SP 800-63B-4, 3.1.3.2; OWASP ASVS 5.0.0, 6.6.3")
            .text(weak),
        row(exceeds_threshold(settings, gates), path, "guessing-above-threshold")
            .cites(
                Requirement,
                Engine,
                "sspr, guessing threshold (the engine's own: 100 guesses of six digits; NIST SP \
                 800-63B-4, 3.2.2 limits failures to 100 and names no probability)",
            )
            .text(likely)
            .covered_by(Deviation::GuessingAboveThreshold),
    ]);
}

/// Findings about the budgets of failures and challenges, and what they leave to the owner.
pub(super) fn budgets(settings: &PolicySettings, found: &mut Vec<Row>) {
    let (failures, sends) = (&settings.failures, &settings.sends);
    let open = failures.anonymous;
    let wait = SettingValue::Span(open.window.max(failures.lock));
    let way = OwnersWay::of(settings);
    let [first, second, third, fourth] = owner::SIZES.map(|sources| way.codes_a_day(sources));
    let waits = format!(
        "Left open: an owner who has proven no gate yet, and has no known device and no familiar source, \
         shares the anonymous pools with strangers. One source holds at most {} % of them; against 1, 5, \
         50 and 1000 sources that take all they can, the owner gets at least {first}, {second}, {third} \
         and {fourth} codes a day. Beyond {} sources the owner then waits, up to {wait} for failures and \
         24 hours for challenges, or for as long as the attack lasts.",
        sends.source_share,
        way.sources_withstood(),
    );
    let alone = way.tries_of_a_code(1) == 0;
    let lockout = if open.max > 10 { "failures.anonymous.max" } else { "failures.lock" };
    found.extend([
        row(settings.clear_counters_on_reset, "clear_counters_on_reset", "counters-cleared")
            .cites(Recommendation, Nist, "NIST SP 800-63B-4, 3.2.2")
            .text(
                "A completed reset also clears the windowed failures of methods that it did not use: a \
                 reset by the owner gives an attacker fresh budgets.",
            )
            .covered_by(Deviation::CountersClearedOnReset),
        row(!settings.throttles.is_empty(), "throttles", "account-locks")
            .cites(
                Recommendation,
                Engine,
                "OWASP Forgot Password Cheat Sheet: accounts are not locked out in response to a \
                 forgotten password attack",
            )
            .text(
                "An act of a stranger counts toward a lock of the account: the owner then cannot \
                 reset until it ends, except from a known device or a familiar source.",
            )
            .covered_by(Deviation::AccountLocks),
        row(open.max < 10, "failures.anonymous.max", "fewer-than-ten-tries")
            .cites(Recommendation, Nist, "NIST SP 800-63B-4, 8.1")
            .text("Fewer than ten wrong entries close a method: users who mistype are locked out."),
        row(sends.resend_after < MINUTE, "sends.resend_after", "codes-change-fast")
            .cites(Recommendation, Nist, "NIST SP 800-63B-4, 8.1")
            .text("A code may be replaced within a minute, while it is being typed."),
        row(open.max > 10 || failures.lock < 30 * MINUTE, lockout, "pci-lockout")
            .cites(Requirement, Pci, "PCI DSS 4, 8.3.4")
            .text(
                "More than ten failures are allowed, or a spent budget closes a method for less \
                 than 30 minutes.",
            ),
        row(true, "sends.source_share", "owner-waits")
            .cites(Note, Engine, "sspr, budgets")
            .text(waits),
        row(alone, "sends.source_share", "one-source-locks-out")
            .cites(Recommendation, Engine, "sspr, budgets")
            .text(
                "A single source can spend the budgets of an account and keep its owner from \
                 resetting, except from a known device or a familiar source (`sends.source_share`).",
            ),
    ]);
}
