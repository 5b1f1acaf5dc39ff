//! Contact data of a directory: text that no one has checked, read by the policy's format.

use serde::{Deserialize, Serialize};

use super::{Destination, EmailAddress, PhoneNumber};
use crate::domain::identity::facts::UserFacts;
use crate::domain::invalid::InvalidInput;

/// How phone numbers are spelled in the directory.
///
/// An extension is dropped under both, since it is never dialled (Entra).
///
/// ```
/// assert_eq!(sspr::policy::PhoneFormat::default(), sspr::policy::PhoneFormat::International);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PhoneFormat {
    /// `+`, the country code and the number, with the separators that
    /// [`PhoneNumber::parse`](crate::facts::PhoneNumber::parse) accepts.
    #[default]
    International,
    /// Entra's: `+`, the country code, one space and the number in digits, as in `+1 4251234567`.
    Entra,
}

impl PhoneFormat {
    /// Reads a number of this format, without its extension.
    fn read(self, text: &str) -> Result<PhoneNumber, InvalidInput> {
        if self == Self::Entra && !is_entra(text) {
            return Err(InvalidInput::Malformed { what: "phone number" });
        }
        PhoneNumber::parse(text).map(PhoneNumber::without_extension)
    }
}

/// Whether a text is `+`, one to three digits, one space and digits, with an optional extension.
fn is_entra(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.split_once(['x', 'X']).map_or(text, |(number, _)| number);
    let parts = number.strip_prefix('+').and_then(|rest| rest.split_once(' '));
    parts.is_some_and(|(country, rest)| digits(country) && country.len() <= 3 && digits(rest))
}

/// A slot for contact data in the directory.
///
/// ```
/// use sspr::facts::ContactSlot;
///
/// assert_eq!(ContactSlot::AlternateMail.as_str(), "contacts.mail");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ContactSlot {
    /// [`UserFacts::primary_mail`].
    PrimaryMail,
    /// The first of [`ContactFacts::mail`](crate::facts::ContactFacts::mail).
    AlternateMail,
    /// [`ContactFacts::mobile_phone`](crate::facts::ContactFacts::mobile_phone).
    MobilePhone,
    /// [`ContactFacts::alternate_mobile`](crate::facts::ContactFacts::alternate_mobile).
    AlternateMobile,
    /// [`ContactFacts::office_phone`](crate::facts::ContactFacts::office_phone).
    OfficePhone,
}

impl ContactSlot {
    pub(crate) const ALL: [Self; 5] = [
        Self::PrimaryMail,
        Self::AlternateMail,
        Self::MobilePhone,
        Self::AlternateMobile,
        Self::OfficePhone,
    ];

    /// The path of the slot in [`UserFacts`].
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PrimaryMail => "primary_mail",
            Self::AlternateMail => "contacts.mail",
            Self::MobilePhone => "contacts.mobile_phone",
            Self::AlternateMobile => "contacts.alternate_mobile",
            Self::OfficePhone => "contacts.office_phone",
        }
    }
}

impl UserFacts {
    /// The name by which administrators know the user: the principal name, else the id.
    pub(crate) fn known_as(&self) -> String {
        self.user_principal_name.clone().unwrap_or_else(|| self.id.as_str().to_owned())
    }

    /// Every well-formed mail address that the directory holds for the user.
    pub(crate) fn mailboxes(&self) -> impl Iterator<Item = EmailAddress> {
        let all = self.primary_mail.iter().chain(&self.contacts.mail);
        all.filter_map(|mail| EmailAddress::parse(mail).ok())
    }

    /// What the directory holds in this slot, read by this format. `None` if the slot is empty.
    pub(crate) fn contact(
        &self,
        slot: ContactSlot,
        format: PhoneFormat,
    ) -> Option<Result<Destination, InvalidInput>> {
        let contacts = &self.contacts;
        let held = match slot {
            ContactSlot::PrimaryMail => self.primary_mail.as_deref(),
            ContactSlot::AlternateMail => contacts.mail.first().map(String::as_str),
            ContactSlot::MobilePhone => contacts.mobile_phone.as_deref(),
            ContactSlot::AlternateMobile => contacts.alternate_mobile.as_deref(),
            ContactSlot::OfficePhone => contacts.office_phone.as_deref(),
        };
        let text = held.filter(|text| !text.trim().is_empty())?;
        Some(match slot {
            ContactSlot::PrimaryMail | ContactSlot::AlternateMail => {
                EmailAddress::parse(text).map(Destination::Email)
            }
            _ => format.read(text).map(Destination::Phone),
        })
    }

    /// The destination in this slot, if it is well formed.
    pub(crate) fn usable_contact(
        &self,
        slot: ContactSlot,
        format: PhoneFormat,
    ) -> Option<Destination> {
        self.contact(slot, format)?.ok()
    }

    /// The slots whose text is malformed.
    pub(crate) fn malformed_contacts(&self, format: PhoneFormat) -> Vec<ContactSlot> {
        let is_malformed = |slot: &ContactSlot| matches!(self.contact(*slot, format), Some(Err(_)));
        ContactSlot::ALL.into_iter().filter(is_malformed).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(format: PhoneFormat, text: &str) -> Option<String> {
        format.read(text).ok().map(|number| number.as_e164().to_owned())
    }

    /// E1.3: `+CC NNNN` with one space. C11: an extension is stripped.
    #[test]
    fn entra_takes_one_space_after_the_country() {
        for text in ["+1 4251234567", "+1 4251234567X12345", "+1 4251234567x1"] {
            assert_eq!(read(PhoneFormat::Entra, text).as_deref(), Some("+14251234567"), "{text}");
        }
        let wrong = [
            "+14251234567",
            "+1  4251234567",
            "+1 425 1234567",
            "+1 (425) 1234567",
            "1 4251234567",
            "+1234 4251234567",
            "+1 ",
            "",
            "+1 4251234567X",
        ];
        for text in wrong {
            assert_eq!(read(PhoneFormat::Entra, text), None, "{text:?}");
        }
        for text in ["+14251234567", "+1 (425) 123-4567", "+1 4251234567 ext. 12"] {
            let number = read(PhoneFormat::International, text);
            assert_eq!(number.as_deref(), Some("+14251234567"), "{text}");
        }
    }

    #[test]
    fn a_contact_has_no_extension() {
        let number = PhoneFormat::International.read("+1 4251234567x123").expect("a number");
        assert_eq!(number.extension(), None);
    }

    #[test]
    fn only_the_first_mail_address_counts_and_a_malformed_one_is_named() {
        let id = crate::UserId::parse("u-1").expect("an id");
        let mut user = UserFacts::new(id);
        user.contacts.mail = vec!["not one".to_owned(), "ada@home.example".to_owned()];
        user.contacts.mobile_phone = Some(" ".to_owned());
        user.contacts.office_phone = Some("+14251234567".to_owned());
        let format = PhoneFormat::Entra;
        assert_eq!(user.usable_contact(ContactSlot::AlternateMail, format), None);
        assert_eq!(
            user.malformed_contacts(format),
            [ContactSlot::AlternateMail, ContactSlot::OfficePhone]
        );
    }
}
