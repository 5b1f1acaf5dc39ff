//! Ready-made policies.

/// Roles that make a user an administrator by default.
pub(super) const ADMINISTRATOR_ROLES: &[&str] = &["Global Administrator"];
