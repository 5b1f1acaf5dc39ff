//! Every variant has a golden form: a new variant does not compile here until it is named, and the
//! test fails until a golden file contains it.

use std::collections::BTreeSet;

use super::accounts::accounts;
use super::events::events;
use super::records::policies;
use crate::domain::account::budget::PoolKind;
use crate::domain::account::{
    Account, Challenge, Counted, Effect, Expected, Factor, MethodState, PendingBody, Provenance,
    Purpose, WriteState,
};
use crate::domain::crypto::totp::OathAlgorithm;
use crate::domain::event::{ActRefusal, ActorKind, AdminAct, EventKind, FlowEnd, RejectedBy};
use crate::domain::identity::contact::Destination;
use crate::domain::identity::writes::SessionKinds;
use crate::domain::message::Notice;
use crate::domain::method::{Channel, MethodKind};
use crate::domain::password::BannedPasswords;
use crate::domain::policy::{
    CodeAlphabet, Deviation, Disclosure, HelpDesk, LockStart, NotifyRule, PolicySettings, Scope,
    ThrottleScope, ThrottledAct,
};
use crate::domain::reason::{FlowStage, SsprReason};

/// Asserts that every variant of the type is among the values.
macro_rules! covered {
    ($type:ident { $($variant:ident $(($any:tt))? $([$dots:tt])?),+ $(,)? }, $values:expr) => {
        let name = |value: &$type| match value {
            $($type::$variant $(($any))? $({ $dots })? => stringify!($variant)),+
        };
        let seen: BTreeSet<&str> = $values.map(name).collect();
        let all: BTreeSet<&str> = [$(stringify!($variant)),+].into();
        assert_eq!(seen, all, "{} without a golden form", stringify!($type));
    };
}

fn challenges(account: &Account) -> impl Iterator<Item = &Challenge> {
    account.flows.iter().flat_map(|flow| &flow.challenges)
}

#[test]
fn every_variant_of_an_account_has_a_golden_form() {
    let accounts = accounts().map(|(_, account)| account);
    let [full, ..] = &accounts;
    let writes = || accounts.iter().filter_map(|account| account.write.as_ref());
    covered!(
        Purpose { Reset, Register, Unlock, Change },
        full.flows.iter().map(|flow| &flow.purpose)
    );
    covered!(
        Expected {
            Decoy,
            Sent(_),
            Oath(_),
            RecoveryCode(_),
            SecurityQuestions(_),
            External,
            SignInNames(_)
        },
        challenges(full).map(|challenge| &challenge.expected)
    );
    covered!(
        Factor { Address(_), Oath(_), RecoveryCode(_), SecurityQuestions(_) },
        full.methods.iter().map(|method| &method.factor)
    );
    covered!(MethodState { Pending, Active }, full.methods.iter().map(|method| &method.state));
    covered!(
        Provenance { Confirmed, Administrator, Directory, Unconfirmed },
        full.methods.iter().map(|method| &method.provenance)
    );
    covered!(
        Destination { Email(_), Phone(_) },
        full.methods.iter().filter_map(|method| method.destination())
    );
    covered!(Effect { Reset, Change, Unlock, Temporary }, writes().map(|write| &write.effect));
    covered!(WriteState { Writing, Unsettled }, writes().map(|write| &write.state));
    covered!(PoolKind { Anonymous, Proven }, challenges(full).map(|challenge| &challenge.pool));
    covered!(
        CodeAlphabet { Digits, Strong },
        challenges(full).map(|challenge| &challenge.format.alphabet)
    );
}

#[test]
fn every_kind_and_channel_of_a_method_has_a_golden_form() {
    let accounts = accounts().map(|(_, account)| account);
    let [full, ..] = &accounts;
    let channels: Vec<Channel> = challenges(full).map(Challenge::channel).collect();
    covered!(Channel { Email, Sms, Voice, Link, InHand }, channels.iter());
    covered!(
        MethodKind {
            Email,
            MobilePhone,
            OfficePhone,
            AuthenticatorApp,
            OathToken,
            RecoveryCode,
            AppNotification,
            Passkey,
            HostVerified,
            SecurityQuestions,
            Password,
        },
        full.budgets.iter().map(|budget| &budget.method)
    );
    let algorithms = full.methods.iter().filter_map(|method| match &method.factor {
        Factor::Oath(device) => Some(&device.parameters.algorithm),
        _ => None,
    });
    covered!(OathAlgorithm { Sha1, Sha256, Sha512 }, algorithms);
}

