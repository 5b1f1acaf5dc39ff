//! The calls that need no secret, and the visible parts of their replies.

use std::collections::BTreeSet;

use sspr::method::{QuestionId, QuestionTopic};
use sspr::recovery::DeviceSecret;
use sspr::testing::CallLog;
use sspr::{Attempt, Engine, Error, Identifier, Request, SecretText, Selection, Timestamp};

use crate::matrix::cells::{Flow, Way};
use crate::matrix::fixture::{Fixture, idle};
use crate::matrix::play::Paper;
use crate::support::{NEW, World};

const ATTEMPTS: usize = 5;

/// The requested flow and its options.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) flow: Flow,
    pub(crate) way: Way,
    /// Whether the policy requires the phone number, which the stranger does not know.
    pub(crate) typed: bool,
}

pub(crate) struct Watched {
    pub(crate) fixture: Fixture,
    pub(crate) log: CallLog,
    pub(crate) engine: Engine,
    /// Another process for waiting work, so that its cached reads do not help the first.
    pub(crate) worker: Engine,
    pub(crate) name: Identifier,
    pub(crate) request: Request,
}

/// The replies that a caller sees, and the calls that an observer of the traffic counts.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) answers: Vec<String>,
    pub(crate) calls: Vec<String>,
    /// The questions that were asked. They differ from name to name.
    pub(crate) asked: BTreeSet<Vec<QuestionId>>,
    ticket: Option<String>,
}

/// Writes a call for both flows.
macro_rules! on {
    ($watched:expr, $asked:expr, $seen:expr, $verb:ident $(, $argument:expr)*) => {{
        $watched.log.clear();
        let request = &$watched.request;
        if $asked.flow == Flow::Unlock {
            let ticket = sspr::UnlockTicket::read($seen.ticket.as_deref().expect("started"));
            let answer = $watched.engine.unlock().$verb(request, &ticket $(, $argument)*).await;
            $seen.note($watched, answer);
        } else {
            let ticket = sspr::ResetTicket::read($seen.ticket.as_deref().expect("started"));
            let answer = $watched.engine.reset().$verb(request, &ticket $(, $argument)*).await;
            $seen.note($watched, answer);
        }
    }};
}

/// The visible part of a reply.
trait Answer {
    fn shown(&self) -> String;
    fn ticket(&self) -> Option<&str>;
    fn asked(&self) -> Vec<QuestionId> {
        Vec::new()
    }
}

impl<T: Paper> Answer for sspr::Reply<T> {
    fn shown(&self) -> String {
        let step = serde_json::to_string(&self.step).expect("json");
        let step = self.asked().iter().fold(step, |step, id| step.replace(id.as_str(), "question"));
        let since = |at: Timestamp| at.unix_millis();
        format!(
            "{step} until {} not before {:?}, a ticket of {}, a page of {:?}, {}, {}",
            since(self.expires_at),
            self.not_before.map(since),
            self.ticket.text().len(),
            self.page.as_ref().map(String::len),
            self.replace_recovery_code,
            self.unlock_offered
        )
    }

    fn ticket(&self) -> Option<&str> {
        Some(self.ticket.text())
    }

    fn asked(&self) -> Vec<QuestionId> {
        World::questions(&self.step)
    }
}

macro_rules! plain {
    ($($name:ty),+) => {
        $(impl Answer for $name {
            fn shown(&self) -> String {
                stringify!($name).to_owned()
            }

            fn ticket(&self) -> Option<&str> {
                None
            }
        })+
    };
}

plain!(sspr::policy::HelpDesk, (), DeviceSecret, SecretText);

impl Seen {
    fn note<T: Answer>(&mut self, watched: &Watched, answer: Result<T, Error>) {
        if let Ok(answer) = &answer {
            self.ticket = answer.ticket().map(str::to_owned).or_else(|| self.ticket.take());
            self.asked.extend(Some(answer.asked()).filter(|asked| !asked.is_empty()));
        }
        self.answers.push(answer.map_or_else(|error| format!("{error:?}"), |reply| reply.shown()));
        self.calls.push(watched.log.shapes().join(", "));
    }
}

