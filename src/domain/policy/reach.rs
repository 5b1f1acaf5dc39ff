//! How many guesses the budgets allow, and what they hit: the arithmetic behind the odds.

use std::time::Duration;

use crate::domain::method::{Channel, MethodKind, Verification};

use super::budgets::{CodeFormat, Rate};
use super::settings::{Gates, PolicySettings};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
const YEAR: Duration = Duration::from_secs(365 * 86_400);

/// The accepted probability of takeover by guessing is 1 in this many.
const THRESHOLD_ONE_IN: u128 = 10_000;

/// A kind of method as an attacker sees it: the fewest codes over its channels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct GuessTarget {
    pub(super) kind: MethodKind,
    pub(super) space: u64,
    pub(super) escalated: u64,
    /// Guesses at the codes of this kind that one flow may ask for.
    asked_in_flow: u64,
    /// Whether phone numbers of this kind are typed, and so compared before any code is sent.
    typed: bool,
}

impl GuessTarget {
    pub(super) fn of(settings: &PolicySettings, kind: MethodKind) -> Self {
        let least = |grown: u8| {
            formats(settings, kind)
                .map(|format| {
                    let length = format.length.saturating_add(grown).min(12);
                    CodeFormat::new(format.alphabet, length.max(format.length)).space()
                })
                .min()
        };
        let (space, escalated) = match kind.verification() {
            // Each code of the window is right: that many guesses in one.
            Verification::Oath => {
                let oath = settings.oath;
                let window = 1 + u64::from(oath.back) + u64::from(oath.forward);
                // A token shows what its maker has given it: six digits at least.
                let digits = if kind == MethodKind::OathToken { 6 } else { oath.digits };
                let space = 10_u64.saturating_pow(u32::from(digits)) / window;
                (space, space)
            }
            // Far beyond guessing; what the host verifies, it answers for.
            Verification::RecoveryCode | Verification::External => (u64::MAX, u64::MAX),
            Verification::Contact | Verification::Password => {
                (least(0).unwrap_or(1), least(settings.limits.escalated_length).unwrap_or(1))
            }
        };
        // The wait between two codes ends with the first of them, if that dies earlier.
        let wait = settings.sends.resend_after.min(shortest_life(settings, kind));
        let asked = spans(settings.lifetimes.flow, wait);
        let phone = matches!(kind, MethodKind::MobilePhone | MethodKind::OfficePhone);
        Self {
            kind,
            space,
            escalated,
            asked_in_flow: asked.saturating_mul(settings.attempts.into()),
            typed: settings.typed_number && phone,
        }
    }
}

/// The most comparisons that are made in any span of one length, by the budgets of both pools of an
/// account.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Comparisons {
    /// Of one kind of method, by its failure budgets.
    failures: u64,
    /// Of the codes of all kinds that send something, and of all that do not: by the challenges.
    challenges: [u64; 2],
    /// Whether the span is one flow, in which codes of one kind have to be waited for.
    one_flow: bool,
}

impl Comparisons {
    /// Guesses at the codes of this kind.
    fn codes(&self, target: &GuessTarget) -> u64 {
        let asked = if self.one_flow { target.asked_in_flow } else { u64::MAX };
        self.failures.min(asked).min(self.challenges[class(target.kind)])
    }