#[test]
fn every_variant_of_a_pending_message_has_a_golden_form() {
    let [(_, full), ..] = accounts();
    let bodies = || full.outbox.iter().map(|pending| &pending.body);
    covered!(
        PendingBody { Code [..], Notice [..], Announce [..], Administrators [..], Revoke [..] },
        bodies()
    );
    let counted = bodies().filter_map(|body| match body {
        PendingBody::Notice { counted, .. } => Some(counted),
        _ => None,
    });
    covered!(Counted { No, Begun, Yes, Digest [..] }, counted);
    let kinds = bodies().filter_map(|body| match body {
        PendingBody::Revoke { kinds, .. } => Some(kinds),
        _ => None,
    });
    covered!(SessionKinds { All, PasswordBased }, kinds);
    let notices = bodies().filter_map(|body| match body {
        PendingBody::Notice { notice, .. } => Some(notice),
        _ => None,
    });
    covered!(
        Notice {
            PasswordReset [..], PasswordMayHaveChanged [..], PasswordChanged [..],
            AccountUnlocked [..], AccountMayHaveBeenUnlocked [..], MethodAdded [..],
            MethodRemoved [..], MethodReplaced [..], MethodsRevoked [..], RecoveryCodeUsed [..],
            RegistrationRequired [..], ResetRequested [..], ContactsChanged [..],
            Unblocked [..],
            ManyFailures [..], AdministratorMayHaveReset [..], AdministratorReset [..],
            HelpRequested [..], SeveralChanges [..], HelpRequests [..],
            TemporaryPassword [..], Repudiated [..], OwnerRepudiated [..],
        },
        notices
    );
}

#[test]
fn every_variant_of_a_refused_act_has_a_golden_form() {
    let events = events();
    let refused = || {
        events.iter().filter_map(|event| match &event.kind {
            EventKind::ActRefused { act, cause } => Some((act, cause)),
            _ => None,
        })
    };
    covered!(ActRefusal { OwnAccount, Roles }, refused().map(|(_, cause)| cause));
    covered!(
        AdminAct {
            SupplyContacts,
            SupplyToken,
            Unblock,
            RevokeMethods,
            RevokeFlows,
            RequireRegistration,
            InitiateReset,
            Invite,
            RevokeInvitation,
            SetTemporaryPassword,
            Forget,
            ConfirmIncarnation,
        },
        refused().map(|(act, _)| act)
    );
}

#[test]
fn every_variant_of_an_event_has_a_golden_form() {
    let events = events();
    let codes: BTreeSet<&str> = events.iter().map(|event| event.code()).collect();
    assert_eq!(codes, EventKind::CODES.iter().copied().collect());
    covered!(
        ActorKind { Anonymous, User, Administrator(_), Engine },
        events.iter().map(|event| &event.actor)
    );
    let ends = events.iter().filter_map(|event| match &event.kind {
        EventKind::FlowEnded { ended, .. } => Some(ended),
        _ => None,
    });
    covered!(FlowEnd { Abandoned, Superseded, TooManyRejections, Cancelled }, ends);
    let stages = events.iter().filter_map(|event| match &event.kind {
        EventKind::FlowEnded { stage, .. } => Some(stage),
        _ => None,
    });
    covered!(FlowStage { Challenged, PartlyProven, Granted, Writing }, stages);
    let judges = events.iter().filter_map(|event| match &event.kind {
        EventKind::PasswordRejected { by, .. } => Some(by),
        _ => None,
    });
    let reasons = events.iter().filter_map(|event| match &event.kind {
        EventKind::ChallengeOpened { suppressed, .. } => suppressed.as_ref(),
        _ => None,
    });
    let all: BTreeSet<_> = reasons.copied().collect();
    assert!(all.iter().eq(SsprReason::ALL), "{all:?}");
    covered!(RejectedBy { Rules, BreachList, Directory }, judges);
}

#[test]
fn every_variant_of_a_policy_has_a_golden_form() {
    // The golden form of the default is in the tests of the policy.
    let policies = policies().map(|(_, settings)| settings);
    let default = PolicySettings::default();
    let settings = || policies.iter().chain([&default]);
    covered!(Scope { None, Selected(_), All }, settings().map(|settings| &settings.scope));
    covered!(
        Disclosure { Uniform, Masked, Reasoned },
        settings().map(|settings| &settings.disclosure)
    );
    covered!(
        BannedPasswords { Derivatives, EntraScore },
        settings().map(|settings| &settings.password.banned)
    );
    covered!(
        NotifyRule { All, PrimaryAndAlternate },
        settings().map(|settings| &settings.notifications.rule)
    );
    covered!(
        HelpDesk { Administrators, Url(_), Mail(_), Off },
        settings().map(|settings| &settings.desk.help)
    );
    covered!(
        CodeAlphabet { Digits, Strong },
        settings().map(|settings| &settings.codes.email.alphabet)
    );
    let throttles = || settings().flat_map(|settings| &settings.throttles);
    covered!(ThrottleScope { Account, Method }, throttles().map(|throttle| &throttle.scope));
    covered!(LockStart { Threshold, LastAct }, throttles().map(|throttle| &throttle.start));
    covered!(
        ThrottledAct { MailSent, PhoneSent, NumberTyped, AppAsked, ProofFailed, ResetCompleted },
        throttles().map(|throttle| &throttle.counts)
    );
    covered!(
        Deviation {
            UnverifiedDirectoryContacts,
            IssuedCodesAsTwoGates,
            OneGateAdministrators,
            CompositionRules,
            AsciiPasswords,
            ShortPasswords,
            PeriodicChange,
            BannedParts,
            PasswordSessionsOnly,
            CountersClearedOnReset,
            ReasonedDisclosure,
            AccountLocks,
            GuessingAboveThreshold,
            SecurityQuestions,
            QuestionsFirst,
        },
        settings().flat_map(|settings| &settings.acknowledged)
    );
}
