//! Composed mail, parsed by an independent parser.

use sspr::adapters::render::{EnglishText, Rendered, Renderer};
use sspr::port::{Delivery as _, Envelope, PortErrorKind};
use sspr::{SecretText, TenantId};

use crate::smtp::relay::{ADA, CODE, Relay, SENDER, address, envelope, envelope_to, fails, sends};
use crate::smtp::server::{Answer, At, Offers};

/// Every header that a mail may have.
const HEADERS: [&str; 11] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Content-Language",
];

/// A renderer with these texts for every message.
struct Words {
    subject: &'static str,
    text: &'static str,
    html: Option<&'static str>,
}

impl Renderer for Words {
    fn render(&self, _: &Envelope) -> Rendered {
        let words = Rendered::new(self.subject.to_owned(), SecretText::from(self.text));
        match self.html {
            Some(html) => words.with_html(SecretText::from(html)),
            None => words,
        }
    }
}

async fn sent(relay: &Relay, words: Words) -> crate::smtp::server::Arrived {
    let delivery = relay.config().with_renderer(words).build().expect("sound");
    sends(&delivery, "key").await;
    relay.server.mails().pop().expect("a mail")
}

#[tokio::test]
async fn a_mail_has_sender_subject_date_and_marks_of_automatic_mail() {
    let relay = Relay::new().await;
    sends(&relay.delivery(), "key").await;
    let arrived = relay.server.mails().pop().expect("a mail");
    assert_eq!((arrived.from.as_str(), arrived.to.as_str()), (SENDER, ADA));

    let mail = arrived.parsed();
    let from = mail.from().and_then(|from| from.first()).expect("a sender");
    assert_eq!((from.name(), from.address()), (Some("Contoso"), Some(SENDER)));
    let to = mail.to().expect("a recipient").as_list().expect("a list");
    assert_eq!(to.len(), 1);
    assert_eq!((to[0].name(), to[0].address()), (None, Some(ADA)));
    assert_eq!(mail.subject(), Some("Contoso: your code to reset your password"));
    assert_eq!(mail.date().map(|date| date.to_timestamp()), Some(1_700_000_000));
    assert_eq!(mail.header_raw("Auto-Submitted").map(str::trim), Some("auto-generated"));
    assert_eq!(mail.header_raw("X-Auto-Response-Suppress").map(str::trim), Some("All"));
    assert_eq!(mail.header_raw("MIME-Version").map(str::trim), Some("1.0"));
    assert_eq!((mail.text_body_count(), mail.attachment_count()), (1, 0));
    assert!(arrived.text().contains(CODE));
    assert_eq!(arrived.code(), CODE);

    let (headers, _) = arrived.raw.split_once("\r\n\r\n").expect("headers and body");
    assert!(!headers.contains(CODE), "no secret is in a header");
    assert!(arrived.raw.is_ascii() && arrived.raw.lines().all(|line| line.len() <= 76));
    assert!(!arrived.raw.replace("\r\n", "").contains(['\r', '\n']), "line ends are CRLF");
}

#[tokio::test]
async fn html_stands_beside_the_text_and_after_it() {
    let relay = Relay::new().await;
    let html = "<!doctype html>\n<p lang=de>Grüße: <b>48213907</b></p>";
    let arrived = sent(&relay, Words { subject: "s", text: "Grüße: 48213907", html: Some(html) });
    let arrived = arrived.await;
    let mail = arrived.parsed();
    let root = mail.header_raw("Content-Type").expect("a type");
    assert!(root.contains("multipart/alternative"), "{root}");
    assert_eq!((mail.parts.len(), mail.attachment_count()), (3, 0));
    assert_eq!(mail.parts[1].text_contents(), Some("Grüße: 48213907"));
    let second = mail.parts[2].text_contents().expect("a text").replace("\r\n", "\n");
    assert_eq!(second, html);
    assert!(mail.parts[2].is_text_html() && !mail.parts[1].is_text_html());
    assert!(arrived.raw.is_ascii());
}

#[tokio::test]
async fn each_text_arrives_unchanged() {
    let long: &str = "x".repeat(2_000).leak();
    let wide: &str = "Übergröße 😀 ".repeat(200).leak();
    for text in [".", "a\n.\nb\n..\n", "a\n\n\nb = c =3D", "tab\t\nspace \nend ", long, wide] {
        let relay = Relay::new().await;
        let arrived = sent(&relay, Words { subject: "s", text, html: None }).await;
        assert_eq!(arrived.text().trim_end_matches('\n'), text.trim_end_matches('\n'));
        assert!(arrived.raw.lines().all(|line| line.len() <= 998), "RFC 5322, 2.1.1");
    }
}

#[tokio::test]
async fn other_alphabets_are_encoded_in_headers() {
    let relay = Relay::new().await;
    let mut one = envelope("key");
    one.organisation = "Übung, 株式会社".to_owned();
    relay.delivery().deliver(&one).await.expect("sent");
    let arrived = relay.server.mails().pop().expect("a mail");
    let mail = arrived.parsed();
    let from = mail.from().and_then(|from| from.first()).expect("a sender");
    assert_eq!(from.name(), Some("Übung, 株式会社"));
    assert_eq!(from.address(), Some(SENDER));
    let subject = "Übung, 株式会社: your code to reset your password";
    assert_eq!(mail.subject(), Some(subject));
    assert!(arrived.raw.is_ascii());
}

