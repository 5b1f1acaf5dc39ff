//! A set of security questions, and a reset that asks them.

use std::fmt::Write as _;

use sspr::method::{ChallengeOption, QuestionId};
use sspr::policy::Deviation;
use sspr::{MethodKind, Selection};

use super::policy;
use super::run::Setup;
use crate::support::*;

/// Questions count beside mail and phone.
pub(super) fn counted(setup: &mut Setup) {
    policy(setup, |policy| {
        policy.users.methods.insert(MethodKind::SecurityQuestions);
        policy.acknowledged.extend([Deviation::SecurityQuestions, Deviation::QuestionsFirst]);
    });
}

/// What a user may choose, what a reset asks, and what it asks after a wrong set.
pub(super) async fn played(world: &World) -> String {
    let mut seen = String::new();
    let registration = world.engine.registration();
    let offered = registration.security_questions(&request(), &world.signed_in()).await;
    writeln!(seen, "offered: {offered:?}").expect("a text");
    world.set_questions().await;
    let by_questions: Selection = ChallengeOption::preferred(MethodKind::SecurityQuestions).into();
    let reset = world.engine.reset();
    let started = world.start().await;
    writeln!(seen, "first: {:?}", started.step).expect("a text");
    let reply = world.proven(&started.ticket, &email(), MAIL).await;
    let opened = world.challenge(&reply.ticket, &by_questions).await;
    writeln!(seen, "asked: {:?}", World::questions(&opened.step)).expect("a text");
    let wrong = World::questions(&opened.step).into_iter().map(|id: QuestionId| (id, "no".into()));
    let wrong = sspr::Attempt::answers(wrong).expect("answers");
    let answer = reset.prove(&request(), &opened.ticket, &wrong).await.map(|reply| reply.step);
    writeln!(seen, "wrong: {answer:?}").expect("a text");
    let view = reset.view(&request(), &opened.ticket).await.expect("seen");
    writeln!(seen, "then: {:?}", World::questions(&view.step)).expect("a text");
    seen
}
