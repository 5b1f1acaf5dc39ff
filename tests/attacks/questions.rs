//! V3, V9, V10, V11, V17, V18, V31, V32, V34 and V37 for security questions: known and unknown names
//! cost the same hashes and calls, guesses stay in the budget across draws, a stranger causes a
//! bounded number of hashes, and answers count only for the questions, the set, the policy and the
//! account of the moment.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use sspr::method::{ChallengeOption, QuestionId, QuestionTopic};
use sspr::policy::Deviation;
use sspr::port::{RecordKind, SlowHash as _, Store};
use sspr::testing::{CallLog, Recorder, TestHash};
use sspr::{Attempt, Identifier, MethodKind, PolicySettings, Refusal, SecretText, Selection, Step};

use crate::stores::StoreKind;
use crate::support::*;

on_every_store!(
    v03_new_draws_are_no_new_budget,
    v18_answers_belong_to_the_questions_that_are_asked,
    v31_answers_count_once_however_often_they_are_given,
    v32_answers_of_an_earlier_policy_do_not_count,
    v34_a_new_set_voids_what_was_asked_before,
    v34_the_answers_of_a_new_administrator_do_not_count,
    v37_a_thiefs_set_is_told_and_can_be_repudiated,
);

in_memory!(
    v09_a_stranger_causes_a_bounded_number_of_hashes,
    v10_questions_cost_every_name_the_same_calls_and_hashes,
    v11_the_record_of_a_decoy_is_as_long_as_that_of_an_account_with_questions,
    v17_a_dump_of_a_set_tests_no_guess,
);

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

/// A world whose account has a set of questions.
async fn asking(settings: PolicySettings, stores: &StoreKind) -> World {
    let builder = World::builder().store(stores.store()).settings(settings).registered();
    let world = builder.open().await;
    world.set_questions().await;
    world.deliver().await;
    world
}