fn junk(way: Way, number: usize) -> Attempt {
    match way {
        Way::EmailLink => Attempt::link(&format!("{number}{}", "A".repeat(42))),
        way if way.external() => Attempt::response(SecretText::new(format!("junk {number}"))),
        Way::Questions => {
            let topics = QuestionTopic::ALL.into_iter().take(3).map(QuestionId::from);
            Attempt::answers(topics.map(|id| (id, SecretText::new(format!("junk {number}")))))
        }
        Way::RecoveryCode => Attempt::code(&format!("BCDF-GHJK-LMNP-QRST-VWXZ-BCDF-GHJ{number}")),
        way if way.kind().channels()[0] == sspr::method::Channel::InHand => {
            Attempt::code(&format!("00000{number}"))
        }
        _ => Attempt::code(&format!("0000000{number}")),
    }
    .expect("formed")
}

async fn start(watched: &Watched, asked: Asked, seen: &mut Seen) {
    watched.log.clear();
    if asked.flow == Flow::Unlock {
        let answer = watched.engine.unlock().start(&watched.request, &watched.name).await;
        seen.note(watched, answer);
    } else {
        let answer = watched.engine.reset().start(&watched.request, &watched.name).await;
        seen.note(watched, answer);
    }
}

async fn redeem(watched: &Watched, asked: Asked, seen: &mut Seen, link: &Attempt) {
    let (request, name) = (&watched.request, &watched.name);
    watched.log.clear();
    if asked.flow == Flow::Unlock {
        let answer = watched.engine.unlock().redeem_link(request, name, link).await;
        seen.note(watched, answer);
    } else {
        let answer = watched.engine.reset().redeem_link(request, name, link).await;
        seen.note(watched, answer);
    }
}

/// All calls that need no secret.
pub(crate) async fn script(watched: &Watched, asked: Asked) -> Seen {
    let (mut seen, way) = (Seen::default(), asked.way);
    let mut selection: Selection = way.selection();
    if asked.typed {
        selection = selection.with_typed_number("+14255559999").expect("a number");
    }
    let wait = async |seconds| {
        watched.fixture.wait(seconds);
        idle(&watched.worker).await;
    };
    start(watched, asked, &mut seen).await;
    on!(watched, asked, seen, view);
    on!(watched, asked, seen, prove, &junk(way, 0));
    on!(watched, asked, seen, challenge, &selection);
    on!(watched, asked, seen, view);
    on!(watched, asked, seen, challenge, &selection);
    for number in 0..ATTEMPTS + 2 {
        on!(watched, asked, seen, prove, &junk(way, number));
    }
    for other in [Way::EmailLink, Way::Push, Way::Sms, Way::RecoveryCode, Way::Questions] {
        on!(watched, asked, seen, prove, &junk(other, 1));
    }
    on!(watched, asked, seen, remember_device);
    on!(watched, asked, seen, replace_recovery_code);
    on!(watched, asked, seen, acknowledge_recovery_code);
    on_complete(watched, asked, &mut seen).await;
    wait(61).await;
    on!(watched, asked, seen, challenge, &selection);
    for number in 0..3 {
        on!(watched, asked, seen, prove, &junk(way, number));
    }
    on!(watched, asked, seen, contact_administrator);
    on!(watched, asked, seen, contact_administrator);
    redeem(watched, asked, &mut seen, &junk(Way::EmailLink, 3)).await;
    redeem(watched, asked, &mut seen, &junk(Way::Sms, 3)).await;
    on!(watched, asked, seen, cancel);
    on!(watched, asked, seen, cancel);
    on!(watched, asked, seen, view);
    on!(watched, asked, seen, prove, &junk(way, 4));
    wait(61).await;
    on!(watched, asked, seen, challenge, &selection);
    wait(11 * 60).await;
    on!(watched, asked, seen, view);
    on!(watched, asked, seen, prove, &junk(way, 5));
    wait(5 * 60).await;
    on!(watched, asked, seen, view);
    on!(watched, asked, seen, challenge, &selection);
    on!(watched, asked, seen, prove, &junk(way, 6));
    on!(watched, asked, seen, cancel);
    on_complete(watched, asked, &mut seen).await;
    start(watched, asked, &mut seen).await;
    seen
}

async fn on_complete(watched: &Watched, asked: Asked, seen: &mut Seen) {
    let (request, text) = (&watched.request, seen.ticket.clone().expect("started"));
    watched.log.clear();
    if asked.flow == Flow::Unlock {
        let ticket = sspr::UnlockTicket::read(&text);
        let answer = watched.engine.unlock().complete(request, &ticket).await;
        seen.note(watched, answer);
    } else {
        let ticket = sspr::ResetTicket::read(&text);
        let password = SecretText::from(NEW);
        let answer = watched.engine.reset().complete(request, &ticket, &password).await;
        seen.note(watched, answer);
    }
}
