//! Messages: each language says the same, and a text message stays within its parts.

use std::collections::BTreeSet;

use super::pages::TAGS;
use super::*;
use crate::adapters::render::sms::{SmsEncoding, segments};
use crate::adapters::render::{EnglishText, Rendered, Renderer, SmsOrigin};
use crate::facts::{Destination, EmailAddress, PhoneNumber, TimeZone};
use crate::message::{
    CoarseOrigin, CodeMessage, CodePurpose, CountryCode, DeviceKind, LinkMessage, Locale, Message,
    Notice, SignInNames,
};
use crate::method::Channel;
use crate::port::Envelope;
use crate::{MethodKind, SecretText, TenantId, Timestamp};

const AT: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);
const CODE: &str = "48213907";
const URL: &str = "https://id.contoso.example/reset?t=contoso&link=VGhpcyBpcyB0aGUgc2VjcmV0IG9m";
const PURPOSES: [CodePurpose; 3] = [CodePurpose::Reset, CodePurpose::Register, CodePurpose::Unlock];

fn code(purpose: CodePurpose) -> Message {
    let message = CodeMessage::new(purpose, SecretText::from(CODE), AT);
    Message::Code(message.lasting(std::time::Duration::from_secs(600)))
}

fn links() -> Vec<Message> {
    let link = |(purpose, by_administrator)| {
        let mut link = LinkMessage::new(purpose, SecretText::from(URL), AT);
        link.by_administrator = by_administrator;
        Message::Link(link)
    };
    PURPOSES.into_iter().flat_map(|purpose| [(purpose, false), (purpose, true)]).map(link).collect()
}

fn notices() -> Vec<Notice> {
    crate::adapters::render::english_notices(AT)
}

/// Every message that all channels carry.
fn messages() -> Vec<Message> {
    PURPOSES.map(code).into_iter().chain(notices().into_iter().map(Message::Notice)).collect()
}

fn mails() -> Vec<Message> {
    let names = SignInNames::new(vec!["ada.contoso".to_owned(), "bob".to_owned()]);
    messages().into_iter().chain(links()).chain([Message::SignInNames(names)]).collect()
}

fn envelope(tag: &str, organisation: &str, channel: Channel, message: Message) -> Envelope {
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
        Locale::parse(tag).expect(tag),
        message,
        AT,
    )
}

fn renderer() -> LocalisedText {
    LocalisedText::new(Catalogue::new())
}

fn text(words: &Rendered) -> &str {
    words.text.expose_secret()
}

/// The English file says word for word what [`EnglishText`] says.
#[test]
fn the_english_file_is_the_english_text() {
    let renderer = renderer();
    for channel in Channel::ALL {
        let all = || if channel == Channel::Email { mails() } else { messages() };
        for (message, same) in all().into_iter().zip(all()) {
            let words = renderer.render(&envelope("en", "Contoso", channel, message));
            let expected = EnglishText.render(&envelope("en", "Contoso", channel, same));
            assert_eq!(words.subject, expected.subject);
            assert_eq!(text(&words), text(&expected));
            let html =
                |words: &Rendered| words.html.as_ref().map(|html| html.expose_secret().to_owned());
            assert_eq!(html(&words), html(&expected));
        }
    }
}

#[test]
fn every_message_has_a_text_of_its_own_in_every_language() {
    let renderer = renderer();
    for tag in TAGS {
        for channel in Channel::ALL {
            let mut seen = BTreeSet::new();
            let all = if channel == Channel::Email { mails() } else { messages() };
            for message in all {
                let id = message.id();
                let words = renderer.render(&envelope(tag, "Contoso", channel, message));
                let shown = text(&words);
                assert_eq!(words.language.as_str(), tag);
                assert!(words.subject.starts_with("Contoso"), "{tag} {id}: {}", words.subject);
                assert!(shown.contains("Contoso"), "{tag} {id} {channel}: {shown}");
                assert!(!shown.contains(['{', '}', '$', '\u{2068}']), "{tag} {id}: {shown}");
                assert!(seen.insert(shown.to_owned()), "{tag} {id} {channel}: {shown}");
                assert_eq!(shown.contains("://"), id.starts_with("link."), "{tag} {id}: {shown}");
                if tag != "en" {
                    let english = ["your", "password", "administrator ", "The ", "UTC UTC"];
                    assert!(
                        !english.iter().any(|word| shown.contains(word)),
                        "{tag} {id}: {shown}"
                    );
                }
            }
        }
    }
}

