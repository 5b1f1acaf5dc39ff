//! How the memory directory is made to behave: its own rules, failures and scripted answers.

use std::sync::Arc;
use std::time::Duration;

use super::MemoryDirectory;
use super::state::Scripted;
use crate::adapters::memory::lock;
use crate::domain::facts::{PolicyReason, WriteOutcome};

impl MemoryDirectory {
    /// Whether the directory on premises is out of reach. While it is, users whose password is
    /// managed there have the writeback state `Unreachable`, their writes and unlocks are answered
    /// [`Unreachable`](WriteOutcome::Unreachable), and their passwords cannot be verified.
    pub fn set_unreachable(&self, unreachable: bool) {
        lock(&self.state).unreachable = unreachable;
    }

    /// The directory's own rule for new passwords: a reason refuses.
    ///
    /// ```
    /// use sspr::PolicyReason;
    /// use sspr::adapters::memory::MemoryDirectory;
    ///
    /// let directory = MemoryDirectory::with_hash_cost(8, 1);
    /// directory.set_password_rule(|new| (new.len() < 20).then_some(PolicyReason::Length));
    /// ```
    pub fn set_password_rule(
        &self,
        rule: impl Fn(&str) -> Option<PolicyReason> + Send + Sync + 'static,
    ) {
        lock(&self.state).rule = Some(Arc::new(rule));
    }

    /// Accepts every password again, as a new directory does.
    pub fn clear_password_rule(&self) {
        lock(&self.state).rule = None;
    }

    /// Refuses the last `passwords` of a user, the present one included. Default 0: none.
    ///
    /// Passwords that were replaced before it was raised are not known any more.
    pub fn set_history(&self, passwords: usize) {
        lock(&self.state).history = passwords;
    }

    /// Refuses to replace a password that is younger than this. Default zero.
    pub fn set_min_age(&self, age: Duration) {
        lock(&self.state).min_age = age;
    }

    /// Answers the next write or unlock with this outcome; several calls queue up.
    ///
    /// `Written` and `WrittenButNotPropagated` write, whatever the rules say; every other outcome
    /// does not. A repetition of a write that was done is no new write and takes no outcome.
    pub fn script_outcome(&self, outcome: WriteOutcome) {
        let written = matches!(
            outcome,
            WriteOutcome::Written | WriteOutcome::WrittenButNotPropagated
        );
        let scripted = Scripted { outcome, written };
        lock(&self.state).scripted.push_back(scripted);
    }

    /// Answers the next write or unlock with `Indeterminate`, and does it: the reply that was lost.
    /// A repetition under the same number is answered `Written`.
    pub fn script_indeterminate_written(&self) {
        let scripted = Scripted {
            outcome: WriteOutcome::Indeterminate,
            written: true,
        };
        lock(&self.state).scripted.push_back(scripted);
    }
}
