//! The rules that must hold after all deliveries.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Checked;
use crate::run::{Run, ensure};
use crate::support::{admin, tenant};
use crate::world::user;

/// The events that the model counts.
const COUNTED: [&str; 27] = [
    "challenge_opened",
    "method_proven",
    "proof_repeated",
    "oath_step_used",
    "recovery_code_used",
    "link_redeemed_elsewhere",
    "change_started",
    "password_rejected",
    "directory_write_started",
    "directory_write_failed",
    "directory_write_unsettled",
    "password_reset",
    "password_changed",
    "account_unlocked",
    "method_added",
    "method_confirmed",
    "method_replaced",
    "method_removed",
    "methods_revoked",
    "flows_revoked",
    "contacts_supplied",
    "unblocked",
    "invited",
    "invitation_revoked",
    "temporary_password_set",
    "policy_changed",
    "compared",
];

impl Run {
    pub(crate) async fn end(&mut self) -> Checked {
        self.sut.deliver().await;
        for who in 0..2 {
            self.check_blocked(who).await?;
            let password = &self.model.users[who].password;
            let right = self.sut.directory.password_is(&tenant(), &user(who), password);
            ensure!(right, "the password is another than the model's");
        }
        self.check_notices()?;
        self.check_events().await
    }

    /// Every due notice arrived once, and no notice tells of what did not happen.
    fn check_notices(&self) -> Checked {
        let mut told: BTreeMap<(&str, String), u32> = BTreeMap::new();
        for message in self.sut.inbox.all() {
            let counted = message.notice.is_some() && message.kind != "notice.many_failures";
            if counted {
                let key = (message.kind, message.destination.normalised());
                *told.entry(key).or_default() += 1;
            }
        }
        let mut wanted: BTreeMap<(&str, String), u32> = BTreeMap::new();
        for ((notice, address), count) in &self.model.notices {
            let all = self.sut.inbox.messages_to(address);
            let to = all.first().map(|message| message.destination.normalised());
            let to = to.unwrap_or_else(|| address.clone());
            *wanted.entry((*notice, to)).or_default() += count;
        }
        ensure!(told == wanted, "told {told:?}, not {wanted:?}");
        Ok(())
    }

    /// One event for each transition.
    async fn check_events(&self) -> Checked {
        let (tenant, root) = (tenant(), admin());
        let admin = self.sut.engine.admin(&tenant, &root);
        let accounts = admin.accounts(None, 100).await;
        let accounts = accounts.map_err(|error| format!("accounts cannot be listed: {error}"))?;
        for account in accounts.items {
            account.map_err(|error| error.to_string())?;
        }
        let events = admin.events(None, 5_000).await;
        let events = events.map_err(|error| format!("events cannot be read: {error}"))?.items;
        let ids: BTreeSet<_> = events.iter().map(|event| event.id).collect();
        ensure!(ids.len() == events.len(), "two events have one id");
        let mut found: BTreeMap<&str, u64> = BTreeMap::new();
        for event in &events {
            let code = match event.code() {
                "attempt_counted" | "secret_counted" => "compared",
                code => code,
            };
            *found.entry(code).or_default() += 1;
        }
        for code in COUNTED {
            let (found, wanted) = (found.get(code), self.model.events.get(code));
            let (found, wanted) = (found.copied(), wanted.copied());
            let (found, wanted) = (found.unwrap_or_default(), wanted.unwrap_or_default());
            ensure!(found == wanted, "{found} events {code}, not {wanted}");
        }
        Ok(())
    }
}
