//! The HTML of mails.

use super::*;
use crate::adapters::render::html::tests::unescaped;
use proptest::prelude::*;

fn page(organisation: &str, message: Message) -> (Rendered, String) {
    let words = rendered(&EnglishText, organisation, Channel::Email, message);
    let html = words.html.as_ref().expect("a mail has HTML").expose_secret().to_owned();
    (words, html)
}

/// The tags of a page, and the text between them.
fn split(page: &str) -> (Vec<String>, String) {
    let mut tags = Vec::new();
    let mut text = String::new();
    for piece in page.split('<').skip(1) {
        let (tag, after) = piece.split_once('>').expect("a tag ends");
        tags.push(tag.to_owned());
        text.push_str(after);
    }
    (tags, text)
}

#[test]
fn html_has_the_same_words_as_the_text() {
    for message in mails() {
        let id = message.id();
        let (words, html) = page("Contoso & Söhne", message);
        let (head, body) = html.split_once("</head>").expect("a head");
        assert_eq!(flat(&unescaped(&split(body).1)), flat(words.text.expose_secret()), "{id}");
        let title = split(head).1;
        assert_eq!(unescaped(title.trim()), words.subject, "{id}");
    }
}

#[test]
fn every_fact_is_in_both_parts() {
    for (message, facts) in [
        (code(CodePurpose::Reset), vec![CODE, "14 November 2023, 22:13 UTC", "Contoso"]),
        (link(CodePurpose::Unlock, true), vec![URL, "14 November 2023, 22:13 UTC", "Contoso"]),
        (
            Message::Notice(Notice::RecoveryCodeUsed { left: 7, at: AT }),
            vec!["7 codes are left", "14 November 2023, 22:13 UTC", "Contoso"],
        ),
    ] {
        let (words, html) = page("Contoso", message);
        for fact in facts {
            assert!(flat(words.text.expose_secret()).contains(fact), "{fact}");
            assert!(flat(&unescaped(&html)).contains(fact), "{fact}");
        }
    }
}

#[test]
fn html_is_whole_fetches_nothing_and_sets_no_colour() {
    for message in mails() {
        let is_link = matches!(message, Message::Link(_));
        let (_, html) = page("Contoso", message);
        assert!(html.starts_with("<!DOCTYPE html>\n<html lang=\"en\""), "{html}");
        assert!(html.ends_with("</html>"), "{html}");
        assert!(html.contains("<meta name=\"color-scheme\" content=\"light dark\">"));
        let (tags, _) = split(&html);
        for tag in &tags {
            let name = tag.split([' ', '/']).find(|part| !part.is_empty()).expect("a name");
            let known = ["!DOCTYPE", "html", "head", "meta", "title", "body", "div", "p", "a"];
            assert!(known.contains(&name), "{tag}");
            for foreign in ["src", "url(", "@import", "class", "id=", "color:", "background", "on"]
            {
                let attributes = tag.split(' ').skip(1);
                assert!(!attributes.into_iter().any(|part| part.starts_with(foreign)), "{tag}");
            }
        }
        let opened = tags.iter().filter(|tag| tag.starts_with("a ")).count();
        assert_eq!(opened, usize::from(is_link), "only a link becomes an anchor");
        assert_eq!(html.matches("https:").count(), if is_link { 2 } else { 0 });
        for name in ["html", "head", "title", "body", "div", "p", "a"] {
            let open = |tag: &&String| tag.split(' ').next() == Some(name);
            let close = format!("/{name}");
            let closed = tags.iter().filter(|tag| **tag == close).count();
            assert_eq!(tags.iter().filter(open).count(), closed, "{name}: {html}");
        }
    }
}

#[test]
fn other_channels_have_no_html() {
    for channel in [Channel::Sms, Channel::Voice] {
        for message in messages() {
            assert!(rendered(&EnglishText, "Contoso", channel, message).html.is_none());
        }
    }
}

proptest! {
    /// V45: the tags do not depend on the tenant's name.
    #[test]
    fn an_organisation_adds_no_tag_and_no_attribute(
        name in proptest::prop_oneof![any::<String>(), "[<>\"'&;=/a ]{1,40}"],
    ) {
        for message in [code(CodePurpose::Reset), link(CodePurpose::Reset, true)] {
            let other = match &message {
                Message::Link(_) => link(CodePurpose::Reset, true),
                _ => code(CodePurpose::Reset),
            };
            let (_, html) = page(&name, message);
            let (_, plain) = page("Contoso", other);
            prop_assert_eq!(split(&html).0, split(&plain).0);
        }
    }
}
