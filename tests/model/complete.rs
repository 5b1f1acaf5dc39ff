//! The end of a flow: writes, notices and voided flows.

use sspr::facts::{PolicyReason, WriteOutcome};
use sspr::{ChangeTicket, Error, MethodKind, ResetTicket, SecretText, Step, UnlockTicket};

use crate::command::With;
use crate::model::{Checked, Purpose};
use crate::run::{Run, answered, code_of, ensure};
use crate::support::request;

const GOOD: [&str; 3] =
    ["plum tractor violet candle", "amber gravel window seven", "quiet marble harbour lantern"];
/// Rejected passwords that end a grant.
const REJECTIONS: u8 = 10;

impl Run {
    pub(crate) async fn complete(&mut self, flow: u8, with: With) -> Checked {
        let Some(index) = self.pick(flow) else { return Ok(()) };
        let flow = &self.model.flows[index];
        if flow.purpose == Purpose::Register {
            return Ok(());
        }
        // Makes room for the notices: with a full outbox the call returns busy.
        self.sut.deliver().await;
        let (user, purpose) = (flow.user, flow.purpose);
        let unlock = purpose == Purpose::Unlock;
        let may = self.model.may_complete(index);
        let who = user.unwrap_or(0);
        let short = with == With::Short && !unlock;
        let account = &self.model.users[who];
        let typed = match with {
            With::Short => "short",
            With::Good(n) => GOOD[usize::from(n) % GOOD.len()],
            _ => GOOD[0],
        };
        // For a repetition the engine first asks whether the password is set already.
        let ask_first = may && account.unsettled == Some(index);
        let there = ask_first && !unlock && account.password == typed;
        let outside = ask_first && flow.stamp != Some(account.stamp);
        let asked = may && !short && !there && !outside && !self.model.flows[index].shaken;
        // The directory refuses to change a password to itself.
        let same = asked
            && purpose == Purpose::Change
            && matches!(with, With::Good(_))
            && account.password == typed;
        if asked {
            self.script(with);
        }
        let shaken = self.model.flows[index].shaken;
        let written = self.sut.written(who);
        let result = self.ask_to_complete(index, typed).await;
        let wrote = self.sut.written(who) != written;
        let code = code_of(&result);
        ensure!(!wrote || may, "written without the required proofs");
        if !may {
            ensure!(result.is_err(), "completed without the required proofs");
            return self.not_granted(index, code);
        }
        if shaken && code == "ended" {
            self.model.flows[index].dead = true;
            return Ok(());
        }
        if short {
            ensure!(code == "password", "a short password was answered {code}");
            self.model.event("password_rejected");
            return self.rejected(index);
        }
        self.begun(index, who);
        if outside && !there {
            ensure!(code == "ended" && !wrote, "written over another's change: {code}");
            self.model.users[who].unsettled = None;
            self.model.event("directory_write_failed");
            self.goal("an unsettled write met another's change");
            return Ok(());
        }
        let with = match with {
            _ if same => With::Refused,
            with if asked => with,
            _ => With::Good(0),
        };
        match with {
            With::Good(_) | With::NotPropagated | With::Short => {
                let step = result.map_err(|error| format!("not completed: {error}"))?;
                let propagated = with != With::NotPropagated;
                ensure!(step == Step::Done { propagated }, "completed as {step:?}");
                ensure!(wrote != there || shaken, "completed, but not written");
                self.settled(index, who, typed, wrote);
                if there {
                    self.goal("an unsettled write was resolved");
                }
                Ok(())
            }
            With::Refused => {
                ensure!(code == "directory_password" && !wrote, "refused as {code}");
                self.model.users[who].unsettled = None;
                self.model.event("password_rejected");
                self.rejected(index)
            }
            With::Unreachable | With::AdministratorNeeded => {
                ensure!(code == "not_eligible" && !wrote, "out of reach, answered {code}");
                self.model.users[who].unsettled = None;
                self.model.event("directory_write_failed");
                Ok(())
            }
            With::LostBefore | With::LostAfter => {
                ensure!(code == "fault", "an unknown outcome was answered {code}");
                ensure!(wrote == (with == With::LostAfter), "the script was not followed");
                self.unsettled(index, who, typed, wrote);
                Ok(())
            }
        }
    }

    pub(crate) fn script(&self, with: With) {
        let directory = &self.sut.directory;
        let outcome = match with {
            With::Good(_) | With::Short => return,
            With::NotPropagated => WriteOutcome::WrittenButNotPropagated,
            With::Refused => WriteOutcome::PolicyViolation(PolicyReason::History),
            With::Unreachable => WriteOutcome::Unreachable,
            With::AdministratorNeeded => WriteOutcome::AdminActionRequired,
            With::LostBefore => WriteOutcome::Indeterminate,
            With::LostAfter => return directory.script_indeterminate_written(),
        };
        directory.script_outcome(outcome);
    }