const NAMES: [&str; 6] = [
    "Contoso",
    "Škoda Łódź",
    "An Organisation With A Name That Does Not End",
    "Rīgas Tehniskā universitāte",
    "國立臺灣科技大學資訊管理系所暨研究發展處",
    "{~}[~]{~}[~]{~}[~]{~}[~] a",
];

/// R-216, in every language: at most two parts, and one in English.
#[test]
fn a_text_message_has_two_parts_at_most() {
    let renderer = renderer();
    for tag in TAGS {
        for name in NAMES {
            for message in messages() {
                let id = message.id();
                let words = renderer.render(&envelope(tag, name, Channel::Sms, message));
                let size = segments(text(&words));
                assert!(size.segments <= 2, "{tag} {id}: {size:?} {}", text(&words));
                if tag == "en" && segments(name).encoding == SmsEncoding::Gsm7 {
                    assert_eq!(size.segments, 1, "{id}: {}", text(&words));
                }
            }
        }
    }
}

/// R-210: the line for browsers stays whole, for hosts of up to 46 characters.
#[test]
fn a_code_bound_to_a_site_has_two_parts_at_most() {
    let hosts =
        ["id.contoso.example".to_owned(), format!("{}.{}.example", "a".repeat(32), "b".repeat(5))];
    for host in hosts {
        let brand = Brand {
            sms_origin: Some(SmsOrigin::parse(&host).expect("a host")),
            ..Brand::default()
        };
        let renderer = renderer().with_brands(Brands::new(brand));
        for tag in TAGS {
            for name in NAMES {
                for secret in ["482139", "BCDFGHJKLMNP"] {
                    for purpose in PURPOSES {
                        let message = CodeMessage::new(purpose, SecretText::from(secret), AT);
                        let message = Message::Code(message);
                        let words = renderer.render(&envelope(tag, name, Channel::Sms, message));
                        let shown = text(&words);
                        assert!(shown.ends_with(&format!("\n\n@{host} #{secret}")), "{shown}");
                        assert!(
                            segments(shown).segments <= 2,
                            "{tag} {:?} {shown}",
                            segments(shown)
                        );
                    }
                }
            }
        }
    }
}

/// A brand with every field that mails show, and the time zone of Riga.
fn branded() -> LocalisedText {
    let zones = |zone: &TimeZone, _: Timestamp| match zone.as_str() {
        "Europe/Riga" => ZoneOffset::from_minutes(120),
        _ => None,
    };
    let brand = Brand {
        contact: Some("IT <1234>".to_owned()),
        footer: Some("Contoso SIA".to_owned()),
        sender_name: Some("Contoso IT".to_owned()),
        sender: Some(EmailAddress::parse("it@contoso.example").expect("mail")),
        ..Brand::default()
    };
    renderer().with_brands(Brands::new(brand)).with_time_zones(zones)
}

