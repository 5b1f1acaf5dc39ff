//! Every setting of a policy, in one table: its path, its range, and the source of its default.
//!
//! The checks of a policy, the manual's page of defaults and the paths of the review's findings come
//! from this table.

use std::time::Duration;

use super::fault::SettingValue;
use super::settings::PolicySettings;
use super::throttle::ThrottledAct;
use crate::domain::time::{DAY, HOUR, MINUTE, SECOND};

/// The most roles that one list may name.
const MAX_ROLES: u64 = 256;

/// A span of several units: the operators of a span are not for constants.
const fn times(count: u32, unit: Duration) -> Duration {
    unit.saturating_mul(count)
}

/// A setting.
pub(in crate::domain) struct Setting {
    /// Its path in [`PolicySettings`], as it is spelled in stored policies.
    pub(in crate::domain) path: &'static str,
    /// Its range: the least and the greatest accepted value. `None` for a setting that is no amount.
    pub(in crate::domain) range: Option<(SettingValue, Option<SettingValue>)>,
    /// Its amount: the value itself, or the length of a list or a text.
    pub(in crate::domain) amount: fn(&PolicySettings) -> Option<SettingValue>,
    /// The source of its default, and what else there is to know.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the manual shows it: see `golden::settings`")
    )]
    pub(in crate::domain) source: &'static str,
}

impl Setting {
    /// The amount, if it is outside the range.
    pub(in crate::domain) fn out_of_range(
        &self,
        settings: &PolicySettings,
    ) -> Option<SettingValue> {
        let (min, max) = self.range?;
        let amount = (self.amount)(settings)?;
        let is_within =
            min.size() <= amount.size() && max.is_none_or(|max| amount.size() <= max.size());
        (!is_within).then_some(amount)
    }
}

impl PolicySettings {
    /// The path of every setting, as it is spelled in stored policies, in the order of the manual's page of
    /// defaults.
    ///
    /// ```
    /// let mut paths = sspr::PolicySettings::paths();
    /// assert_eq!(paths.next(), Some("scope"));
    /// assert!(paths.any(|path| path == "lifetimes.flow"));
    /// ```
    pub fn paths() -> impl Iterator<Item = &'static str> {
        SETTINGS.iter().map(|setting| setting.path)
    }

    /// The amount of the setting at this path: its number, share or span, or the length of a list or a
    /// text. `None` for a setting that is no amount or has none, and for a path that is no setting.
    ///
    /// ```
    /// use std::time::Duration;
    /// use sspr::policy::SettingValue;
    ///
    /// let settings = sspr::PolicySettings::default();
    /// let quarter = SettingValue::Span(Duration::from_secs(900));
    /// assert_eq!(settings.amount_of("lifetimes.flow"), Some(quarter));
    /// assert_eq!(settings.amount_of("scope"), None);
    /// ```
    #[must_use]
    pub fn amount_of(&self, path: &str) -> Option<SettingValue> {
        let setting = SETTINGS.iter().find(|setting| setting.path == path)?;
        (setting.amount)(self)
    }
}

