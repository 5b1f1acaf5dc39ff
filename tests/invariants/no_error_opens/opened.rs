//! The result of a run, and the order in which two runs of a script are compared.

use std::collections::{BTreeMap, BTreeSet};

use sspr::error::SsprReason;
use sspr::port::EventsOf;
use sspr::{Engine, Error, Refusal};

use crate::no_error_opens::fixture::Fixture;
use crate::no_error_opens::scripts::{FOREIGN, Gains};
use crate::support::{OLD, request};

/// The acts that open something, by the code of their event. An attacker who repeats a call after
/// an error may commit some acts again, which opens nothing more. The acts in `ONCE` must not be
/// repeated, since each consumes something.
const ONCE: [&str; 8] = [
    "method_proven",
    "method_confirmed",
    "recovery_code_used",
    "link_redeemed_elsewhere",
    "password_reset",
    "password_changed",
    "account_unlocked",
    "method_removed",
];
const EVER: [&str; 16] = [
    "change_started",
    "method_replaced",
    "default_method_changed",
    "recovery_code_replaced",
    "registration_completed",
    "registration_confirmed",
    "registration_skipped",
    "device_remembered",
    "methods_revoked",
    "flows_revoked",
    "account_forgotten",
    "contacts_supplied",
    "unblocked",
    "policy_changed",
    "repudiated",
    "temporary_password_set",
];

/// The notices that tell of an act. Any of them suffices: after an unknown outcome the text fits
/// both outcomes.
const TOLD: [(&str, &[&str]); 15] = [
    ("password_reset", &["notice.password_reset", "notice.password_may_have_changed"]),
    ("password_changed", &["notice.password_changed", "notice.password_may_have_changed"]),
    (
        "directory_write_unsettled",
        &[
            "notice.password_may_have_changed",
            "notice.password_reset",
            "notice.password_changed",
            "notice.account_may_have_been_unlocked",
            "notice.account_unlocked",
            "notice.temporary_password",
        ],
    ),
    ("account_unlocked", &["notice.account_unlocked", "notice.account_may_have_been_unlocked"]),
    ("method_confirmed", &["notice.method_added", "notice.method_replaced"]),
    ("method_removed", &["notice.method_removed"]),
    ("method_replaced", &["notice.method_replaced"]),
    ("methods_revoked", &["notice.methods_revoked"]),
    ("recovery_code_used", &["notice.recovery_code_used"]),
    ("registration_required", &["notice.registration_required"]),
    ("reset_requested", &["notice.reset_requested"]),
    ("contacts_supplied", &["notice.contacts_changed"]),
    ("help_requested", &["notice.help_requested"]),
    ("temporary_password_set", &["notice.temporary_password", "notice.password_may_have_changed"]),
    ("repudiated", &["notice.repudiated"]),
];

/// The result of a run.
#[derive(Debug)]
pub(crate) struct Opened {
    /// How often each event was recorded.
    acts: BTreeMap<String, usize>,
    /// The time from which each active method is usable for a reset, in milliseconds. Earlier is
    /// more permissive; a missing method is never usable.
    usable: BTreeMap<String, i64>,
    /// The same before the script: the owner's methods may stay.
    owned: BTreeMap<String, i64>,
    /// Whether the caller held a grant: the page for a new password, or for an unlock.
    granted: bool,
    /// The number of codes accepted at the host's sign-in.
    signed_in: usize,
    /// Whether the password was changed.
    password: bool,
    /// The numbers of compared secrets and of reservations.
    compared: u64,
    reserved: u64,
    /// The owner's and the administrators' addresses that each kind of notice reached.
    told: BTreeMap<&'static str, BTreeSet<String>>,
}

/// The time from which each active method is usable for a reset.
pub(crate) async fn usable(fixture: &Fixture, healthy: &Engine) -> BTreeMap<String, i64> {
    let methods = healthy.registration().list(&request(), &fixture.by_two_factors()).await;
    // While the owner's repudiation blocks the account, no method is usable.
    let blocked = Refusal::NotEligible { reason: SsprReason::Repudiated };
    if matches!(&methods, Err(Error::Refused(refusal)) if *refusal == blocked) {
        return BTreeMap::new();
    }
    let active = methods.expect("the list").into_iter().filter(|method| method.active);
    let named = |one: sspr::method::MethodView| {
        let to = one.destination.map(|to| to.normalised()).unwrap_or_default();
        Some((format!("{} {to}", one.kind), one.usable_from?.unix_millis()))
    };
    active.filter_map(named).collect()
}