#[test]
fn facts_of_the_person_and_the_request_are_shown_in_both_parts_of_a_mail() {
    let chinese = "2023 年 11 月 15 日 00:13 UTC+2";
    for (tag, parts) in [
        (
            "en",
            [
                "Hello Ada L,",
                "15 November 2023, 00:13 UTC+2",
                "(Android, Latvia)",
                "Help: IT <1234>",
            ],
        ),
        (
            "lv",
            [
                "Labdien, Ada L!",
                "2023. gada 15. novembrī plkst. 00:13 UTC+2",
                "(Android, Latvija)",
                "Palīdzība: IT <1234>",
            ],
        ),
        ("zh-CN", ["Ada L，您好：", chinese, "（Android、拉脱维亚）", "帮助：IT <1234>"]),
        ("zh-TW", ["Ada L，您好：", chinese, "（Android、拉脫維亞）", "協助：IT <1234>"]),
    ] {
        let mut envelope = envelope(tag, "Contoso", Channel::Email, code(CodePurpose::Reset));
        envelope.display_name = Some("Ada\r\n<L>".to_owned());
        envelope.time_zone = Some(TimeZone::parse("Europe/Riga").expect("a zone"));
        envelope.requested_at = Some(AT);
        let country = CountryCode::parse("LV").expect("a country");
        envelope.origin = Some(CoarseOrigin::new(Some(country), Some(DeviceKind::Android)));
        let words = branded().render(&envelope);
        let html = words.html.as_ref().expect("HTML").expose_secret();
        assert!(html.contains(&format!("<html lang=\"{tag}\" dir=\"ltr\">")), "{html}");
        for part in parts.into_iter().chain(["Contoso SIA"]) {
            let flat = text(&words).split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(flat.contains(part), "{tag} {part}: {flat}");
            assert!(html.contains(&part.replace('<', "&lt;").replace('>', "&gt;")), "{tag} {part}");
        }
        assert_eq!(words.sender_name.as_deref(), Some("Contoso IT"));
        assert!(words.sender.is_some());
    }
}

/// The words of HTML, without its tags, its head and its blanks.
fn words_of(html: &str) -> String {
    let body = html.split_once("<body").expect("a body").1;
    let texts = body.split('<').filter_map(|part| Some(part.split_once('>')?.1));
    let text: String = texts.collect::<Vec<_>>().concat().split_whitespace().collect();
    let plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    plain.replace("&#39;", "'").replace("&#x27;", "'").replace("&amp;", "&")
}

/// Each mail in each language: the HTML has the same words as the text, and follows a dark display.
#[test]
fn both_parts_of_every_mail_have_the_same_words() {
    let renderer = branded();
    for tag in TAGS {
        for message in mails() {
            let id = message.id();
            let mut envelope = envelope(tag, "Contoso & Co", Channel::Email, message);
            (envelope.display_name, envelope.requested_at) = (Some("Ada".to_owned()), Some(AT));
            let words = renderer.render(&envelope);
            let html = words.html.as_ref().expect("HTML").expose_secret();
            let plain: String = text(&words).split_whitespace().collect();
            assert_eq!(words_of(html), plain, "{tag} {id}");
            assert!(html.contains("<meta name=\"color-scheme\" content=\"light dark\">"), "{tag}");
            assert!(!html.contains("color:") && !html.contains("background"), "{tag} {id}: {html}");
        }
    }
}

/// Native conventions: full-width punctuation and 您 in Chinese, the words of each platform, the polite
/// form in Latvian.
#[test]
fn each_language_keeps_its_conventions() {
    let renderer = renderer();
    for (tag, foreign) in [
        ("zh-CN", ["驗證", "使用者", "重設", "密碼", "你", "帐号"].as_slice()),
        ("zh-TW", ["验证", "用户", "重置", "管理员", "你", "帐户"].as_slice()),
        ("lv", ["jūs ", " tu ", "tavs", "passwor", "paroles kods"].as_slice()),
    ] {
        for message in mails() {
            let id = message.id();
            let words = renderer.render(&envelope(tag, "Contoso", Channel::Email, message));
            let all = format!("{}\n{}", words.subject, text(&words));
            for word in foreign {
                assert!(!all.contains(word), "{tag} {id}: {word} in {all}");
            }
            if tag.starts_with("zh") {
                let is_wide = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
                let characters: Vec<char> = all.chars().collect();
                let half = characters.windows(2).find(|pair| {
                    is_wide(pair[0]) && matches!(pair[1], ',' | '.' | ';' | ':' | '!' | '?' | '(')
                });
                assert!(half.is_none(), "{tag} {id}: {half:?} in {all}");
            }
        }
    }
}

