//! The URI that an authenticator app reads, usually from a QR code.

use super::seed::base32;
use super::{OathAlgorithm, OathParameters};
use crate::domain::crypto::secret::SecretText;
use crate::domain::text::{is_invisible, shortened};

/// The enrolment URI, `otpauth://totp/ISSUER:ACCOUNT?secret=...` (Key URI format).
///
/// The issuer is in the label and in a parameter, as the format recommends; an empty issuer is in
/// neither. All parameters are written, the defaults too.
pub(crate) fn enrolment_uri(
    seed: &[u8],
    parameters: OathParameters,
    issuer: &str,
    account: &str,
) -> SecretText {
    let encoded_seed = base32(seed);
    let secret = encoded_seed.expose_secret();
    let (issuer_label, account_label) = (label(issuer), label(account));
    let (issuer, account) = (Encoded(&issuer_label), Encoded(&account_label));
    let OathParameters { algorithm, digits, period } = parameters;
    // Allocated once: growing would leave a copy of the secret that is not zeroized.
    let mut uri = String::with_capacity(FIXED + 2 * issuer.most() + account.most() + secret.len());
    uri.push_str("otpauth://totp/");
    if !issuer.0.is_empty() {
        issuer.push_to(&mut uri);
        uri.push(':');
    }
    account.push_to(&mut uri);
    uri.push_str("?secret=");
    uri.push_str(secret);
    if !issuer.0.is_empty() {
        uri.push_str("&issuer=");
        issuer.push_to(&mut uri);
    }
    uri.push_str("&algorithm=");
    uri.push_str(algorithm.as_str());
    for (name, value) in [("&digits=", digits), ("&period=", period)] {
        uri.push_str(name);
        uri.push_str(&value.to_string());
    }
    SecretText::new(uri)
}

/// The longest name in a label, in characters.
const MAX_NAME: usize = 64;

/// A name as it is in a label: one line without colons, since apps split issuer and account at a
/// colon, even at an encoded one (Key URI format, *Label*). A long name is cut and ends in `…`.
pub(crate) fn label(name: &str) -> String {
    // Some scripts need joiners.
    let kept = |c: &char| !is_invisible(*c) || matches!(c, '\u{200C}' | '\u{200D}' | '\u{FE0F}');
    let visible: String = name.chars().filter(kept).collect();
    let parts = visible.split(|c: char| {
        matches!(c, ':' | '\u{FF1A}' | '\u{FE55}' | '\u{FE13}')
            || c.is_control()
            || c.is_whitespace()
    });
    let words: Vec<&str> = parts.filter(|word| !word.is_empty()).collect();
    shortened(&words.join(" "), MAX_NAME).into_owned()
}

/// The length of the fixed parts of the URI, with the longest algorithm and the longest numbers.
const FIXED: usize = "otpauth://totp/:?secret=&issuer=&algorithm=&digits=255&period=255".len()
    + OathAlgorithm::Sha512.as_str().len();

/// Text to be percent-encoded, except the unreserved characters of RFC 3986.
struct Encoded<'a>(&'a str);

