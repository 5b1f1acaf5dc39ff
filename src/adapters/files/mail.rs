//! Mail as text: RFC 5322 with the encodings of RFC 2045 and RFC 2047.

use std::fmt::Write as _;

use data_encoding::BASE64;

use crate::adapters::render::{Rendered, plain_name};
use crate::domain::contact::Destination;
use crate::domain::secret::SecretText;
use crate::domain::time::Timestamp;
use crate::port::Envelope;

/// A message as a mail program opens it.
pub(super) fn mail(
    envelope: &Envelope,
    words: &Rendered,
    sender: &str,
    digest: &str,
    now: Timestamp,
) -> SecretText {
    let mut headers = String::new();
    let mut header = |name: &str, value: &str| {
        // No value below holds a line end of its own; a renderer's subject is the host's code.
        headers.push_str(&format!("{name}: {value}\r\n"));
    };
    let name = plain_name(&envelope.organisation, 64);
    header("From", &format!("{} <{}>", phrase(&name), bare(sender)));
    header(
        "To",
        &format!("<{}>", bare(&address(&envelope.destination))),
    );
    header("Subject", &unstructured(&words.subject));
    if let Some(date) = date(now) {
        header("Date", &date);
    }
    // Derived from the key: a mail program shows a repetition as the same message.
    header("Message-ID", &format!("<{}@sspr.invalid>", &digest[..32]));
    header("Auto-Submitted", "auto-generated");
    header("Content-Language", "en");
    header("X-SSPR-Message", envelope.message.id());
    header("X-SSPR-Not-After", &envelope.not_after.to_string());
    header("MIME-Version", "1.0");
    header("Content-Type", "text/plain; charset=utf-8");
    header("Content-Transfer-Encoding", "quoted-printable");
    let mut mail = headers;
    mail.push_str("\r\n");
    quoted_printable(words.text.expose_secret(), &mut mail);
    SecretText::new(mail)
}

/// A text message or a call, for reading.
pub(super) fn note(envelope: &Envelope, words: &Rendered) -> SecretText {
    SecretText::new(format!(
        "Channel: {}\nTo: {}\nMessage: {}\nNot after: {}\n\n{}\n",
        envelope.channel,
        bare(&address(&envelope.destination)),
        envelope.message.id(),
        envelope.not_after,
        words.text.expose_secret(),
    ))
}

fn address(destination: &Destination) -> String {
    match destination {
        Destination::Email(address) => address.as_str().to_owned(),
        Destination::Phone(number) => number.as_e164().to_owned(),
    }
}

/// An address without what could end it early. Parsed addresses hold none of it.
fn bare(address: &str) -> String {
    let foreign = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>');
    address.chars().filter(|c| !foreign(*c)).collect()
}

/// A display name: quoted if it is ASCII, encoded otherwise.
fn phrase(name: &str) -> String {
    // `plain_name` leaves no quote and no backslash.
    if name.is_ascii() {
        format!("\"{name}\"")
    } else {
        encoded_words(name)
    }
}

/// A header's text, on one line whatever it held.
fn unstructured(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    // A text that looks like an encoded word would be decoded.
    if line.is_ascii() && line.len() <= 200 && !line.contains("=?") {
        line
    } else {
        encoded_words(&line)
    }
}

/// RFC 2047: words of at most 75 characters, each of whole code points, one a line.
fn encoded_words(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut chunk = String::new();
    for character in text.chars() {
        if chunk.len() + character.len_utf8() > 45 {
            words.push(encoded_word(&chunk));
            chunk.clear();
        }
        chunk.push(character);
    }
    words.push(encoded_word(&chunk));
    words.join("\r\n ")
}

fn encoded_word(chunk: &str) -> String {
    format!("=?UTF-8?B?{}?=", BASE64.encode(chunk.as_bytes()))
}

fn date(at: Timestamp) -> Option<String> {
    let at = time::OffsetDateTime::try_from(at).ok()?;
    let format = &time::format_description::well_known::Rfc2822;
    at.format(format).ok()
}

/// RFC 2045, 6.7: lines of at most 76 characters; line ends stay line ends.
fn quoted_printable(text: &str, out: &mut String) {
    for line in text.lines() {
        let bytes = line.as_bytes();
        let mut width = 0;
        for (place, byte) in bytes.iter().copied().enumerate() {
            let last = place + 1 == bytes.len();
            let plain = match byte {
                // White space at the end of a line is lost on the way unless it is encoded.
                b' ' | b'\t' => !last,
                b'=' => false,
                _ => byte.is_ascii_graphic(),
            };
            let needed = if plain { 1 } else { 3 };
            if width + needed > 75 {
                out.push_str("=\r\n");
                width = 0;
            }
            width += needed;
            if plain {
                out.push(char::from(byte));
            } else {
                // Writing to a string cannot fail.
                write!(out, "={byte:02X}").ok();
            }
        }
        out.push_str("\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(text: &str) -> String {
        let mut out = String::new();
        quoted_printable(text, &mut out);
        out
    }

    /// Undoes quoted-printable, as RFC 2045 says.
    fn unquoted(text: &str) -> String {
        let joined = text.replace("=\r\n", "").replace("\r\n", "\n");
        let mut bytes = Vec::new();
        let mut rest = joined.bytes();
        while let Some(byte) = rest.next() {
            if byte == b'=' {
                let hex = [rest.next().expect("hex"), rest.next().expect("hex")];
                let hex = std::str::from_utf8(&hex).expect("ascii");
                bytes.push(u8::from_str_radix(hex, 16).expect("hex"));
            } else {
                bytes.push(byte);
            }
        }
        String::from_utf8(bytes).expect("utf-8")
    }

    #[test]
    fn quoted_printable_keeps_every_text() {
        for text in [
            "plain\n".to_owned(),
            "a = b\ntrailing \ntab\t\n\nä€😀\n".to_owned(),
            format!("{}\n", "ä".repeat(200)),
            format!("{} \n", "x".repeat(75)),
            format!("{}\n", "x".repeat(500)),
        ] {
            let there = quoted(&text);
            assert!(there.lines().all(|line| line.len() <= 76), "{there}");
            assert!(there.is_ascii());
            assert!(
                !there.contains(" \r\n") && !there.contains("\t\r\n"),
                "{there}"
            );
            assert_eq!(unquoted(&there), text);
        }
    }

    #[test]
    fn encoded_words_are_short_and_whole() {
        for text in [
            "Ä",
            "Übergrößenträger 😀".repeat(9).as_str(),
            &"=?x?=".repeat(40),
        ] {
            let there = encoded_words(text);
            let mut back = Vec::new();
            for word in there.split("\r\n ") {
                assert!(word.len() <= 75, "{word}");
                let inner = word
                    .strip_prefix("=?UTF-8?B?")
                    .and_then(|w| w.strip_suffix("?="));
                let bytes = BASE64
                    .decode(inner.expect("a word").as_bytes())
                    .expect("base64");
                assert!(std::str::from_utf8(&bytes).is_ok(), "whole code points");
                back.extend(bytes);
            }
            assert_eq!(String::from_utf8(back).expect("utf-8"), text);
        }
    }

    #[test]
    fn a_subject_is_one_line() {
        assert_eq!(unstructured("a\r\nBcc: b"), "a  Bcc: b");
        assert!(unstructured("=?UTF-8?B?eA==?=").starts_with("=?UTF-8?B?PT9"));
        assert_eq!(bare("a@b>\r\nBcc: <c@d"), "a@bBcc:c@d");
    }
}
