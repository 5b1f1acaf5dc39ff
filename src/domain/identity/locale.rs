//! Language tags.

use std::fmt;

use crate::domain::invalid::InvalidInput;
use crate::domain::record::serde_text::serde_as_text;
use crate::domain::text::trim_blanks;

const MALFORMED: InvalidInput = InvalidInput::Malformed { what: "locale" };

/// A language tag such as `en` or `zh-CN`, of the form of BCP 47 (RFC 5646, 2.1), 2 to 35
/// characters.
///
/// Case has no meaning in a tag, and other systems write an underscore for the hyphen. The tag is
/// kept with hyphens and in the recommended case, so that both spellings are equal.
///
/// ```
/// use sspr::message::Locale;
///
/// assert_eq!(Locale::parse("pt_br")?, Locale::parse("pt-BR")?);
/// assert_eq!(Locale::parse("ZH-hant-tw")?.as_str(), "zh-Hant-TW");
/// assert!(Locale::parse("../etc").is_err());
/// assert!(Locale::parse("en--US").is_err());
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Locale(String);

serde_as_text!(Locale, Self::stored);

/// Tags that were registered before the grammar and do not follow it (RFC 5646, 2.2.8).
const IRREGULAR: [&str; 17] = [
    "en-GB-oed",
    "i-ami",
    "i-bnn",
    "i-default",
    "i-enochian",
    "i-hak",
    "i-klingon",
    "i-lux",
    "i-mingo",
    "i-navajo",
    "i-pwn",
    "i-tao",
    "i-tay",
    "i-tsu",
    "sgn-BE-FR",
    "sgn-BE-NL",
    "sgn-CH-DE",
];

impl Locale {
    /// The shortest and the longest tag, in bytes (RFC 5646, 4.4.1).
    const LENGTHS: std::ops::RangeInclusive<usize> = 2..=35;

    /// Parses a tag, and drops blanks around it. Whether the language exists is not checked.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Malformed`] for a text that is no well-formed tag.
    pub fn parse(tag: &str) -> Result<Self, InvalidInput> {
        /// The longest text from which blanks are dropped, in bytes.
        const MAX_TEXT: usize = 128;
        if tag.len() > MAX_TEXT {
            return Err(MALFORMED);
        }
        let trimmed = trim_blanks(tag);
        if !Self::LENGTHS.contains(&trimmed.len()) {
            return Err(MALFORMED);
        }
        let tag = trimmed.replace('_', "-");
        if let Some(irregular) = IRREGULAR.iter().find(|known| known.eq_ignore_ascii_case(&tag)) {
            return Ok(Self((*irregular).to_owned()));
        }
        canonical(&tag).map(Self).ok_or(MALFORMED)
    }

    /// The tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads a stored tag: one that an earlier release accepted under a wider grammar is kept.
    fn stored(tag: &str) -> Result<Self, InvalidInput> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        match Self::parse(tag) {
            Ok(locale) => Ok(locale),
            Err(_) if Self::LENGTHS.contains(&tag.len()) && tag.bytes().all(plain) => {
                Ok(Self(tag.to_owned()))
            }
            Err(error) => Err(error),
        }
    }
}

/// The tag in its recommended case (RFC 5646, 2.1.1): the script capitalised, the region in
/// capitals, the rest in lower case. `None` if the tag is not well formed.
fn canonical(tag: &str) -> Option<String> {
    let subtags: Vec<&str> = tag.split('-').collect();
    let sound = |subtag: &&str| {
        (1..=8).contains(&subtag.len()) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    if !subtags.iter().all(sound) {
        return None;
    }
    let letters = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphabetic());
    let mut rest = subtags.iter().map(|subtag| subtag.to_ascii_lowercase()).peekable();
    let language = rest.next()?;
    let mut kept = vec![language.clone()];
    if language != "x" {
        // Languages of four letters are reserved, those of five to eight are registered.
        if !letters(&language) || !matches!(language.len(), 2 | 3 | 5..=8) {
            return None;
        }
        if language.len() <= 3 {
            for _ in 0..3 {
                kept.extend(rest.next_if(|next| next.len() == 3 && letters(next)));
            }
        }
        let script = rest.next_if(|next| next.len() == 4 && letters(next));
        kept.extend(script.map(|script| capital(&script)));
        let region = |next: &String| {
            (next.len() == 2 && letters(next))
                || (next.len() == 3 && next.bytes().all(|byte| byte.is_ascii_digit()))
        };
        kept.extend(rest.next_if(region).map(|region| region.to_ascii_uppercase()));
        while let Some(variant) = rest.next_if(|next| is_variant(next)) {
            if kept.contains(&variant) {
                return None;
            }
            kept.push(variant);
        }
        let mut singletons = Vec::new();
        while let Some(singleton) = rest.next_if(|next| next.len() == 1 && next != "x") {
            if singletons.contains(&singleton) {
                return None;
            }
            singletons.push(singleton.clone());
            kept.push(singleton);
            let before = kept.len();
            while let Some(subtag) = rest.next_if(|next| next.len() >= 2) {
                kept.push(subtag);
            }
            if kept.len() == before {
                return None;
            }
        }
        match rest.next() {
            None => return Some(kept.join("-")),
            Some(private) if private == "x" => kept.push(private),
            Some(_) => return None,
        }
    }
    let before = kept.len();
    kept.extend(rest);
    (kept.len() > before).then(|| kept.join("-"))
}