impl Encoded<'_> {
    /// The longest encoded form, in bytes.
    const fn most(&self) -> usize {
        3 * self.0.len()
    }

    fn push_to(&self, uri: &mut String) {
        const HEX: &[u8; 16] = b"0123456789ABCDEF";
        for byte in self.0.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                uri.push(char::from(byte));
            } else {
                let digits = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 0x0f)]];
                uri.extend(['%', char::from(digits[0]), char::from(digits[1])]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SEED: &[u8] = b"12345678901234567890";
    const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    fn uri(issuer: &str, account: &str) -> String {
        enrolment_uri(SEED, OathParameters::default(), issuer, account).expose_secret().to_owned()
    }

    /// the issuer in both places, spaces as `%20`, the secret without padding.
    #[test]
    fn the_uri_is_as_apps_read_it() {
        let expected = format!(
            "otpauth://totp/ACME%20Co:john.doe%40email.com?secret={SECRET}&issuer=ACME%20Co\
             &algorithm=SHA1&digits=6&period=30"
        );
        assert_eq!(uri("ACME Co", "john.doe@email.com"), expected);
        let parameters = OathParameters { algorithm: OathAlgorithm::Sha256, digits: 8, period: 60 };
        let other = enrolment_uri(b"0123456789abcdef", parameters, "Contoso", "ada");
        assert_eq!(
            other.expose_secret(),
            "otpauth://totp/Contoso:ada?secret=GAYTEMZUGU3DOOBZMFRGGZDFMY&issuer=Contoso\
             &algorithm=SHA256&digits=8&period=60"
        );
    }

    /// characters that would end a part are encoded, in the label and in the parameter.
    #[test]
    fn nothing_in_a_name_ends_its_part() {
        let text = uri("ab/c?d", "e&f=g#h%i+j");
        assert!(text.starts_with("otpauth://totp/ab%2Fc%3Fd:e%26f%3Dg%23h%25i%2Bj?secret="));
        assert!(text.contains("&issuer=ab%2Fc%3Fd&algorithm="));
        assert!(uri("Müller", "名").contains("/M%C3%BCller:%E5%90%8D?"));
    }

    /// T10: apps split issuer and account at a colon (a delimiter of RFC 3986, 2.2), encoded or not.
    #[test]
    fn no_colon_stands_in_an_issuer_or_an_account() {
        for (issuer, account, shown_issuer, shown_account) in [
            ("Contoso: EU", "ada", "Contoso EU", "ada"),
            ("Contoso:EU", "ada", "Contoso EU", "ada"),
            (":Contoso:", "a:da", "Contoso", "a da"),
            ("Contoso", "sip:ada@contoso.example", "Contoso", "sip ada@contoso.example"),
            ("Contoso", "CONTOSO:ada", "Contoso", "CONTOSO ada"),
            ("Contoso", "https://id.example/ada", "Contoso", "https //id.example/ada"),
            ("Contoso\u{FF1A}EU", "ada", "Contoso EU", "ada"),
            ("Contoso\u{FE55} EU", "ada", "Contoso EU", "ada"),
            ("Contoso\r\nEU", "a\tda", "Contoso EU", "a da"),
            ("::", "ada", "", "ada"),
            ("Contoso\u{200B}: EU", "\u{FEFF}ada", "Contoso EU", "ada"),
            ("Contoso %3A EU", "ada", "Contoso %3A EU", "ada"),
        ] {
            assert_eq!(
                (label(issuer), label(account)),
                (shown_issuer.into(), shown_account.into())
            );
            let text = uri(issuer, account);
            let query = text.split_once('?').expect("a query").1;
            let decoded = crate::domain::text::percent_decoded(&text);
            let plain = decoded.as_ref().map_or(text.as_str(), |decoded| decoded.as_str());
            let shown = plain.split_once("?secret").expect("a query").0;
            let colons = usize::from(!shown_issuer.is_empty());
            let in_label = shown.trim_start_matches("otpauth://totp/");
            assert_eq!(in_label.matches(':').count(), colons, "{text}");
            assert!(!query.contains("%3A"), "{text}");
        }
    }

    /// T10: a name that was cut ends in an ellipsis, and no letter is cut in two.
    #[test]
    fn a_long_name_does_not_read_as_another_one() {
        let host = "login.contoso.example.attacker.test".repeat(3);
        for (name, end) in [
            (format!("ada@{host}"), '…'),
            ("é".repeat(65), '…'),
            ("e\u{301}".repeat(40), '…'),
            (format!("{}👩\u{200D}💻", "a".repeat(62)), '…'),
            ("名".repeat(64), '名'),
            ("a".repeat(64), 'a'),
            (format!("{} b", "a".repeat(63)), '…'),
        ] {
            let shown = label(&name);
            assert!(shown.ends_with(end) && shown.chars().count() <= MAX_NAME, "{shown}");
            let kept = shown.trim_end_matches('…');
            assert!(name.starts_with(kept) && !kept.ends_with(char::is_whitespace), "{shown}");
            let next = name[kept.len()..].chars().next();
            let mark = unicode_normalization::char::is_combining_mark;
            assert!(next.is_none_or(|next| !mark(next) && next != '\u{200D}'), "{shown}");
            assert!(uri(&name, &name).contains("otpauth://totp/"));
        }
    }

    #[test]
    fn without_an_issuer_neither_place_has_one() {
        let text = uri("", "ada");
        assert!(text.starts_with("otpauth://totp/ada?secret="));
        assert!(!text.contains("issuer"));
    }

    proptest! {
        /// The first allocation suffices: growing would leave a copy of the secret.
        #[test]
        fn whatever_the_names_the_uri_has_its_parts(
            seed in prop::collection::vec(any::<u8>(), 16..=64), issuer in ".{1,40}", account: String,
        ) {
            prop_assume!(!label(&issuer).is_empty());
            let parameters =
                OathParameters { algorithm: OathAlgorithm::Sha512, digits: 255, period: 255 };
            let uri = enrolment_uri(&seed, parameters, &issuer, &account);
            let text = uri.expose_secret();
            let most = FIXED + 3 * (2 * label(&issuer).len() + label(&account).len())
                + base32(&seed).expose_secret().len();
            prop_assert!(text.len() <= most);
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_graphic()));
            let (label, query) = text.split_once('?').expect("a query");
            prop_assert_eq!(label.matches(':').count(), 2);
            prop_assert_eq!(label.matches('/').count(), 3);
            let names: Vec<&str> = query.split('&').filter_map(|pair| pair.split('=').next()).collect();
            prop_assert_eq!(names, ["secret", "issuer", "algorithm", "digits", "period"]);
        }
    }
}
