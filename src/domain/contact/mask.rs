//! Masked forms. Each has one length, whatever it stands for: a mask that is as long as the address
//! tells whether an address guessed by a stranger can be the right one.

/// Stands for any number of hidden characters.
const HIDDEN: &str = "•••••";

/// `a•••••@c•••••`: the first character of the local part and of the domain, of each only if it
/// is not all that the part (of the domain: its first label) holds.
pub(super) fn mail(local: &str, domain: &str) -> String {
    let label = domain.split('.').next().unwrap_or_default();
    format!("{}{HIDDEN}@{}{HIDDEN}", initial(local), initial(label))
}

/// `+•• •••••••12`: the last two digits.
pub(super) fn phone(e164: &str) -> String {
    let shown = e164.len().saturating_sub(2);
    format!("+•• •••••••{}", e164.get(shown..).unwrap_or_default())
}

fn initial(part: &str) -> char {
    let mut characters = part.chars();
    match (characters.next(), characters.next()) {
        (Some(first), Some(_)) => first,
        _ => '•',
    }
}
