//! The memory directory's configurable behaviour: its own rules, failures and scripted outcomes.

use std::sync::Arc;
use std::time::Duration;

use super::MemoryDirectory;
use super::state::Scripted;
use crate::adapters::memory::lock;
use crate::facts::{PolicyReason, WriteOutcome, WriteReply};

impl MemoryDirectory {
    /// Makes the directory on premises unreachable, or reachable again. While it is unreachable,
    /// users whose password is managed there have the writeback state `Unreachable`, their writes
    /// and unlocks return [`Unreachable`](WriteOutcome::Unreachable), and their passwords cannot be
    /// verified.
    pub fn set_unreachable(&self, unreachable: bool) {
        lock(&self.state).unreachable = unreachable;
    }

    /// Sets the directory's own rule for new passwords. A returned reason refuses the password.
    ///
    /// ```
    /// use sspr::facts::PolicyReason;
    /// use sspr::adapters::memory::MemoryDirectory;
    ///
    /// let directory = MemoryDirectory::new();
    /// directory.set_password_rule(|new| (new.len() < 20).then_some(PolicyReason::Length));
    /// ```
    pub fn set_password_rule(
        &self,
        rule: impl Fn(&str) -> Option<PolicyReason> + Send + Sync + 'static,
    ) {
        lock(&self.state).rule = Some(Arc::new(rule));
    }

    /// Accepts every password again, like a new directory.
    pub fn clear_password_rule(&self) {
        lock(&self.state).rule = None;
    }

    /// Refuses the last `passwords` of a user, including the current one. Default 0: none.
    ///
    /// Passwords that were replaced before the number was raised are not remembered.
    pub fn set_history(&self, passwords: usize) {
        lock(&self.state).history = passwords;
    }

    /// Refuses to replace a password that is younger than this. Default zero.
    pub fn set_min_age(&self, age: Duration) {
        lock(&self.state).min_age = age;
    }

    /// Returns this outcome, or this reply, for the next write or unlock; several calls queue up.
    ///
    /// `Written` and `WrittenButNotPropagated` write regardless of the rules; every other outcome
    /// does not. A repetition of a completed write is not a new write and takes no outcome.
    pub fn script_outcome(&self, outcome: impl Into<WriteReply>) {
        let reply = outcome.into();
        let written =
            matches!(reply.outcome, WriteOutcome::Written | WriteOutcome::WrittenButNotPropagated);
        let scripted = Scripted { reply, written };
        lock(&self.state).scripted.push_back(scripted);
    }

    /// Performs the next write or unlock but returns `Indeterminate`, as if the reply was lost. A
    /// repetition under the same number returns `Written`.
    pub fn script_indeterminate_written(&self) {
        let scripted = Scripted { reply: WriteOutcome::Indeterminate.into(), written: true };
        lock(&self.state).scripted.push_back(scripted);
    }
}