#[tokio::test]
async fn a_hostile_name_or_subject_adds_no_header() {
    let evil = "Evil\"\r\nBcc: all@x.example\r\n\r\nclick \u{85}\u{2028}<x@y.example>,";
    let relay = Relay::new().await;
    let mut one = envelope("one");
    one.organisation = evil.to_owned();
    relay.delivery().deliver(&one).await.expect("sent");
    let words = Words { subject: evil, text: "text", html: None };
    sent(&relay, words).await;
    for arrived in relay.server.mails() {
        let mail = arrived.parsed();
        assert!(mail.bcc().is_none() && mail.cc().is_none());
        let names: Vec<&str> = mail.headers().iter().map(|header| header.name()).collect();
        let mut once = names.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(names.len(), once.len(), "{names:?}");
        assert!(names.iter().all(|name| HEADERS.contains(name)), "{names:?}");
        let senders = mail.from().and_then(|from| from.as_list()).expect("a list");
        assert_eq!(senders.len(), 1, "{senders:?}");
        assert_eq!((arrived.from.as_str(), arrived.to.as_str()), (SENDER, ADA));
    }
}

#[tokio::test]
async fn the_same_message_has_the_same_id_and_another_has_another() {
    let relay = Relay::new().await;
    relay.server.once(At::EndOfContent, Answer::Drop);
    let delivery = relay.delivery();
    assert_eq!(fails(&delivery, &envelope("one")).await.kind(), PortErrorKind::Unknown);
    sends(&delivery, "one").await;
    sends(&relay.delivery(), "one").await;
    sends(&delivery, "two").await;
    let ids: Vec<String> = relay.server.all().iter().map(|mail| mail.message_id()).collect();
    assert_eq!(ids.len(), 4);
    assert!(ids[0] == ids[1] && ids[1] == ids[2] && ids[2] != ids[3], "{ids:?}");
    assert!(ids[0].ends_with("@contoso.example"), "{ids:?}");
}

#[tokio::test]
async fn a_tenant_may_have_a_sender_of_its_own() {
    let relay = Relay::new().await;
    let fabrikam = TenantId::parse("fabrikam").expect("valid");
    let sender = address("help@fabrikam.example");
    let config = relay.config().with_tenant_sender(fabrikam.clone(), &sender);
    let delivery = config.build().expect("sound");
    sends(&delivery, "one").await;
    let mut other = envelope("two");
    other.tenant = fabrikam;
    delivery.deliver(&other).await.expect("sent");
    let mails = relay.server.mails();
    assert_eq!(mails[0].from, SENDER);
    assert_eq!(mails[1].from, "help@fabrikam.example");
    assert!(
        mails[1].raw.contains("From: \"Contoso\" <help@fabrikam.example>\r\n")
            || mails[1].raw.contains("From: Contoso <help@fabrikam.example>\r\n")
    );
}

/// the address as it is stored, by a transport that can.
#[tokio::test]
async fn an_address_in_utf8_is_told_only_to_a_server_that_takes_it() {
    let to = "jörg@bücher.example";
    let able = Relay::new().await;
    able.delivery().deliver(&envelope_to(to, "key")).await.expect("sent");
    let arrived = able.server.mails().pop().expect("a mail");
    assert_eq!(arrived.to, to);
    let heard = able.server.heard();
    let sender = heard.iter().find(|heard| heard.line.starts_with("MAIL")).expect("a sender");
    assert!(sender.line.contains("SMTPUTF8") && sender.line.contains("BODY=8BITMIME"));
    assert!(arrived.raw.contains("To: jörg@bücher.example\r\n"), "{}", arrived.raw);

    let unable = Relay::offering(Offers { utf8: false, ..Offers::default() }).await;
    let delivery = unable.delivery();
    let error = fails(&delivery, &envelope_to(to, "key")).await;
    assert_eq!(error.kind(), PortErrorKind::Denied);
    assert!(!format!("{error:?}").contains("jörg"));
    assert!(!unable.server.heard_any("MAIL"));
    // The connection is still usable.
    sends(&delivery, "other").await;
    assert_eq!(unable.server.connections(), 1);
}

/// a domain has a form in ASCII, a local part has none and keeps its case.
#[tokio::test]
async fn a_domain_in_utf8_goes_as_dns_has_it() {
    let relay = Relay::offering(Offers { utf8: false, ..Offers::default() }).await;
    let to = "Ada.Lovelace@bücher.example";
    relay.delivery().deliver(&envelope_to(to, "key")).await.expect("sent");
    let arrived = relay.server.mails().pop().expect("a mail");
    assert_eq!(arrived.to, "Ada.Lovelace@xn--bcher-kva.example");
    assert!(arrived.raw.is_ascii());
}

/// what is written is what is stored, not a form for comparing.
#[tokio::test]
async fn mail_goes_to_the_address_as_it_is_stored() {
    let relay = Relay::new().await;
    let strange = "O'Brien+x=y/z!#$%&*-?^_`{|}~.M@contoso.example";
    relay.delivery().deliver(&envelope_to(strange, "key")).await.expect("sent");
    let arrived = relay.server.mails().pop().expect("a mail");
    assert_eq!(arrived.to, strange);
    let mail = arrived.parsed();
    let to = mail.to().and_then(|to| to.first()).expect("a recipient");
    assert_eq!(to.address(), Some(strange));
}

#[tokio::test]
async fn the_english_words_are_the_default() {
    let relay = Relay::new().await;
    let one = envelope("key");
    relay.delivery().deliver(&one).await.expect("sent");
    let words = EnglishText.render(&one);
    let arrived = relay.server.mails().pop().expect("a mail");
    assert_eq!(arrived.text().trim_end(), words.text.expose_secret().trim_end());
    assert_eq!(arrived.parsed().subject(), Some(words.subject.as_str()));
}
