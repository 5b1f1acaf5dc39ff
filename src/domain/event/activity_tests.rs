use super::tests::{event as event_of, every_kind};
use super::*;
use crate::domain::account::{ChallengeNumber, FlowNumber, Purpose, WriteNumber};
use crate::domain::method::{Channel, MethodKind};
use crate::domain::reason::{FlowStage, SsprReason};

const FLOW: FlowNumber = FlowNumber(3);

fn opened(purpose: Purpose, suppressed: Option<SsprReason>) -> EventKind {
    let (method, channel) = (MethodKind::MobilePhone, Channel::Voice);
    EventKind::ChallengeOpened { flow: FLOW, purpose, begins: true, method, channel, suppressed }
}

fn entry(kind: &EventKind) -> (Activity, ActivityStatus, String) {
    let entries = kind.activities();
    let [ActivityEntry { activity, status, reason }] = entries[..] else { panic!("{entries:?}") };
    (activity, status, reason.map(|reason| reason.to_string()).unwrap_or_default())
}

fn failed(kind: &EventKind) -> (Activity, String) {
    let (activity, status, reason) = entry(kind);
    assert_eq!(status, ActivityStatus::Failure, "{kind:?}");
    (activity, reason)
}

/// E8.1: the names, services and categories of the document.
#[test]
fn the_activities_have_the_names_services_and_categories_of_the_document() {
    let of = |service| {
        let all = Activity::ALL.iter().filter(move |activity| activity.service() == service);
        all.map(|activity| activity.name()).collect::<Vec<_>>()
    };
    assert_eq!(
        of(ActivityService::PasswordManagement),
        [
            "Self-service password reset policy changes",
            "Blocked from self-service password reset",
            "Change password (self-service)",
            "Reset password (by admin)",
            "Reset password (self-service)",
            "Self-service password reset flow activity progress",
            "Unlock user account (self-service)",
            "User registered for self-service password reset",
            "Enable password writeback for directory",
            "Disable password writeback for directory",
        ]
    );
    assert_eq!(
        of(ActivityService::AuthenticationMethods),
        [
            "User registered all required security info",
            "User registered security info",
            "User reviewed security info",
            "User deleted security info",
            "User changed default security info",
        ]
    );
    let directory = Some(ActivityCategory::DirectoryManagement);
    for activity in Activity::ALL.iter().copied() {
        let expected = match activity {
            Activity::WritebackEnabled | Activity::WritebackDisabled => directory,
            Activity::PolicyChange => None,
            _ => Some(ActivityCategory::UserManagement),
        };
        assert_eq!(activity.category(), expected, "{activity}");
    }
}

/// E8.1: a block is a success, since it took effect.
#[test]
fn a_block_is_a_success() {
    let until = Timestamp::EPOCH;
    let pool = crate::domain::account::budget::PoolKind::Anonymous;
    let blocked = EventKind::Blocked { method: MethodKind::Email, pool, until };
    let (activity, status, _) = entry(&blocked);
    assert_eq!((activity, status), (Activity::Blocked, ActivityStatus::Success));
}

/// E8.3: the steps of a flow, in the words that detection queries look for.
#[test]
fn the_steps_of_a_flow_have_the_words_of_the_document() {
    let (activity, status, reason) = entry(&opened(Purpose::Reset, None));
    assert_eq!((activity, status), (Activity::FlowProgress, ActivityStatus::Success));
    assert_eq!(reason, "User started the mobile voice call verification option");
    let proven = EventKind::MethodProven {
        flow: FLOW,
        purpose: Purpose::Reset,
        challenge: ChallengeNumber(1),
        method: MethodKind::AuthenticatorApp,
        channel: Channel::InHand,
        proven: 1,
        required: 1,
    };
    assert_eq!(entry(&proven).2, "User completed the mobile app code verification option");
    let refused = opened(Purpose::Reset, Some(SsprReason::TooFewMethods));
    let too_few = "Insufficient authentication methods".to_owned();
    assert_eq!(failed(&refused), (Activity::FlowProgress, too_few));
    let ended = |purpose, stage, ended| EventKind::FlowEnded { flow: FLOW, purpose, stage, ended };
    let cancelled = ended(Purpose::Unlock, FlowStage::Challenged, FlowEnd::Cancelled);
    let before = "User cancelled before passing the required authentication methods".to_owned();
    assert_eq!(failed(&cancelled), (Activity::FlowProgress, before));
    let left = ended(Purpose::Reset, FlowStage::Granted, FlowEnd::Abandoned);
    assert_eq!(failed(&left).1, "User abandoned before selecting a new password");
}

