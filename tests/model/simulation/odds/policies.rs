//! The policies under which accounts are attacked: every preset, and random valid ones.

use std::time::Duration;

use sspr::policy::{AsvsLevel, CodeAlphabet, CodeFormat, Deviation, Rate, Scope};
use sspr::{MethodKind, PolicySettings};

use crate::simulation::attack::{DAY, HOUR, MINUTE};

/// A policy, and the kinds of method that the account has.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) settings: PolicySettings,
    /// The kind that is guessed at.
    pub(crate) target: MethodKind,
    /// Another kind that the gates count: what a second gate asks for, or what the owner proves.
    pub(crate) other: Option<MethodKind>,
}

/// The presets, for users, whose phone is guessed at, or the app if no phone counts. `asvs(L3)` has the budgets
/// of `asvs(L2)`, and beside the app no kind that these attackers can prove.
pub(crate) fn presets() -> Vec<Case> {
    let all = [
        ("default", PolicySettings::default()),
        ("entra", PolicySettings::entra()),
        ("nist_aal1", PolicySettings::nist_aal1()),
        ("nist_aal2", PolicySettings::nist_aal2()),
        ("asvs(L1)", PolicySettings::asvs(AsvsLevel::L1)),
        ("asvs(L2)", PolicySettings::asvs(AsvsLevel::L2)),
        ("pci", PolicySettings::pci()),
    ];
    let case = |(name, mut settings): (&str, PolicySettings)| {
        settings.scope = Scope::All;
        // The review counts the budgets that every preset has. A throttle only lowers the figures, and
        // these attackers would meet its lock first.
        settings.throttles.clear();
        let counts = |kind| settings.users.methods.contains(&kind);
        let (target, other) = if counts(MethodKind::MobilePhone) {
            (MethodKind::MobilePhone, Some(MethodKind::Email))
        } else {
            let other = counts(MethodKind::Email).then_some(MethodKind::Email);
            (MethodKind::AuthenticatorApp, other)
        };
        Case { name: name.to_owned(), settings, target, other }
    };
    all.into_iter().map(case).collect()
}

/// Random numbers that a seed determines.
struct Dice(u64);

impl Dice {
    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        of[(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % of.len()]
    }
}

/// The random policy of this seed: windows from a minute to 30 days, locks from a minute to a week,
/// one and two gates, every kind of share, with and without known devices.
pub(crate) fn random(seed: u64) -> Case {
    use MethodKind::{AuthenticatorApp, Email, MobilePhone};
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let mut settings = PolicySettings::default();
    settings.scope = Scope::All;
    settings.acknowledged =
        [Deviation::GuessingAboveThreshold, Deviation::CountersClearedOnReset].into();
    let kinds: &[MethodKind] = dice.pick(&[
        &[MobilePhone, Email],
        &[MobilePhone, Email],
        &[AuthenticatorApp, MobilePhone],
        &[Email, AuthenticatorApp],
        &[Email, MobilePhone, AuthenticatorApp],
        &[MobilePhone],
    ]);
    settings.users.methods = kinds.iter().copied().collect();
    settings.users.required = if kinds.len() > 1 { dice.pick(&[1, 2]) } else { 1 };

    settings.attempts = dice.pick(&[1, 2, 3, 5, 5, 10]);
    let least = u32::from(settings.attempts);
    let windows = [MINUTE, 5 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY];
    for pool in [true, false] {
        let rate = Rate::new(dice.pick(&[1, 3, 5, 10, 20]).max(least), dice.pick(&windows));
        let failures = &mut settings.failures;
        *(if pool { &mut failures.anonymous } else { &mut failures.proven }) = rate;
    }
    settings.failures.lock = dice.pick(&[MINUTE, 7 * MINUTE, HOUR, DAY, 3 * DAY, 7 * DAY]);
    settings.failures.consecutive = dice.pick(&[10, 20, 50, 100]).max(least);
    settings.clear_counters_on_reset = dice.pick(&[false, false, true]);

    let sends = &mut settings.sends;
    sends.per_day = dice.pick(&[2, 4, 8, 20]);
    sends.per_hour = dice.pick(&[1, 2, 6, 20]).min(sends.per_day);
    sends.in_hand_per_day = dice.pick(&[2, 6, 20]);
    sends.in_hand_per_hour = dice.pick(&[1, 5, 20]).min(sends.in_hand_per_day);
    sends.resend_after = dice.pick(&[MINUTE / 2, MINUTE, 10 * MINUTE, HOUR]);
    sends.live_flows = dice.pick(&[1, 3, 5, 10]);
    sends.source_share = dice.pick(&[10, 50, 75, 100]);

    let lifetimes = &mut settings.lifetimes;
    lifetimes.flow = dice.pick(&[5 * MINUTE, 15 * MINUTE, HOUR, DAY]);
    lifetimes.grant = lifetimes.flow.min(10 * MINUTE);
    lifetimes.email_code = dice.pick(&[MINUTE, 10 * MINUTE, DAY]);
    lifetimes.phone_code = dice.pick(&[MINUTE, 10 * MINUTE]);

    settings.known_device_days = dice.pick(&[0, 30, 90, 365]);
    settings.typed_number = dice.pick(&[false, false, false, true]);
    settings.codes.sms = CodeFormat::new(CodeAlphabet::Digits, dice.pick(&[6, 7, 8]));
    settings.codes.email =
        CodeFormat::new(dice.pick(&[CodeAlphabet::Digits, CodeAlphabet::Strong]), 8);
    settings.limits.destination = dice.pick(&[Rate::new(10, DAY), Rate::new(100, DAY)]);
    Case {
        name: format!("random {seed}"),
        settings,
        target: kinds[0],
        other: kinds.get(1).copied(),
    }
}

/// How long a code of this kind lives at most.
pub(crate) fn code_life(settings: &PolicySettings, kind: MethodKind) -> Duration {
    let life = match kind {
        MethodKind::Email => settings.lifetimes.email_code,
        MethodKind::MobilePhone => settings.lifetimes.phone_code,
        _ => settings.lifetimes.flow,
    };
    life.min(settings.lifetimes.flow)
}