    /// All comparisons of this kind, wrong phone numbers included: these send nothing, so only the
    /// failures bound them.
    pub(super) fn of(&self, target: &GuessTarget) -> u64 {
        if target.typed { self.failures } else { self.codes(target) }
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
    pub(super) fn of(settings: &PolicySettings, gates: &Gates) -> Self {
        let attempts = u64::from(settings.attempts);
        let flow = settings.lifetimes.flow;
        let within = |span| Comparisons {
            failures: failures(settings, span).saturating_add(cleared(settings, gates, span)),
            challenges: [true, false].map(|sent| {
                // A code that was opened before the span may be tried in it.
                let span = span + longest_life(settings, gates, sent);
                opened(settings, gates, sent, span).saturating_mul(attempts)
            }),
            one_flow: false,
        };
        Self {
            flow: Comparisons {
                // A completed reset ends every other flow, so none gives this one fresh budgets.
                failures: failures(settings, flow),
                challenges: [true, false]
                    .map(|sent| opened(settings, gates, sent, flow).saturating_mul(attempts)),
                one_flow: true,
            },
            day: within(DAY),
            disabled: Comparisons {
                failures: settings.failures.consecutive.into(),
                challenges: [u64::MAX; 2],
                one_flow: false,
            },
            year: within(YEAR),
        }
    }
}

/// The most failures of one kind that both pools count in any span of this length, if nothing clears
/// them. The cap on consecutive failures is left out: an owner who proves the method begins the run
/// again.
fn failures(settings: &PolicySettings, span: Duration) -> u64 {
    let failures = &settings.failures;
    [failures.anonymous, failures.proven]
        .map(|pool| counted(pool, failures.lock, span))
        .iter()
        .sum()
}

/// The failures that resets of the owner allow beyond that. Each cuts the span in two, and the windows
/// of the second part begin with nothing.
fn cleared(settings: &PolicySettings, gates: &Gates, span: Duration) -> u64 {
    if !settings.clear_counters_on_reset {
        return 0;
    }
    let fresh =
        u64::from(settings.failures.anonymous.max) + u64::from(settings.failures.proven.max);
    resets(settings, gates, span).saturating_mul(fresh)
}

/// The most failures that one pool counts in any span of this length.
///
/// The span is cut into windows. None holds more than `max`; one that holds as many closes the pool,
/// so between the last failures of two such windows at least a lock has passed; every other window
/// holds one less. Where the window is shorter than the lock, stopping one short of it pays.
pub(super) fn counted(pool: Rate, lock: Duration, span: Duration) -> u64 {
    let full = spans(span, pool.window.max(lock));
    let short = u64::from(pool.max).saturating_sub(1);
    short.saturating_mul(spans(span, pool.window)).saturating_add(full)
}

/// The most challenges that both pools open in any span of this length: of what is sent, or of what
/// is in hand.
fn opened(settings: &PolicySettings, gates: &Gates, sent: bool, span: Duration) -> u64 {
    if !gates.methods.iter().any(|kind| kind.sends() == sent) {
        return 0;
    }
    let [hour, day] = settings.sends.rates(sent);
    let within_a_day =
        |span| u64::from(hour.max).saturating_mul(spans(span, HOUR)).min(u64::from(day.max));
    let days = whole(span, DAY);
    let rest = Duration::from_millis((span.as_millis() % DAY.as_millis()) as u64);
    let one_pool = within_a_day(DAY).saturating_mul(days).saturating_add(within_a_day(rest));
    one_pool.saturating_mul(2)
}

/// The most resets that are completed in any span of this length: each takes a challenge for each
/// gate, opened in the span or within a flow before it.
fn resets(settings: &PolicySettings, gates: &Gates, span: Duration) -> u64 {
    let span = span + settings.lifetimes.flow;
    let [sent, in_hand] = [true, false].map(|sent| opened(settings, gates, sent, span));
    sent.saturating_add(in_hand) / u64::from(gates.required.max(1))
}

/// How long the codes of a kind live, for each of its channels: never longer than their flow.
fn lives(settings: &PolicySettings, kind: MethodKind) -> impl Iterator<Item = Duration> + '_ {
    let lifetimes = &settings.lifetimes;
    kind.channels().iter().map(move |channel| {
        let life = match channel {
            Channel::Email => lifetimes.email_code,
            Channel::Link => lifetimes.email_link,
            Channel::Sms | Channel::Voice => lifetimes.phone_code,
            Channel::InHand => lifetimes.flow,
        };
        life.min(lifetimes.flow)
    })
}

fn shortest_life(settings: &PolicySettings, kind: MethodKind) -> Duration {
    lives(settings, kind).min().unwrap_or(settings.lifetimes.flow)
}

fn longest_life(settings: &PolicySettings, gates: &Gates, sent: bool) -> Duration {
    let kinds = gates.methods.iter().filter(|kind| kind.sends() == sent);
    kinds.flat_map(|kind| lives(settings, *kind)).max().unwrap_or_default()
}

/// The place of a kind's challenges among those that are sent and those that are not.
const fn class(kind: MethodKind) -> usize {
    if kind.sends() { 0 } else { 1 }
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
        .map(|kind| {
            (guesses * ONE).div_ceil(u128::from(GuessTarget::of(settings, *kind).space.max(1)))
        })
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

/// The chance that so many comparisons, spent on the weakest codes first, hit at least once: at most
/// the sum of their chances, however they depend on each other.
pub(super) fn guessed(targets: &[GuessTarget], reach: &Comparisons) -> f64 {
    let mut targets = targets.to_vec();
    targets.sort_by_key(|target| target.space);
    let mut left = reach.challenges;
    let hits = targets.iter().map(|target| {
        let left = &mut left[class(target.kind)];
        let guesses = reach.codes(target).min(*left);
        *left -= guesses;
        ratio(guesses, target.space)
    });
    hits.sum::<f64>().min(1.0)
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
pub(super) fn spans(span: Duration, period: Duration) -> u64 {
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
