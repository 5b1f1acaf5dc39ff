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

/// NFC and the domain's case are all that changes; the local part keeps its case.
#[test]
fn an_address_is_kept_as_typed_after_nfc_with_its_domain_in_lower_case() {
    for (typed, kept) in [
        ("Ada@Contoso.Example", "Ada@contoso.example"),
        ("jo\u{308}rg@example.org", "jörg@example.org"),
        ("a+b.c_d@sub.example.org", "a+b.c_d@sub.example.org"),
        ("A@x", "A@x"),
        ("ada@MÜNCHEN.example", "ada@münchen.example"),
        ("ﬁ@example.org", "ﬁ@example.org"),
        ("用户@例子.广告", "用户@例子.广告"),
        ("ada@ΟΔΟΣ.example", "ada@οδοσ.example"),
        ("अजय@डाटा.भारत", "अजय@डाटा.भारत"),
    ] {
        assert_eq!(mail(typed).as_str(), kept);
        assert_eq!(mail(kept).as_str(), kept, "parsing twice is parsing once");
    }
}

#[test]
fn malformed_addresses_are_refused() {
    for text in [
        "ada",
        "@example.org",
        "ada@",
        "ada@@example.org",
        "a@b@example.org",
        "\"a b\"@example.org",
        "\"a@b\"@example.org",
        "ada @example.org",
        "ada@ example.org",
        " ada@example.org",
        "ada@example.org ",
        "ada@example.org .",
        ".ada@example.org",
        "ada.@example.org",
        "a..da@example.org",
        "ada@example..org",
        "ada@.example.org",
        "ada@example.org.",
        "ada@-example.org",
        "ada@example-.org",
        "ada@exa_mple.org",
        "ada@[192.0.2.1]",
        "ada@192.0.2.1",
        "Ada <ada@example.org>",
        "ada@example.org,eve@example.org",
        "ada(comment)@example.org",
        "\u{301}ada@example.org",
        "ada@\u{301}example.org",
        "ada@e\u{E000}xample.org",
        "a\u{378}da@example.org",
        "a\u{E000}da@example.org",
    ] {
        let malformed = InvalidInput::Malformed { what: "mail address" };
        assert_eq!(EmailAddress::parse(text), Err(malformed), "{text:?}");
    }
    for text in
        ["a\u{0}@example.org", "ada@example.org\r\nBcc: eve@example.org", "a\u{7F}@b", "a\u{85}@b"]
    {
        let control = InvalidInput::Control { what: "mail address" };
        assert_eq!(EmailAddress::parse(text), Err(control), "{text:?}");
    }
    assert!(matches!(EmailAddress::parse(""), Err(InvalidInput::Empty { .. })));
}

/// V36: what a reader cannot see, or what another system would read as punctuation, is refused in
/// both parts.
#[test]
fn invisible_characters_and_false_punctuation_are_refused() {
    for c in [
        '\u{200B}',
        '\u{200C}',
        '\u{200D}',
        '\u{200E}',
        '\u{202E}',
        '\u{2066}',
        '\u{FEFF}',
        '\u{AD}',
        '\u{A0}',
        '\u{3000}',
        '\u{2009}',
        '\u{1680}',
        '\u{2028}',
        '\u{2060}',
        '\u{61C}',
        '\u{3164}',
        '\u{115F}',
        '\u{FFA0}',
        '\u{2800}',
        '\u{FE0F}',
        '\u{E0041}',
        '\u{FF20}',
        '\u{FE6B}',
        '\u{FF0E}',
        '\u{2024}',
        '\u{FFFF}',
    ] {
        for text in [format!("a{c}da@example.org"), format!("ada@ex{c}ample.org")] {
            assert!(EmailAddress::parse(&text).is_err(), "{:?}", text);
        }
    }
    for dot in ['\u{3002}', '\u{FF61}'] {
        assert!(EmailAddress::parse(&format!("ada@example{dot}org")).is_err());
    }
}

