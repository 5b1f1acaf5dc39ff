//! Header fields of mail, encoded so that no text can break out of its field.
//!
//! A text ends no header line, and mail programs show it as it is. ASCII text that looks like an
//! encoded word (RFC 2047) would be decoded by mail programs, by some even within quotes, so it is
//! encoded once more. An adapter of a host should use these functions for its headers, too.

use data_encoding::BASE64;

/// The longest line that is left unencoded; RFC 5322, 2.1.1, allows 998 characters.
const LONGEST_PLAIN: usize = 200;

/// The longest chunk of an encoded word, in bytes. With its frame it has 72 of the 75 characters.
const CHUNK: usize = 45;

/// The value of an unstructured header, such as `Subject`: the text on one line, or encoded words,
/// each on a line of its own (`\r\n `), folded as in RFC 5322.
///
/// ```
/// use sspr::adapters::render::header;
///
/// assert_eq!(header::text("Contoso: your code"), "Contoso: your code");
/// assert_eq!(header::text("a\r\nBcc: b"), "a  Bcc: b");
/// assert!(header::text("=?utf-8?q?Act=20now?=").starts_with("=?UTF-8?B?"));
/// ```
#[must_use]
pub fn text(text: &str) -> String {
    let line = one_line(text);
    if is_plain(&line) && line.len() <= LONGEST_PLAIN { line } else { encoded_words(&line) }
}

/// A display name, as in `From`: quoted, or as encoded words.
///
/// ```
/// use sspr::adapters::render::header;
///
/// assert_eq!(header::phrase("Contoso, Ltd"), "\"Contoso, Ltd\"");
/// assert_eq!(header::phrase("Söhne"), "=?UTF-8?B?U8O2aG5l?=");
/// ```
#[must_use]
pub fn phrase(name: &str) -> String {
    let line = one_line(name);
    if is_plain(&line) && line.len() <= LONGEST_PLAIN && !line.contains(['"', '\\']) {
        format!("\"{line}\"")
    } else {
        encoded_words(&line)
    }
}

/// Printable ASCII that no mail program decodes.
fn is_plain(line: &str) -> bool {
    line.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
        && !line.contains("=?")
        && !line.contains("?=")
}

/// Replaces characters that end a line: controls, and Unicode's line and paragraph separators.
fn one_line(text: &str) -> String {
    let ends = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.chars().map(|c| if ends(c) { ' ' } else { c }).collect()
}

/// RFC 2047: words of at most 75 characters, each of whole code points and on a line of its own.
fn encoded_words(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut chunk = String::new();
    for character in text.chars() {
        if chunk.len() + character.len_utf8() > CHUNK {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Decodes [`encoded_words`].
    fn decoded(value: &str) -> String {
        let words = value.split("\r\n ").map(|word| {
            let inside = word.strip_prefix("=?UTF-8?B?").and_then(|rest| rest.strip_suffix("?="));
            BASE64.decode(inside.expect("an encoded word").as_bytes()).expect("Base64")
        });
        String::from_utf8(words.collect::<Vec<_>>().concat()).expect("UTF-8")
    }

    /// T3: all forms of encoded words, whole or partial, in any case and charset.
    #[test]
    fn text_that_is_an_encoded_word_is_encoded_again() {
        for trick in [
            "=?utf-8?q?Act=20now?= Ltd",
            "=?UTF-8?B?QWN0IG5vdw==?=",
            "=?us-ascii?Q?Act?=",
            "=?iso-8859-1?q?=41?=",
            "=?utf-8*en?q?Act?=",
            "Contoso =?utf-8?q?x?=",
            "(=?utf-8?q?x?=)",
            "\"=?utf-8?q?x?=\"",
            "=?utf-8?q?a?= =?utf-8?q?b?=",
            "=?utf-8?q?un finished",
            "finished?=",
            "=?",
            "=?x?y?z?=\r\nBcc: eve@example.org",
            "=?utf-8?q?=0D=0ABcc:_eve?=",
            // RFC 2047, 8, and RFC 2231, 5.
            "=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>",
            "=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@dkuug.dk>",
            "=?ISO-8859-1?Q?Andr=E9?= Pirard <PIRARD@vm1.ulg.ac.be>",
            "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=",
            "=?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
            "=?ISO-8859-1?Q?Patrik_F=E4ltstr=F6m?= <paf@nada.kth.se>",
            "Nathaniel Borenstein <nsb@thumper.bellcore.com> (=?iso-8859-8?b?7eXs+SDv4SDs8eo=?=)",
            "(=?ISO-8859-1?Q?a?= b)",
            "(=?ISO-8859-1?Q?a_b?=)",
            "(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)",
            "=?US-ASCII*EN?Q?Keith_Moore?=",
        ] {
            for value in [text(trick), phrase(trick)] {
                assert!(value.starts_with("=?UTF-8?B?"), "{trick:?}: {value}");
                assert_eq!(decoded(&value), one_line(trick), "{trick:?}");
            }
        }
        for plain in ["Contoso", "a = b ? c", "What? = this", "50 % = half", "A.B, C & D; E <f>"] {
            assert_eq!(text(plain), plain);
            assert_eq!(phrase(plain), format!("\"{plain}\""));
        }
    }

    #[test]
    fn nothing_ends_a_header_line() {
        for end in ["\r\n", "\n", "\r", "\u{0}", "\u{B}", "\u{C}", "\u{85}", "\u{2028}", "\u{2029}"]
        {
            let trick = format!("Contoso{end}Bcc: eve@example.org{end}{end}body");
            for value in [text(&trick), phrase(&trick)] {
                assert!(!value.contains(['\r', '\n', '\u{0}', '\u{85}', '\u{2028}']), "{value:?}");
            }
        }
        for text in ["Ä", "Übergrößenträger 😀".repeat(9).as_str(), &"=?x?=".repeat(40)] {
            let value = encoded_words(text);
            assert!(value.split("\r\n ").all(|word| word.len() <= 75), "{value}");
            assert_eq!(decoded(&value), text, "each word holds whole code points");
        }
        for name in ["a\"b", "a\\", "\"; eve@example.org"] {
            assert_eq!(decoded(&phrase(name)), name);
        }
        let long = text(&"x".repeat(1_000));
        assert!(long.lines().all(|line| line.len() <= 76), "{long}");
        assert_eq!(decoded(&text(&"ä€😀".repeat(60))), "ä€😀".repeat(60));
    }
}
