//! Names of tenants and accounts, sanitised for use in messages.

/// Replaces a name of which nothing is left.
const NAMELESS: &str = "Your organisation";

/// A name as one line of harmless text, at most `max` characters.
///
/// The name comes from the tenant's facts, so an attacker who can rename a tenant could put words
/// into messages that people trust. Characters that could end a header line, open a tag, change the
/// text direction or form a link in a mail program become spaces or are dropped. Letters of every
/// script stay.
///
/// ```
/// use sspr::adapters::render::plain_name;
///
/// assert_eq!(plain_name("Contoso & Söhne", 64), "Contoso & Söhne");
/// assert_eq!(plain_name("Contoso\r\nBcc: x", 64), "Contoso Bcc x");
/// assert_eq!(plain_name("<a href=https://evil.example>", 64), "a href=https evil example");
/// ```
#[must_use]
pub fn plain_name(name: &str, max: usize) -> String {
    sanitised(name, max).unwrap_or_else(|| NAMELESS.chars().take(max).collect())
}

/// As [`plain_name`]; `None` if nothing is left of the name.
pub(crate) fn sanitised(name: &str, max: usize) -> Option<String> {
    let mut plain = String::new();
    let mut count = 0;
    for word in name.split(separates).filter(|word| !word.is_empty()) {
        let room = max.saturating_sub(count + usize::from(count > 0));
        if room == 0 {
            break;
        }
        if count > 0 {
            plain.push(' ');
            count += 1;
        }
        count += word.chars().count().min(room);
        plain.extend(word.chars().take(room));
    }
    plain.chars().any(char::is_alphanumeric).then_some(plain)
}

/// The name of an account as harmless text, at most `max` characters. A sign-in name that looks
/// like a mail address is kept; any other goes through [`plain_name`].
///
/// ```
/// use sspr::adapters::render::account_name;
///
/// assert_eq!(account_name("ada.l@contoso.example", 64), "ada.l@contoso.example");
/// assert_eq!(account_name("https://evil.example/@x", 64), "https evil example x");
/// ```
#[must_use]
pub fn account_name(name: &str, max: usize) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '\'');
    let is_address = name.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && local.chars().chain(domain.chars()).all(plain)
    });
    if is_address && name.chars().count() <= max { name.to_owned() } else { plain_name(name, max) }
}

/// Whether a character separates words.
fn separates(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(character, '<' | '>' | '"' | '\\' | '/' | ':' | '.' | '@' | '[' | ']' | '`')
        || invisible(character)
}

/// Invisible characters: joiners, direction marks, variation selectors, tags. Some scripts use the
/// joiners, but a name is readable without them.
fn invisible(character: char) -> bool {
    matches!(
        u32::from(character),
        0xad | 0x34f
            | 0x61c
            | 0x115f..=0x1160
            | 0x17b4..=0x17b5
            | 0x180b..=0x180f
            | 0x200b..=0x200f
            | 0x2028..=0x202e
            | 0x2060..=0x206f
            | 0x3164
            | 0xfe00..=0xfe0f
            | 0xfeff
            | 0xffa0
            | 0xfff0..=0xfffb
            | 0xe0000..=0xe0fff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_end_a_line_or_open_a_tag_are_removed() {
        for character in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
            let plain = plain_name(&format!("A{character}B"), 64);
            let harmless = |c: char| !c.is_control() && !"<>\"\\/:.@".contains(c) && !invisible(c);
            assert!(plain.chars().all(harmless), "{character:?}");
            assert!(plain.starts_with('A') && plain.ends_with('B'), "{character:?}");
            assert!(plain.chars().all(|c| c == ' ' || !c.is_whitespace()), "{character:?}");
        }
    }

    #[test]
    fn the_bound_is_kept_and_an_empty_name_is_replaced() {
        for max in 1..20 {
            let plain = plain_name("Ä b cd efg hijk", max);
            assert!(plain.chars().count() <= max && !plain.ends_with(' '), "{plain:?}");
            assert!(plain_name("\r\n", max).chars().count() <= max);
        }
        assert_eq!(plain_name("Ä b cd efg", 6), "Ä b cd");
        for nothing in ["", " ", "...", "<>", "\u{202e}", "--"] {
            assert_eq!(plain_name(nothing, 64), NAMELESS);
        }
    }
}