/// octets, not characters.
#[test]
fn length_limits_are_in_octets() {
    let label = "d".repeat(63);
    assert!(EmailAddress::parse(&format!("{}@example.org", "l".repeat(64))).is_ok());
    assert!(EmailAddress::parse(&format!("{}@example.org", "l".repeat(65))).is_err());
    assert!(EmailAddress::parse(&format!("{}@example.org", "ö".repeat(32))).is_ok());
    assert!(EmailAddress::parse(&format!("{}@example.org", "ö".repeat(33))).is_err());
    // Decomposed, the same address is longer before NFC than it may be after.
    assert!(EmailAddress::parse(&format!("{}@example.org", "o\u{308}".repeat(32))).is_ok());
    assert!(EmailAddress::parse(&format!("a@{label}.org")).is_ok());
    assert!(EmailAddress::parse(&format!("a@{label}d.org")).is_err());
    // As an A-label this one is longer than 63 octets.
    assert!(EmailAddress::parse(&format!("a@{}ö.org", "d".repeat(58))).is_err());
    let domain = format!("{label}.{label}.{label}.{}", "d".repeat(60));
    assert_eq!(mail(&format!("a@{domain}")).as_str().len(), 254);
    assert_eq!(
        EmailAddress::parse(&format!("ab@{domain}")),
        Err(InvalidInput::TooLong { what: "mail address", max: 254 })
    );
}

#[test]
fn a_megabyte_is_refused_by_its_length() {
    let long = "a".repeat(1 << 20);
    assert!(matches!(EmailAddress::parse(&long), Err(InvalidInput::TooLong { max: 254, .. })));
    assert!(matches!(PhoneNumber::parse(&long), Err(InvalidInput::TooLong { .. })));
}

/// V36, R-222, A.7: which spellings are one mailbox.
#[test]
fn spellings_are_one_mailbox_by_the_declared_rule_only() {
    for (left, right) in [
        ("ADA@EXAMPLE.ORG", "ada@example.org"),
        ("JÖRG@example.org", "jörg@example.org"),
        ("jo\u{308}rg@example.org", "jörg@example.org"),
        ("\u{212A}im@example.org", "kim@example.org"),
        ("\u{212B}sa@example.org", "åsa@example.org"),
        ("ada@\u{212A}elvin.org", "ada@kelvin.org"),
        ("ada@münchen.example", "ada@xn--mnchen-3ya.example"),
        ("ada@MU\u{308}NCHEN.example", "ada@XN--MNCHEN-3YA.example"),
    ] {
        assert_eq!(mail(left).normalised(), mail(right).normalised(), "{left} {right}");
    }
    for (left, right) in [
        ("m\u{131}ke@example.org", "mike@example.org"),
        ("M\u{130}KE@example.org", "mike@example.org"),
        ("\u{17F}am@example.org", "sam@example.org"),
        ("stra\u{DF}e@example.org", "strasse@example.org"),
        ("\u{FB01}@example.org", "fi@example.org"),
        ("\u{2163}@example.org", "iv@example.org"),
        ("\u{FF41}da@example.org", "ada@example.org"),
        ("\u{430}da@example.org", "ada@example.org"),
        ("ada@stra\u{DF}e.example", "ada@strasse.example"),
        ("ada@b\u{131}g.example", "ada@big.example"),
        ("a.da@example.org", "ada@example.org"),
        ("ada+x@example.org", "ada@example.org"),
        ("josé@example.org", "jose@example.org"),
    ] {
        assert_ne!(mail(left).normalised(), mail(right).normalised(), "{left} {right}");
        assert_ne!(mail(left), mail(right));
    }
    // A compatibility form in the domain names another domain: refused rather than guessed at.
    for domain in ["\u{FF45}xample.org", "\u{17F}am.org", "\u{FB01}.org", "\u{2163}.org"] {
        assert!(EmailAddress::parse(&format!("ada@{domain}")).is_err(), "{domain}");
    }
}

/// RFC 3492, 7.1 (A, B, C, G, H lower-cased, I) and names in use.
#[test]
fn labels_become_a_labels() {
    for (label, ascii) in [
        ("ليهمابتكلموشعربي؟", "egbpdaj6bu4bxfgehfvwxn"),
        ("他们为什么不说中文", "ihqwcrb4cv8a8dqg056pqjye"),
        ("他們爲什麽不說中文", "ihqwctvzc91f659drss3x8bo0yb"),
        ("почемужеонинеговорятпорусски", "b1abfaaepdrnnbgefbadotcwatmq2g4l"),
        ("faß", "fa-hia"),
        ("münchen", "mnchen-3ya"),
        ("bücher", "bcher-kva"),
        ("пример", "e1afmkfd"),
        ("3年b組金八先生", "3b-ww4c5e180e575a65lsy2b"),
    ] {
        assert_eq!(super::domain::to_ascii(label), format!("xn--{ascii}"));
    }
    assert_eq!(super::domain::to_ascii("a.ü.b"), "a.xn--tda.b");
}

