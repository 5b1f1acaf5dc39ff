//! A reset with questions.

use super::*;
use std::collections::BTreeSet;
use std::time::Duration;

use sspr::{Refusal, Reply, ResetTicket, Step};

async fn view(world: &World, reply: &Reply<ResetTicket>) -> Step {
    world.engine.reset().view(&request(), &reply.ticket).await.expect("seen").step
}

/// E1.5.15, R-149: the second gate, after another proof, and never before.
#[tokio::test]
async fn questions_are_a_second_gate() {
    let world = World::builder().settings(counted()).registered().open().await;
    world.set_questions().await;
    let reply = world.start().await;
    let Step::Choose { options } = &reply.step else { panic!("{:?}", reply.step) };
    let kinds: BTreeSet<_> = options.iter().map(|view| view.option.method()).collect();
    assert!(!kinds.contains(&MethodKind::SecurityQuestions), "{kinds:?}");
    let early = world.engine.reset().challenge(&request(), &reply.ticket, &questions()).await;
    assert_eq!(refusal(early), Refusal::NotOffered);
    let reply = world.proven(&reply.ticket, &email(), MAIL).await;
    let reply = world.challenge(&reply.ticket, &questions()).await;
    let asked = World::questions(&reply.step);
    assert_eq!(asked.len(), 3);
    let reset = world.engine.reset();
    let wrong = reset.prove(&request(), &reply.ticket, &all_but_one(&asked)).await;
    assert_eq!(refusal(wrong), Refusal::NotAccepted, "all must be right");
    // A code is no answer.
    let code = Attempt::code("12345678").expect("a code");
    assert_eq!(refusal(reset.prove(&request(), &reply.ticket, &code).await), Refusal::NotAccepted);
    let answers = World::answers(&view(&world, &reply).await);
    let proven = reset.prove(&request(), &reply.ticket, &answers).await.expect("proven");
    world.complete(&proven.ticket, NEW).await.expect("reset");
    assert!(world.password_is(NEW));
}

/// E1.5.18: case, spaces and width do not matter.
#[tokio::test]
async fn answers_are_compared_in_their_normal_form() {
    let world = World::builder().settings(counted()).registered().open().await;
    world.set_questions().await;
    let reply = world.start().await;
    let reply = world.proven(&reply.ticket, &email(), MAIL).await;
    let reply = world.challenge(&reply.ticket, &questions()).await;
    let answers = World::questions(&reply.step).into_iter().map(|id| {
        let answer = World::answer_to(&id);
        let typed = format!(" {}\u{a0}", answer.expose_secret().to_uppercase().replace(' ', "  "));
        (id, SecretText::new(typed))
    });
    let answers = Attempt::answers(answers).expect("answers");
    world.engine.reset().prove(&request(), &reply.ticket, &answers).await.expect("proven");
}

/// The only gate, as in Entra, where the policy says so.
#[tokio::test]
async fn questions_alone_suffice_where_they_are_acknowledged() {
    let world = World::builder().settings(alone()).registered().open().await;
    world.set_questions().await;
    let reply = world.start().await;
    let reply = world.challenge(&reply.ticket, &questions()).await;
    let answers = World::answers(&reply.step);
    let proven =
        world.engine.reset().prove(&request(), &reply.ticket, &answers).await.expect("proven");
    assert!(matches!(proven.step, Step::NewPassword { .. }));
    // The same ticket and the same answers, after a lost reply.
    let again =
        world.engine.reset().prove(&request(), &reply.ticket, &answers).await.expect("again");
    assert_eq!(again.ticket.expose_secret(), proven.ticket.expose_secret());
    world.complete(&proven.ticket, NEW).await.expect("reset");
}

/// E1.5.14, R-153: sticky questions stay over wrong sets, challenges and flows until they were
/// answered.
#[tokio::test]
async fn sticky_questions_stay_until_they_were_answered() {
    let world = World::builder().settings(alone()).registered().open().await;
    world.set_questions().await;
    let reset = world.engine.reset();
    let mut first = None;
    for _ in 0..2 {
        let reply = world.start().await;
        let reply = world.challenge(&reply.ticket, &questions()).await;
        let asked = World::questions(&reply.step);
        assert_eq!(*first.get_or_insert(asked.clone()), asked);
        let wrong = reset.prove(&request(), &reply.ticket, &all_but_one(&asked)).await;
        assert_eq!(refusal(wrong), Refusal::NotAccepted);
        assert_eq!(World::questions(&view(&world, &reply).await), asked);
        // One source has a share of the day only.
        world.clock.advance(Duration::from_secs(25 * 3_600));
    }
    let reply = world.start().await;
    let reply = world.challenge(&reply.ticket, &questions()).await;
    let answers = World::answers(&reply.step);
    reset.prove(&request(), &reply.ticket, &answers).await.expect("proven");
    let reply = world.start().await;
    let reply = world.challenge(&reply.ticket, &questions()).await;
    assert_ne!(first.expect("asked"), World::questions(&reply.step));
}

/// E1.5.14: each wrong set draws others, which depends on nothing but the challenge and its attempts.
#[tokio::test]
async fn a_wrong_set_draws_others() {
    let builder = World::builder().settings(redrawn()).registered();
    let world = builder.engine(|engine| engine.human_check(Human)).open().await;
    world.set_questions().await;
    let reset = world.engine.reset();
    let asking = request().with_human_answer("human".into());
    let reply = reset.start(&asking, &ada()).await.expect("started");
    let mut reply = world.challenge(&reply.ticket, &questions()).await;
    let mut seen = BTreeSet::new();
    for _ in 0..4 {
        let asked = World::questions(&reply.step);
        assert_eq!(
            asked,
            World::questions(&view(&world, &reply).await),
            "a reload changes nothing"
        );
        let set: BTreeSet<_> = asked.iter().cloned().collect();
        assert!(seen.insert(set) || seen.len() > 3);
        let wrong = reset.prove(&request(), &reply.ticket, &all_but_one(&asked)).await;
        assert_eq!(refusal(wrong), Refusal::NotAccepted);
        let next = World::questions(&view(&world, &reply).await);
        assert_ne!(asked.iter().collect::<BTreeSet<_>>(), next.iter().collect(), "others");
        // Right answers to the questions before are no answers to these.
        reply.step = view(&world, &reply).await;
    }
    let answers = World::answers(&reply.step);
    reset.prove(&request(), &reply.ticket, &answers).await.expect("proven by the last attempt");
}

/// A challenge draws by its own nonce: the questions of the next one do not follow from those of the last.
#[tokio::test]
async fn each_challenge_draws_by_its_own_nonce() {
    let builder = World::builder().settings(redrawn()).registered();
    let world = builder.engine(|engine| engine.human_check(Human)).open().await;
    world.set_questions().await;
    let mut seen = BTreeSet::new();
    for _ in 0..8 {
        world.clock.advance(Duration::from_secs(86_400));
        let asking = request().with_human_answer("human".into());
        let reply = world.engine.reset().start(&asking, &ada()).await.expect("started");
        let reply = world.challenge(&reply.ticket, &questions()).await;
        seen.insert(World::questions(&reply.step).into_iter().collect::<BTreeSet<_>>());
    }
    assert!(seen.len() > 2, "{seen:?}");
}

struct Human;

#[sspr::port::async_trait]
impl sspr::port::HumanCheck for Human {
    async fn passed(&self, _: &sspr::TenantId, _: &SecretText) -> sspr::port::PortResult<bool> {
        Ok(true)
    }
}
