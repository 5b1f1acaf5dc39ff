//! Temporary passwords, which an administrator reads out and the user types once.

use zeroize::Zeroizing;

use super::rules::PasswordRules;
use crate::domain::crypto::secret::SecretText;

/// Letters that are not mistaken for others, without vowels: no group reads as a word.
const LETTERS: &[u8] = b"bcdfghjkmnpqrstvwxyz";
/// Digits that are not mistaken for letters.
const DIGITS: &[u8] = b"23456789";
const MIXED: &[u8] = b"bcdfghjkmnpqrstvwxyz23456789";
/// The symbols of a group, after which a hyphen follows.
const GROUP: usize = 5;
/// Four groups: more than 80 random bits.
const SHORTEST: usize = 4 * (GROUP + 1) - 1;

/// The random bytes of one password: enough for the longest that a policy can require.
pub(crate) const RANDOM: usize = 128;

/// A random password of groups such as `Kx4t7-Mq9r2-Tw3h8-Zf5n4`: it has all four classes of
/// characters, at least 23 of them, and as many as the rules require. `None` if too few of the random
/// bytes can be used.
pub(crate) fn temporary_password(
    rules: &PasswordRules,
    random: &[u8; RANDOM],
) -> Option<SecretText> {
    let length = usize::from(rules.min_length).max(SHORTEST);
    let mut bytes = random.iter().copied();
    let mut password = Zeroizing::new(String::with_capacity(length));
    for place in 0..length {
        password.push(match place % (GROUP + 1) {
            0 => char::from(pick(&mut bytes, LETTERS)?.to_ascii_uppercase()),
            4 => char::from(pick(&mut bytes, DIGITS)?),
            GROUP => '-',
            _ => char::from(pick(&mut bytes, MIXED)?),
        });
    }
    Some(SecretText::from(password.as_str()))
}

/// One of the symbols, each equally likely.
fn pick(bytes: &mut impl Iterator<Item = u8>, symbols: &[u8]) -> Option<u8> {
    let count = u8::try_from(symbols.len()).ok()?;
    // Bytes beyond the last whole multiple would make the first symbols more likely.
    let usable = u8::MAX / count * count;
    let byte = bytes.find(|byte| *byte < usable)?;
    symbols.get(usize::from(byte % count)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(min_length: u16) -> PasswordRules {
        let mut rules = PasswordRules::default();
        (rules.min_length, rules.required_classes) = (min_length, 4);
        rules.ascii_only = true;
        rules
    }

    fn random(seed: u8) -> [u8; RANDOM] {
        std::array::from_fn(|place| {
            (place as u8).wrapping_mul(97).wrapping_add(seed).rotate_left(3)
        })
    }

    #[test]
    fn a_temporary_password_satisfies_the_strictest_rules() {
        let context = super::super::PasswordContext::new();
        for min_length in 8..=64 {
            for seed in 0..20 {
                let rules = rules(min_length);
                let password = temporary_password(&rules, &random(seed)).expect("enough bytes");
                let checked = rules.check(&password, &context);
                assert!(checked.is_ok(), "{} of {min_length}", password.expose_secret());
                assert!(password.expose_secret().len() >= 23);
            }
        }
    }

    #[test]
    fn each_symbol_is_equally_likely_and_too_few_bytes_give_none() {
        for symbols in [LETTERS, DIGITS, MIXED] {
            let mut counts = [0; 256];
            let mut bytes = 0..=u8::MAX;
            while let Some(symbol) = pick(&mut bytes, symbols) {
                counts[usize::from(symbol)] += 1;
            }
            let each = u8::MAX as usize / symbols.len();
            assert!(symbols.iter().all(|symbol| counts[usize::from(*symbol)] == each));
        }
        assert!(temporary_password(&rules(8), &[u8::MAX; RANDOM]).is_none());
    }
}
