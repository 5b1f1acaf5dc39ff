use super::*;
use crate::domain::contact::{Destination, EmailAddress, PhoneNumber};
use crate::domain::ids::TenantId;
use crate::domain::message::Locale;

const AT: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);
const CHANNELS: [Channel; 3] = [Channel::Email, Channel::Sms, Channel::Voice];
const CODE: &str = "48213907";

fn code(purpose: CodePurpose) -> Message {
    Message::Code(CodeMessage::new(purpose, SecretText::from(CODE), AT))
}

fn notices() -> Vec<Notice> {
    let mut notices = vec![
        Notice::PasswordReset { at: AT },
        Notice::PasswordMayHaveChanged { at: AT },
        Notice::ContactsChanged { at: AT },
        Notice::AdministratorMayHaveReset { at: AT },
        Notice::AdministratorReset { at: AT },
    ];
    for method in MethodKind::ALL {
        notices.push(Notice::MethodAdded { method, at: AT });
        notices.push(Notice::MethodRemoved { method, at: AT });
        notices.push(Notice::ManyFailures { method, at: AT });
    }
    notices
}

fn messages() -> Vec<Message> {
    let codes = [CodePurpose::Reset, CodePurpose::Register].map(code);
    let notices = notices().into_iter().map(Message::Notice);
    codes.into_iter().chain(notices).collect()
}

fn render(organisation: &str, channel: Channel, message: Message) -> (String, String) {
    let destination = match channel {
        Channel::Email => {
            Destination::Email(EmailAddress::parse("ada@lace.example").expect("mail"))
        }
        _ => Destination::Phone(PhoneNumber::parse("+4915112345678").expect("phone")),
    };
    let envelope = Envelope::new(
        "ab".repeat(32),
        TenantId::parse("tenant-7").expect("tenant id"),
        organisation.to_owned(),
        channel,
        destination,
        Locale::default(),
        message,
        AT,
    );
    let words = EnglishText.render(&envelope);
    assert!(!format!("{words:?}").contains(CODE), "Debug redacts");
    (words.subject, words.text.expose_secret().to_owned())
}

#[test]
fn every_message_has_words_in_every_channel_and_names_the_organisation() {
    for channel in CHANNELS {
        for message in messages() {
            let id = message.id();
            let (subject, text) = render("Contoso", channel, message);
            assert!(subject.starts_with("Contoso: "), "{id} {channel}: {subject}");
            assert!(text.contains("Contoso"), "{id} {channel}: {text}");
            assert!(!subject.contains(CODE) && !subject.contains('\n'), "{id} {channel}");
            let advice = ["did not", "ot you", "Unexpected"];
            assert!(advice.iter().any(|part| text.contains(part)), "{id} {channel}: {text}");
        }
    }
}

#[test]
fn a_code_is_there_with_its_end_and_its_warning() {
    for purpose in [CodePurpose::Reset, CodePurpose::Register] {
        for channel in [Channel::Email, Channel::Sms] {
            let (_, text) = render("Contoso", channel, code(purpose));
            assert_eq!(text.matches(CODE).count(), 1, "{text}");
        }
        for channel in CHANNELS {
            let (_, text) = render("Contoso", channel, code(purpose));
            assert!(text.contains("22:13 UTC"), "{text}");
            assert!(text.contains("Never share"), "{text}");
        }
    }
}

#[test]
fn a_call_reads_the_code_twice_in_groups() {
    let (_, text) = render("Contoso", Channel::Voice, code(CodePurpose::Reset));
    assert_eq!(text.matches("4 8 2, 1 3 9, 0 7").count(), 2, "{text}");
}

#[test]
fn a_text_message_is_one_part() {
    let name = "An Organisation With A Name That Does Not End";
    for message in messages() {
        let (_, text) = render(name, Channel::Sms, message);
        assert!(text.is_ascii() && text.len() <= 160, "{} {text}", text.len());
    }
}

#[test]
fn words_differ_by_what_happened() {
    for channel in CHANNELS {
        let mut seen = std::collections::HashSet::new();
        for message in messages() {
            let id = message.id();
            let (subject, text) = render("Contoso", channel, message);
            assert!(seen.insert(text), "{id} {channel}");
            assert!(!subject.is_empty());
        }
    }
}

#[test]
fn no_message_holds_a_link_an_address_or_an_identifier() {
    for channel in CHANNELS {
        for message in messages() {
            let (subject, text) = render("Contoso", channel, message);
            for part in [subject, text] {
                for foreign in ["http", "www", "://", "@", "ada", "+49", "tenant-7", "abab", "<"] {
                    assert!(!part.contains(foreign), "{foreign} in {part}");
                }
            }
        }
    }
}

#[test]
fn a_hostile_organisation_is_neutralised() {
    let hostile = "Evil\r\nBcc: all@x.example\r\n\r\n<script>https://x.example/\u{202e}";
    for channel in CHANNELS {
        for message in messages() {
            let (subject, text) = render(hostile, channel, message);
            for part in [&subject, &text] {
                for foreign in ["\r", "<", "://", "@", "x.example", "\u{202e}", "Bcc:"] {
                    assert!(!part.contains(foreign), "{foreign:?} in {part}");
                }
            }
            assert!(!subject.contains('\n'));
        }
    }
    let plain = render("Evil", Channel::Email, code(CodePurpose::Reset)).1;
    let hostile = render(hostile, Channel::Email, code(CodePurpose::Reset)).1;
    assert_eq!(plain.lines().count(), hostile.lines().count(), "no line was added");
}
