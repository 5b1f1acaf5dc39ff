use super::*;
use crate::domain::account::budget::PoolKind;
use crate::domain::account::{ChallengeNumber, FlowNumber, MessageNumber, Purpose, WriteNumber};
use crate::domain::identity::contact::NumberPrefix;
use crate::domain::identity::ids::MethodId;
use crate::domain::method::{Channel, MethodKind};
use crate::domain::policy::{PolicyChanges, PolicySettings, ThrottledAct};
use crate::domain::reason::{FlowStage, SsprReason};

/// One event of each kind, with every field that it can have.
pub(crate) fn every_kind() -> Vec<EventKind> {
    let method = MethodKind::Email;
    let id = MethodId::parse("m1").expect("valid");
    let at = Timestamp::from_unix_seconds(1_800_000_000);
    let (flow, challenge) = (FlowNumber(1), ChallengeNumber(2));
    let (write, message) = (WriteNumber(3), MessageNumber(4));
    let kind = || "notice.password_reset".to_owned();
    let prefix = || NumberPrefix::parse("+88216").expect("valid");
    let purpose = Purpose::Reset;
    let mut switched = PolicySettings::default();
    switched.on_premises.writeback ^= true;
    let changes = PolicyChanges::between(&PolicySettings::default(), &switched);
    vec![
        EventKind::ChallengeOpened {
            flow,
            purpose,
            begins: true,
            method,
            channel: Channel::Email,
            suppressed: Some(SsprReason::Blocked),
        },
        EventKind::NumberCounted { method },
        EventKind::SecretCounted { method },
        EventKind::ChangeStarted { flow },
        EventKind::AttemptCounted { flow, challenge, method, left: 4 },
        EventKind::MethodProven {
            flow,
            purpose,
            challenge,
            method,
            channel: Channel::Email,
            proven: 1,
            required: 2,
        },
        EventKind::OathStepUsed { method, id: id.clone(), step: 58_000_000 },
        EventKind::RecoveryCodeUsed { id: id.clone(), left: 9 },
        EventKind::LinkRedeemedElsewhere { flow },
        EventKind::ProofRepeated { flow, method },
        EventKind::Blocked { method, pool: PoolKind::Anonymous, until: at },
        EventKind::Throttled {
            lock: ThrottleLock {
                act: ThrottledAct::MailSent,
                method: None,
                pool: PoolKind::Anonymous,
                until: at,
            },
        },
        EventKind::MethodClosed { method },
        EventKind::AttemptRefunded { method, pool: PoolKind::Anonymous },
        EventKind::ChallengesSpent {
            pool: PoolKind::Anonymous,
            sent: true,
            by_one_source: true,
            until: at,
        },
        EventKind::MethodDisabled { method },
        EventKind::LimitSpent { limit: "tenant".to_owned() },
        EventKind::PasswordRejected {
            flow,
            purpose,
            by: RejectedBy::Rules,
            reasons: vec!["too_short".to_owned()],
            detail: None,
        },
        EventKind::DirectoryWriteStarted { flow, write },
        EventKind::DirectoryWriteFailed {
            flow,
            purpose,
            write,
            reason: SsprReason::DirectoryUnreachable,
            detail: Some("33004".to_owned()),
        },
        EventKind::DirectoryWriteUnsettled { flow, purpose, write },
        EventKind::PasswordReset { flow, write, methods: vec![method], propagated: true },
        EventKind::PasswordChanged { flow, write, propagated: true },
        EventKind::TemporaryPasswordSet { flow, write, propagated: true },
        EventKind::Repudiated { since: at, methods: 1, write },
        EventKind::AccountUnlocked { flow, write, methods: vec![method], propagated: true },
        EventKind::SessionsRevoked { write },
        EventKind::SessionsKept { write },
        EventKind::FlowEnded {
            flow,
            purpose,
            stage: FlowStage::Granted,
            ended: FlowEnd::Abandoned,
        },
        EventKind::MethodAdded { method, id: id.clone() },
        EventKind::MethodConfirmed { method, id: id.clone() },
        EventKind::MethodRemoved { method, id: id.clone() },
        EventKind::MethodReplaced { method, id: id.clone(), replaced: id.clone() },
        EventKind::DefaultMethodChanged { method, id: id.clone() },
        EventKind::RecoveryCodeReplaced { id },
        EventKind::RegistrationConfirmed {},
        EventKind::RegistrationSkipped {},
        EventKind::DeviceRemembered { devices: 1 },
        EventKind::HelpRequested {},
        EventKind::MethodsRevoked { count: 2 },
        EventKind::FlowsRevoked { count: 1 },
        EventKind::RegistrationRequired {},
        EventKind::ResetRequested { link: true },
        EventKind::Invited {},
        EventKind::InvitationRevoked { count: 1 },
        EventKind::AccountForgotten {},
        EventKind::RegistrationCompleted {},
        EventKind::ContactsSupplied { count: 1 },
        EventKind::Unblocked {},
        EventKind::IncarnationConfirmed {},
        EventKind::ActRefused { act: AdminAct::InitiateReset, cause: ActRefusal::Roles },
        EventKind::SeedsResealed { count: 2 },
        EventKind::PolicyChanged { revision: 1, changes },
        EventKind::MessageDelivered { message, kind: kind(), channel: Channel::Sms },
        EventKind::MessageDelayed { message, kind: kind(), channel: Channel::Sms },
        EventKind::MessageFolded {
            message,
            kind: kind(),
            channel: Channel::Sms,
            into: Some(MessageNumber(9)),
        },
        EventKind::MessageWithheld { message, kind: kind(), channel: Channel::Sms },
        EventKind::MessageStopped {
            message,
            kind: kind(),
            channel: Channel::Sms,
            by: StoppedBy::Breaker,
        },
        EventKind::BreakerOpened { prefix: prefix(), ended: 50, verified: 3, until: at },
        EventKind::BreakerClosed { prefix: prefix() },
        EventKind::MessageFailed { message, kind: kind(), channel: Channel::Sms, expired: true },
    ]
}

