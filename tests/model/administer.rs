//! Administrators' acts, the policy, and cancelled flows.

use sspr::admin::Contacts;
use sspr::facts::EmailAddress;
use sspr::{MethodKind, Policy, ResetTicket, UnlockTicket, UserId};

use crate::command::Act;
use crate::model::{Checked, Method, Purpose};
use crate::run::{Run, code_of, ensure};
use crate::support::{admin, request, tenant};
use crate::world::{settings, user};

impl Run {
    pub(crate) async fn administer(&mut self, who: usize, act: Act) -> Checked {
        let (tenant, root, engine) = (tenant(), admin(), self.sut.engine.clone());
        let admin = engine.admin(&tenant, &root);
        let id = user(who);
        let told = self.model.users[who].addresses();
        let recorded = match act {
            Act::Unblock => "unblocked",
            Act::RevokeMethods => "methods_revoked",
            Act::RevokeFlows => "flows_revoked",
            _ => "",
        };
        let before = self.recorded(&id, recorded).await;
        let result = match act {
            Act::Unblock => admin.unblock(&id).await,
            Act::RevokeMethods => admin.revoke_methods(&id).await,
            Act::RevokeFlows => admin.revoke_flows(&id).await,
            Act::Contacts(n) => {
                let mut contacts = Contacts::default();
                contacts.email = EmailAddress::parse(&supplied(n)).ok();
                admin.supply_contacts(&id, &contacts).await
            }
            Act::ChangedOutside => {
                let set = self.sut.directory.change_password(&tenant, &id, "set by another");
                set.expect("known");
                self.model.changed(who, "set by another");
                return Ok(());
            }
            // In `desk`.
            Act::Invite | Act::RevokeInvitation | Act::TemporaryPassword(_) => return Ok(()),
        };
        let code = code_of(&result);
        if result.is_err() {
            ensure!(code == "busy", "an administrator was refused: {code}");
            return Ok(());
        }
        // A call that changes nothing is not recorded; the model knows whether it changes
        // something.
        let happened = self.recorded(&id, recorded).await - before;
        let account = &mut self.model.users[who];
        let something = match act {
            Act::Unblock => !account.wrong.is_empty() || account.run.values().any(|run| *run > 0),
            Act::RevokeMethods => !account.methods.is_empty(),
            _ => false,
        };
        ensure!(happened <= 1 && (happened == 1 || !something), "{recorded}: {happened} times");
        if happened == 0 && !recorded.is_empty() {
            return Ok(());
        }
        match act {
            Act::Unblock => {
                account.wrong.clear();
                account.run.clear();
                account.sign_ins = 0;
                self.model.event("unblocked");
                self.forget_blocked(who, None);
            }
            Act::RevokeMethods => {
                account.methods.clear();
                self.model.tell("notice.methods_revoked", told);
                self.model.event("methods_revoked");
                self.model.void_others(who, None);
                self.goal("methods were revoked");
            }
            Act::RevokeFlows => {
                self.model.event("flows_revoked");
                self.model.void_others(who, None);
            }
            Act::Contacts(n) => {
                let to = supplied(n);
                if account
                    .methods
                    .iter()
                    .any(|method| method.supplied && method.to.as_ref() == Some(&to))
                {
                    return Ok(());
                }
                account.methods.retain(|method| !method.supplied);
                // Another address counts as a new registration.
                account.run.insert(MethodKind::Email, 0);
                account.methods.push(Method {
                    id: "supplied".to_owned(),
                    kind: MethodKind::Email,
                    to: Some(to),
                    supplied: true,
                    added: self.model.now,
                    usable_from: self.model.now,
                    replaces: None,
                    token: None,
                    used: None,
                    codes: Vec::new(),
                    set: None,
                });
                self.model.tell("notice.contacts_changed", told);
                self.model.event("contacts_supplied");
                self.model.void_others(who, None);
                return self.compare_methods(who).await;
            }
            _ => {}
        }
        Ok(())
    }

    /// How many events of this kind a user's trail has.
    pub(crate) async fn recorded(&self, id: &UserId, code: &str) -> usize {
        if code.is_empty() {
            return 0;
        }
        let (tenant, root) = (tenant(), admin());
        let events = self.sut.engine.admin(&tenant, &root).user_events(id, None, 100_000).await;
        let events = events.expect("readable").items;
        events.iter().filter(|event| event.kind.code() == code).count()
    }

    pub(crate) async fn require(&mut self, required: u8) -> Checked {
        let (tenant, root) = (tenant(), admin());
        let admin = self.sut.engine.admin(&tenant, &root);
        let revision = admin.policy().await.expect("readable").map(|stored| stored.revision);
        let policy = Policy::new(settings(required)).expect("sound");
        let put = admin.put_policy(&policy, revision).await;
        let put = put.map_err(|error| format!("not put: {error}"))?;
        self.model.required = required;
        if put != revision.unwrap_or_default() {
            self.model.event("policy_changed");
        }
        Ok(())
    }

    pub(crate) async fn cancel(&mut self, flow: u8) -> Checked {
        let Some(index) = self.pick(flow) else { return Ok(()) };
        let flow = &self.model.flows[index];
        let ticket = flow.tickets.last().expect("issued").text.clone();
        let engine = &self.sut.engine;
        let result = match flow.purpose {
            Purpose::Reset => {
                let ticket = ResetTicket::parse(&ticket).expect("ours");
                engine.reset().cancel(&request(), &ticket).await
            }
            Purpose::Unlock => {
                let ticket = UnlockTicket::parse(&ticket).expect("ours");
                engine.unlock().cancel(&request(), &ticket).await
            }
            Purpose::Change | Purpose::Register => return Ok(()),
        };
        result.map_err(|error| format!("not cancelled: {error}"))?;
        let unsettled = flow.user.is_some_and(|who| self.model.users[who].unsettled == Some(index));
        // Before the first proof a flow exists only in its ticket, which may begin it again.
        let begun = !flow.proofs.is_empty();
        let flow = &mut self.model.flows[index];
        flow.dead |= begun && !unsettled;
        if !unsettled {
            (flow.stamp, flow.required, flow.last) = (None, 0, None);
            flow.challenges.clear();
        }
        Ok(())
    }
}

fn supplied(n: u8) -> String {
    format!("given{}@contoso.example", n % 2)
}
