//! Sequences that have once told a mistake from the rules: kept, and run each time.

use crate::command::Command;

/// Each by the rule that it holds.
pub(crate) const FOUND: &[(&str, &[Command])] = &[];
