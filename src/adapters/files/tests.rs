use super::*;
use crate::Timestamp;
use crate::adapters::render::SmsOrigin;
use crate::facts::PhoneNumber;
use crate::message::{CodeMessage, CodePurpose, Locale, Message, Notice};
use crate::port::PortErrorKind;

const AT: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        AT
    }
}

/// A directory for one test, removed when the test ends.
struct TestDirectory(PathBuf);

impl TestDirectory {
    fn new(test: &str) -> Self {
        let name = format!("sspr-test-files-{test}-{}-0", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn delivery(&self) -> FileDelivery {
        FileDelivery::new(&self.0).expect("the directory is created").with_clock(Fixed)
    }
}

impl Drop for TestDirectory {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn envelope(key: &str, organisation: &str, channel: Channel, message: Message) -> Envelope {
    let mail = EmailAddress::parse("ada@contoso.example").expect("mail");
    let phone = PhoneNumber::parse("+4915112345678").expect("phone");
    let destination = match channel {
        Channel::Email => Destination::Email(mail),
        _ => Destination::Phone(phone),
    };
    Envelope::new(
        key.to_owned(),
        TenantId::parse("contoso").expect("tenant id"),
        organisation.to_owned(),
        channel,
        destination,
        Locale::default(),
        message,
        AT,
    )
}

fn code(code: &str) -> Message {
    Message::Code(CodeMessage::new(CodePurpose::Reset, code.into(), AT))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("readable")
}

#[tokio::test]
async fn a_mail_is_written_as_a_complete_eml_file() {
    let directory = TestDirectory::new("mail");
    let delivery = directory.delivery();
    let one = envelope("key-1", "Contoso", Channel::Email, code("48213907"));
    delivery.deliver(&one).await.expect("written");
    let path = delivery.path_of("key-1").expect("up").expect("there");
    assert_eq!(delivery.files().expect("up"), std::slice::from_ref(&path));
    let name = path.file_name().and_then(|name| name.to_str()).expect("name");
    assert!(name.starts_with("000001-email-") && name.ends_with(".eml"), "{name}");

    let text = read(&path);
    assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "line ends are CRLF");
    let (headers, body) = text.split_once("\r\n\r\n").expect("headers and body");
    for header in [
        "From: \"Contoso\" <no-reply@sspr.invalid>",
        "To: <ada@contoso.example>",
        "Subject: Contoso: your code to reset your password",
        "Date: Tue, 14 Nov 2023 22:13:20 +0000",
        "MIME-Version: 1.0",
        "Content-Type: multipart/alternative;",
        "X-SSPR-Message: code.reset",
    ] {
        assert!(headers.lines().any(|line| line == header), "{header} in {headers}");
    }
    assert!(headers.contains("Message-ID: <") && !headers.contains("48213907"));
    let boundary = headers.split_once("boundary=\"").and_then(|(_, rest)| rest.split_once('"'));
    let (boundary, _) = boundary.expect("a boundary");
    let delimiter = format!("--{boundary}\r\n");
    let content = body.strip_suffix(&format!("--{boundary}--\r\n")).expect("the end");
    let parts: Vec<&str> = content.split(&delimiter).collect();
    assert_eq!((parts.len(), parts[0]), (3, ""), "{parts:?}");
    for (part, kind) in parts[1..].iter().zip(["text/plain", "text/html"]) {
        let (headers, content) = part.split_once("\r\n\r\n").expect("headers and content");
        let expected = format!(
            "Content-Type: {kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable"
        );
        assert_eq!(headers, expected);
        assert!(content.contains("48213907") && !content.contains("=_"), "{content}");
        assert!(content.ends_with("\r\n\r\n"), "the boundary owns the last line end");
    }
    assert!(parts[2].contains("<!DOCTYPE html>"));
    assert!(text.lines().all(|line| line.len() <= 78), "{text}");
}

#[tokio::test]
async fn a_renderer_without_html_makes_a_mail_of_text_only() {
    struct Plain;

    impl Renderer for Plain {
        fn render(&self, _envelope: &Envelope) -> crate::adapters::render::Rendered {
            crate::adapters::render::Rendered::new("Words".to_owned(), "only\nwords".into())
        }
    }

    let directory = TestDirectory::new("plain");
    let delivery = directory.delivery().with_renderer(Plain);
    let one = envelope("key-1", "Contoso", Channel::Email, code("48213907"));
    delivery.deliver(&one).await.expect("written");
    let text = read(&delivery.files().expect("up")[0]);
    let (headers, body) = text.split_once("\r\n\r\n").expect("headers and body");
    assert!(headers.contains("\r\nContent-Type: text/plain; charset=utf-8\r\n"), "{headers}");
    assert!(!text.contains("multipart"));
    assert_eq!(body, "only\r\nwords\r\n");
}

#[tokio::test]
async fn a_text_message_is_written_unchanged_after_its_size() {
    let directory = TestDirectory::new("size");
    let origin = SmsOrigin::parse("contoso.example").expect("a host");
    let delivery = directory.delivery().with_renderer(EnglishText.with_origin(origin));
    let one = envelope("key-1", "Contoso", Channel::Sms, code("482139"));
    delivery.deliver(&one).await.expect("written");
    let other = envelope("key-2", "株式会社", Channel::Sms, code("482139"));
    delivery.deliver(&other).await.expect("written");
    let call = envelope("key-3", "Contoso", Channel::Voice, code("482139"));
    delivery.deliver(&call).await.expect("written");
    let files = delivery.files().expect("up");
    let sms = read(&files[0]);
    let (head, text) = sms.split_once("\n\n").expect("head and text");
    let units = text.trim_end_matches('\n').len();
    assert!(head.ends_with(&format!("Size: {units} units of GSM-7 in parts: 1")), "{head}");
    assert!(text.ends_with("\n\n@contoso.example #482139\n"), "{text}");
    assert!(read(&files[1]).contains(" units of UCS-2 in parts: 2\n"), "{}", read(&files[1]));
    assert!(!read(&files[2]).contains("Size:"));
}

#[tokio::test]
async fn the_same_message_replaces_its_file() {
    let directory = TestDirectory::new("again");
    let delivery = directory.delivery();
    for text in ["111111", "222222"] {
        let one = envelope("key-1", "Contoso", Channel::Email, code(text));
        delivery.deliver(&one).await.expect("written");
        let other = envelope("key-2", "Contoso", Channel::Sms, code("333333"));
        delivery.deliver(&other).await.expect("written");
    }
    // A second handle, as after a restart.
    let delivery = directory.delivery();
    let third = envelope("key-3", "Contoso", Channel::Voice, code("444444"));
    delivery.deliver(&third).await.expect("written");
    let one = envelope("key-1", "Contoso", Channel::Email, code("555555"));
    delivery.deliver(&one).await.expect("written");
    let files = delivery.files().expect("up");
    assert_eq!(files.len(), 3);
    assert!(read(&files[0]).contains("555555"));
    let sms = read(&files[1]);
    assert!(sms.contains("To: +4915112345678\n") && sms.contains("333333"), "{sms}");
    let name = files[2].file_name().and_then(|name| name.to_str()).expect("name");
    assert!(name.starts_with("000003-voice-4915112345678-"), "{name}");
    let all = fs::read_dir(&directory.0).expect("readable").count();
    assert_eq!(all, 3, "no temporary file is left");
}

#[tokio::test]
async fn other_files_are_left_alone() {
    let directory = TestDirectory::new("others");
    let delivery = directory.delivery();
    fs::write(directory.0.join("999999-notes.txt"), "mine").expect("written");
    let one = envelope("../../key", "Contoso", Channel::Email, code("111111"));
    delivery.deliver(&one).await.expect("written");
    let files = delivery.files().expect("up");
    assert_eq!(files.len(), 1);
    assert!(files[0].starts_with(&directory.0), "the key is not used as a path");
    assert_eq!(read(&directory.0.join("999999-notes.txt")), "mine");
    assert_eq!(delivery.path_of("key").expect("up"), None);
}

#[tokio::test]
async fn a_hostile_organisation_adds_no_header_and_no_tag() {
    let directory = TestDirectory::new("hostile");
    let delivery = directory.delivery();
    let hostile = "Evil\"\r\nBcc: all@x.example\r\n\r\n<script src=//x.example>";
    let notice = Message::Notice(Notice::PasswordReset { at: AT });
    let one = envelope("key-1", hostile, Channel::Email, notice);
    delivery.deliver(&one).await.expect("written");
    let text = read(&delivery.files().expect("up")[0]);
    let (headers, body) = text.split_once("\r\n\r\n").expect("headers and body");
    assert!(!headers.lines().any(|line| line.to_ascii_lowercase().starts_with("bcc")));
    assert!(headers.lines().all(|line| line.starts_with(' ') || line.contains(": ")));
    assert!(!body.contains("<script") && !text.contains("x.example"));
}

#[tokio::test]
async fn other_alphabets_are_encoded() {
    let directory = TestDirectory::new("alphabets");
    let delivery = directory.delivery();
    let one = envelope("key-1", "Übung 株式会社", Channel::Email, code("111111"));
    delivery.deliver(&one).await.expect("written");
    let text = read(&delivery.files().expect("up")[0]);
    assert!(text.is_ascii());
    assert!(text.contains("From: =?UTF-8?B?") && text.contains("Subject: =?UTF-8?B?"));
    assert!(text.contains("=C3=9C"), "{text}");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read() {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = TestDirectory::new("modes");
    let delivery = directory.delivery();
    let one = envelope("key-1", "Contoso", Channel::Email, code("111111"));
    delivery.deliver(&one).await.expect("written");
    let mode =
        |path: &Path| fs::metadata(path).expect("the file exists").permissions().mode() & 0o777;
    assert_eq!(mode(delivery.path()), 0o700);
    assert_eq!(mode(&delivery.files().expect("up")[0]), 0o600);
}

#[tokio::test]
async fn a_failed_delivery_is_reported_as_not_done() {
    let directory = TestDirectory::new("failures");
    let delivery = directory.delivery();
    let mut one = envelope("key-1", "Contoso", Channel::Email, code("111111"));
    one.channel = Channel::Sms;
    let error = delivery.deliver(&one).await.expect_err("the channel does not match");
    assert_eq!(error.kind(), PortErrorKind::Denied);
    fs::remove_dir_all(&directory.0).expect("removed");
    one.channel = Channel::Email;
    let error = delivery.deliver(&one).await.expect_err("no directory");
    assert_eq!(error.kind(), PortErrorKind::Unavailable);
    assert!(!format!("{delivery:?}{error:?}").contains("111111"));
}
