use super::*;
use crate::facts::{Destination, EmailAddress, PhoneNumber};
use crate::message::{CodeMessage, CodePurpose, LinkMessage, Locale, Notice};
use crate::{MethodKind, SecretText, TenantId, Timestamp};

mod html;
mod notices;
mod sms;

const AT: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);
const CHANNELS: [Channel; 3] = Channel::ALL;
const PURPOSES: [CodePurpose; 3] = [CodePurpose::Reset, CodePurpose::Register, CodePurpose::Unlock];
const CODE: &str = "48213907";
const URL: &str = "https://id.contoso.example/reset?t=contoso&link=VGhpcyBpcyB0aGUgc2VjcmV0IG9m";

fn code(purpose: CodePurpose) -> Message {
    Message::Code(CodeMessage::new(purpose, SecretText::from(CODE), AT))
}

fn link(purpose: CodePurpose, by_administrator: bool) -> Message {
    let mut link = LinkMessage::new(purpose, SecretText::from(URL), AT);
    link.by_administrator = by_administrator;
    Message::Link(link)
}

/// Every notice, with this time.
pub(crate) fn notices(at: Timestamp) -> Vec<Notice> {
    let mut notices = vec![
        Notice::PasswordReset { at },
        Notice::PasswordMayHaveChanged { at },
        Notice::PasswordChanged { at },
        Notice::AccountUnlocked { at },
        Notice::AccountMayHaveBeenUnlocked { at },
        Notice::MethodsRevoked { at },
        Notice::Unblocked { at },
        Notice::RegistrationRequired { at },
        Notice::ResetRequested { at },
        Notice::ContactsChanged { at },
        Notice::AdministratorMayHaveReset { at },
        Notice::AdministratorReset { at },
        Notice::HelpRequested { at },
        Notice::OwnerRepudiated { at },
        Notice::TemporaryPassword { at },
        Notice::Repudiated { methods: 3, at },
        Notice::HelpRequests { count: 286, since: at, at },
        Notice::SeveralChanges { count: 2, password: false, since: at, at },
        Notice::SeveralChanges { count: 97, password: true, since: at, at },
    ];
    for left in [0, 1, 2, 15, 255] {
        notices.push(Notice::RecoveryCodeUsed { left, at });
    }
    for method in MethodKind::ALL {
        notices.push(Notice::MethodAdded { method, at });
        notices.push(Notice::MethodRemoved { method, at });
        notices.push(Notice::MethodReplaced { method, at });
        notices.push(Notice::ManyFailures { method, at });
    }
    // A change counts wrong passwords.
    notices.push(Notice::ManyFailures { method: MethodKind::Password, at });
    notices
}

/// Every message that all channels carry.
fn messages() -> Vec<Message> {
    let notices = notices(AT).into_iter().map(Message::Notice);
    PURPOSES.map(code).into_iter().chain(notices).collect()
}

/// Every message that mail carries.
fn mails() -> Vec<Message> {
    let links =
        PURPOSES.into_iter().flat_map(|purpose| [link(purpose, false), link(purpose, true)]);
    messages().into_iter().chain(links).collect()
}

fn envelope(organisation: &str, channel: Channel, message: Message) -> Envelope {
    let destination = match channel {
        Channel::Email => {
            Destination::Email(EmailAddress::parse("ada@lace.example").expect("mail"))
        }
        _ => Destination::Phone(PhoneNumber::parse("+4915112345678").expect("phone")),
    };
    Envelope::new(
        "ab".repeat(32),
        TenantId::parse("tenant-7").expect("tenant id"),
        organisation.to_owned(),
        channel,
        destination,
        Locale::default(),
        message,
        AT,
    )
}

fn rendered(
    renderer: &impl Renderer,
    organisation: &str,
    channel: Channel,
    message: Message,
) -> Rendered {
    let words = renderer.render(&envelope(organisation, channel, message));
    let shown = format!("{words:?}");
    assert!(!shown.contains(CODE) && !shown.contains("://"), "Debug redacts: {shown}");
    words
}

