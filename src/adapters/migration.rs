//! Schema changes as texts, for the tool with which a host migrates its database.

/// One change of a store's schema: run it once, in the order of the numbers, each in one transaction.
///
/// The text ends by writing the number into the place from which the store reads its version, so the store
/// knows which changes a tool has run.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Migration {
    /// The version of the schema after this change, counted from 1.
    pub number: u32,
    /// A name for the tool's list: small letters, digits and `_`.
    pub name: &'static str,
    /// The statements.
    pub sql: String,
}