    async fn ask_to_complete(&self, index: usize, typed: &str) -> Result<Step, Error> {
        let flow = &self.model.flows[index];
        let ticket = &flow.tickets.last().expect("issued").text;
        let (engine, typed) = (&self.sut.engine, SecretText::from(typed));
        let reply = match flow.purpose {
            Purpose::Unlock => {
                let ticket = UnlockTicket::parse(ticket).expect("ours");
                answered!(engine.unlock().complete(&request(), &ticket).await)
            }
            Purpose::Change => {
                let ticket = ChangeTicket::parse(ticket).expect("ours");
                answered!(engine.change().complete(&request(), &ticket, &typed).await)
            }
            _ => {
                let ticket = ResetTicket::parse(ticket).expect("ours");
                answered!(engine.reset().complete(&request(), &ticket, &typed).await)
            }
        };
        reply.map(|reply| reply.step)
    }

    /// Without a grant nothing happens, except that a raised policy requires more.
    fn not_granted(&mut self, index: usize, code: &'static str) -> Checked {
        let flow = &self.model.flows[index];
        let granted = flow.granted_until.is_some();
        let live = flow.live(&self.model.users, self.model.now) && !flow.shaken;
        if code == "more_proof_needed" && granted && live {
            let required = self.model.required_of(flow.user.unwrap_or(0));
            let flow = &mut self.model.flows[index];
            ensure!(flow.proofs.len() < usize::from(flow.required.max(required)), "asked for more");
            flow.required = flow.required.max(required);
            flow.granted_until = None;
            self.goal("a raised policy asked for more");
        } else if granted && !flow.done {
            self.goal("a grant was void");
        }
        Ok(())
    }

    fn rejected(&mut self, index: usize) -> Checked {
        let flow = &mut self.model.flows[index];
        flow.rejections += 1;
        let user = flow.user.unwrap_or(0);
        if flow.rejections >= REJECTIONS && self.model.users[user].unsettled.is_none() {
            self.model.flows[index].dead = true;
        }
        Ok(())
    }

    /// A write that begins ends another flow's unsettled write with its notices.
    fn begun(&mut self, index: usize, who: usize) {
        self.model.event("directory_write_started");
        if self.model.users[who].unsettled.is_some_and(|other| other != index) {
            self.model.void_others(who, Some(index));
        }
    }

    fn settled(&mut self, index: usize, who: usize, typed: &str, wrote: bool) {
        let purpose = self.model.flows[index].purpose;
        if wrote && purpose != Purpose::Unlock {
            self.model.changed(who, typed);
        }
        let (notice, event) = match purpose {
            Purpose::Unlock => ("notice.account_unlocked", "account_unlocked"),
            Purpose::Change => ("notice.password_changed", "password_changed"),
            _ => ("notice.password_reset", "password_reset"),
        };
        let told = self.model.users[who].addresses();
        self.model.tell(notice, told);
        self.model.event(event);
        let account = &mut self.model.users[who];
        account.unsettled = None;
        account.stamp += u32::from(wrote && purpose == Purpose::Unlock);
        if purpose != Purpose::Unlock {
            typed.clone_into(&mut account.password);
            account.run.insert(MethodKind::Password, 0);
            self.model.void_others(who, Some(index));
            self.forget_blocked(who, Some(MethodKind::Password));
        }
        if purpose == Purpose::Reset {
            let held = self.model.users[who].methods.len();
            self.model.drop_held(who);
            if self.model.users[who].methods.len() < held {
                self.goal("a reset dropped what was on hold");
            }
        }
        let flow = &mut self.model.flows[index];
        (flow.done, flow.granted_until, flow.last) = (true, None, None);
        let proofs = flow.proofs.len();
        self.goal(match (purpose, proofs) {
            (Purpose::Unlock, _) => "an unlock was completed",
            (Purpose::Change, _) => "a change was completed",
            (_, 1) => "a one-gate reset was completed",
            _ => "a two-gate reset was completed",
        });
    }

    fn unsettled(&mut self, index: usize, who: usize, typed: &str, wrote: bool) {
        let unlock = self.model.flows[index].purpose == Purpose::Unlock;
        let told = self.model.users[who].addresses();
        let notice = if unlock {
            "notice.account_may_have_been_unlocked"
        } else {
            "notice.password_may_have_changed"
        };
        self.model.tell(notice, told);
        self.model.event("directory_write_unsettled");
        let account = &mut self.model.users[who];
        account.unsettled = Some(index);
        account.stamp += u32::from(wrote && unlock);
        if !unlock {
            if wrote {
                self.model.changed(who, typed);
            }
            self.model.void_others(who, Some(index));
        }
        self.goal("a write was not settled");
    }
}
