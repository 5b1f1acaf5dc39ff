//! Mail as text: RFC 5322 with the encodings of RFC 2045 and RFC 2047, and the two parts of RFC 2046.

use std::fmt::Write as _;

use data_encoding::BASE64;

use crate::adapters::render::sms::{SmsEncoding, segments};
use crate::adapters::render::{Rendered, plain_name};
use crate::domain::contact::Destination;
use crate::domain::method::Channel;
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
    header("To", &format!("<{}>", bare(&address(&envelope.destination))));
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
    let mut mail = headers;
    match &words.html {
        None => part("text/plain", words.text.expose_secret(), &mut mail),
        Some(html) => {
            // No line of quoted-printable holds `=_`, so none is a boundary (RFC 2045, 6.7).
            let boundary = format!("=_{}", &digest[..32]);
            mail.push_str("Content-Type: multipart/alternative;\r\n");
            mail.push_str(&format!(" boundary=\"{boundary}\"\r\n\r\n"));
            // The plainest first: a mail program shows the last one that it can.
            let parts = [("text/plain", &words.text), ("text/html", html)];
            for (kind, content) in parts {
                mail.push_str(&format!("--{boundary}\r\n"));
                part(kind, content.expose_secret(), &mut mail);
                mail.push_str("\r\n");
            }
            mail.push_str(&format!("--{boundary}--\r\n"));
        }
    }
    SecretText::new(mail)
}

/// The headers of a content and the content, ended by a line end.
fn part(kind: &str, content: &str, into: &mut String) {
    into.push_str(&format!("Content-Type: {kind}; charset=utf-8\r\n"));
    into.push_str("Content-Transfer-Encoding: quoted-printable\r\n\r\n");
    quoted_printable(content, into);
}

/// A text message or a call, for reading.
pub(super) fn note(envelope: &Envelope, words: &Rendered) -> SecretText {
    let text = words.text.expose_secret();
    let size = match envelope.channel {
        Channel::Sms => size(text),
        _ => String::new(),
    };
    SecretText::new(format!(
        "Channel: {}\nTo: {}\nMessage: {}\nNot after: {}\n{size}\n{text}\n",
        envelope.channel,
        bare(&address(&envelope.destination)),
        envelope.message.id(),
        envelope.not_after,
    ))
}

/// What a text message takes, as a line.
fn size(text: &str) -> String {
    let size = segments(text);
    let encoding = match size.encoding {
        SmsEncoding::Gsm7 => "GSM-7",
        SmsEncoding::Ucs2 => "UCS-2",
    };
    format!("Size: {} units of {encoding} in parts: {}\n", size.units, size.segments)
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
    if name.is_ascii() { format!("\"{name}\"") } else { encoded_words(name) }
}

/// A header's text, on one line whatever it held.
fn unstructured(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
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
#[path = "mail_tests.rs"]
mod tests;
