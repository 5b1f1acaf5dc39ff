//! V10, V11, V17, V31 for security questions: known and unknown names cost the same hashes and calls,
//! guesses stay in the budget across draws, and a stranger causes a bounded number of hashes.

use std::collections::BTreeSet;
use std::time::Duration;

use sspr::method::{ChallengeOption, QuestionId};
use sspr::policy::Deviation;
use sspr::testing::CallLog;
use sspr::{Attempt, Identifier, MethodKind, PolicySettings, Refusal, Selection, Step};

use crate::support::*;

/// Answers alone suffice, and replies disclose nothing.
fn alone() -> PolicySettings {
    let mut settings = settings();
    settings.users.methods.insert(MethodKind::SecurityQuestions);
    settings.users.required = 1;
    settings.questions.first = true;
    // Answers can be guessed: a gate of them alone exceeds every threshold.
    settings.acknowledged.extend([
        Deviation::SecurityQuestions,
        Deviation::QuestionsFirst,
        Deviation::GuessingAboveThreshold,
    ]);
    settings
}

fn by_questions() -> Selection {
    ChallengeOption::preferred(MethodKind::SecurityQuestions).into()
}

fn named(name: &str) -> Identifier {
    Identifier::parse(name).expect("a name")
}

fn wrong(step: &Step) -> Attempt {
    let answers = World::questions(step).into_iter().map(|id| (id, "a wrong answer".into()));
    Attempt::answers(answers).expect("answers")
}

/// A script against one name: what is asked, how each try ends, and how often hashes were computed.
async fn script(world: &World, name: &Identifier) -> (Vec<QuestionId>, String, u64) {
    let reset = world.engine.reset();
    let reply = reset.start(&request(), name).await.expect("started");
    let opened = reset.challenge(&request(), &reply.ticket, &by_questions()).await.expect("opened");
    let asked = World::questions(&opened.step);
    let before = world.hash.hashes();
    let mut ends = String::new();
    for _ in 0..7 {
        let tried = reset.prove(&request(), &opened.ticket, &wrong(&opened.step)).await;
        ends += &format!("{:?} ", refusal(tried));
        let seen = reset.view(&request(), &opened.ticket).await.expect("seen");
        assert_eq!(World::questions(&seen.step), asked, "the step tells nothing");
        assert_eq!(seen.not_before.is_some(), opened.not_before.is_some());
    }
    ends += &format!("{}", asked.len());
    (asked, ends, world.hash.hashes() - before)
}

/// V10, V11: a name with a set, one without, a disabled account and an unknown name get the same steps
/// for the same calls of ports and the same number of hashes; their questions never change.
#[tokio::test]
async fn known_and_unknown_names_cost_the_same_hashes_and_calls() {
    let log = CallLog::new();
    let world = World::builder().settings(alone()).recorded(&log).registered().open().await;
    world.set_questions().await;
    world.add_user("empty", "empty");
    world.add_user("disabled", "disabled");
    let disabled = sspr::UserId::parse("disabled").expect("an id");
    world
        .directory
        .update_user(&world.tenant, &disabled, |facts| facts.enabled = false)
        .expect("known");
    let names = [World::NAME, "empty", "disabled", "unknown-1", "unknown-2"];
    // From here on the policy is cached, and the clock stands still.
    script(&world, &named("another unknown")).await;
    let mut seen = Vec::new();
    for name in names {
        log.clear();
        let (asked, ends, hashes) = script(&world, &named(name)).await;
        assert_eq!(asked.iter().collect::<BTreeSet<_>>().len(), 3, "{name}");
        assert_eq!(hashes, 5 * 3, "{name}: five attempts of three hashes");
        seen.push((name, ends, log.shapes()));
        let (again, ..) = script(&world, &named(name)).await;
        assert_eq!(again, asked, "{name}: the same questions, also with a spent budget");
    }
    for (name, ends, calls) in &seen[1..] {
        assert_eq!(*ends, seen[0].1, "{name}");
        assert_eq!(*calls, seen[0].2, "{name}");
    }
    // Spellings of one name are one name.
    let (first, ..) = script(&world, &named("Unknown-1")).await;
    let (second, ..) = script(&world, &named("unknown-1 ")).await;
    assert_eq!(first, second);
}

/// V11: the record of a decoy is about as long as that of an account with a set.
#[tokio::test]
async fn a_decoy_decodes_about_as_many_bytes_as_an_account() {
    use sspr::port::{RecordKind, Store as _};
    let world = World::builder().settings(alone()).registered().open().await;
    world.set_questions().await;
    world.deliver().await;
    script(&world, &named(World::NAME)).await;
    script(&world, &named("unknown-1")).await;
    let length = |kind| {
        let world = world.clone();
        async move {
            let page = world.store.scan(&world.tenant, kind, None, 10).await.expect("a page");
            page.items.iter().map(|record| record.body().len()).max().expect("a record")
        }
    };
    let (account, decoy) = (length(RecordKind::Account).await, length(RecordKind::Decoy).await);
    println!("figure bytes_of_an_account {account}, of a decoy {decoy}");
    assert!(account.abs_diff(decoy) * 4 < account, "{account} and {decoy} bytes");
}

