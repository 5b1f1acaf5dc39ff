//! A player that performs every operation in any order, by a sequence of numbers.

use std::sync::Arc;
use std::time::Duration;

use sspr::facts::{EmailAddress, WriteOutcome};
use sspr::method::{NewMethod, OathParameters, OathSeed, QuestionId};
use sspr::port::{Clock as _, RecordKind, Store};
use sspr::testing::SoftToken;
use sspr::{ChangeTicket, Error, Registration, Request, ResetTicket, SignedIn, Step, UnlockTicket};

use crate::every::{again, every, locked_out, option};
use crate::stores::secret;
use crate::support::{MAIL, MOBILE, NEW, OLD, World, ada, code, request, request_from, tenant};

/// A player that performs operations by a sequence of numbers, with its tickets and secrets.
pub(crate) struct Player {
    world: World,
    store: Arc<dyn Store>,
    token: Option<SoftToken>,
    saved: Vec<String>,
    reset: Option<ResetTicket>,
    unlock: Option<UnlockTicket>,
    change: Option<ChangeTicket>,
    /// The questions of the last page that asked some.
    asked: Vec<QuestionId>,
}

const OPTIONS: [&str; 7] = [
    "email.email.0",
    "email.link.0",
    "mobile_phone.sms.0",
    "mobile_phone.voice.0",
    "authenticator_app",
    "recovery_code",
    "security_questions",
];

impl Player {
    pub(crate) async fn new(store: Arc<dyn Store>) -> Self {
        let mut settings = every(2);
        settings.sends.per_hour = 20;
        settings.sends.per_day = 20;
        let role = sspr::RoleId::parse("Global Administrator").expect("valid");
        settings.notifications.administrator_roles = [role].into();
        let world = locked_out().store(store.clone()).settings(settings).registered().open().await;
        let (token, saved, asked) = (None, Vec::new(), Vec::new());
        let (reset, unlock, change) = (None, None, None);
        Self { world, store, token, saved, reset, unlock, change, asked }
    }

    /// Performs one operation and returns its result as text.
    pub(crate) async fn act(&mut self, what: u8, pick: u8) -> String {
        match what {
            0..=9 => self.flow(what, pick).await,
            10..=15 => self.owner(what, pick).await,
            16..=21 | 26..=29 => self.administrator(what).await,
            22 => {
                self.world.clock.advance(Duration::from_secs(u64::from(pick) * 20));
                String::new()
            }
            23 => {
                let outcome = WriteOutcome::Indeterminate;
                if pick.is_multiple_of(2) {
                    self.world.directory.script_outcome(outcome);
                } else {
                    self.world.directory.script_indeterminate_written();
                }
                String::new()
            }
            _ => format!("{:?}", self.world.engine.maintain(100).await),
        }
    }

    /// A typed code: mostly the one that was sent, sometimes another.
    fn typed(&self, pick: u8) -> sspr::Attempt {
        let inbox = &self.world.inbox;
        if pick % 7 == 6 && !self.asked.is_empty() {
            let answer = |id: &QuestionId| (id.clone(), World::answer_to(id));
            return sspr::Attempt::answers(self.asked.iter().map(answer)).expect("formed");
        }
        let text = match pick % 6 {
            0 => inbox.last_code_to(MAIL),
            1 => inbox.last_code_to(MOBILE),
            2 => self.token.as_ref().map(|token| token.code(self.world.clock.now())),
            3 => self.saved.get(usize::from(pick) % 10).cloned(),
            4 => {
                let link = inbox.last_link_to(MAIL);
                return link.map_or(code("12345678"), |link| {
                    sspr::Attempt::link(&link).expect("well formed")
                });
            }
            _ => None,
        };
        code(text.as_deref().unwrap_or("12345678"))
    }

    async fn flow(&mut self, what: u8, pick: u8) -> String {
        let typed = self.typed(pick);
        let engine = self.world.engine.clone();
        let (reset, unlock, change) = (engine.reset(), engine.unlock(), engine.change());
        let from = || request_from(&format!("198.51.100.{}", pick % 3));
        let selection = option(OPTIONS[usize::from(pick) % OPTIONS.len()]);
        let user = self.world.signed_in();
        // Without a ticket there is no operation.
        match (what, &self.reset, &self.unlock, &self.change) {
            (0, ..) => {
                let reply = reset.start(&from(), &ada()).await.expect("started");
                let opened = reset.challenge(&from(), &reply.ticket, &selection).await;
                keep(opened, &mut self.reset, &mut self.asked)
            }
            (1, Some(ticket), ..) => {
                let opened = reset.challenge(&from(), &again(ticket), &selection).await;
                keep(opened, &mut self.reset, &mut self.asked)
            }
            (2, Some(ticket), ..) => {
                let proven = reset.prove(&from(), &again(ticket), &typed).await;
                keep(proven, &mut self.reset, &mut self.asked)
            }
            (3, Some(ticket), ..) => {
                let done = reset.complete(&from(), ticket, &secret(NEW)).await;
                format!("{:?}", done.map(|done| done.step))
            }
            (4, Some(ticket), ..) if pick.is_multiple_of(3) => {
                let device = reset.remember_device(&from(), ticket).await.map(drop);
                let shown = reset.replace_recovery_code(&from(), ticket).await.map(drop);
                format!("{device:?} {shown:?}")
            }
            (4, Some(ticket), ..) if pick % 3 == 1 => {
                format!("{:?}", reset.acknowledge_recovery_code(&from(), ticket).await)
            }
            (4, Some(ticket), ..) => {
                format!("{:?}", reset.contact_administrator(&from(), ticket).await)
            }
            (5, ..) => {
                let reply = unlock.start(&from(), &ada()).await.expect("started");
                let opened = unlock.challenge(&from(), &reply.ticket, &selection).await;
                keep(opened, &mut self.unlock, &mut self.asked)
            }
            (6, _, Some(ticket), _) => {
                let proven = unlock.prove(&from(), ticket, &typed).await;
                keep(proven, &mut self.unlock, &mut self.asked)
            }
            (7, _, Some(ticket), _) => {
                format!("{:?}", unlock.complete(&from(), ticket).await.map(|done| done.step))
            }
            (8, ..) => {
                let begun = change.start(&from(), &user, &secret(OLD)).await;
                keep(begun, &mut self.change, &mut self.asked)
            }
            (9, .., Some(ticket)) => {
                let done = change.complete(&from(), ticket, &secret(NEW)).await;
                format!("{:?}", done.map(|done| done.step))
            }
            (9, ..) => {
                let redeemed = reset.redeem_link(&from(), &ada(), &typed).await;
                keep(redeemed, &mut self.reset, &mut self.asked)
            }
            _ => String::new(),
        }
    }

