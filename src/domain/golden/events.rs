//! Golden events: one line for each kind, and for each variant of its fields.

use super::{at, golden, key, same, tenant, user};
use crate::domain::account::budget::PoolKind;
use crate::domain::account::{FlowNumber, MessageNumber, Purpose};
use crate::domain::event::tests::every_kind;
use crate::domain::event::{
    ActRefusal, ActorKind, AdminAct, Event, EventId, EventKind, FlowEnd, RejectedBy, ThrottleLock,
};
use crate::domain::method::{Channel, MethodKind};
use crate::domain::policy::ThrottledAct;
use crate::domain::reason::{FlowStage, SsprReason};
use crate::domain::trail::Link;

const STAGES: [FlowStage; 4] =
    [FlowStage::Challenged, FlowStage::PartlyProven, FlowStage::Granted, FlowStage::Writing];

/// Every kind, and every variant of its fields.
fn kinds() -> Vec<EventKind> {
    let mut kinds = every_kind();
    let ends =
        [FlowEnd::Abandoned, FlowEnd::Superseded, FlowEnd::TooManyRejections, FlowEnd::Cancelled];
    for (ended, stage) in ends.into_iter().zip(STAGES) {
        let (flow, purpose) = (FlowNumber(1), Purpose::Unlock);
        kinds.push(EventKind::FlowEnded { flow, purpose, stage, ended });
    }
    for by in [RejectedBy::Rules, RejectedBy::BreachList, RejectedBy::Directory] {
        kinds.push(EventKind::PasswordRejected {
            flow: FlowNumber(1),
            purpose: Purpose::Change,
            by,
            reasons: Vec::new(),
            detail: None,
        });
    }
    for reason in SsprReason::ALL.iter().copied() {
        let (method, channel) = (MethodKind::MobilePhone, Channel::Voice);
        kinds.push(EventKind::ChallengeOpened {
            flow: FlowNumber(1),
            purpose: Purpose::Reset,
            begins: true,
            method,
            channel,
            suppressed: Some(reason),
        });
    }
    kinds.push(EventKind::ChallengeOpened {
        flow: FlowNumber(1),
        purpose: Purpose::Register,
        begins: false,
        method: MethodKind::Email,
        channel: Channel::Link,
        suppressed: None,
    });
    let (message, kind, channel) = (7, "notice.help_requested".to_owned(), Channel::Email);
    kinds.push(EventKind::MessageFolded {
        message: MessageNumber(message),
        kind,
        channel,
        into: None,
    });
    for act in AdminAct::ALL {
        kinds.push(EventKind::ActRefused { act, cause: ActRefusal::OwnAccount });
    }
    for act in ThrottledAct::ALL {
        let (method, pool) = (Some(MethodKind::Email), PoolKind::Proven);
        let lock = ThrottleLock { act, method, pool, until: at(0) };
        kinds.push(EventKind::Throttled { lock });
    }
    for method in MethodKind::ALL.into_iter().chain([MethodKind::Password]) {
        kinds.push(EventKind::MethodDisabled { method });
    }
    kinds
}

pub(super) fn events() -> Vec<Event> {
    let actors = [
        ActorKind::Anonymous,
        ActorKind::User,
        ActorKind::Administrator("root@contoso.example".to_owned()),
        ActorKind::Engine,
    ];
    let numbered = (0_u16..).zip(kinds()).zip(actors.into_iter().cycle());
    let event = |((index, kind), actor)| Event {
        format: Event::FORMAT,
        id: EventId::new(key(), 1_800_000_000_000, index),
        tenant: tenant(),
        user: (index % 2 == 0).then(user),
        actor,
        at: at(i64::from(index)),
        source: (index % 3 == 0).then(|| "203.0.113.7".to_owned()),
        kind,
        chain: (index == 0).then(link),
        text: None,
    };
    numbered.map(event).collect()
}

/// The link of an event.
fn link() -> Link {
    let text = "1800000000000.12.1799999999000.00f1e2d3c4b5a696.00f1e2d3c4b5a697.0.00112233445566778899aabbccddeeff";
    serde_json::from_value(text.into()).expect("valid")
}

/// Inv. 19: this release writes events as the first one did.
#[test]
fn events_are_written_as_they_always_were() {
    let lines: Vec<_> = events().iter().map(Event::encode).collect();
    same("events_v1.jsonl", &lines.join("\n"));
}

/// Inv. 19: events of every release are read whole, and are written back byte for byte.
#[test]
fn events_of_every_version_are_read_whole() {
    for line in golden("events_v1.jsonl").lines() {
        let event = Event::decode(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(!matches!(event.kind, EventKind::Other(_)), "{line}");
        assert_eq!(event.encode(), line);
        assert!(event.text.is_none(), "a field is not read: {line}");
    }
}
