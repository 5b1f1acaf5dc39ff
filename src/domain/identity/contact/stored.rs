//! The stored form of addresses, which are read back as they were accepted.
//!
//! [`EmailAddress::parse`] and [`PhoneNumber::parse`] accept addresses by rules that grow with
//! Unicode, IDNA and numbering plans. An address in a record is not parsed again: during a rolling
//! upgrade, an older release would find the account corrupt because of a letter that only the newer
//! release knows. The checks here never change. They keep an address that was written into the
//! store by hand from doing harm: the length, the ASCII syntax, and no character that ends a line
//! or changes the direction of text.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Destination, EmailAddress, PhoneNumber};
use crate::domain::invalid::{InvalidInput, bounded_text};

/// The serde form of [`Destination`], with addresses that are not parsed.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stored {
    Email(String),
    Phone(String),
}

/// Writes a destination in its own serde form.
pub(in crate::domain) fn serialize<S: Serializer>(
    destination: &Destination,
    to: S,
) -> Result<S::Ok, S::Error> {
    destination.serialize(to)
}

/// Reads a destination of a record.
///
/// # Errors
///
/// The error of the deserializer, and one for a text that no release can have stored.
pub(in crate::domain) fn deserialize<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Destination, D::Error> {
    let destination = match Stored::deserialize(from)? {
        Stored::Email(text) => EmailAddress::from_record(&text).map(Destination::Email),
        Stored::Phone(text) => PhoneNumber::from_record(&text).map(Destination::Phone),
    };
    destination.map_err(de::Error::custom)
}

impl EmailAddress {
    /// An address that [`EmailAddress::parse`] of this or another release returned.
    fn from_record(text: &str) -> Result<Self, InvalidInput> {
        const WHAT: &str = "stored mail address";
        let bad = InvalidInput::Malformed { what: WHAT };
        bounded_text(WHAT, text, Self::MAX_BYTES)?;
        let (local, domain) = text.rsplit_once('@').ok_or(bad.clone())?;
        let local_fits = local.len() <= Self::MAX_LOCAL_BYTES;
        let atoms = |part: &str, ascii: fn(char) -> bool| {
            part.split('.').all(|atom| {
                !atom.is_empty()
                    && atom.chars().all(|c| if c.is_ascii() { ascii(c) } else { is_safe(c) })
            })
        };
        let hyphens =
            domain.split('.').all(|label| !label.starts_with('-') && !label.ends_with('-'));
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if local_fits
            && atoms(local, super::email::is_ascii_atom)
            && atoms(domain, letters)
            && hyphens
        {
            Ok(Self::from_checked(Arc::from(text)))
        } else {
            Err(bad)
        }
    }
}

impl PhoneNumber {
    /// The longest stored form, in bytes.
    const MAX_STORED: usize = 32;

    /// A number that [`PhoneNumber::parse`] of this or another release returned.
    fn from_record(text: &str) -> Result<Self, InvalidInput> {
        const WHAT: &str = "stored phone number";
        bounded_text(WHAT, text, Self::MAX_STORED)?;
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let number = text.strip_prefix('+').is_some_and(|rest| match rest.split_once('x') {
            Some((number, extension)) => digits(number) && digits(extension),
            None => digits(rest),
        });
        if number {
            Ok(Self::from_checked(Arc::from(text)))
        } else {
            Err(InvalidInput::Malformed { what: WHAT })
        }
    }
}

/// Whether this is no line or paragraph separator, no space that a mail system folds, and no
/// control of the direction of text. The list is fixed, so that every release accepts the same.
const fn is_safe(c: char) -> bool {
    !matches!(
        c,
        '\u{80}'..='\u{A0}'
            | '\u{61C}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2066}'..='\u{2069}'
            | '\u{FEFF}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::Expected;

    fn read(body: &str) -> Result<Destination, serde_json::Error> {
        deserialize(&mut serde_json::Deserializer::from_str(body))
    }

    /// A letter that no Unicode table of this build knows: a newer release accepted it.
    const FROM_A_NEWER_RELEASE: &str = "ada\u{2FFFF}@m\u{2EFFF}nchen.example";

    #[test]
    fn an_address_that_a_newer_release_accepted_is_read_back_as_it_is() {
        assert!(EmailAddress::parse(FROM_A_NEWER_RELEASE).is_err(), "this release refuses it");
        let body = serde_json::json!({ "email": FROM_A_NEWER_RELEASE });
        let read = read(&body.to_string()).expect("stored addresses are not parsed again");
        let Destination::Email(address) = &read else { panic!("a mail address") };
        assert_eq!(address.as_str(), FROM_A_NEWER_RELEASE);
        // Its derived forms work too, and it is written back byte for byte.
        assert!(address.normalised().contains("@xn--"));
        assert!(address.masked().starts_with('a'));
        let again = serialize(&read, serde_json::value::Serializer).expect("plain data");
        assert_eq!(again, body);
    }

    #[test]
    fn a_number_that_another_release_accepted_is_read_back_as_it_is() {
        for text in ["+999123", "+0441234567", "+1234567890123456789", "+14255550101x1234567"] {
            assert!(PhoneNumber::parse(text).is_err(), "{text}");
            let body = serde_json::json!({ "phone": text }).to_string();
            let Ok(Destination::Phone(number)) = read(&body) else { panic!("{text}") };
            assert_eq!(String::from(number), text);
        }
    }

    #[test]
    fn every_stored_place_reads_an_address_as_it_is() {
        let place = serde_json::json!({ "sent": { "email": FROM_A_NEWER_RELEASE } });
        assert!(serde_json::from_value::<Expected>(place).is_ok());
        let place = serde_json::json!({ "address": { "email": FROM_A_NEWER_RELEASE } });
        assert!(serde_json::from_value::<crate::domain::account::Factor>(place).is_ok());
        let place = serde_json::json!({ "notice": {
            "notice": { "password_reset": { "at": 0 } },
            "channel": "email",
            "destination": { "email": FROM_A_NEWER_RELEASE },
            "locale": "en",
        } });
        assert!(serde_json::from_value::<crate::domain::account::PendingBody>(place).is_ok());
    }

    #[test]
    fn a_stored_address_that_could_do_harm_is_refused() {
        let long = format!("a@{}.example", "b".repeat(254));
        for text in [
            "",
            "ada",
            "@contoso.example",
            "ada@",
            "ada@contoso.example\r\nBcc: eve@evil.example",
            "ada@contoso.example, eve@evil.example",
            "ada@contoso.example>",
            "<ada@contoso.example",
            "a b@contoso.example",
            "ada@contoso..example",
            "ada@-contoso.example",
            "ada\u{2028}@contoso.example",
            "ada\u{85}@contoso.example",
            "\u{202E}ada@contoso.example",
            &long,
        ] {
            let body = serde_json::json!({ "email": text }).to_string();
            assert!(read(&body).is_err(), "{text:?}");
        }
        for text in
            ["", "+", "1425", "+1425;rm", "+1425\n", "+1425x", "+1425 x1", "+٣٣٣", "sip:ada"]
        {
            let body = serde_json::json!({ "phone": text }).to_string();
            assert!(read(&body).is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_address_from_a_person_is_still_parsed() {
        let body = serde_json::json!({ "email": FROM_A_NEWER_RELEASE }).to_string();
        assert!(serde_json::from_str::<Destination>(&body).is_err());
    }
}
