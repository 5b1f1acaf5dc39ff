//! Which phone numbers are accepted, and how they are read.

use super::{InvalidInput, PhoneNumber, phone};

#[test]
fn numbers_are_read_as_e164_or_with_one_space_after_the_country_code() {
    for (typed, e164, extension, stored) in [
        ("+14251234567", "+14251234567", None, "+14251234567"),
        ("+1 4251234567", "+14251234567", None, "+14251234567"),
        ("+1 4251234567x1", "+14251234567", Some("1"), "+14251234567x1"),
        ("+1 4251234567X12345", "+14251234567", Some("12345"), "+14251234567x12345"),
        ("+14251234567X123456", "+14251234567", Some("123456"), "+14251234567x123456"),
        ("+358 401234567", "+358401234567", None, "+358401234567"),
        ("+39 0612345678", "+390612345678", None, "+390612345678"),
        ("+123456789012345", "+123456789012345", None, "+123456789012345"),
        ("+123 456789012345x000001", "+123456789012345", Some("000001"), "+123456789012345x000001"),
        ("+1234567", "+1234567", None, "+1234567"),
    ] {
        let number = phone(typed);
        assert_eq!(number.as_e164(), e164);
        assert_eq!(number.extension(), extension);
        let json = serde_json::to_string(&number).unwrap();
        assert_eq!(json, format!("\"{stored}\""));
        assert_eq!(serde_json::from_str::<PhoneNumber>(&json).unwrap(), number);
        assert_eq!(phone(stored), number, "parsing twice is parsing once");
    }
}

/// R-223, and no country is guessed.
#[test]
fn other_numbers_are_refused() {
    for text in [
        "4251234567",
        "004251234567",
        "+04251234567",
        "+0 4251234567",
        "+",
        "+1",
        "tel:",
        "tel:4251234567",
        "tel:7042;phone-context=example.com",
        "tel:863-1234;phone-context=+1-914-555",
        "tel:+358-555-1234567;postd=pp22",
        "tel:0w003585551234567;phone-context=+3585551234",
        "+123456",
        "+1234567890123456",
        "+1 234567890123456",
        "++14251234567",
        "+1 425+1234567",
        "+14251234567x",
        "+14251234567x1234567",
        "+14251234567x12a",
        "+14251234567xx12",
        "+14251234567x1x2",
        "+14251234567;isub=12",
        "+14251234567;ext=12;phone-context=x",
        "+1425123456\u{0}7",
        "+1 (425 1234567",
        "+1 425) 1234567",
        "+1 ((425)) 1234567",
        "+1 () 4251234567",
        "\u{202E}+14251234567\u{202C}",
        "+1425\u{202E}1234567",
        "+1425\u{B2}1234567",
        "+1 425 CALL NOW",
        "+14251234567, +14251234568",
        "+6F5A1B2C3D",
        "",
    ] {
        assert!(PhoneNumber::parse(text).is_err(), "{text:?}");
    }
    assert_eq!(
        PhoneNumber::parse("+1234567890123456"),
        Err(InvalidInput::OutOfRange { what: "phone number" })
    );
    let control = Err(InvalidInput::Control { what: "phone number" });
    assert_eq!(PhoneNumber::parse("+1425\u{7}1234567"), control);
}

/// One number in the spellings of address books, pages and keyboards.
const SPELLINGS: [&str; 26] = [
    "+14255550100",
    "+1 425 555 0100",
    "+1 (425) 555-0100",
    "+1-425-555-0100",
    "+1.425.555.0100",
    "+1 425/555 0100",
    "+1  425  5550100",
    "+ 1 425 555 0100",
    " +14255550100",
    "+14255550100 ",
    "+14255550100\r\n",
    "\t+1\t425\t5550100",
    "tel:+14255550100",
    "TEL:+1-425-555-0100",
    "tel: +1 (425) 555 0100 ",
    "+1\u{A0}425\u{A0}555\u{A0}0100",
    "+1\u{202F}425\u{2009}555\u{3000}0100",
    "+1 425\u{2011}555\u{2013}0100",
    "+1 425\u{2212}555\u{2010}0100",
    "\u{202A}+1 425 555 0100\u{202C}",
    "\u{2066}+14255550100\u{2069}",
    "\u{FEFF}+1425\u{200B}5550100",
    "\u{FF0B}１４２５５５５０１００",
    "+١٤٢٥٥٥٥٠١٠٠",
    "+1 （425） 555－0100",
    "+1 1 425 555 0100",
];

/// T11: RFC 3966, 5.1.1, and the separators of address books, pages and keyboards.
#[test]
fn a_number_is_read_as_people_write_it() {
    for text in SPELLINGS {
        assert_eq!(phone(text).as_e164(), "+14255550100", "{text:?}");
    }
    // RFC 3966, 3, 5.1.1 and 6: global numbers with visual separators.
    for (text, e164) in [
        ("tel:+1-201-555-0123", "+12015550123"),
        ("tel:+1-201-555-0111", "+12015550111"),
        ("tel:+358-555-1234567", "+3585551234567"),
        ("TEL:+358-555-1234567", "+3585551234567"),
        ("tel:+44-20-1234-5678", "+442012345678"),
        ("tel:+1-212-555-0101", "+12125550101"),
        ("tel:+1(212)555.0101", "+12125550101"),
        ("tel:+61-7-3360-2999", "+61733602999"),
        ("tel:+49.30.123456", "+4930123456"),
        ("tel:+1-201-555-0123;ext=1", "+12015550123"),
    ] {
        assert_eq!(phone(text).as_e164(), e164, "{text:?}");
    }
    for text in [
        "+14255550100x12",
        "+1 425 555 0100 x12",
        "+1 425 555 0100 X 12",
        "+1 425 555 0100 ext. 12",
        "+1 425 555 0100 EXT 12",
        "+1 425 555 0100 extension 12",
        "tel:+1-425-555-0100;ext=12",
        "+14255550100;ext=12",
        "+14255550100x１２",
    ] {
        assert_eq!(phone(text).extension(), Some("12"), "{text:?}");
        assert_eq!(phone(text).as_e164(), "+14255550100", "{text:?}");
    }
}

#[test]
fn two_extensions_of_one_number_are_one_destination() {
    let (first, second) = (phone("+14251234567x1"), phone("+1 4251234567x2"));
    assert_ne!(first, second);
    assert_eq!(first.normalised(), second.normalised());
    assert_eq!(first.normalised(), phone("+14251234567").normalised());
    assert_eq!(first.prefix(), "+1425123");
    assert_eq!(phone("+1234567").prefix(), "+123");
}