fn render(organisation: &str, channel: Channel, message: Message) -> (String, String) {
    let words = rendered(&EnglishText, organisation, channel, message);
    (words.subject, words.text.expose_secret().to_owned())
}

/// A text on one line.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_message_has_words_in_every_channel_and_names_the_organisation() {
    for channel in CHANNELS {
        let all = if channel == Channel::Email { mails() } else { messages() };
        for message in all {
            let id = message.id();
            let (subject, text) = render("Contoso", channel, message);
            assert!(subject.starts_with("Contoso: "), "{id} {channel}: {subject}");
            assert!(text.contains("Contoso"), "{id} {channel}: {text}");
            assert!(!subject.contains(CODE) && !subject.contains("://"), "{id} {channel}");
            assert!(!subject.contains('\n') && !text.ends_with('\n'), "{id} {channel}");
            let advice = ["did not", "ot you", "Unexpected", "Unsure", "not proven"];
            let text = flat(&text);
            assert!(advice.iter().any(|part| text.contains(part)), "{id} {channel}: {text}");
        }
    }
}

#[test]
fn a_code_comes_with_its_expiry_and_a_warning() {
    for purpose in PURPOSES {
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

/// R-219: the text tells who asked, and that opening alone changes nothing.
#[test]
fn a_link_states_who_asked_its_effect_and_that_it_is_secret() {
    for purpose in PURPOSES {
        for by_administrator in [false, true] {
            let (subject, text) =
                render("Contoso", Channel::Email, link(purpose, by_administrator));
            assert!(subject.contains("your link to"), "{subject}");
            assert_eq!(text.lines().filter(|line| line.trim() == URL).count(), 1, "{text}");
            let flat = flat(&text);
            for part in [
                "Opening it alone changes nothing",
                "until 14 November 2023, 22:13 UTC, and only once",
                "Never share this link",
                "without the link nothing changes",
            ] {
                assert!(flat.contains(part), "{part}: {flat}");
            }
            assert_eq!(flat.starts_with("An administrator of Contoso"), by_administrator);
            assert_eq!(flat.starts_with("This link to"), !by_administrator);
        }
    }
}

/// R-218.
#[test]
fn a_call_reads_the_code_twice_in_groups() {
    let (_, text) = render("Contoso", Channel::Voice, code(CodePurpose::Reset));
    assert_eq!(text.matches("4 8 2, 1 3 9, 0 7").count(), 2, "{text}");
    assert!(!text.contains(CODE), "never as one number: {text}");
}

#[test]
fn each_message_has_a_text_of_its_own() {
    for channel in CHANNELS {
        let mut seen = std::collections::HashSet::new();
        let all = if channel == Channel::Email { mails() } else { messages() };
        for message in all {
            let id = message.id();
            let (_, text) = render("Contoso", channel, message);
            assert!(seen.insert(text.clone()), "{id} {channel}: {text}");
        }
    }
}

/// R-214: a text message names the service, but no person.
#[test]
fn no_message_but_a_link_holds_a_link_an_address_or_an_identifier() {
    for channel in CHANNELS {
        for message in messages() {
            let words = rendered(&EnglishText, "Contoso", channel, message);
            let html = words.html.as_ref().map_or("", SecretText::expose_secret);
            for part in [&words.subject, words.text.expose_secret(), html] {
                for foreign in ["http:", "https:", "www", "@", "ada", "+49", "tenant-7", "abab"] {
                    assert!(!part.contains(foreign), "{foreign} in {part}");
                }
            }
            assert!(!words.text.expose_secret().contains(['<', '>']));
        }
    }
}

/// V45.
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
    let paragraphs = |text: &str| text.matches("\n\n").count();
    assert_eq!(paragraphs(&plain), paragraphs(&hostile), "no paragraph was added");
}
