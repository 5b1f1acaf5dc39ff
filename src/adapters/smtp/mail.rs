//! Composes a message as a mail.

use lettre::Address;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message as Draft, MultiPart, SinglePart};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::adapters::render::{Rendered, header, plain_name};
use crate::facts::EmailAddress;
use crate::port::{Envelope, PortError, PortResult};
use crate::{SecretText, Timestamp};

/// A composed mail.
pub(super) struct Mail {
    pub(super) from: Address,
    pub(super) to: Address,
    /// Whether one of the addresses needs UTF-8.
    pub(super) needs_utf8: bool,
    /// Headers and body. May hold a code.
    pub(super) content: Zeroizing<Vec<u8>>,
}

/// Composes the mail of an envelope, with these texts.
pub(super) fn compose(
    envelope: &Envelope,
    words: &Rendered,
    from: &EmailAddress,
    to: &EmailAddress,
    now: Timestamp,
) -> PortResult<Mail> {
    let (from, to) = (path(from), path(to));
    let needs_utf8 = [&from, &to].into_iter().any(|path| !AsRef::<str>::as_ref(path).is_ascii());
    let name = plain_name(words.sender_name.as_deref().unwrap_or(&envelope.organisation), 64);
    let mut draft = Draft::builder()
        .from(Mailbox::new(None, from.clone()))
        .to(Mailbox::new(None, to.clone()))
        .message_id(Some(message_id(&envelope.idempotency_key, from.domain())))
        // Keeps auto-responders from replying (RFC 3834, 5; MS-OXCMAIL, 2.2.3.2.14).
        .raw_header(fixed("Auto-Submitted", "auto-generated"))
        .raw_header(fixed("X-Auto-Response-Suppress", "All"))
        .raw_header(fixed("Content-Language", words.language.as_str()));
    if let Some(date) = date(now) {
        draft = draft.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Date"), date));
    }
    let text = SinglePart::plain(words.text.expose_secret().to_owned());
    let composed = match html(words) {
        Some(html) => {
            let html = SinglePart::html(html.expose_secret().to_owned());
            // Mail programs show the last part that they support (RFC 2046, 5.1.4).
            draft.multipart(MultiPart::alternative().singlepart(text).singlepart(html))
        }
        None => draft.singlepart(text),
    };
    let mut draft =
        composed.map_err(|_| PortError::denied().because("smtp: the mail cannot be composed"))?;
    // The library encodes non-ASCII text only, and would leave encoded words in ASCII text alone.
    let sender = format!("{} <{from}>", header::phrase(&name));
    draft.headers_mut().insert_raw(encoded("From", sender));
    draft.headers_mut().insert_raw(encoded("Subject", header::text(&words.subject)));
    Ok(Mail { from, to, needs_utf8, content: Zeroizing::new(draft.formatted()) })
}

const fn html(words: &Rendered) -> Option<&SecretText> {
    words.html.as_ref()
}

/// The address in the form for the server. The domain is in ASCII where that avoids the need for
/// SMTPUTF8 (RFC 6531, 3.2); the local part is unchanged.
fn path(address: &EmailAddress) -> Address {
    let whole = address.as_str();
    let normalised = address.normalised();
    let (local, domain) = match (whole.rsplit_once('@'), normalised.rsplit_once('@')) {
        (Some((local, _)), Some((_, ascii))) if local.is_ascii() => (local, ascii),
        (Some(parts), _) => parts,
        (None, _) => (whole, ""),
    };
    // Safe: a parsed address contains no space, control character or bracket. `new` would apply
    // slightly different rules and could refuse it.
    Address::new_dangerous(local, domain)
}

/// The same for each try of one message, so that a repetition can be recognised.
fn message_id(key: &str, domain: &str) -> String {
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(key.as_bytes()));
    let domain = if domain.is_ascii() { domain } else { "sspr.invalid" };
    format!("<{}@{domain}>", &digest[..32])
}

/// A header whose value is already encoded.
fn encoded(name: &'static str, value: String) -> HeaderValue {
    let name = HeaderName::new_from_ascii_str(name);
    HeaderValue::dangerous_new_pre_encoded(name, value.clone(), value)
}

fn fixed(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

fn date(at: Timestamp) -> Option<String> {
    let at = time::OffsetDateTime::try_from(at).ok()?;
    at.format(&time::format_description::well_known::Rfc2822).ok()
}

#[cfg(test)]
mod tests {
    use mail_parser::MessageParser;

    use super::*;
    use crate::TenantId;
    use crate::facts::Destination;
    use crate::message::{Locale, Message, Notice};
    use crate::method::Channel;

    /// T3: a mail program shows the subject and the sender's name unchanged.
    #[test]
    fn a_text_that_looks_like_an_encoded_word_is_shown_unchanged() {
        let address = EmailAddress::parse("ada@example.org").expect("valid");
        let now = Timestamp::from_unix_seconds(1_700_000_000);
        for name in [
            "=?utf-8?q?Act=20now?= Ltd",
            "=?UTF-8?B?QWN0IG5vdw==?=",
            "Contoso =?iso-8859-1?Q?=41?=",
            "=?utf-8?q?x?=\r\nBcc: eve@example.org",
            "Söhne =?utf-8?q?x?=",
            "Contoso, Ltd",
            "Contoso",
        ] {
            let envelope = Envelope::new(
                "00".repeat(32),
                TenantId::parse("contoso").expect("valid"),
                name.to_owned(),
                Channel::Email,
                Destination::Email(address.clone()),
                Locale::default(),
                Message::Notice(Notice::PasswordReset { at: now }),
                now,
            );
            let words = Rendered::new(format!("{name}: hello"), "Hello.".into());
            let mail = compose(&envelope, &words, &address, &address, now).expect("composed");
            let parsed = MessageParser::default().parse(mail.content.as_slice()).expect("a mail");
            let line = format!("{name}: hello").replace(['\r', '\n'], " ");
            assert_eq!(parsed.subject(), Some(line.as_str()));
            let sender = parsed.from().and_then(|from| from.first()).expect("a sender");
            assert_eq!(sender.name(), Some(plain_name(name, 64).as_str()), "{name:?}");
            assert_eq!(sender.address(), Some("ada@example.org"));
            assert!(parsed.bcc().is_none(), "{name:?}");
        }
    }
}
