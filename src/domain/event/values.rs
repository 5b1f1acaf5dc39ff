//! Values of event fields that exist for events only.

use serde::{Deserialize, Serialize};

/// Who refused a password.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RejectedBy {
    /// The policy's rules.
    Rules,
    /// The list of breached passwords.
    BreachList,
    /// The directory.
    Directory,
}

/// How a flow ended before its goal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FlowEnd {
    /// Its time ran out.
    Abandoned,
    /// The account or its methods changed meanwhile.
    Superseded,
    /// Too many rejected passwords.
    TooManyRejections,
    /// Its bearer has given it up.
    Cancelled,
}