impl Opened {
    /// Reads the result after all waiting work. `compared` is the number of comparisons of all
    /// engines of the run.
    pub(crate) async fn of(
        fixture: &Fixture,
        healthy: &Engine,
        owned: BTreeMap<String, i64>,
        gains: &Gains,
        compared: u64,
    ) -> Self {
        let events = fixture.store.events(EventsOf::Tenant(&fixture.tenant), None, 1_000).await;
        let mut acts = BTreeMap::new();
        for event in events.expect("readable").items {
            *acts.entry(event.code().to_owned()).or_default() += 1;
        }
        let mut told: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
        for message in fixture.inbox.all() {
            let to = message.destination.normalised();
            if !FOREIGN.contains(&&*to) {
                told.entry(message.kind).or_default().insert(to);
            }
        }
        let reservations =
            ["attempt_counted", "proof_repeated", "number_counted", "secret_counted"];
        let reserved = reservations.iter().filter_map(|code| acts.get(*code)).sum::<usize>() as u64;
        Self {
            usable: usable(fixture, healthy).await,
            owned,
            granted: gains.granted,
            signed_in: gains.signed_in,
            password: !fixture.directory.password_is(&fixture.tenant, &fixture.user, OLD),
            compared,
            reserved,
            told,
            acts,
        }
    }

    fn count(&self, code: &str) -> usize {
        self.acts.get(code).copied().unwrap_or_default()
    }

    /// The times from which the added methods are usable, earliest first.
    fn gained(&self) -> Vec<i64> {
        let new = self.usable.iter().filter(|(method, _)| !self.owned.contains_key(*method));
        let mut from: Vec<i64> = new.map(|(_, from)| *from).collect();
        from.sort_unstable();
        from
    }

    fn told_by<'a>(&'a self, kinds: &[&str]) -> BTreeSet<&'a str> {
        let told = self.told.iter().filter(|(kind, _)| kinds.contains(kind));
        told.flat_map(|(_, to)| to).map(String::as_str).collect()
    }

    /// The points in which this run was more permissive than one without a fault. `lost` notices
    /// may be missing, since a port has permanently refused them.
    pub(crate) fn beyond(&self, base: &Self, lost: usize) -> Vec<String> {
        let mut beyond = Vec::new();
        for code in ONCE {
            if self.count(code) > base.count(code) {
                beyond.push(format!("{code}: {} for {}", self.count(code), base.count(code)));
            }
        }
        for code in EVER {
            if self.count(code) > 0 && base.count(code) == 0 {
                beyond.push(format!("{code}: refused without the fault"));
            }
        }
        // The order of kinds is the thief's choice; only the number of methods and their times
        // count.
        let (ours, theirs) = (self.gained(), base.gained());
        for (n, from) in ours.iter().enumerate() {
            match theirs.get(n) {
                None => beyond.push(format!("{} new methods for {}", ours.len(), theirs.len())),
                Some(then) if from < then => beyond.push(format!("method {n} usable earlier")),
                Some(_) => {}
            }
        }
        for (method, from) in &self.usable {
            if self.owned.get(method).is_some_and(|then| from < then) {
                beyond.push(format!("{method} is usable earlier"));
            }
        }
        if self.granted && !base.granted {
            beyond.push("a grant".to_owned());
        }
        if self.signed_in > base.signed_in {
            beyond.push(format!("{} sign-ins for {}", self.signed_in, base.signed_in));
        }
        if self.password && !base.password {
            beyond.push("another password".to_owned());
        }
        if self.compared > self.reserved {
            beyond.push(format!("{} comparisons, {} reserved", self.compared, self.reserved));
        }
        let untold = self.untold(base);
        if untold.len() > lost {
            beyond.extend(untold);
        }
        beyond
    }

    /// The addresses that were not notified of this run's acts, but are without the fault.
    fn untold(&self, base: &Self) -> Vec<String> {
        let mut untold = Vec::new();
        for (code, kinds) in TOLD {
            // Without the fault the outcome is known, so the plain notice shows who must be
            // notified.
            if self.count(code) == 0 {
                continue;
            }
            // Beyond a budget, texts are merged into one that tells of more.
            let (mut told, expected) = (self.told_by(kinds), base.told_by(kinds));
            told.extend(self.told_by(&["notice.several_changes"]));
            let missing = expected.difference(&told);
            untold.extend(missing.map(|to| format!("{to} is not told of {code}")));
        }
        untold
    }

    /// Whether the run reached this event, without which a script would test nothing.
    pub(crate) fn has(&self, code: &str) -> bool {
        match code {
            "grant" => self.granted,
            "sign-in" => self.signed_in > 0,
            code => self.count(code) > 0,
        }
    }
}
