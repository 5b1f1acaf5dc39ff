//! The stages of a cell, and what the person holds meanwhile.

use sspr::method::{MethodId, QuestionId};
use sspr::testing::SoftToken;
use sspr::{
    Attempt, ChangeTicket, InvalidInput, RegistrationTicket, Reply, ResetTicket, SecretText, Step,
    UnlockTicket,
};

use crate::matrix::cells::{Cell, Flow, Way};
use crate::matrix::fixture::Person;
use crate::support::World;

/// One step of a flow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stage {
    Start,
    /// An administrator asks for the reset.
    Initiate,
    /// An administrator invites the person.
    Invite,
    /// A contact method is added.
    Add,
    Enrol,
    Claim,
    CreateCodes,
    Challenge(Way),
    /// `maintain` runs.
    Deliver,
    Read(Way),
    Prove(Way),
    /// The link, without the ticket of its flow.
    Redeem,
    Confirm,
    Acknowledge,
    /// A whole set of questions is put.
    PutQuestions,
    /// The present password opens the change.
    Present,
    /// The host's sign-in.
    Verify,
    Complete,
    /// Another recovery code is asked for in the place of the used one, and kept.
    Replace,
    KeepReplacement,
}

/// A secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Secret {
    Code(String),
    Link(String),
    Response(String),
    Password(String),
    Answers(Vec<(QuestionId, String)>),
}

/// The cell, the person and the source.
#[derive(Clone)]
pub(crate) struct Play {
    pub(crate) cell: Cell,
    pub(crate) who: &'static Person,
    pub(crate) source: &'static str,
    /// The new password, where one is set.
    pub(crate) password: &'static str,
    /// Which of the recovery codes is used.
    pub(crate) saved: usize,
}

/// What the person holds, which survives the process.
#[derive(Default)]
pub(crate) struct Hand {
    /// The next stage.
    pub(crate) stage: usize,
    /// The tickets of all replies that arrived, newest last.
    pub(crate) tickets: Vec<String>,
    pub(crate) secrets: Vec<Secret>,
    pub(crate) shown: Option<Step>,
    pub(crate) page: Option<String>,
    pub(crate) seed: Option<SoftToken>,
    pub(crate) set: Option<(MethodId, String)>,
    /// The set of questions before the new one.
    pub(crate) former: Option<MethodId>,
    /// The recovery code that replaces the used one.
    pub(crate) replacement: Option<String>,
}

impl Stage {
    /// Whether this stage takes a secret.
    pub(crate) const fn is_door(self) -> bool {
        matches!(self, Self::Prove(_) | Self::Redeem | Self::Confirm | Self::Present | Self::Verify)
    }

    /// Whether this stage keeps what the person has chosen or got, and compares nothing.
    pub(crate) const fn keeps(self) -> bool {
        matches!(self, Self::Acknowledge | Self::PutQuestions)
    }
}

/// The stages of a cell.
pub(crate) fn stages(cell: Cell) -> Vec<Stage> {
    use Stage::{
        Acknowledge, Add, Challenge, Claim, Complete, Confirm, CreateCodes, Deliver, Enrol,
        Initiate, Invite, KeepReplacement, Present, Prove, PutQuestions, Read, Redeem, Replace,
        Start, Verify,
    };
    let way = cell.way;
    let proof: &[Stage] = if way.sent() {
        &[Challenge(way), Deliver, Read(way), Prove(way)]
    } else {
        &[Challenge(way), Read(way), Prove(way)]
    };
    let end: &[Stage] = if way == Way::RecoveryCode {
        &[Complete, Replace, KeepReplacement, Deliver]
    } else {
        &[Complete, Deliver]
    };
    let link = Way::EmailLink;
    match (cell.flow, way) {
        (Flow::Reset | Flow::Unlock, _) => [&[Start], proof, end].concat(),
        (Flow::Registration, Way::App) => vec![Enrol, Read(way), Confirm, Deliver],
        (Flow::Registration, Way::Token) => vec![Claim, Read(way), Confirm, Deliver],
        (Flow::Registration, Way::RecoveryCode) => {
            vec![CreateCodes, Read(way), Acknowledge, Deliver]
        }
        (Flow::Registration, Way::Questions) => vec![Read(way), PutQuestions, Deliver],
        (Flow::Registration, _) => vec![Add, Deliver, Read(way), Confirm, Deliver],
        (Flow::Change, _) => vec![Read(way), Present, Complete, Deliver],
        (Flow::SignIn, _) => vec![Read(way), Verify, Deliver],
        (Flow::Initiated | Flow::Invited | Flow::Elsewhere, _) => {
            let begun: &[Stage] = match cell.flow {
                Flow::Initiated => &[Initiate, Deliver, Read(link), Redeem],
                Flow::Invited => &[Invite, Deliver, Read(link), Redeem],
                _ => &[Start, Challenge(link), Deliver, Read(link), Redeem],
            };
            let more = if way == link { &[] } else { proof };
            [begun, more, end].concat()
        }
    }
}

/// The index of the stage that takes the secret of this cell.
pub(crate) fn door_of(cell: Cell) -> usize {
    let stages = stages(cell);
    let door = stages.iter().rposition(|stage| stage.is_door() || stage.keeps());
    door.expect("every cell has a door")
}

impl Secret {
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Code(text) | Self::Link(text) | Self::Response(text) | Self::Password(text) => {
                text
            }
            Self::Answers(answers) => answers.first().map_or("", |(_, answer)| answer),
        }
    }

    /// The attempt for the engine; a password is typed like a code.
    pub(crate) fn attempt(&self) -> Result<Attempt, InvalidInput> {
        match self {
            Self::Code(text) | Self::Password(text) => Attempt::code(text),
            Self::Link(text) => Attempt::link(text),
            Self::Response(text) => Attempt::response(SecretText::from(text.as_str())),
            Self::Answers(answers) => {
                let given = answers.iter().map(|(id, answer)| (id.clone(), answer.as_str().into()));
                Attempt::answers(given)
            }
        }
    }
}

impl Hand {
    pub(crate) fn ticket<T: Paper>(&self) -> T {
        T::read(self.tickets.last().expect("a reply has arrived"))
    }

    pub(crate) fn keep<T: Paper>(&mut self, reply: Reply<T>) {
        self.tickets.push(reply.ticket.text().to_owned());
        self.page = reply.page.or_else(|| self.page.take());
        self.shown = Some(reply.step);
    }

    /// The questions on the page.
    pub(crate) fn asked(&self) -> Vec<QuestionId> {
        self.shown.as_ref().map(World::questions).unwrap_or_default()
    }

    pub(crate) fn secret(&self) -> &Secret {
        self.secrets.last().expect("one was read")
    }
}

/// A ticket of any flow.
pub(crate) trait Paper: Sized {
    fn read(text: &str) -> Self;
    fn text(&self) -> &str;
}

macro_rules! papers {
    ($($name:ident),+) => {
        $(impl Paper for $name {
            fn read(text: &str) -> Self {
                Self::parse(text).expect("of a ticket's form")
            }

            fn text(&self) -> &str {
                self.expose_secret()
            }
        })+
    };
}

papers!(ResetTicket, UnlockTicket, RegistrationTicket, ChangeTicket);