/// E8.1: a rejected or failed write is a failure of what the flow was for, and an unknown outcome is
/// neither a success nor a failure.
#[test]
fn a_write_that_fails_is_a_failure_of_what_the_flow_was_for() {
    let goals = [
        (Purpose::Reset, Activity::SelfServiceReset),
        (Purpose::Change, Activity::SelfServiceChange),
        (Purpose::Unlock, Activity::SelfServiceUnlock),
    ];
    for (purpose, activity) in goals {
        for by in [RejectedBy::Rules, RejectedBy::Directory] {
            let (flow, reasons) = (FLOW, Vec::new());
            let rejected = EventKind::PasswordRejected { flow, purpose, by, reasons, detail: None };
            let reason = "FuzzyPolicyViolationInvalidPassword".to_owned();
            assert_eq!(failed(&rejected), (activity, reason));
        }
        let (flow, write) = (FLOW, WriteNumber(1));
        let unknown = EventKind::DirectoryWriteUnsettled { flow, purpose, write };
        assert_eq!(entry(&unknown).1, ActivityStatus::Timeout);
    }
}

/// E8.1: a switch of writeback is logged beside the change of the policy that switches it.
#[test]
fn a_switch_of_writeback_is_an_activity_of_its_own() {
    let change = |after: &str| {
        let text = format!(
            r#"{{"settings":[{{"setting":"on_premises.writeback","before":"x","after":"{after}"}}]}}"#
        );
        let changes = serde_json::from_str(&text).expect("changes");
        let kind = EventKind::PolicyChanged { revision: 2, changes };
        kind.activities().iter().map(|entry| entry.activity).collect::<Vec<_>>()
    };
    assert_eq!(change("true"), [Activity::PolicyChange, Activity::WritebackEnabled]);
    assert_eq!(change("false"), [Activity::PolicyChange, Activity::WritebackDisabled]);
}

/// E8.3: the events of a flow have one correlation id, and two flows have two.
#[test]
fn the_events_of_a_flow_have_one_correlation_id() {
    let event = |record: u8, flow: u32| {
        let mut event = event_of(opened(Purpose::Reset, None));
        event.id.record = RecordKey::from_bytes([record; 32]);
        if let EventKind::ChallengeOpened { flow: number, .. } = &mut event.kind {
            *number = FlowNumber(flow);
        }
        event.correlation().expect("of a flow")
    };
    assert_eq!(event(1, 1), event(1, 1));
    assert_ne!(event(1, 1), event(1, 2));
    assert_ne!(event(1, 1), event(2, 1));
    let text = event(1, 1).to_string();
    let form: Vec<usize> = text.split('-').map(str::len).collect();
    assert_eq!(form, [8, 4, 4, 4, 12], "{text}");
    assert_eq!(&text[14..15], "8", "version 8");
    let without = every_kind().into_iter().filter(|kind| kind.flow().is_none());
    assert!(without.count() > 20);
}

/// R-163: a name with the separators of the vocabulary is one argument.
#[test]
fn a_name_with_separators_is_one_argument() {
    let mut event = event_of(EventKind::Unblocked {});
    event.actor = ActorKind::Administrator("a,b:c\nauthn_password_change:d%".to_owned());
    let line = event.log_line().expect("a term");
    assert_eq!(line, "authz_admin:a%2Cb%3Ac%0Aauthn_password_change%3Ad%25,unblocked");
}

/// R-163: every term is used, at the level of the vocabulary.
#[test]
fn every_term_of_the_vocabulary_is_used() {
    let mut kinds = every_kind();
    kinds.push(opened(Purpose::Reset, None));
    let (flow, purpose, by) = (FLOW, Purpose::Reset, RejectedBy::Directory);
    let reasons = Vec::new();
    kinds.push(EventKind::PasswordRejected { flow, purpose, by, reasons, detail: None });
    for term in LogTerm::ALL.iter().copied() {
        assert!(kinds.iter().any(|kind| kind.log_term() == Some(term)), "{term:?}");
    }
    assert_eq!(LogTerm::PasswordChangeFail.level(), LogLevel::Critical);
    assert_eq!(LogTerm::PasswordChange.level(), LogLevel::Info);
    assert_eq!(LogTerm::LoginLock.level(), LogLevel::Warn);
}
