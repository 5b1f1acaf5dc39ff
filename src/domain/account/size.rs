//! The size of an account's record.

use super::Account;
use super::budget::PoolKind;

/// The size of a body, in bytes, from which nothing is added: for the anonymous pool, and for the
/// proven pool.
const LARGE: [usize; 2] = [9 * 1024, 11 * 1024];

impl Account {
    /// Whether the encoded account is too large for anything more. The rest of the 16 KiB of a body
    /// is for what must always find room: attempts, notices and leases.
    ///
    /// An account with few entries cannot be large, however long its addresses are, and is not
    /// encoded.
    pub(crate) fn is_large(&self, pool: PoolKind) -> bool {
        let [strangers, others] = LARGE;
        let most = if pool == PoolKind::Anonymous { strangers } else { others };
        let failures: usize = self.windows().map(|window| window.times.len()).sum();
        let told: usize = self.told.iter().map(|told| told.times.len()).sum();
        let acts = self.acts.user.len() + self.acts.administrators.len();
        let sends =
            [&self.sends, &self.in_hand].map(|budget| budget.anonymous.len() + budget.proven.len());
        let counted = failures + sends.iter().sum::<usize>();
        let few = self.flows.len() <= 3
            && told + acts <= 32
            && self.methods.len() <= 8
            && self.outbox.len() <= 8
            && self.watched.len() <= 4
            && self.unwritten.is_empty()
            && counted <= 80;
        !few && serde_json::to_string(self).is_ok_and(|body| body.len() > most)
    }
}
