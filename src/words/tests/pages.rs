//! The texts of pages: each value has a text of its own in each language.

use std::collections::BTreeSet;

use super::*;
use crate::error::{CodeLimit, SsprReason};
use crate::message::Locale;
use crate::method::{ChallengeOption, Channel, OptionView, Prompt, Skip};
use crate::password::PasswordFault;
use crate::policy::PasswordDue;
use crate::{MethodKind, Refusal, Step, Timestamp};

const AT: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);
pub(super) const TAGS: [&str; 4] = ["en", "lv", "zh-CN", "zh-TW"];

fn each(check: impl Fn(&str, Phrases<'_>)) {
    let catalogue = Catalogue::new();
    for tag in TAGS {
        check(tag, catalogue.phrases(&Locale::parse(tag).expect(tag)));
    }
}

/// A text that is no key and has no open placeable.
fn is_text(text: &str) -> bool {
    !text.is_empty()
        && !text.contains(['{', '}', '$'])
        && !text.starts_with("reason-")
        && !text.starts_with("refusal-")
        && !text.starts_with("password-")
}

#[test]
fn each_reason_has_cause_remedy_and_advice() {
    each(|tag, phrases| {
        let mut causes = BTreeSet::new();
        for reason in SsprReason::ALL {
            let text = phrases.reason(*reason);
            for part in [&text.cause, &text.user, &text.remedy, &text.advice] {
                assert!(is_text(part), "{tag} {reason:?}: {part}");
            }
            assert!(causes.insert(text.cause.clone()), "{tag}: {} twice", text.cause);
            if tag == "en" {
                assert!(reason.to_string().starts_with(&text.cause), "{reason}");
                assert_eq!(text.advice, reason.advice());
            }
        }
    });
}

fn refusals() -> Vec<Refusal> {
    let retry_at = AT;
    vec![
        Refusal::NotAccepted,
        Refusal::Ended,
        Refusal::TicketReplaced,
        Refusal::AlreadyProven,
        Refusal::NotOffered,
        Refusal::TooOften { retry_at },
        Refusal::TooManyCodes { limit: CodeLimit::Destination, retry_at },
        Refusal::TooManyCodes { limit: CodeLimit::Prefix, retry_at },
        Refusal::MoreProofNeeded,
        Refusal::Busy { retry_at },
        Refusal::HumanCheckRequired,
        Refusal::ReauthenticationRequired,
        Refusal::SecondFactorRequired,
        Refusal::NotAuthorised,
        Refusal::OwnAccount,
        Refusal::Conflict,
        Refusal::NotFound,
        Refusal::LimitReached,
    ]
}

#[test]
fn each_refusal_has_a_sentence_of_its_own() {
    each(|tag, phrases| {
        let mut sentences = BTreeSet::new();
        for refusal in refusals() {
            let text = phrases.refusal(&refusal, ZoneOffset::UTC);
            assert!(is_text(&text), "{tag} {refusal:?}: {text}");
            assert!(text.ends_with(['.', '。']), "{tag}: {text}");
            assert!(sentences.insert(text.clone()), "{tag}: {text} twice");
        }
        for reason in ["too_young", "history", "complexity", "length", "filter", "breached", "new"]
        {
            let text = phrases
                .refusal(&Refusal::DirectoryPassword { reason, retry_at: None }, ZoneOffset::UTC);
            assert!(is_text(&text), "{tag} {reason}: {text}");
        }
    });
}

#[test]
fn each_fault_of_a_password_has_a_text_and_a_hint() {
    let faults = [
        PasswordFault::TooShort { min: 15 },
        PasswordFault::TooLong { max: 256 },
        PasswordFault::Control,
        PasswordFault::Unassigned,
        PasswordFault::NotAscii,
        PasswordFault::NeedsClasses { required: 3, found: 1 },
        PasswordFault::TooManyBytes { max: 72 },
        PasswordFault::Guessable { points: 3, required: 5 },
        PasswordFault::TooWeak { score: 2, required: 3 },
        PasswordFault::Common,
        PasswordFault::BannedWord,
        PasswordFault::ContextWord,
    ];
    each(|tag, phrases| {
        for fault in &faults {
            let (text, hint) = phrases.password(fault);
            assert!(is_text(&text) && is_text(&hint), "{tag} {fault:?}: {text} {hint}");
        }
        let mut guide =
            crate::password::PasswordGuide::from(&crate::password::PasswordRules::default());
        assert_eq!(phrases.guide(&guide).len(), 2);
        (guide.required_classes, guide.ascii_only) = (3, true);
        assert_eq!(phrases.guide(&guide).len(), 4);
        guide.min_score = 3;
        assert_eq!(phrases.guide(&guide).len(), 5);
    });
}

#[test]
fn each_option_step_and_prompt_has_a_text() {
    each(|tag, phrases| {
        let mut labels = BTreeSet::new();
        for method in MethodKind::ALL {
            for channel in
                [Channel::Email, Channel::Link, Channel::Sms, Channel::Voice, Channel::InHand]
            {
                let Ok(option) = ChallengeOption::new(method, channel) else { continue };
                let view = |masked: Option<&str>| -> OptionView {
                    let json = serde_json::json!({
                        "option": option.to_string(), "masked": masked, "typed_number": false,
                    });
                    serde_json::from_value(json).expect("an option")
                };
                let label = phrases.option(&view(None));
                assert!(is_text(&label) && labels.insert(label.clone()), "{tag} {option}: {label}");
                let masked = phrases.option(&view(Some("a***@b.example")));
                assert!(
                    masked.starts_with(&label) && masked.contains("a***@b.example"),
                    "{masked}"
                );
            }
        }
        for step in [
            Step::Done { propagated: true },
            Step::Done { propagated: false },
            Step::Choose { options: vec![] },
        ] {
            let page = phrases.step(&step);
            assert!(is_text(&page.title) && is_text(&page.hint), "{tag} {page:?}");
        }
        for ask in
            [Prompt::ChangePassword, Prompt::Register, Prompt::Reconfirm, Prompt::NothingOffered]
        {
            let prompt = serde_json::json!({"ask": ask, "skip": Skip::Until { at: AT }, "plan": null, "password": PasswordDue::Nothing});
            let prompt = serde_json::from_value(prompt).expect("a prompt");
            let page = phrases.prompt(&prompt, ZoneOffset::UTC).expect("asked");
            assert!(is_text(&page.title) && is_text(&page.hint), "{tag} {page:?}");
            assert!(page.note.is_some_and(|note| note.contains("22:13")), "{tag}");
        }
    });
}

/// E1.5.11: 35 questions, each in four languages, and a custom one as it is.
#[test]
fn each_topic_has_a_question_in_each_language() {
    let catalogue = Catalogue::new();
    for tag in ["en", "lv", "zh-CN", "zh-TW"] {
        let phrases = catalogue.phrases(&Locale::parse(tag).expect("a tag"));
        let texts: BTreeSet<String> = crate::method::QuestionTopic::ALL
            .into_iter()
            .map(|topic| phrases.topic(topic))
            .collect();
        assert_eq!(texts.len(), 35, "{tag}");
        assert!(texts.iter().all(|text| text.ends_with(['?', '？'])), "{tag}");
    }
}
