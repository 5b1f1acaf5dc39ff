//! Which mail addresses are accepted, and which spellings are one mailbox.

use super::{EmailAddress, InvalidInput, PhoneNumber, mail};

/// only NFC and the case of the domain change an address; the local part keeps its
/// case.
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

/// V36: characters that are invisible, or that another system would read as punctuation, are
/// refused in both parts.
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
    // The limit applies after NFC: decomposed, this address is longer.
    assert!(EmailAddress::parse(&format!("{}@example.org", "o\u{308}".repeat(32))).is_ok());
    assert!(EmailAddress::parse(&format!("a@{label}.org")).is_ok());
    assert!(EmailAddress::parse(&format!("a@{label}d.org")).is_err());
    // As an A-label, this label is longer than 63 octets.
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
    // A compatibility form in the domain names another domain, and is refused.
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
        assert_eq!(
            crate::domain::identity::contact::domain::to_ascii(label),
            format!("xn--{ascii}")
        );
    }
    assert_eq!(crate::domain::identity::contact::domain::to_ascii("a.ü.b"), "a.xn--tda.b");
}

/// Labels whose letters stand where RFC 5892, appendix A allows them.
const IN_CONTEXT: [&str; 23] = [
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
];
/// Labels with a letter in the wrong place.
const OUT_OF_CONTEXT: [&str; 20] = [
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
];

/// T9: RFC 5892, appendix A. A label is accepted in its own letters if its A-label is, and both are
/// one domain. A letter in the wrong place is refused in both forms.
#[test]
fn letters_that_fit_in_their_context_are_accepted_in_both_forms() {
    for label in IN_CONTEXT {
        let own = mail(&format!("ada@{label}.example"));
        let ascii = crate::domain::identity::contact::domain::to_ascii(&label.to_lowercase());
        let encoded = mail(&format!("ada@{ascii}.example"));
        assert_eq!(own.normalised(), encoded.normalised(), "{label}");
        assert!(encoded.normalised().contains("@xn--"), "{label}");
        assert_eq!(mail(own.as_str()), own, "parsing twice is parsing once");
        let joiner = own.as_str().contains(['\u{200C}', '\u{200D}']);
        assert!(!joiner, "an address is kept without invisible characters: {label}");
        let upper = format!("ada@{}.example", ascii.to_uppercase());
        assert_eq!(mail(&upper).normalised(), own.normalised());
    }
    for label in OUT_OF_CONTEXT {
        assert!(EmailAddress::parse(&format!("ada@{label}.example")).is_err(), "{label}");
        let ascii = format!(
            "ada@xn--{}.example",
            crate::domain::identity::contact::punycode::encode(label)
        );
        assert!(EmailAddress::parse(&ascii).is_err(), "{label} as {ascii}");
    }
    for ascii in
        ["xn--", "xn--a", "xn--abc-", "xn--99999999", "xn--mnchen-3yaa-", "xn--Mnchen-3ya-"]
    {
        assert!(EmailAddress::parse(&format!("ada@{ascii}.example")).is_err(), "{ascii}");
    }
}
