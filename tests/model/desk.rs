//! Invitations and temporary passwords.

use sspr::{MethodKind, SecretText};

use crate::command::With;
use crate::model::{Answer, Challenge, Checked, Flow, INVITATION, Purpose};
use crate::run::{Run, code_of, ensure};
use crate::support::{admin, tenant};
use crate::world::user;

/// What the directory gets after a temporary password that was lost with its reply.
const KNOWN: &str = "set after a lost reply";

impl Run {
    /// Sends the link of an invitation, which voids the links before it.
    pub(crate) async fn invite(&mut self, who: usize) -> Checked {
        self.sut.deliver().await;
        let _ = self.arrived();
        let (tenant, root, engine) = (tenant(), admin(), self.sut.engine.clone());
        let result = engine.admin(&tenant, &root).invite(&user(who)).await;
        self.sut.deliver().await;
        let arrived = self.arrived();
        let code = code_of(&result);
        if result.is_err() {
            ensure!(arrived.is_empty(), "an invitation was refused and sent");
            let refusals = ["not_eligible", "not_offered", "too_often", "busy"];
            ensure!(refusals.contains(&code), "an invitation was refused as {code}");
            return Ok(());
        }
        ensure!(self.model.eligible(who), "a user who may not reset was invited");
        let now = self.model.now;
        let account = &self.model.users[who];
        let mailbox = account.usable(MethodKind::Email, now).and_then(|own| own.to.clone());
        let mailbox = mailbox.ok_or("a user without a mailbox was invited")?;
        ensure!(arrived.len() == 1, "{} messages for an invitation", arrived.len());
        let reached = self.sut.inbox.messages_to(&mailbox);
        let key = reached.last().map(|message| &message.idempotency_key);
        ensure!(key == Some(&arrived[0].idempotency_key), "an invitation to another mailbox");
        let answer = Answer::Link(arrived[0].link().ok_or("an invitation without a link")?.into());
        if self.end_invitations(who) > 0 {
            self.goal("an invitation was replaced");
        }
        self.model.event("challenge_opened");
        self.model.event("invited");
        self.seen.push(answer.clone());
        let account = &self.model.users[who];
        self.model.flows.push(Flow {
            stamp: Some(account.stamp),
            required: self.model.required_of(who),
            challenges: vec![Challenge {
                kind: MethodKind::Email,
                option: "email.link.0".to_owned(),
                answer: Some(answer),
                asked: Vec::new(),
                until: now + INVITATION,
                compared: 0,
                certain: 1,
                proven_pool: false,
            }],
            ..Flow::begun(Some(who), Purpose::Reset, now, account.epoch)
        });
        Ok(())
    }

    /// Voids the links of a user that are not redeemed. Returns how many were live.
    fn end_invitations(&mut self, who: usize) -> usize {
        let now = self.model.now;
        let waits = |flow: &&mut Flow| flow.user == Some(who) && flow.is_invitation();
        let mut live = 0;
        for flow in self.model.flows.iter_mut().filter(waits) {
            live += usize::from(!flow.dead && now < flow.started + INVITATION);
            flow.dead = true;
            flow.challenges.clear();
        }
        live
    }

    pub(crate) async fn revoke_invitation(&mut self, who: usize) -> Checked {
        const RECORDED: &str = "invitation_revoked";
        let (tenant, root, engine) = (tenant(), admin(), self.sut.engine.clone());
        let before = self.recorded(&user(who), RECORDED).await;
        let result = engine.admin(&tenant, &root).revoke_invitation(&user(who)).await;
        let code = code_of(&result);
        ensure!(result.is_ok(), "an invitation was not revoked: {code}");
        let recorded = self.recorded(&user(who), RECORDED).await - before;
        let live = self.end_invitations(who);
        let shaken = self.model.users[who].shaken;
        ensure!(
            recorded == usize::from(live > 0) || (shaken && recorded <= live.min(1)),
            "{live} links were live, and {recorded} revocations are recorded"
        );
        if recorded == 1 {
            self.model.event(RECORDED);
            self.goal("an invitation was revoked");
        }
        Ok(())
    }

    /// Sets a temporary password, with this answer of the directory.
    pub(crate) async fn temporary_password(&mut self, who: usize, with: With) -> Checked {
        // Makes room for the notices: with a full outbox the call returns busy.
        self.sut.deliver().await;
        let (tenant, root, engine) = (tenant(), admin(), self.sut.engine.clone());
        let told = self.model.users[who].addresses();
        let written = [0, 1].map(|who| self.sut.written(who));
        self.script(with);
        let result = engine.admin(&tenant, &root).set_temporary_password(&user(who), None).await;
        let code = code_of(&result);
        let wrote = [0, 1].map(|who| self.sut.written(who).0);
        ensure!(wrote[1 - who] == written[1 - who].0, "the password of another user was set");
        let wrote = wrote[who] > written[who].0;
        self.model.event("directory_write_started");
        self.end_unsettled(who);
        match with {
            With::Good(_) | With::Short | With::NotPropagated => {
                let set = result.map_err(|error| format!("not set: {error}"))?;
                let password = set.password.ok_or("no password was generated")?;
                ensure!(wrote && set.expires_at.is_none(), "set, but not written");
                self.temporary_is_set(who, &password);
                self.model.tell("notice.temporary_password", told);
                self.model.event("temporary_password_set");
                self.model.void_others(who, None);
                self.model.drop_held(who);
                self.goal("a temporary password was set");
            }
            With::Refused => {
                ensure!(code == "directory_password" && !wrote, "refused as {code}");
                self.model.event("password_rejected");
            }
            With::Unreachable | With::AdministratorNeeded => {
                ensure!(code == "not_eligible" && !wrote, "out of reach, answered {code}");
                self.model.event("directory_write_failed");
            }
            With::LostBefore | With::LostAfter => {
                ensure!(code == "fault", "an unknown outcome was answered {code}");
                ensure!(wrote == (with == With::LostAfter), "the script was not followed");
                self.model.tell("notice.password_may_have_changed", told);
                self.model.event("directory_write_unsettled");
                self.model.void_others(who, None);
                if wrote {
                    // The model does not have what was generated: the directory gets a password that it knows.
                    let set = self.sut.directory.change_password(&tenant, &user(who), KNOWN);
                    set.expect("known");
                    self.model.changed(who, KNOWN);
                }
            }
        }
        Ok(())
    }

    /// A write that begins ends an earlier one that was not settled.
    fn end_unsettled(&mut self, who: usize) {
        let earlier = self.model.users[who].unsettled.take();
        if earlier.is_some_and(|flow| self.model.flows[flow].purpose != Purpose::Unlock) {
            self.model.void_others(who, None);
        }
    }

    fn temporary_is_set(&mut self, who: usize, password: &SecretText) {
        self.model.changed(who, password.expose_secret());
        self.model.users[who].run.insert(MethodKind::Password, 0);
        self.forget_blocked(who, Some(MethodKind::Password));
    }
}