/// V17: answers to other questions than those that are asked are no answers, and cost an attempt.
#[tokio::test]
async fn answers_belong_to_the_questions_that_are_asked() {
    let world = World::builder().settings(alone()).registered().open().await;
    world.set_questions().await;
    let reset = world.engine.reset();
    let reply = world.start().await;
    let opened = world.challenge(&reply.ticket, &by_questions()).await;
    let asked = World::questions(&opened.step);
    let all = sspr::method::QuestionTopic::ALL.into_iter().map(QuestionId::from).take(5);
    let others: Vec<_> = all.filter(|id| !asked.contains(id)).collect();
    assert_eq!(others.len(), 2);
    let mut answered = others;
    answered.push(asked[0].clone());
    let right_elsewhere = answered.iter().map(|id| (id.clone(), World::answer_to(id)));
    let attempt = Attempt::answers(right_elsewhere).expect("answers");
    let before = world.hash.hashes();
    let tried = reset.prove(&request(), &opened.ticket, &attempt).await;
    assert_eq!(refusal(tried), Refusal::NotAccepted);
    // One answer for all.
    let one = Attempt::answers([(asked[0].clone(), World::answer_to(&asked[0]))]).expect("one");
    assert_eq!(refusal(reset.prove(&request(), &opened.ticket, &one).await), Refusal::NotAccepted);
    assert_eq!(world.hash.hashes() - before, 2 * 3, "the same work as for a wrong set");
    // A right answer under the id of another question.
    let mut ids = asked.clone();
    ids.rotate_left(1);
    let swapped = ids.into_iter().zip(&asked).map(|(id, other)| (id, World::answer_to(other)));
    let swapped = Attempt::answers(swapped).expect("answers");
    let tried = reset.prove(&request(), &opened.ticket, &swapped).await;
    assert_eq!(refusal(tried), Refusal::NotAccepted);
    // Right answers without the ticket's challenge.
    let fresh = world.start().await;
    let tried = reset.prove(&request(), &fresh.ticket, &World::answers(&opened.step)).await;
    assert_eq!(refusal(tried), Refusal::NotAccepted);
    reset.prove(&request(), &opened.ticket, &World::answers(&opened.step)).await.expect("proven");
}

/// V05, V31: however many flows, sources and draws, a day allows no more comparisons than the budget.
#[tokio::test]
async fn guesses_across_draws_stay_in_the_budget() {
    let mut settings = alone();
    settings.users.required = 2;
    settings.questions.first = false;
    settings.questions.sticky = false;
    let world = World::builder().settings(settings.clone()).registered().open().await;
    world.set_questions().await;
    let reset = world.engine.reset();
    let before = world.hash.hashes();
    for round in 0..40 {
        let from = request_from(&format!("198.51.100.{round}"));
        let Ok(reply) = reset.start(&from, &ada()).await else { continue };
        // The attacker reads the owner's mail.
        let Ok(opened) = reset.challenge(&from, &reply.ticket, &email()).await else { continue };
        world.deliver().await;
        let Some(typed) = world.inbox.last_code_to(MAIL) else { continue };
        let Ok(reply) = reset.prove(&from, &opened.ticket, &code(&typed)).await else { continue };
        let opened = reset.challenge(&from, &reply.ticket, &by_questions()).await;
        let Ok(mut opened) = opened else { continue };
        for _ in 0..7 {
            let _ = reset.prove(&from, &opened.ticket, &wrong(&opened.step)).await;
            let Ok(seen) = reset.view(&from, &opened.ticket).await else { break };
            opened.step = seen.step;
            if World::questions(&opened.step).is_empty() {
                break;
            }
        }
        world.clock.advance(Duration::from_secs(60));
    }
    let compared = (world.hash.hashes() - before) / 3;
    assert!(compared > 0);
    let most = settings.failures.anonymous.max + settings.failures.proven.max;
    assert!(compared <= most.into(), "{compared} comparisons, at most {most} a day");
}

/// A stranger at one source causes a bounded number of hashes a minute, however many names it tries.
#[tokio::test]
async fn a_stranger_causes_a_bounded_number_of_hashes_a_minute() {
    let world = World::builder().settings(alone()).registered().open().await;
    world.set_questions().await;
    let reset = world.engine.reset();
    let before = world.hash.hashes();
    for n in 0..400 {
        let name = named(&format!("unknown-{n}"));
        let Ok(reply) = reset.start(&request(), &name).await else { continue };
        let opened = reset.challenge(&request(), &reply.ticket, &by_questions()).await;
        let Ok(opened) = opened else { continue };
        for _ in 0..7 {
            let _ = reset.prove(&request(), &opened.ticket, &wrong(&opened.step)).await;
        }
    }
    let hashes = world.hash.hashes() - before;
    let limit = alone().limits.source.max;
    let attempts = u64::from(alone().attempts) * 3;
    println!(
        "figure hashes_a_minute_by_one_source {hashes}: {limit} challenges within its window, each of 5 \
         attempts of 3 hashes; from any number of sources at most 2 run at once"
    );
    assert!(hashes > 0 && hashes <= u64::from(limit) * attempts, "{hashes}");
}