/// An event of this kind.
pub(super) fn event(kind: EventKind) -> Event {
    Event {
        id: EventId::new(RecordKey::from_bytes([1; 32]), 7, 0),
        format: Event::FORMAT,
        tenant: TenantId::parse("contoso").expect("valid"),
        user: UserId::parse("u-1").ok(),
        actor: ActorKind::Administrator("root".to_owned()),
        at: Timestamp::from_unix_seconds(1_800_000_000),
        source: Some("203.0.113.7".to_owned()),
        kind,
        chain: None,
        text: None,
    }
}

#[test]
pub(crate) fn every_kind_of_event_comes_back_as_it_was() {
    let kinds = every_kind();
    let codes: Vec<&str> = kinds.iter().map(EventKind::code).collect();
    assert_eq!(codes, EventKind::CODES, "one of each, in order");
    for kind in kinds {
        let event = event(kind);
        assert_eq!(Event::decode(&event.encode()).as_ref(), Ok(&event), "{}", event.encode());
    }
}

/// An event of this release with a change that a newer release could make.
fn newer(change: impl FnOnce(&mut serde_json::Map<String, serde_json::Value>)) -> String {
    let text = event(EventKind::MethodDisabled { method: MethodKind::Email }).encode();
    let mut fields = serde_json::from_str(&text).expect("an object");
    change(&mut fields);
    // Spaces, so that only the kept text comes back byte for byte.
    serde_json::to_string_pretty(&fields).expect("plain data")
}

#[test]
fn a_kind_of_a_newer_release_is_read_and_comes_back_byte_for_byte() {
    let text = newer(|fields| {
        fields.insert("code".into(), "badge_shown".into());
        fields.insert("door".into(), serde_json::json!({"z": 1.50, "a": [null]}));
    });
    let read = Event::decode(&text).expect("readable");
    assert_eq!(read.code(), "badge_shown");
    let EventKind::Other(other) = &read.kind else { panic!("{read:?}") };
    assert_eq!(other.fields(), r#"{"door":{"a":[null],"z":1.5},"method":"email"}"#);
    assert_eq!(read.encode(), text);
    assert_eq!(Event::decode(&read.encode()), Ok(read));
}

#[test]
fn fields_of_a_newer_release_are_kept_beside_a_known_kind() {
    let text = newer(|fields| {
        fields.insert("device".into(), 7.into());
        fields.insert("format".into(), 2.into());
    });
    let mut read = Event::decode(&text).expect("readable");
    assert_eq!(read.kind, EventKind::MethodDisabled { method: MethodKind::Email });
    assert_eq!(read.encode(), text);
    // A field that was changed after reading is encoded with the change.
    read.source = None;
    assert!(!read.encode().contains("203.0.113.7"));
}

#[test]
fn a_known_kind_with_other_fields_is_readable_only_of_a_newer_format() {
    for (format, readable) in [(1, false), (2, true)] {
        let text = newer(|fields| {
            fields.insert("method".into(), "of_a_newer_release".into());
            fields.insert("format".into(), format.into());
        });
        let read = Event::decode(&text);
        assert_eq!(read.is_ok(), readable, "{read:?}");
        assert!(read.is_err() || read.is_ok_and(|read| matches!(read.kind, EventKind::Other(_))));
    }
}

#[test]
fn a_text_that_is_no_event_is_not_read_as_one_of_a_newer_release() {
    for field in ["code", "id", "tenant", "actor", "at", "format"] {
        let without = newer(|fields| drop(fields.remove(field)));
        assert!(Event::decode(&without).is_err(), "without {field}");
        let damaged = newer(|fields| drop(fields.insert(field.into(), serde_json::json!([1]))));
        assert!(Event::decode(&damaged).is_err(), "{field}");
    }
}
