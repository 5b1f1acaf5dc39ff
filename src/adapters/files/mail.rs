//! Mail as text: RFC 5322 with the encodings of RFC 2045 and RFC 2047, and the parts of RFC 2046.
//!
//! The crate `mail-builder` is not used, since it leaves ASCII text unencoded. Here every part is
//! encoded, so no content can contain the boundary.

use std::fmt::Write as _;

use crate::adapters::render::sms::{SmsEncoding, segments};
use crate::adapters::render::{Rendered, header, plain_name};
use crate::facts::{Destination, EmailAddress};
use crate::method::Channel;
use crate::port::Envelope;
use crate::{SecretText, Timestamp};

/// A message in the form that mail programs open.
pub(super) fn mail(
    envelope: &Envelope,
    words: &Rendered,
    sender: &str,
    digest: &str,
    now: Timestamp,
) -> SecretText {
    let mut headers = String::new();
    let mut field = |name: &str, value: &str| {
        headers.push_str(&format!("{name}: {value}\r\n"));
    };
    let name = words.sender_name.as_deref().unwrap_or(&envelope.organisation);
    let sender = words.sender.as_ref().map_or(sender, EmailAddress::as_str);
    let name = header::phrase(&plain_name(name, 64));
    field("From", &format!("{name} <{}>", bare(sender)));
    field("To", &format!("<{}>", bare(&address(&envelope.destination))));
    field("Subject", &header::text(&words.subject));
    if let Some(date) = date(now) {
        field("Date", &date);
    }
    // Derived from the idempotency key, so that mail programs recognise a repetition.
    field("Message-ID", &format!("<{}@sspr.invalid>", &digest[..32]));
    field("Auto-Submitted", "auto-generated");
    field("Content-Language", words.language.as_str());
    field("X-SSPR-Message", envelope.message.id());
    field("X-SSPR-Not-After", &envelope.not_after.to_string());
    field("MIME-Version", "1.0");
    let mut mail = headers;
    match &words.html {
        None => part("text/plain", words.text.expose_secret(), &mut mail),
        Some(html) => {
            // Quoted-printable never contains `=_`, so no content can contain the boundary
            // (RFC 2045, 6.7).
            let boundary = format!("=_{}", &digest[..32]);
            mail.push_str("Content-Type: multipart/alternative;\r\n");
            mail.push_str(&format!(" boundary=\"{boundary}\"\r\n\r\n"));
            // Plain text first: mail programs show the last part that they support.
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

/// The headers and the encoded content of one part.
fn part(kind: &str, content: &str, into: &mut String) {
    into.push_str(&format!("Content-Type: {kind}; charset=utf-8\r\n"));
    into.push_str("Content-Transfer-Encoding: quoted-printable\r\n\r\n");
    quoted_printable(content, into);
}

/// A text message or a call, in readable form.
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

/// The size of a text message, as one line.
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

/// An address without characters that could end it early. Parsed addresses contain none.
fn bare(address: &str) -> String {
    let foreign = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>');
    address.chars().filter(|c| !foreign(*c)).collect()
}

fn date(at: Timestamp) -> Option<String> {
    let at = time::OffsetDateTime::try_from(at).ok()?;
    let format = &time::format_description::well_known::Rfc2822;
    at.format(format).ok()
}

/// RFC 2045, 6.7: lines of at most 76 characters, each ended by CRLF.
fn quoted_printable(text: &str, out: &mut String) {
    for line in text.lines() {
        let bytes = line.as_bytes();
        let mut width = 0;
        for (index, byte) in bytes.iter().copied().enumerate() {
            let last = index + 1 == bytes.len();
            let plain = match byte {
                // White space at the end of a line must be encoded, since mail servers may strip
                // it.
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
