//! Masked forms of constant length: a mask as long as its address would show a stranger whether a
//! guessed address can be right.

/// Replaces any number of hidden characters.
const HIDDEN: &str = "•••••";

/// `a•••••@c•••••`: the first character of the local part and of the first label of the domain,
/// unless that part has no other.
pub(super) fn mail(local: &str, domain: &str) -> String {
    let label = domain.split('.').next().unwrap_or_default();
    format!("{}{HIDDEN}@{}{HIDDEN}", initial(local), initial(label))
}

/// `+•• •••••••12`: the last two digits of the number.
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
