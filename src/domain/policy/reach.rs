//! How many guesses the budgets allow, and how likely they hit: the arithmetic of the guessing
//! risk.

use std::time::Duration;

use crate::domain::method::{Channel, MethodKind, Verification};
use crate::domain::time::{DAY, HOUR};

use super::budgets::Rate;
use super::codes::CodeFormat;
use super::settings::{Gates, PolicySettings};
use super::throttle::ThrottledAct;

const YEAR: Duration = Duration::from_secs(365 * 86_400);

/// The accepted probability of takeover by guessing is 1 in this many.
const THRESHOLD_ONE_IN: u128 = 10_000;

/// A kind of method as the target of guessing: the fewest codes of its channels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct GuessTarget {
    pub(super) kind: MethodKind,
    pub(super) space: u64,
    pub(super) escalated: u64,
    /// The most guesses at the codes of this kind that one flow can request.
    asked_in_flow: u64,
    /// Whether phone numbers of this kind are typed, and compared before a code is sent.
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
            // Each code of the window is right, so one guess counts as that many.
            Verification::Oath => {
                let oath = settings.oath;
                let window = 1 + u64::from(oath.back) + u64::from(oath.forward);
                // The number of digits of a token is its maker's: at least six.
                let digits = if kind == MethodKind::OathToken { 6 } else { oath.digits };
                let space = 10_u64.saturating_pow(u32::from(digits)) / window;
                (space, space)
            }
            // Recovery codes are too long to guess; host-verified methods are the host's
            // responsibility.
            Verification::RecoveryCode | Verification::External => (u64::MAX, u64::MAX),
            Verification::Knowledge => {
                let space = answers(settings.questions.reset);
                (space, space)
            }
            Verification::Contact | Verification::Password => {
                (least(0).unwrap_or(1), least(settings.limits.escalated_length).unwrap_or(1))
            }
        };
        // The wait between two codes ends early if the first code expires before.
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

/// The assumed share of people, in thousandths, whose answer to one question is the most common one:
/// 19.7 % have the same favourite food (Bonneau et al., *Secrets, Lies, and Account Recovery*, WWW
/// 2015, which measured Google's questions). Answers are assumed to be independent, and a later guess
/// to be as good as the first. Someone who knows the person does better.
const COMMON_ANSWER: u64 = 197;

/// The number of equally likely sets of answers that is as hard to guess as `asked` questions.
const fn answers(asked: u8) -> u64 {
    let count = asked as u32;
    1_000_u64.saturating_pow(count) / COMMON_ANSWER.saturating_pow(count)
}

/// The most comparisons in any span of a given length, by the budgets of both pools of an account.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Comparisons {
    /// Of one kind of method, by its failure budgets.
    failures: u64,
    /// Of all kinds that send something, and of all others, by the limits on challenges.
    challenges: [u64; 2],
    /// Whether the span is one flow, in which codes of one kind have a wait between them.
    one_flow: bool,
}

impl Comparisons {
    /// Guesses at the codes of this kind.
    fn codes(&self, target: &GuessTarget) -> u64 {
        let asked = if self.one_flow { target.asked_in_flow } else { u64::MAX };
        self.failures.min(asked).min(self.challenges[class(target.kind)])
    }