/// T9: RFC 5892, appendix A. A label is accepted in its own letters where its A-label is, both are
/// one domain, and out of its place a letter is refused in both forms.
#[test]
fn letters_that_fit_in_their_context_are_accepted_in_both_forms() {
    for label in [
        "col·lecció",
        "paral·lel",
        "l·l",
        "COL·LEGI",
        "\u{375}α",
        "א\u{5F3}",
        "צה\u{5F4}ל",
        "カ\u{30FB}タ",
        "アール\u{30FB}アンド\u{30FB}ビー",
        "漢\u{30FB}字",
        "ا\u{660}\u{661}",
        "ا\u{6F1}\u{6F2}",
        "نامه\u{200C}ای",
        "می\u{200C}خواهم",
        "क्\u{200D}ष",
        "क्\u{200C}ष",
        "ශ්\u{200D}රී",
        "straße",
        "ς",
        "བོད\u{F0B}ཡིག",
        "\u{3007}",
        "ไทย",
        "中国",
    ] {
        let own = mail(&format!("ada@{label}.example"));
        let ascii = super::domain::to_ascii(&label.to_lowercase());
        let encoded = mail(&format!("ada@{ascii}.example"));
        assert_eq!(own.normalised(), encoded.normalised(), "{label}");
        assert!(encoded.normalised().contains("@xn--"), "{label}");
        assert_eq!(mail(own.as_str()), own, "parsing twice is parsing once");
        let joiner = own.as_str().contains(['\u{200C}', '\u{200D}']);
        assert!(!joiner, "an address is kept without characters that show nothing: {label}");
        let upper = format!("ada@{}.example", ascii.to_uppercase());
        assert_eq!(mail(&upper).normalised(), own.normalised());
    }
    for label in [
        "a·b",
        "·l",
        "l·",
        "l··l",
        "α\u{375}",
        "\u{375}a",
        "a\u{5F3}",
        "\u{5F4}א",
        "a\u{30FB}b",
        "\u{660}\u{6F0}",
        "ا\u{661}\u{6F1}",
        "a\u{200C}b",
        "a\u{200D}b",
        "ا\u{200C}ا",
        "ن\u{200D}ا",
        "\u{200C}ن",
        "ن\u{200C}",
        "ا\u{640}ا",
        "☃",
        "i\u{2764}",
    ] {
        assert!(EmailAddress::parse(&format!("ada@{label}.example")).is_err(), "{label}");
        let ascii = format!("ada@xn--{}.example", super::punycode::encode(label));
        assert!(EmailAddress::parse(&ascii).is_err(), "{label} as {ascii}");
    }
    for ascii in
        ["xn--", "xn--a", "xn--abc-", "xn--99999999", "xn--mnchen-3yaa-", "xn--Mnchen-3ya-"]
    {
        assert!(EmailAddress::parse(&format!("ada@{ascii}.example")).is_err(), "{ascii}");
    }
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

/// R-223, and that nothing is guessed at.
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

/// T11: RFC 3966, 5.1.1, and what address books, pages and keyboards put between digits.
#[test]
fn a_number_is_read_as_people_write_it() {
    for text in [
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
    ] {
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
    let (one, two) = (phone("+14251234567x1"), phone("+1 4251234567x2"));
    assert_ne!(one, two);
    assert_eq!(one.normalised(), two.normalised());
    assert_eq!(one.normalised(), phone("+14251234567").normalised());
    assert_eq!(one.prefix(), "+1425123");
    assert_eq!(phone("+1234567").prefix(), "+123");
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
        let label = label.to_lowercase();
        if !label.is_ascii() {
            let encoded = super::punycode::encode(&label);
            prop_assert_eq!(super::punycode::decode(&encoded), Some(label));
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
