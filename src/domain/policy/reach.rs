//! How many guesses the budgets allow, and what they hit: the arithmetic behind the odds.

use std::time::Duration;

use crate::domain::method::{Channel, MethodKind, Nature};

use super::budgets::{CodeFormat, Rate};
use super::settings::{Gates, PolicySettings};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
const YEAR: Duration = Duration::from_secs(365 * 86_400);

/// The accepted probability of takeover by guessing is 1 in this many.
const THRESHOLD_ONE_IN: u128 = 10_000;

/// A kind of method as an attacker sees it: the fewest codes over its channels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    pub(super) kind: MethodKind,
    pub(super) space: u64,
    pub(super) raised: u64,
}

impl Target {
    pub(super) fn of(settings: &PolicySettings, kind: MethodKind) -> Self {
        let least = |grown: u8| {
            formats(settings, kind)
                .map(|format| {
                    let length = format.length.saturating_add(grown).min(12);
                    CodeFormat::new(format.alphabet, length.max(format.length)).space()
                })
                .min()
        };
        match kind.nature() {
            // Each code of the window is right: that many guesses in one.
            Nature::Oath => {
                let oath = settings.oath;
                let window = 1 + u64::from(oath.back) + u64::from(oath.forward);
                // A token shows what its maker has given it: six digits at least.
                let digits = if kind == MethodKind::OathToken { 6 } else { oath.digits };
                let space = 10_u64.saturating_pow(u32::from(digits)) / window;
                Self { kind, space, raised: space }
            }
            // Far beyond guessing; what the host verifies, it answers for.
            Nature::Saved | Nature::External => Self { kind, space: u64::MAX, raised: u64::MAX },
            Nature::Contact | Nature::Password => Self {
                kind,
                space: least(0).unwrap_or(1),
                raised: least(settings.limits.raised_length).unwrap_or(1),
            },
        }
    }
}

/// How many comparisons a span allows: of each kind of method, and of all together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Comparisons {
    each: u64,
    all: u64,
}

impl Comparisons {
    pub(super) fn one(self) -> u64 {
        self.each.min(self.all)
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bounds {
    pub(super) flow: Comparisons,
    pub(super) day: Comparisons,
    pub(super) disabled: Comparisons,
    pub(super) year: Comparisons,
}

impl Bounds {
    pub(super) fn of(settings: &PolicySettings, gates: &Gates, pool: Rate) -> Self {
        let (failures, sends) = (&settings.failures, &settings.sends);
        let attempts = u64::from(settings.attempts);
        let consecutive = u64::from(failures.consecutive);
        // A spent pool opens again when both its window and its lock have passed.
        let period = pool.window.max(failures.lock);
        let within = |span| Comparisons {
            each: u64::from(pool.max).saturating_mul(spans(span, period)),
            all: [true, false]
                .into_iter()
                // What is sent and what is in hand have budgets of their own.
                .filter(|sent| gates.methods.iter().any(|kind| kind.sends() == *sent))
                .map(|sent| {
                    let [hour, day] = sends.rates(sent);
                    let hourly = u64::from(hour.max).saturating_mul(spans(span, HOUR));
                    hourly.min(u64::from(day.max).saturating_mul(spans(span, DAY)))
                })
                .sum::<u64>()
                .saturating_mul(attempts),
        };
        let capped =
            |reach: Comparisons| Comparisons { each: reach.each.min(consecutive), all: reach.all };
        let flow = settings.lifetimes.flow;
        // Within one flow the resend wait counts as well: one code now, one after each wait.
        let methods = u64::from(settings.registration.max_per_kind) * gates.methods.len() as u64;
        let resent = methods.saturating_mul(whole(flow, sends.resend_after).saturating_add(1));
        let mut in_flow = capped(within(flow));
        in_flow.all = in_flow.all.min(resent.saturating_mul(attempts));
        Self {
            flow: in_flow,
            day: capped(within(DAY)),
            disabled: Comparisons { each: consecutive, all: u64::MAX },
            year: within(YEAR),
        }
    }
}

/// Whether guessing alone, until the last method is disabled, opens an account more often than
/// one time in [`THRESHOLD_ONE_IN`]. The chances of the kinds add up where any one of them
/// suffices; behind a second gate they multiply, which no accepted policy can bring near it.
pub(super) fn exceeds_threshold(settings: &PolicySettings, gates: &Gates) -> bool {
    // Fixed point, so that the limit itself (100 guesses of 6 digits) is met exactly.
    const ONE: u128 = 10_u128.pow(20);
    let guesses = u128::from(settings.failures.consecutive);
    let chance: u128 = gates
        .methods
        .iter()
        .map(|kind| (guesses * ONE).div_ceil(u128::from(Target::of(settings, *kind).space.max(1))))
        .sum();
    gates.required == 1 && chance > ONE / THRESHOLD_ONE_IN
}

/// The forms of the codes that prove a kind of method, one for each of its channels.
fn formats(settings: &PolicySettings, kind: MethodKind) -> impl Iterator<Item = CodeFormat> + '_ {
    kind.channels().iter().filter_map(|channel| match channel {
        Channel::Email => Some(settings.codes.email),
        Channel::Sms => Some(settings.codes.sms),
        Channel::Voice => Some(settings.codes.voice),
        Channel::Link | Channel::InHand => None,
    })
}

/// The chance that so many comparisons, spent on the weakest codes first, hit at least once. Codes
/// come one after another, so guesses are independent.
pub(super) fn guessed(targets: &[Target], reach: Comparisons) -> f64 {
    let mut targets = targets.to_vec();
    targets.sort_by_key(|target| target.space);
    let mut left = reach.all;
    union(targets.into_iter().map(|target| {
        let guesses = reach.each.min(left);
        left -= guesses;
        (ratio(1, target.space), guesses)
    }))
}

/// The chance that at least one of independent tries succeeds, exact also where it is tiny.
pub(super) fn union(tries: impl IntoIterator<Item = (f64, u64)>) -> f64 {
    let missed: f64 = tries
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(chance, count)| (-chance.min(1.0)).ln_1p() * float(count))
        .sum();
    -missed.exp_m1()
}

/// How many periods begin within a span.
fn spans(span: Duration, period: Duration) -> u64 {
    let (span, period) = (span.as_millis(), period.as_millis().max(1));
    u64::try_from(span.div_ceil(period)).unwrap_or(u64::MAX)
}

/// How many whole periods fit into a span.
fn whole(span: Duration, period: Duration) -> u64 {
    u64::try_from(span.as_millis() / period.as_millis().max(1)).unwrap_or(u64::MAX)
}

pub(super) fn ratio(part: u64, whole: u64) -> f64 {
    float(part) / float(whole.max(1))
}

/// Exact below 2^53, which every bounded quantity here is.
pub(super) const fn float(count: u64) -> f64 {
    count as f64
}