#[test]
fn a_notice_counts_in_the_forms_of_its_language() {
    let renderer = renderer();
    let left = |tag: &str, left: u8| {
        let notice = Message::Notice(Notice::RecoveryCodeUsed { left, at: AT });
        text(&renderer.render(&envelope(tag, "Contoso", Channel::Sms, notice))).to_owned()
    };
    for (tag, number, expected) in [
        ("en", 1, "One code is left"),
        ("en", 21, "21 codes are left."),
        ("lv", 0, "Kodu vairs nav"),
        ("lv", 1, "Atlicis viens kods"),
        ("lv", 2, "Atlikuši 2 kodi."),
        ("lv", 11, "Atlikuši 11 kodi."),
        ("lv", 21, "Atlicis 21 kods."),
        ("zh-CN", 7, "还剩 7 个代码。"),
        ("zh-TW", 7, "還剩 7 個代碼。"),
    ] {
        assert!(left(tag, number).contains(expected), "{tag}: {}", left(tag, number));
    }
}

/// V45.
#[test]
fn a_hostile_name_is_neutralised_in_every_language() {
    let hostile = "Evil\r\nBcc: all@x.example\r\n\r\n<script>https://x.example/\u{202e} { $code }";
    let renderer = renderer();
    for tag in TAGS {
        for channel in Channel::ALL {
            for message in messages() {
                let mut envelope = envelope(tag, hostile, channel, message);
                envelope.display_name = Some(hostile.to_owned());
                let words = renderer.render(&envelope);
                for part in [words.subject.as_str(), text(&words)] {
                    for foreign in ["\r", "<", "://", "@", "x.example", "\u{202e}", "Bcc:"] {
                        assert!(!part.contains(foreign), "{tag} {foreign:?} in {part}");
                    }
                }
                assert!(!words.subject.contains('\n'));
            }
        }
    }
}

#[test]
fn a_code_in_letters_is_spelled_in_each_language() {
    let renderer = renderer();
    for (tag, expected) in [
        ("en", "B as in Bravo, C as in Charlie, D as in Delta; F as in Foxtrot"),
        ("lv", "B kā Bravo, C kā Charlie, D kā Delta; F kā Foxtrot"),
        ("zh-CN", "B（Bravo 的 B）, C（Charlie 的 C）"),
    ] {
        let message = CodeMessage::new(CodePurpose::Unlock, SecretText::from("BCDF"), AT);
        let message = Message::Code(message);
        let words = renderer.render(&envelope(tag, "Contoso", Channel::Voice, message));
        assert_eq!(text(&words).matches(expected).count(), 2, "{}", text(&words));
    }
}

/// A kind of method has a name in every language and every notice about it.
#[test]
fn each_kind_of_method_is_named() {
    let renderer = renderer();
    for tag in TAGS {
        let subjects: BTreeSet<String> = MethodKind::ALL
            .into_iter()
            .map(|method| Message::Notice(Notice::MethodAdded { method, at: AT }))
            .map(|notice| {
                renderer.render(&envelope(tag, "Contoso", Channel::Email, notice)).subject
            })
            .collect();
        assert_eq!(subjects.len(), MethodKind::ALL.len(), "{tag}: {subjects:?}");
    }
}

/// Failures of questions are wrong answers, and those of a password no codes. The Chinese texts say of codes that the
/// verification has failed, and of the others what was wrong.
#[test]
fn no_notice_calls_answers_and_passwords_codes() {
    let renderer = renderer();
    let codes = ["code", "kod", "验证失败", "驗證失敗"];
    for tag in TAGS {
        for channel in Channel::ALL {
            let shown = |method| {
                let notice = Message::Notice(Notice::ManyFailures { method, at: AT });
                let words = renderer.render(&envelope(tag, "Contoso", channel, notice));
                format!("{} {}", words.subject, text(&words)).to_lowercase()
            };
            let names_codes = |method| codes.iter().any(|code| shown(method).contains(code));
            assert!(names_codes(MethodKind::MobilePhone), "{tag}");
            for method in [MethodKind::SecurityQuestions, MethodKind::Password] {
                assert!(!names_codes(method), "{tag} {channel}: {}", shown(method));
            }
        }
    }
}
