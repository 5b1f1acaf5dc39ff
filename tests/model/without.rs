//! Secrets without a challenge: the current password, and a code at the host's sign-in.

use sspr::{MethodKind, SecretText};

use crate::command::How;
use crate::model::{Answer, Checked, Flow, Method, Purpose, Ticket};
use crate::rules::app_code;
use crate::run::{Run, answered, attempt, code_of, ensure, granted_until};
use crate::support::request;
use crate::world::user;

impl Run {
    /// Starts a change with the correct or a wrong password, and checks the result by the model.
    pub(crate) async fn start_change(&mut self, who: usize, right: bool) -> Checked {
        let typed = self.model.users[who].password.clone();
        let typed = SecretText::from(if right { typed.as_str() } else { "not the password" });
        let signed_in = self.sut.signed_in(who);
        let result = self.sut.engine.change().start(&request(), &signed_in, &typed).await;
        let result = answered!(result);
        let (code, compared) = (code_of(&result), self.comparisons());
        self.count(compared);
        let (now, kind) = (self.model.now, MethodKind::Password);
        let must_compare = self.model.judged(who, kind);
        match result {
            Ok(reply) => {
                ensure!(right && compared == 1, "a change began with a wrong password");
                let account = &mut self.model.users[who];
                account.run.insert(kind, 0);
                let (epoch, stamp) = (account.epoch, Some(account.stamp));
                self.model.event("change_started");
                self.goal("a change began");
                self.model.flows.push(Flow {
                    stamp,
                    required: 1,
                    tickets: vec![Ticket { text: reply.ticket, generation: 0, void: false }],
                    proofs: [kind].into(),
                    granted_until: Some(granted_until(now, now)),
                    ..Flow::begun(Some(who), Purpose::Change, now, epoch)
                });
                Ok(())
            }
            Err(_) if right && compared == 1 => {
                // Too many attempts are in flight: nothing was granted, and this one stays counted.
                ensure!(code == "too_often" || code == "busy", "a change was refused as {code}");
                self.model.users[who].failed(kind, true, false, now)
            }
            Err(_) => {
                ensure!(compared == 1 || !must_compare, "a password was not compared: {code}");
                ensure!(!right || !must_compare, "the correct password was refused: {code}");
                if compared == 1 {
                    self.model.users[who].failed(kind, true, false, now)?;
                    self.check_blocked(who).await?;
                }
                Ok(())
            }
        }
    }

    /// Verifies an app's code at the host's sign-in, and checks the result by the model.
    pub(crate) async fn sign_in(&mut self, who: usize, how: How) -> Checked {
        let kind = MethodKind::AuthenticatorApp;
        let now = self.model.now;
        let apps = self.model.users[who].methods.iter().filter(|method| method.kind == kind);
        let apps: Vec<_> = apps.cloned().collect();
        let token = apps.first().and_then(|app| app.token.clone());
        let shown =
            |ago: i64| token.as_ref().map_or("123456".to_owned(), |t| app_code(t, now, -ago));
        let typed = match how {
            How::Right => shown(0),
            How::Late => shown(1),
            How::Wrong => crate::support::other_than(&shown(0)),
            How::Seen(ago) => shown(i64::from(ago % 4)),
        };
        let given = Answer::Text(typed.clone());
        let verifier = self.sut.engine.authenticator();
        let result = verifier.verify(&request(), &user(who), &attempt(&given)).await;
        let (code, compared) = (code_of(&result), self.comparisons());
        self.count(compared);
        let step = now.div_euclid(30);
        let shows = |ago: i64, app: &Method| {
            app.token.as_ref().is_some_and(|token| app_code(token, now, -ago) == typed)
        };
        let fits = apps.iter().find_map(|app| {
            let fresh = |ago: &i64| app.used.is_none_or(|used| step - ago > used);
            let ago = (0..=1).filter(|ago| shows(*ago, app)).find(fresh)?;
            Some((app.id.clone(), step - ago))
        });
        let must_compare = self.model.judged_sign_in(who, kind) && !apps.is_empty();
        match result {
            Ok(id) => {
                let (expected, step) = fits.ok_or("a wrong or used code signed in")?;
                ensure!(id.as_str() == expected && compared == 1, "another method signed in");
                let account = &mut self.model.users[who];
                account.run.insert(kind, 0);
                account.sign_ins = 0;
                let method = account.methods.iter_mut().find(|method| method.id == expected);
                method.expect("there").used = Some(step);
                self.seen.push(given);
                self.model.event("oath_step_used");
                self.goal("an app's code signed in");
                Ok(())
            }
            Err(_) => {
                ensure!(fits.is_none() || !must_compare, "a correct code did not sign in: {code}");
                ensure!(compared == 1 || !must_compare, "a code was not compared: {code}");
                if compared == 1 {
                    if (0..=1).any(|ago| apps.iter().any(|app| shows(ago, app))) {
                        self.goal("a used step was refused");
                    }
                    self.model.users[who].failed_sign_in(kind, now)?;
                    self.check_blocked(who).await?;
                }
                Ok(())
            }
        }
    }
}
