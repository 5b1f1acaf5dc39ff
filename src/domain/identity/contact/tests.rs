//! Tests of addresses and numbers: masks, destinations and properties of any text.

mod mail;
mod phone;
mod spellings;

use proptest::prelude::*;

use super::{Destination, EmailAddress, PhoneNumber};
use crate::domain::invalid::InvalidInput;
use crate::domain::method::Channel;

fn mail(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

fn phone(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

#[test]
fn masks_of_one_kind_have_one_length() {
    for (address, mask) in [
        ("ada@contoso.example", "a•••••@c•••••"),
        ("a@contoso.example", "••••••@c•••••"),
        ("ab@x.y", "a•••••@••••••"),
        ("josephine.longname+tag@mail.example.org", "j•••••@m•••••"),
        ("östen@åland.example", "ö•••••@å•••••"),
    ] {
        assert_eq!(mail(address).masked(), mask);
        assert_eq!(mask.chars().count(), 13);
    }
    for number in ["+1234567", "+14251234567x123", "+123456789012345"] {
        assert_eq!(phone(number).masked().chars().count(), 13);
    }
    assert_eq!(phone("+1 4251234567X123").masked(), "+•• •••••••67");
}

#[test]
fn debug_shows_the_mask_only() {
    let address = mail("ada.lovelace@contoso.example");
    let number = phone("+14251234567x981");
    for shown in [
        format!("{address:?}"),
        format!("{number:?}"),
        format!("{:?}", Destination::Email(address.clone())),
        format!("{:#?}", Destination::Phone(number.clone())),
    ] {
        for hidden in ["lovelace", "ontoso", "4251", "981"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
        assert!(shown.contains('•'));
    }
}

#[test]
fn a_destination_is_reached_by_the_channels_of_its_kind() {
    let address = Destination::Email(mail("ada@example.org"));
    let number = Destination::Phone(phone("+14251234567"));
    assert!(address.reached_by(Channel::Email) && !address.reached_by(Channel::Sms));
    assert!(number.reached_by(Channel::Sms) && number.reached_by(Channel::Voice));
    assert!(!number.reached_by(Channel::Email));
    assert_ne!(address.normalised(), number.normalised());
    for destination in [address, number] {
        let json = serde_json::to_string(&destination).unwrap();
        assert_eq!(serde_json::from_str::<Destination>(&json).unwrap(), destination);
    }
}

#[test]
fn stored_addresses_are_parsed_again_when_read() {
    assert!(serde_json::from_str::<EmailAddress>("\"a b@example.org\"").is_err());
    assert!(serde_json::from_str::<PhoneNumber>("\"0049301234567\"").is_err());
}

proptest! {
    #[test]
    fn an_accepted_address_stays_the_same_when_parsed_again(local in "[\\PC]{1,20}", domain in "[\\PC]{1,12}(\\.[a-zA-Z]{2,5})?") {
        if let Ok(address) = EmailAddress::parse(&format!("{local}@{domain}")) {
            let again = mail(address.as_str());
            prop_assert_eq!(&again, &address);
            prop_assert_eq!(address.masked().chars().count(), 13);
            let normal = mail(&address.normalised());
            prop_assert_eq!(normal.normalised(), address.normalised());
        }
    }

    #[test]
    fn letters_of_any_script_stay_the_same_when_parsed_again(local in "\\p{L}{1,8}", domain in "[\\p{L}\\p{M}]{1,8}") {
        if let Ok(address) = EmailAddress::parse(&format!("{local}@{domain}.org")) {
            prop_assert_eq!(&mail(address.as_str()), &address);
            prop_assert_eq!(mail(&address.normalised()).normalised(), address.normalised());
        }
    }

    #[test]
    fn punycode_comes_back_from_its_text(label in "[\\p{L}a-z0-9-]{1,40}", junk in "[a-z0-9-]{0,60}") {
        let lower = label.to_lowercase();
        if !lower.is_ascii() {
            let encoded = super::punycode::encode(&lower);
            prop_assert_eq!(super::punycode::decode(&encoded), Some(lower));
        }
        let _ = super::punycode::decode(&junk);
    }

    #[test]
    fn any_text_is_a_number_that_reads_back_or_an_error(text in "\\+[0-9]{0,4} ?[0-9]{0,13}([xX][0-9]{0,7})?") {
        if let Ok(number) = PhoneNumber::parse(&text) {
            let stored = String::from(number.clone());
            prop_assert_eq!(phone(&stored), number);
        }
    }
}