/// The questions that a new flow asks first, with its ticket.
async fn asked(world: &World) -> sspr::Reply<sspr::ResetTicket> {
    let reply = world.start().await;
    world.challenge(&reply.ticket, &by_questions()).await
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
async fn v10_questions_cost_every_name_the_same_calls_and_hashes(stores: &StoreKind) {
    let (log, hash) = (CallLog::new(), TestHash::new());
    let hashed = Recorder::new(hash.clone(), log.clone());
    let builder = World::builder().store(stores.store()).settings(alone()).recorded(&log);
    let builder = builder.registered().engine(|engine| engine.slow_hash(hashed));
    let mut world = builder.open().await;
    world.hash = hash;
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

/// V11: a decoy's set is as long as an account's. The rest of the record differs by the account's
/// history, as without questions.
async fn v11_the_record_of_a_decoy_is_as_long_as_that_of_an_account_with_questions(
    stores: &StoreKind,
) {
    let world = asking(alone(), stores).await;
    script(&world, &named(World::NAME)).await;
    script(&world, &named("unknown-1")).await;
    let body = async |kind| {
        let page = world.store.scan(&world.tenant, kind, None, 10).await.expect("a page");
        let bodies = page.items.iter().map(|record| record.body().to_owned());
        bodies.max_by_key(String::len).expect("a record")
    };
    let bodies = [body(RecordKind::Account).await, body(RecordKind::Decoy).await];
    let [account, decoy] = bodies.each_ref().map(String::len);
    let [own, stand_in] = bodies.each_ref().map(|body| {
        let body = serde_json::from_str(body).expect("json");
        set_in(&body).expect("a set").to_string().len()
    });
    println!(
        "figure bytes_of_an_account {account} ({own} of a set), of a decoy {decoy} ({stand_in})"
    );
    // The time of the confirmation, and ids of questions of other lengths.
    assert!(own.abs_diff(stand_in) <= 96, "sets of {own} and {stand_in} bytes");
    assert!(account.abs_diff(decoy) <= 1_024, "{account} and {decoy} bytes");
}

/// The method with a set of questions, of an account or of a decoy.
fn set_in(body: &serde_json::Value) -> Option<&serde_json::Value> {
    let methods = [&body["methods"], &body["decoy"]["methods"]];
    let mut all = methods.into_iter().filter_map(serde_json::Value::as_array).flatten();
    all.find(|method| method["kind"] == "security_questions")
}

/// V18: answers to other questions than those that are asked are no answers, and cost an attempt.
async fn v18_answers_belong_to_the_questions_that_are_asked(stores: &StoreKind) {
    let world = asking(alone(), stores).await;
    let reset = world.engine.reset();
    let reply = world.start().await;
    let opened = world.challenge(&reply.ticket, &by_questions()).await;
    let asked = World::questions(&opened.step);
    let all = QuestionTopic::ALL.into_iter().map(QuestionId::from).take(5);
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
    // Right answers in their order, but under ids that are not asked, and one more than is asked.
    world.clock.advance(Duration::from_secs(25 * 3_600));
    let opened = crate::questions::asked(&world).await;
    let asked = World::questions(&opened.step);
    let none = |n| QuestionId::parse(&format!("none-{n}")).expect("an id");
    let right = |id: &QuestionId| World::answer_to(id);
    let unnamed = asked.iter().enumerate().map(|(n, id)| (none(n), right(id)));
    let more = asked.iter().map(|id| (id.clone(), right(id)));
    let more = more.chain([(none(9), SecretText::from("more"))]);
    for attempt in [Attempt::answers(unnamed), Attempt::answers(more)] {
        let attempt = attempt.expect("answers");
        let tried = reset.prove(&request(), &opened.ticket, &attempt).await;
        assert_eq!(refusal(tried), Refusal::NotAccepted);
    }
    reset.prove(&request(), &opened.ticket, &World::answers(&opened.step)).await.expect("proven");
}

/// V3: however many flows, sources and draws, a day allows no more comparisons than the budget.
async fn v03_new_draws_are_no_new_budget(stores: &StoreKind) {
    let mut settings = alone();
    settings.users.required = 2;
    settings.questions.first = false;
    settings.questions.sticky = false;
    let world = asking(settings.clone(), stores).await;
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

/// V9: a stranger at one source causes a bounded number of hashes a minute, however many names it tries.
async fn v09_a_stranger_causes_a_bounded_number_of_hashes(stores: &StoreKind) {
    let world = asking(alone(), stores).await;
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

/// V31: questions are one method, and their answers prove it once.
async fn v31_answers_count_once_however_often_they_are_given(stores: &StoreKind) {
    let mut settings = alone();
    settings.users.required = 2;
    let world = asking(settings, stores).await;
    let reset = world.engine.reset();
    let opened = asked(&world).await;
    let answers = World::answers(&opened.step);
    let proven = reset.prove(&request(), &opened.ticket, &answers).await.expect("proven");
    assert!(matches!(proven.step, Step::Choose { .. }), "{:?}", proven.step);
    let again = reset.challenge(&request(), &proven.ticket, &by_questions()).await;
    if let Ok(again) = again {
        assert!(World::questions(&again.step).is_empty(), "{:?}", again.step);
    }
    for ticket in [&opened.ticket, &proven.ticket] {
        if let Ok(reply) = reset.prove(&request(), ticket, &answers).await {
            assert!(matches!(reply.step, Step::Choose { .. }), "{:?}", reply.step);
        }
        assert!(world.complete(ticket, NEW).await.is_err());
    }
    assert!(world.password_is(OLD));
}

/// Answers questions and tries to complete the reset, with a change after the answers and then with one
/// before them: in neither order is the password written. `undo` takes the change back after each round.
async fn answers_do_not_count_after(world: &World, change: impl AsyncFn(), undo: impl AsyncFn()) {
    let reset = world.engine.reset();
    for after_the_answers in [true, false] {
        let opened = asked(world).await;
        let answers = World::answers(&opened.step);
        let mut ticket = opened.ticket;
        if after_the_answers {
            ticket = reset.prove(&request(), &ticket, &answers).await.expect("proven").ticket;
        }
        change().await;
        if !after_the_answers && let Ok(proven) = reset.prove(&request(), &ticket, &answers).await {
            ticket = proven.ticket;
        }
        let completed = world.complete(&ticket, NEW).await;
        assert!(completed.is_err(), "{completed:?}");
        assert!(world.password_is(OLD));
        undo().await;
        world.clock.advance(Duration::from_secs(25 * 3_600));
    }
}

/// V32: a grant that answers have earned ends with the policy that counts them.
async fn v32_answers_of_an_earlier_policy_do_not_count(stores: &StoreKind) {
    let world = asking(alone(), stores).await;
    let change = async || world.put_policy(one_gate()).await;
    let undo = async || world.put_policy(alone()).await;
    answers_do_not_count_after(&world, change, undo).await;
}

/// V34: a new set voids the challenges of the one before, and its questions are others' answers.
async fn v34_a_new_set_voids_what_was_asked_before(stores: &StoreKind) {
    let world = asking(alone(), stores).await;
    let reset = world.engine.reset();
    let opened = asked(&world).await;
    let answers = World::answers(&opened.step);
    let topics = QuestionTopic::ALL.into_iter().take(5).map(QuestionId::from);
    let set: Vec<_> = topics.map(|id| (id.clone(), format!("now {id}").as_str().into())).collect();
    let registration = world.engine.registration();
    let put = registration.set_security_questions(&request(), &world.signed_in(), &set).await;
    put.expect("replaced");
    let void = reset.prove(&request(), &opened.ticket, &answers).await;
    assert_eq!(refusal(void), Refusal::NotAccepted);
    let opened = asked(&world).await;
    let old = reset.prove(&request(), &opened.ticket, &World::answers(&opened.step)).await;
    assert_eq!(refusal(old), Refusal::NotAccepted, "the answers before");
    let new = World::questions(&opened.step).into_iter();
    let new = new.map(|id| (id.clone(), format!("now {id}").as_str().into()));
    let new = Attempt::answers(new).expect("answers");
    reset.prove(&request(), &opened.ticket, &new).await.expect("proven");
}

/// V34: a user who becomes an administrator, before or after the answers, cannot reset with them.
async fn v34_the_answers_of_a_new_administrator_do_not_count(stores: &StoreKind) {
    let promote = |world: &World, is_administrator: bool| {
        let role = sspr::RoleId::parse("Helpdesk Administrator").expect("valid");
        let promoted = world.directory.update_user(&world.tenant, &world.user, |facts| {
            facts.roles = is_administrator.then_some(role).into_iter().collect();
        });
        promoted.expect("known");
    };
    let world = asking(alone(), stores).await;
    let undo = async || {
        // A flow that begins as an administrator's asks questions like any name's, and accepts no answer.
        let opened = asked(&world).await;
        let answers = World::answers(&opened.step);
        let proven = world.engine.reset().prove(&request(), &opened.ticket, &answers).await;
        assert_eq!(refusal(proven), Refusal::NotAccepted);
        promote(&world, false);
    };
    answers_do_not_count_after(&world, async || promote(&world, true), undo).await;
}

/// V37: a set that a thief registers is told to the owner, whose link removes it.
async fn v37_a_thiefs_set_is_told_and_can_be_repudiated(stores: &StoreKind) {
    let mut settings = alone();
    let page = sspr::policy::LinkBase::parse("https://id.contoso.example/not-me#");
    settings.desk.repudiation_link = Some(page.expect("sound"));
    let builder = World::builder().store(stores.store()).settings(settings).registered();
    let world = builder.open().await;
    world.deliver().await;
    world.clock.advance(Duration::from_secs(3_600));
    world.set_questions().await;
    world.deliver().await;
    let link = world.inbox.last_repudiation_link_to(MAIL).expect("the owner is told");
    let link = Attempt::link(&link).expect("well formed");
    let redeemed = world.engine.repudiation().redeem(&request(), &ada(), &link).await;
    redeemed.expect("repudiated");
    let registration = world.engine.registration();
    let set: Vec<_> = QuestionTopic::ALL.into_iter().take(5).map(QuestionId::from).collect();
    let set: Vec<_> = set.into_iter().map(|id| (id.clone(), World::answer_to(&id))).collect();
    let before = world.hash.hashes();
    let put = registration.set_security_questions(&request(), &world.signed_in(), &set).await;
    assert!(matches!(refusal(put), Refusal::NotEligible { .. }));
    assert_eq!(world.hash.hashes(), before, "a refusal costs no hash");
    world.admin().unblock(&world.user).await.expect("unblocked");
    let opened = asked(&world).await;
    let taken =
        world.engine.reset().prove(&request(), &opened.ticket, &World::answers(&opened.step)).await;
    assert_eq!(refusal(taken), Refusal::NotAccepted);
}

/// V17: the hashes of a set are made under the lookup key, so that who has the store alone cannot
/// test a guess, and a set tells nothing about that of another account.
async fn v17_a_dump_of_a_set_tests_no_guess(stores: &StoreKind) {
    let world = asking(alone(), stores).await;
    let store: &Arc<dyn Store> = &world.store;
    let page = store.scan(&world.tenant, RecordKind::Account, None, 10).await.expect("a page");
    let body: serde_json::Value = serde_json::from_str(page.items[0].body()).expect("json");
    let hashes: Vec<String> = hashes_in(&body);
    assert_eq!(hashes.len(), 5);
    let hash = TestHash::new();
    for topic in QuestionTopic::ALL.into_iter().take(5) {
        let answer = World::answer_to(&topic.into());
        let normal = answer.expose_secret().to_lowercase();
        assert!(!page.items[0].body().to_lowercase().contains(&normal));
        for guess in [answer.expose_secret(), &normal] {
            for text in &hashes {
                assert!(!hash.verify(&guess.into(), text).await.expect("a hash"), "{guess}");
            }
        }
    }
}

fn hashes_in(value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::String(text) if text.starts_with("$test$") => vec![text.clone()],
        serde_json::Value::Array(items) => items.iter().flat_map(hashes_in).collect(),
        serde_json::Value::Object(fields) => fields.values().flat_map(hashes_in).collect(),
        _ => Vec::new(),
    }
}