/// Whether this is a variant: five to eight letters or digits, or four that start with a digit.
fn is_variant(subtag: &str) -> bool {
    matches!(subtag.len(), 5..=8)
        || (subtag.len() == 4 && subtag.starts_with(|first: char| first.is_ascii_digit()))
}

fn capital(script: &str) -> String {
    let (first, rest) = script.split_at(1);
    format!("{}{rest}", first.to_ascii_uppercase())
}

impl Default for Locale {
    fn default() -> Self {
        Self("en".to_owned())
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// T14: RFC 5646, 2.1 and appendix A, and tags of POSIX, Java and .NET.
    #[test]
    fn a_language_tag_is_read_in_any_case_and_kept_in_one() {
        for (tag, kept) in [
            ("en", "en"),
            ("EN", "en"),
            ("pt-br", "pt-BR"),
            ("PT-BR", "pt-BR"),
            ("pt_BR", "pt-BR"),
            ("zh_TW", "zh-TW"),
            ("zh_hant_tw", "zh-Hant-TW"),
            ("ZH-HANS-CN", "zh-Hans-CN"),
            ("zh-cmn-hans-cn", "zh-cmn-Hans-CN"),
            ("sr_Latn_RS", "sr-Latn-RS"),
            ("es-419", "es-419"),
            ("sl-rozaj-biske", "sl-rozaj-biske"),
            ("de-CH-1901", "de-CH-1901"),
            ("sl-IT-NEDIS", "sl-IT-nedis"),
            ("hy-latn-it-arevela", "hy-Latn-IT-arevela"),
            ("de-de-u-CO-phonebk", "de-DE-u-co-phonebk"),
            ("en-US-x-Twain", "en-US-x-twain"),
            ("x-whatever", "x-whatever"),
            ("I-KLINGON", "i-klingon"),
            ("en_gb_oed", "en-GB-oed"),
            ("und", "und"),
            ("und-latn", "und-Latn"),
            (" nb-NO\r\n", "nb-NO"),
            ("\u{FEFF}fil", "fil"),
        ] {
            assert_eq!(Locale::parse(tag).expect(tag).as_str(), kept, "{tag}");
            assert_eq!(Locale::parse(kept).expect(kept).as_str(), kept);
        }
    }

    #[test]
    fn what_is_no_language_tag_is_refused() {
        for tag in [
            "",
            "e",
            "--",
            "-",
            "_",
            "en-",
            "-en",
            "en--US",
            "en__US",
            "en-_US",
            "../etc",
            "en us",
            "en-US-",
            "1234",
            "12",
            "en-US-US",
            "en-Latn-Latn",
            "abcd",
            "en-a",
            "en-u-co-u-co",
            "en-x",
            "x",
            "x-",
            "de-1901-1901",
            "en.UTF-8",
            "de_DE@euro",
            "e\u{301}n",
            "еn",
            "*",
            "en-toolongsub",
            "en;q=0.8",
            "abcdefghi",
        ] {
            assert!(Locale::parse(tag).is_err(), "{tag:?}");
        }
        assert!(Locale::parse(&"a".repeat(1 << 20)).is_err());
        assert!(Locale::parse("en-aaaaa-bbbbb-ccccc-ddddd-eeeee-fffff").is_err(), "over 35");
    }

    #[test]
    fn a_stored_tag_is_read_back() {
        let read = |json: &str| serde_json::from_str::<Locale>(json);
        assert_eq!(read("\"pt-br\"").expect("accepted once").as_str(), "pt-BR");
        assert_eq!(read("\"zh--CN\"").expect("accepted once").as_str(), "zh--CN");
        assert!(read("\"../etc\"").is_err() && read("\"\"").is_err());
    }
}