    async fn owner(&mut self, what: u8, pick: u8) -> String {
        let (request, user) = (request(), self.world.signed_in());
        let engine = self.world.engine.clone();
        let registration = engine.registration();
        match what {
            10 => {
                let address = format!("ada{}@more.example", pick % 4);
                let mail = EmailAddress::parse(&address).expect("valid");
                let mail = NewMethod::email(mail);
                let Ok(reply) = registration.add(&request, &user, &mail).await else {
                    return "not added".to_owned();
                };
                self.world.deliver().await;
                let typed = self.world.inbox.last_code_to(&address).unwrap_or("1".into());
                let (ticket, typed) = (&reply.ticket, code(&typed));
                format!("{:?}", registration.confirm(&request, &user, ticket, &typed).await)
            }
            11 => {
                let app = sspr::method::NewAuthenticator::new("Contoso", "ada@contoso.example");
                let Ok(new) = registration.enrol_authenticator(&request, &user, &app).await else {
                    return "not enrolled".to_owned();
                };
                let parameters = OathParameters::default();
                let token = SoftToken::new(new.seed.expose_secret(), parameters).expect("a seed");
                let typed = code(&token.code(self.world.clock.now()));
                self.token = Some(token);
                let ticket = &new.reply.ticket;
                format!("{:?}", registration.confirm(&request, &user, ticket, &typed).await)
            }
            12 => {
                let Ok(set) = registration.create_recovery_codes(&request, &user).await else {
                    return "no codes".to_owned();
                };
                let codes = set.codes.iter().map(|code| code.expose_secret().to_owned());
                self.saved = codes.collect();
                let result =
                    registration.acknowledge_recovery_codes(&request, &user, &set.id).await;
                format!("{result:?}")
            }
            13 => {
                let device = registration.remember_device(&request, &user).await;
                let questions = questions(&registration, &request, &user).await;
                let later = registration.skip(&request, &user).await;
                format!("{:?} {questions} {later:?}", device.map(drop))
            }
            14 => {
                let methods = registration.list(&request, &user).await.unwrap_or_default();
                let Some(method) = methods.get(usize::from(pick) % methods.len().max(1)) else {
                    return "no method".to_owned();
                };
                let set = registration.set_default(&request, &user, &method.id).await;
                format!("{set:?} {:?}", registration.reconfirm(&request, &user).await)
            }
            _ => {
                let typed = self.typed(2);
                format!(
                    "{:?}",
                    engine.authenticator().verify(&request, &self.world.user, &typed).await
                )
            }
        }
    }

    async fn administrator(&self, what: u8) -> String {
        let by = self.world.admin();
        let user = &self.world.user;
        let done = match what {
            16 => by.revoke_flows(user).await,
            17 => by.revoke_methods(user).await,
            18 => by.require_registration(user).await,
            19 => by.initiate_reset(user).await,
            20 => {
                let seed = OathSeed::parse_base32(&"ABCDEFGH".repeat(4)).expect("a seed");
                by.supply_token(user, &seed, OathParameters::default()).await.map(drop)
            }
            26 => by.invite(user).await,
            27 => by.revoke_invitation(user).await,
            28 => by.set_temporary_password(user, None).await.map(drop),
            29 => by.unblock(user).await,
            _ => by.forget(user).await,
        };
        format!("{done:?}")
    }

    pub(crate) async fn body(&self) -> String {
        let page =
            self.store.scan(&tenant(), RecordKind::Account, None, 2).await.expect("readable");
        page.items.first().map(|record| record.body().to_owned()).unwrap_or_default()
    }
}

/// Sets as many questions as the policy wants, each with the world's answer.
async fn questions(registration: &Registration<'_>, request: &Request, user: &SignedIn) -> String {
    let offered = match registration.security_questions(request, user).await {
        Ok(offered) => offered,
        Err(error) => return format!("{error:?}"),
    };
    let (views, count) = offered;
    let chosen = views.into_iter().take(count.into()).map(|view| view.question);
    let answers: Vec<_> = chosen.map(|id| (id.clone(), World::answer_to(&id))).collect();
    let set = registration.set_security_questions(request, user, &answers).await;
    format!("{:?}", set.map(|set| set.id))
}

/// Keeps the new ticket and the questions that are asked, and returns the step as text.
fn keep<T>(
    reply: Result<sspr::Reply<T>, Error>,
    ticket: &mut Option<T>,
    asked: &mut Vec<QuestionId>,
) -> String {
    match reply {
        Ok(reply) => {
            if let Step::Answer { .. } = &reply.step {
                *asked = World::questions(&reply.step);
            }
            *ticket = Some(reply.ticket);
            format!("{:?}", reply.step)
        }
        Err(error) => format!("{error:?}"),
    }
}
