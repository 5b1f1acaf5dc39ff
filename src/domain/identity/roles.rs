//! Comparison of the names of roles and users, which directories write in different case.

use std::collections::BTreeSet;

use super::ids::RoleId;

/// Whether two names are the same but for their case. A rule that excludes must not depend on how
/// a directory or a host writes a name.
pub(crate) fn same_name(left: &str, right: &str) -> bool {
    left == right || left.to_lowercase() == right.to_lowercase()
}

/// Whether this role is in the list.
pub(crate) fn lists(list: &BTreeSet<RoleId>, role: &RoleId) -> bool {
    list.contains(role) || list.iter().any(|listed| same_name(listed.as_str(), role.as_str()))
}

/// Whether any of these roles is in the list.
pub(crate) fn lists_any(list: &BTreeSet<RoleId>, roles: &BTreeSet<RoleId>) -> bool {
    roles.iter().any(|role| lists(list, role))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_and_in_full() {
        for (left, right, same) in [
            ("Global Administrator", "GLOBAL ADMINISTRATOR", true),
            ("Ärztin", "ärztin", true),
            ("Global Administrator", "Global Administrator ", false),
            ("Global Administrator", "Global", false),
        ] {
            assert_eq!(same_name(left, right), same, "{left:?} {right:?}");
            let role = |name| RoleId::parse(name).expect("valid");
            assert_eq!(lists_any(&[role(left)].into(), &[role(right)].into()), same);
        }
    }
}