    /// All comparisons of this kind, wrong phone numbers included. These open no challenge, so only
    /// the failure budgets limit them.
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
                // A code from before the span may be tried in it.
                let opened_within = span + longest_life(settings, gates, sent);
                opened(settings, gates, sent, opened_within).saturating_mul(attempts)
            }),
            one_flow: false,
        };
        Self {
            flow: Comparisons {
                // A completed reset ends every other flow, so it gives this one no fresh budgets.
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

/// The most failures of one kind that both pools count in any span of this length, if nothing
/// clears them. The cap on consecutive failures does not limit them: a correct code of the owner
/// starts the run again.
fn failures(settings: &PolicySettings, span: Duration) -> u64 {
    let failures = &settings.failures;
    let throttle = settings.throttle(ThrottledAct::ProofFailed);
    let throttled =
        throttle.map_or(u64::MAX, |throttle| counted(throttle.rate, throttle.lock, span));
    [failures.anonymous, failures.proven]
        .map(|pool| counted(pool, failures.lock, span).min(throttled))
        .iter()
        .sum()
}

/// The further failures that resets of the owner allow: after each reset, the windows are empty
/// again.
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
/// The span is divided into windows, each with at most `max` failures. A window with `max` failures
/// closes the pool, so at least a lock passes between two such windows; every other window has one
/// failure less. If the window is shorter than the lock, an attacker gains by stopping one failure
/// short.
pub(super) fn counted(pool: Rate, lock: Duration, span: Duration) -> u64 {
    let full = spans(span, pool.window.max(lock));
    let short = u64::from(pool.max).saturating_sub(1);
    short.saturating_mul(spans(span, pool.window)).saturating_add(full)
}

/// The most challenges that both pools open in any span of this length: of those that send
/// something if `sent`, otherwise of the others.
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

/// The most resets that are completed in any span of this length. Each takes a challenge for each
/// gate. The challenges may be opened before the span, by at most the life of a flow.
fn resets(settings: &PolicySettings, gates: &Gates, span: Duration) -> u64 {
    let opened_within = span + settings.lifetimes.flow;
    let [sent, in_hand] = [true, false].map(|sent| opened(settings, gates, sent, opened_within));
    sent.saturating_add(in_hand) / u64::from(gates.required.max(1))
}

/// The life of the codes of a kind, for each of its channels; never longer than a flow.
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

/// The index of a kind in a pair: 0 if its challenges send something, 1 otherwise.
const fn class(kind: MethodKind) -> usize {
    if kind.sends() { 0 } else { 1 }
}

/// Whether guessing alone, before the last method is disabled, opens an account with a probability
/// above 1 in [`THRESHOLD_ONE_IN`]. With one gate, the probabilities of the kinds are added. With
/// two gates they are multiplied, and no accepted policy comes near the threshold.
pub(super) fn exceeds_threshold(settings: &PolicySettings, gates: &Gates) -> bool {
    // Fixed point, so that the limit itself (100 guesses of 6 digits) is exact.
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

/// The formats of the codes of a kind of method, for each of its channels.
fn formats(settings: &PolicySettings, kind: MethodKind) -> impl Iterator<Item = CodeFormat> + '_ {
    kind.channels().iter().filter_map(|channel| match channel {
        Channel::Email => Some(settings.codes.email),
        Channel::Sms => Some(settings.codes.sms),
        Channel::Voice => Some(settings.codes.voice),
        Channel::Link | Channel::InHand => None,
    })
}

/// An upper bound of the probability that these comparisons, spent on the weakest codes first, hit
/// at least once: the sum of their probabilities, which holds even if they depend on each other.
pub(super) fn guessed(targets: &[GuessTarget], reach: &Comparisons) -> f64 {
    let mut weakest_first = targets.to_vec();
    weakest_first.sort_by_key(|target| target.space);
    let mut challenges = reach.challenges;
    let hits = weakest_first.iter().map(|target| {
        let left = &mut challenges[class(target.kind)];
        let guesses = reach.codes(target).min(*left);
        *left -= guesses;
        ratio(guesses, target.space)
    });
    hits.sum::<f64>().min(1.0)
}

/// The probability that at least one of independent tries succeeds, accurate even if it is tiny.
pub(super) fn union(tries: impl IntoIterator<Item = (f64, u64)>) -> f64 {
    let missed: f64 = tries
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(chance, count)| (-chance.min(1.0)).ln_1p() * float(count))
        .sum();
    -missed.exp_m1()
}

/// The number of periods that begin within a span.
pub(super) fn spans(span: Duration, period: Duration) -> u64 {
    let (span, period) = (span.as_millis(), period.as_millis().max(1));
    u64::try_from(span.div_ceil(period)).unwrap_or(u64::MAX)
}

/// The number of whole periods in a span.
fn whole(span: Duration, period: Duration) -> u64 {
    u64::try_from(span.as_millis() / period.as_millis().max(1)).unwrap_or(u64::MAX)
}

pub(super) fn ratio(part: u64, whole: u64) -> f64 {
    float(part) / float(whole.max(1))
}

/// The number as a float: exact below 2^53, as all bounded numbers here are.
pub(super) const fn float(count: u64) -> f64 {
    count as f64
}
