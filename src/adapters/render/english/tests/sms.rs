//! The texts of text messages.

use super::*;
use crate::adapters::render::origin::tests::parse_message;
use crate::adapters::render::sms::{SmsEncoding, segments};

const STRONG: &str = "BCDFGHJKLMNP";

fn coded(purpose: CodePurpose, code: &str) -> Message {
    Message::Code(CodeMessage::new(purpose, SecretText::from(code), AT))
}

/// A host of this length.
fn host(length: usize) -> String {
    let tail = ".example";
    let head = "a".repeat(length - tail.len());
    let labels: Vec<&str> = head
        .as_bytes()
        .chunks(20)
        .map(|label| std::str::from_utf8(label).expect("ascii"))
        .collect();
    let long = format!("{}{tail}", labels.join("."));
    // The dots add length: cut as many letters, without leaving a leading dot.
    let host = long[long.len() - length..].trim_start_matches('.').to_owned();
    format!("{}{host}", "a".repeat(length - host.len()))
}

fn text(renderer: &impl Renderer, name: &str, message: Message) -> String {
    rendered(renderer, name, Channel::Sms, message).text.expose_secret().to_owned()
}

const NAMES: [&str; 5] = [
    "Contoso",
    "Škoda Łódź",
    "An Organisation With A Name That Does Not End",
    "ÄÖÜ ßäö üéè Ñ& 24 Zeichen",
    "{~}[~]{~}[~]{~}[~]{~}[~] a",
];

/// the service is named, and every message costs one part.
#[test]
fn a_text_message_is_one_part() {
    for name in NAMES {
        for message in messages() {
            let id = message.id();
            let text = text(&EnglishText, name, message);
            let size = segments(&text);
            assert_eq!((size.encoding, size.segments), (SmsEncoding::Gsm7, 1), "{id} {text}");
        }
    }
}

/// for all purposes and lengths of codes and hosts of up to 64
/// characters, the message is one part and browsers can read it.
#[test]
fn a_code_bound_to_a_site_is_one_part_and_is_read_by_a_browser() {
    for name in NAMES {
        for purpose in PURPOSES {
            for length in 6..=12 {
                for code in [&"482139071234"[..length], &STRONG[..length]] {
                    for letters in [9, 16, 30, 45, 55, 63, 64] {
                        let host = host(letters);
                        assert_eq!(host.len(), letters);
                        let origin = SmsOrigin::parse(&host).expect("a host");
                        let english = EnglishText.with_origin(origin);
                        let text = text(&english, name, coded(purpose, code));
                        let size = segments(&text);
                        assert_eq!(size.segments, 1, "{size:?} {text}");
                        assert_eq!(size.encoding, SmsEncoding::Gsm7, "{text}");
                        assert_eq!(parse_message(&text), Some((host, None, code.to_owned())));
                        let (human, _) = text.rsplit_once('\n').expect("a line of its own");
                        assert!(human.contains(code) && human.contains("Never share"), "{text}");
                        assert!(human.contains("Not you?"), "{text}");
                    }
                }
            }
        }
    }
}

/// the hosts of page and frame together have at most 64 characters.
#[test]
fn a_frame_within_the_page_is_named_as_well() {
    let origin = SmsOrigin::parse(&host(32)).and_then(|origin| origin.with_embedded(&host(32)));
    let english = EnglishText.with_origin(origin.expect("two hosts"));
    for purpose in PURPOSES {
        let text = text(&english, NAMES[2], coded(purpose, "482139071234"));
        assert_eq!(segments(&text).segments, 1, "{text}");
        let parsed = Some((host(32), Some(host(32)), "482139071234".to_owned()));
        assert_eq!(parse_message(&text), parsed);
    }
}

#[test]
fn the_wording_is_shortened_before_the_line() {
    let short = EnglishText.with_origin(SmsOrigin::parse("id.contoso.example").expect("a host"));
    assert_eq!(
        text(&short, "Contoso", coded(CodePurpose::Reset, "482139")),
        "Contoso: 482139 is your code to reset your password, valid until 22:13 UTC. Never share \
         it. Not you? Ignore this.\n\n@id.contoso.example #482139"
    );
    let long = EnglishText.with_origin(SmsOrigin::parse(&host(60)).expect("a host"));
    let expected = format!(
        "Contoso: 482139071234 to reset password. Never share. Not you? Ignore.\n\n@{} #482139071234",
        host(60)
    );
    assert_eq!(text(&long, "Contoso", coded(CodePurpose::Reset, "482139071234")), expected);
    // A host that leaves no room: two parts, with the line still whole.
    let host = host(170);
    let huge = EnglishText.with_origin(SmsOrigin::parse(&host).expect("a host"));
    let text = text(&huge, "Contoso", coded(CodePurpose::Reset, "482139"));
    assert_eq!(segments(&text).segments, 2);
    assert_eq!(parse_message(&text), Some((host, None, "482139".to_owned())));
    assert!(
        text.contains("is your code to reset your password"),
        "the fullest wording of two parts"
    );
}

/// a notice, a call and a mail have no such line.
#[test]
fn only_a_text_message_with_a_code_has_the_line() {
    let english = EnglishText.with_origin(SmsOrigin::parse("contoso.example").expect("a host"));
    for channel in CHANNELS {
        for message in messages() {
            let coded = matches!(message, Message::Code(_)) && channel == Channel::Sms;
            let words = rendered(&english, "Contoso", channel, message);
            let text = words.text.expose_secret();
            assert_eq!(parse_message(text).is_some(), coded, "{text}");
            assert_eq!(text.contains('@'), coded, "{text}");
        }
    }
}

#[test]
fn another_script_keeps_its_letters_in_as_few_parts_as_possible() {
    let words = text(&EnglishText, "株式会社", coded(CodePurpose::Reset, "482139"));
    assert!(words.starts_with("株式会社: ") && words.contains("482139"), "{words}");
    let size = segments(&words);
    assert_eq!((size.encoding, size.segments), (SmsEncoding::Ucs2, 1), "{words}");
}