/// The place in the table of a setting, of a part of one, or of the first of a group.
pub(in crate::domain) fn place_of(path: &str) -> Option<usize> {
    let is_within = |path: &str, whole: &str| {
        path.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let is_it = |setting: &Setting| is_within(path, setting.path) || is_within(setting.path, path);
    SETTINGS.iter().position(is_it)
}

macro_rules! settings {
    ($($first:ident$(.$rest:ident)*: $kind:ident$(($($limit:expr),+))?, $source:literal;)*) => {
        /// Every setting, in the order in which faults are reported.
        pub(in crate::domain) const SETTINGS: &[Setting] = &[$(Setting {
            path: concat!(stringify!($first)$(, ".", stringify!($rest))*),
            range: settings!(@range $kind$(($($limit),+))?),
            amount: |settings| settings!(@amount $kind (settings.$first$(.$rest)*)),
            source: $source,
        }),*];
    };
    (@range Any) => { None };
    (@range AtLeast($min:expr)) => { Some((SettingValue::Number($min), None)) };
    (@range Span($min:expr, $max:expr)) => {
        Some((SettingValue::Span($min), Some(SettingValue::Span($max))))
    };
    (@range Percent($min:expr, $max:expr)) => {
        Some((SettingValue::Percent($min), Some(SettingValue::Percent($max))))
    };
    (@range $kind:ident($min:expr, $max:expr)) => {
        Some((SettingValue::Number($min), Some(SettingValue::Number($max))))
    };
    (@amount Any ($value:expr)) => {{ let _ = &$value; None }};
    (@amount Span ($value:expr)) => { Some(SettingValue::Span($value)) };
    (@amount Percent ($value:expr)) => { Some(SettingValue::Percent(u64::from($value))) };
    (@amount Entries ($value:expr)) => { Some(SettingValue::Number($value.len() as u64)) };
    (@amount Text ($value:expr)) => {
        $value.as_deref().map(|text| SettingValue::Number(text.len() as u64))
    };
    (@amount Optional ($value:expr)) => {
        $value.map(|number| SettingValue::Number(u64::from(number)))
    };
    (@amount $kind:ident ($value:expr)) => { Some(SettingValue::Number(u64::from($value))) };
}

settings! {
    scope: Any, "Switching it on is a decision (Entra: None). At most 16 groups.";
    required_entitlement: Text(0, 128),
        "Entra requires a licence; other directories name it differently or have none.";
    users.required: Number(1, 2),
        "NIST SP 800-63B-4, 4.2.2.2 requires two for accounts that can reach AAL2. It counts two \
        *sent* codes as one class, and the review reports that.";
    users.methods: Any, "The methods that most users have. Never empty.";
    administrators.enabled: Any, "Entra.";
    administrators.roles: Entries(0, MAX_ROLES),
        "Microsoft's list of May 2026. Never empty: administrators would fall under `users`.";
    administrators.one_gate_exceptions: Any,
        "Entra; where its two lists overlap, two gates are required.";
    administrators.gates.required: Number(1, 2),
        "Entra's two-gate policy; never fewer without an acknowledgement.";
    administrators.gates.methods: Any, "Entra: mail and both kinds of phone. Never empty.";
    notifications.rule: Any, "NIST SP 800-63B-4, 4.6.";
    notifications.administrators: Any, "Entra.";
    notifications.administrator_roles: Entries(0, MAX_ROLES),
        "Entra. Not empty if `notifications.administrators` is set.";
    desk.help: Any, "Entra: a mail to administrators.";
    desk.contact: Any,
        "NIST SP 800-63B-4, 4.6: a notice has contact information. One line, 200 bytes at most. Only you \
        know it.";
    desk.help_tiers: Entries(1, 4),
        "Entra: holders of the first tier that has any, 100 at most. Each tier has 1 to 16 roles.";
    desk.repudiation_link: Any,
        "NIST SP 800-63B-4, 4.6: a notice tells how to repudiate the event. A link needs a page of \
        your application.";
    desk.repudiation_life: Span(HOUR, times(7, DAY)),
        "Own choice: the hold of a new address. Old mail must not block an account.";
    desk.repudiation_notice: Any, "Own choice: only an administrator ends the block.";
    desk.invitation_life: Span(HOUR, times(30, DAY)),
        "Own choice: a first week at work. A second method is still required, if the gates count two.";
    desk.temporary_password_hours: Optional(1, 720),
        "Entra: until it is changed at the first sign-in, as OWASP ASVS 5.0.0, 6.4.1 permits.";
    lifetimes.flow: Span(MINUTE, DAY), "Entra's session. Absolute: nothing extends it.";
    lifetimes.grant: Span(MINUTE, HOUR),
        "Own choice: time to think of a password. Not longer than the flow.";
    lifetimes.email_code: Span(MINUTE, DAY),
        "OWASP ASVS 5.0.0, 6.5.5. NIST allows 24 hours for mail.";
    lifetimes.email_link: Span(MINUTE, HOUR),
        "OWASP testing guide: rarely more than an hour. A link ends with its flow, so by default \
        after 15 minutes; to extend it, extend `lifetimes.flow`.";
    lifetimes.phone_code: Span(MINUTE, times(10, MINUTE)), "NIST SP 800-63B-4, 4.2.1.2 and 3.1.3.2.";
    lifetimes.directory_write: Span(times(5, SECOND), times(10, MINUTE)),
        "Own choice: slower than any healthy directory. After it the owner is notified that the \
        password may have changed.";
    codes.email.alphabet: Any, "Users copy the code.";
    codes.email.length: Number(6, 12),
        "Two digits more than the others make guessing a hundred times harder.";
    codes.sms.alphabet: Any, "Users type the code from memory.";
    codes.sms.length: Number(6, 12), "NIST SP 800-63B-4, 4.2.1.2 requires at least six.";
    codes.voice.alphabet: Any, "The code is spoken in a call, so it must be digits.";
    codes.voice.length: Number(6, 12), "NIST SP 800-63B-4, 4.2.1.2 requires at least six.";
    oath.digits: Number(6, 8),
        "What apps show. Eight are a hundred times harder to guess, but some apps ignore the \
        setting.";
    oath.back: Number(0, 2),
        "RFC 6238, 5.2: one step of 30 seconds for the delay from device to server. Each further \
        step is one more code that matches.";
    oath.forward: Number(0, 1), "Own choice: devices set their clocks.";
    recovery_codes: Number(1, 16),
        "The usual number. Each has 28 letters from an alphabet of 20, which is 121 bits: more \
        than the 64 of NIST SP 800-63B-4, 4.2.1.1 and the 112 from which a plain digest is \
        enough.";
    questions.register: Number(3, 5), "Entra. Not below `questions.reset`.";
    questions.reset: Number(3, 5), "Entra. All must be answered.";
    questions.topics: Entries(0, 35), "Entra's list of topics.";
    questions.custom: Entries(0, 20), "Entra: 20 of 3 to 200 characters.";
    questions.sticky: Any,
        "OWASP: the question stays until it is answered, so that a stranger cannot wait for an easy \
        one. Entra asks others after each wrong set.";
    questions.first: Any,
        "OWASP: only after another proof, since questions tell whether a name has an account.";
    known_device_days: Number(0, 365),
        "Own choice: it covers a browser in use, and a source from which the user has registered \
        or completed a flow. Both use the proven pool and have no other privilege. 0 switches both \
        off.";
    link: Any,
        "A link needs an address of your application; it is never taken from a request (OWASP: \
        forgot password). Without one, mails hold codes only.";
    typed_number: Any, "Entra has it.";
    attempts: Number(1, 10), "Own choice; the OWASP testing guide says 5 to 10.";
    failures.anonymous.max: Number(1, 50),
        "NIST SP 800-63B-4, 8.1: at least ten attempts for users who mistype. PCI DSS 4, 8.3.4: at \
        most ten. Not below `attempts`.";
    failures.anonymous.window: Span(MINUTE, times(30, DAY)), "Per account and kind of method.";
    failures.proven.max: Number(1, 50),
        "The same again for flows with a proof, known devices and familiar sources, so that other \
        callers cannot spend it. Not below `attempts`.";
    failures.proven.window: Span(MINUTE, times(30, DAY)), "Per account and kind of method.";
    failures.lock: Span(MINUTE, times(7, DAY)),
        "PCI DSS 4, 8.3.4 requires 30 minutes; Entra takes 24 hours. It runs from the last counted \
        attempt.";
    failures.consecutive: Number(1, 100),
        "Half of the 100 of NIST SP 800-63B-4, 3.2.2: for six digits a chance of 5 in 100 000. The \
        anonymous pool can cause 40 of them; the last 10 belong to the proven pool. Never decays; \
        not below `attempts`.";
    clear_counters_on_reset: Any, "NIST SP 800-63B-4, 3.2.2; Entra clears them.";
    sends.resend_after: Span(times(30, SECOND), HOUR),
        "NIST SP 800-63B-4, 8.1: a code must not change while it is typed.";
    sends.per_hour: Number(1, 20),
        "Own choice: challenges per account that send something, in each pool. Messages cost money \
        and patience. Not above `sends.per_day`.";
    sends.per_day: Number(1, 20),
        "Own choice: twice the number of wrong attempts, so that a share of it is still useful.";
    sends.in_hand_per_hour: Number(1, 20),
        "Own choice: challenges that send nothing (apps, recovery codes, passkeys), in each pool. \
        The failure budgets bound the guesses. Not above `sends.in_hand_per_day`.";
    sends.in_hand_per_day: Number(1, 20), "Own choice, as above.";
    sends.live_flows: Number(1, 10),
        "Own choice: a phone, a laptop, a forgotten tab, and flows of other callers. Per account \
        each: from unknown sources, familiar sources and known devices.";
    sends.source_share: Percent(10, 100),
        "Own choice: of each budget of an account for one source; a third of what others leave. \
        [`limits`](crate::manual::limits) says what that leaves to the owner.";
    throttles: Entries(0, ThrottledAct::ALL.len() as u64),
        "Own choice: no stranger locks an owner out. Entra's locks are in its preset.";
    limits.source.max: AtLeast(1),
        "Own choice: an office behind one address on a Monday. Refuses when spent.";
    limits.source.window: Span(MINUTE, times(30, DAY)), "Own choice.";
    limits.source_identifier.max: AtLeast(1), "Own choice. Refuses when spent.";
    limits.source_identifier.window: Span(MINUTE, times(30, DAY)), "Own choice.";
    limits.destination.max: AtLeast(1),
        "Own choice: no phone is flooded through many accounts. Allows fewer attempts at a code \
        when spent.";
    limits.destination.window: Span(MINUTE, times(30, DAY)), "Own choice.";
    limits.prefix.max: AtLeast(1),
        "Own choice: ranges of premium numbers. Allows fewer attempts at a code when spent.";
    limits.prefix.window: Span(MINUTE, times(30, DAY)), "Own choice.";
    limits.tenant.max: AtLeast(1),
        "At 5 attempts at six digits each, one correct guess in a hundred days. Makes codes longer \
        when spent, by `limits.escalated_length`.";
    limits.tenant.window: Span(MINUTE, times(30, DAY)), "Own choice.";
    limits.escalated_length: Number(0, 4),
        "Two symbols: guessing is a hundred times harder during an attack.";
    limits.escalated_human_check: Any,
        "Own choice: the step up against spraying, beside longer codes. Only if the engine has a \
        human check.";
    numbers.allowed: Entries(0, 256),
        "Own choice: every country. A list of countries is what providers of texts advise first.";
    numbers.new_days: Number(0, 365),
        "Own choice: how long a registered number is treated like one that is being registered.";
    numbers.new_per_prefix: Optional(1, 10_000_000),
        "Own choice: no limit, since prices and sizes differ. Set what a day may cost.";
    numbers.new_per_tenant: Optional(1, 10_000_000), "Own choice, as above.";
    numbers.breaker: Any,
        "Own choice: none, since a person with stolen accounts can stop registrations in one country \
        with it. Where texts are dear, set it: `{}` is 50 codes, 20 %, an hour, 4 hours, 5 probes.";
    notices.texts.max: Number(1, 16),
        "Own choice: to one number of an account, enough for one session; a text costs money and \
        wakes people. Further ones fold into one that counts them.";
    notices.texts.window: Span(MINUTE, DAY), "Own choice.";
    notices.mails.max: Number(1, 16),
        "Own choice: to one address of an account. No mail is dropped: the one that counts the \
        rest is sent when the budget has room again.";
    notices.mails.window: Span(MINUTE, DAY), "Own choice.";
    notices.help.max: Number(1, 1_000),
        "Own choice: to one administrator. Beyond it, one mail counts the rest.";
    notices.help.window: Span(MINUTE, DAY), "Own choice.";
    notices.acts_per_hour: Number(1, 60),
        "Own choice: a complete registration is four acts. It counts acts that notify the owner, \
        separately for the signed-in user and for administrators. Not above \
        `notices.acts_per_day`.";
    notices.acts_per_day: Number(1, 60), "Own choice, as above.";
    password.min_length: Number(8, 64),
        "NIST SP 800-63B-4, 3.1.1.2, where the password is the only factor.";
    password.max_length: Number(64, 1_024),
        "The same requires at least 64; a bound keeps hashing cheap.";
    password.max_bytes: Optional(64, 4_096),
        "bcrypt ignores what follows 72 bytes; NIST SP 800-63B-4, 3.1.1.2 forbids truncation.";
    password.banned: Any,
        "NIST SP 800-63B-4, 3.1.1.2: derivatives, of the whole password. Entra's preset scores.";
    password.common_list: Any,
        "The same. OWASP ASVS 5.0.0, 6.2.4 requires the 3 000 most common ones that satisfy the \
        policy. The list has 153 of 15 characters and more, so add a `BreachList`.";
    password.banned_words: Entries(0, 1_000),
        "Add your own: products, places, the organisation's name. 3 to 64 characters each; 4 to 16 with \
        Entra's score.";
    password.required_classes: Number(0, 4), "Both standards forbid composition rules.";
    password.min_score: Number(0, 4),
        "Own choice: no standard names a score. zxcvbn's authors take 3 and more for enough. Above 0 the \
        engine needs a `StrengthEstimator`.";
    password.ascii_only: Any, "Both standards forbid composition rules.";
    password_expiry.validity_days: Number(0, 730),
        "NIST SP 800-63B-4, 3.1.1.2 forbids periodic changes; Entra's default for tenants since 2021. \
        0 is for ever, otherwise at least 14.";
    password_expiry.notice_days: Number(1, 30), "Entra.";
    password_expiry.domains: Entries(0, 32), "Own choice of the number. Each has its own days.";
    password_expiry.on_premises: Any, "The directory on premises has its own age of passwords.";
    contacts.administrator: Any, "NIST SP 800-63B-4, 4.2.1.2; for phones OWASP ASVS 5.0.0, 6.6.1.";
    contacts.directory: Any, "NIST SP 800-63B-4, 4.2.1.2: the directory's data is not confirmed.";
    contacts.phone_format: Any, "ITU-T E.164; Entra's directory requires one space after the country.";
    disclosure: Any,
        "OWASP ASVS 5.0.0, 6.3.8 (level 3), and the OWASP Forgot Password Cheat Sheet: a reply \
        must not tell which accounts exist.";
    human_check: Any, "It needs a service that the host provides.";
    registration.enforced: Any, "Entra.";
    registration.skip_days: Optional(0, 365),
        "Entra's model: it may be skipped for ever, or for some days (7 in its policy document). 0 \
        is never.";
    registration.reconfirm_days: Number(0, 730), "Entra. 0 is never.";
    registration.reauthentication: Span(MINUTE, times(15, MINUTE)),
        "Own choice: an abandoned session must not change methods.";
    registration.session: Span(MINUTE, HOUR),
        "Entra (2024). Signing in again does not extend it.";
    registration.second_factor_age: Span(MINUTE, times(10, MINUTE)),
        "Own choice, as above; Entra allows 10 minutes (2025).";
    registration.passkey_age: Span(MINUTE, times(10, MINUTE)), "Entra.";
    registration.second_factor_to_change: Any, "NIST SP 800-63B-4, 4.1.2.1.";
    registration.hold: Span(Duration::ZERO, times(7, DAY)),
        "Own choice, after the OWASP Multifactor Authentication Cheat Sheet: a stolen session must \
        not become a lasting takeover.";
    registration.office_phone: Any, "Entra (2024); until 2019 only administrators supplied it.";
    registration.max.email: Number(2, 5), "NIST SP 800-63B-4, 4.2.1.2: at least two addresses.";
    registration.max.mobile_phone: Number(2, 5), "The same. Entra: a phone and an alternate one.";
    registration.max.office_phone: Number(1, 5), "The same; Entra has one.";
    registration.max.authenticator_app: Number(1, 5), "Own choice; Entra allows 5.";
    registration.max.oath_token: Number(1, 5), "Own choice, as above.";
    registration.max.oath_total: Number(1, 10), "Own choice: as many as of both kinds; Entra allows 5.";
    registration.max.app_notification: Number(1, 20), "Entra. The host counts them.";
    registration.max.passkey: Number(1, 20), "Entra. The host counts them.";
    on_premises.writeback: Any, "Entra: a separate decision.";
    on_premises.apply_password_rules: Any, "The directory's answer is final.";
    on_premises.unlock_clears_sign_in: Any, "Entra: the throttle of sign-in keeps running.";
    unlock_without_reset: Any, "Entra: offered for on-premises passwords, if it is switched on.";
    plans.reset: Any, "Entra's table is in its preset.";
    plans.on_premises: Any, "As above.";
    plans.voice: Any, "As above.";
    method_policies: Any, "Entra, for tenants that have not migrated.";
    scope_groups: Number(1, 16), "Own choice; Entra's portal selects one group.";
    retirements: Entries(0, 32), "Entra's dates are in its preset; they have moved before.";
    acknowledged: Any, "A deviation is acknowledged by its name.";
}
