//! Registering a set.

use super::*;
use sspr::method::Prompt;
use sspr::{Error, Refusal};

async fn world() -> World {
    World::builder().settings(counted()).registered().open().await
}

async fn set(world: &World, answers: &[(QuestionId, SecretText)]) -> Result<(), Error> {
    let registration = world.engine.registration();
    registration.set_security_questions(&request(), &world.signed_in(), answers).await.map(drop)
}

/// E1.5.1, E1.5.9, E1.5.10.
#[tokio::test]
async fn a_set_is_as_large_as_the_policy_says_and_has_no_question_and_no_answer_twice() {
    let world = world().await;
    let rule = |answer: Result<(), Error>| match answer {
        Err(Error::Invalid(invalid)) => invalid,
        other => panic!("{other:?}"),
    };
    for count in [0, 4, 6] {
        rule(set(&world, &set_of(count)).await);
    }
    let with = |place: usize, question: QuestionId, answer: &str| {
        let mut answers = set_of(5);
        answers[place] = (question, answer.into());
        answers
    };
    let first = QuestionId::from(QuestionTopic::ALL[0]);
    let other = QuestionId::from(QuestionTopic::FirstPet);
    let same_answer = World::answer_to(&first).expose_secret().to_uppercase();
    for (answers, what) in [
        (with(1, first.clone(), "something else"), "question"),
        (with(1, other.clone(), &same_answer), "answer"),
        (with(1, QuestionId::parse("no-such").expect("an id"), "Rex"), "question"),
        (with(1, other.clone(), "ab"), "answer"),
        (with(1, other.clone(), &"x y".repeat(14)), "answer"),
        (with(1, other.clone(), World::NAME), "answer"),
        (with(1, other.clone(), "Password"), "answer"),
    ] {
        let invalid = rule(set(&world, &answers).await);
        assert_eq!(invalid.what(), what, "{invalid}");
        assert!(!invalid.to_string().to_lowercase().contains("rex"));
    }
    assert_eq!(world.hash.hashes(), 2, "what is refused costs no hash beside those of the start");
    set(&world, &with(1, other, "Rex")).await.expect("set");
    assert_eq!(world.hash.hashes(), 2 + 5);
}

/// E1.5.16, E1.5.17, E2.4.4: nothing shows an answer, and no administrator can set one.
#[tokio::test]
async fn a_set_is_replaced_as_a_whole_and_no_one_reads_it() {
    let world = world().await;
    world.set_questions().await;
    let registration = world.engine.registration();
    let listed = |world: &World| {
        let world = world.clone();
        async move {
            let user = world.signed_in();
            let all = world.engine.registration().list(&request(), &user).await.expect("listed");
            all.into_iter().filter(|method| method.kind == MethodKind::SecurityQuestions).collect()
        }
    };
    let before: Vec<sspr::method::MethodView> = listed(&world).await;
    assert_eq!(before.len(), 1);
    let shown = serde_json::to_string(&before).expect("json");
    let explained = world.admin().explain(&world.user).await.expect("explained");
    let explained = serde_json::to_string(&explained).expect("json");
    let page = world.admin().user_events(&world.user, None, 100).await.expect("events");
    let events = format!("{:?}", page.items);
    let record = format!("{:?}", world.store.load(&world_key(&world).await).await);
    for text in [&shown, &explained, &events, &record] {
        for topic in QuestionTopic::ALL {
            let answer = World::answer_to(&topic.into());
            assert!(!text.to_lowercase().contains(&answer.expose_secret().to_lowercase()));
        }
    }
    for text in [&shown, &explained, &events] {
        assert!(!text.contains("city_met_partner") && !text.contains("$test$"), "{text}");
    }
    // The whole set, or nothing.
    let mut other = set_of(6);
    other.remove(0);
    let user = world.signed_in();
    registration.set_security_questions(&request(), &user, &other).await.expect("set");
    let after: Vec<sspr::method::MethodView> = listed(&world).await;
    assert_eq!(after.len(), 1);
    assert_ne!(after[0].id, before[0].id);
    world.deliver().await;
    let mails = world.inbox.all().into_iter().map(|message| format!("{message:?}"));
    let all: Vec<String> = mails.collect();
    assert!(all.iter().any(|text| text.contains("MethodReplaced")), "{all:?}");
    // Removed like every other method.
    registration.remove(&request(), &user, &after[0].id).await.expect("removed");
    assert!(listed(&world).await.is_empty());
}

/// E1.5.17: a set is put by its own user's sign-in only, in the user's own tenant, and what
/// administrators read of a user holds neither a question nor a hash.
#[tokio::test]
async fn no_one_sets_or_sees_the_questions_of_another() {
    let world = world().await;
    world.set_questions().await;
    world.add_user("bob", "bob");
    let bob = sspr::UserId::parse("bob").expect("an id");
    let session = || sspr::method::SignInContext::new("s", sspr::port::Clock::now(&world.clock));
    let vouch = |tenant: &sspr::TenantId, user: &sspr::UserId| {
        let session = session().with_second_factor(sspr::port::Clock::now(&world.clock));
        sspr::SignedIn::vouch(tenant.clone(), user.clone(), session)
    };
    let registration = world.engine.registration();
    let others = QuestionTopic::ALL.into_iter().skip(5).take(5).map(QuestionId::from);
    let others: Vec<_> = others.map(|id| (id.clone(), World::answer_to(&id))).collect();
    let own = vouch(&world.tenant, &bob);
    let put = registration.set_security_questions(&request(), &own, &others).await;
    put.expect("bob's own");
    let elsewhere = sspr::TenantId::parse("fabrikam").expect("an id");
    let user = vouch(&elsewhere, &world.user);
    let foreign = registration.set_security_questions(&request(), &user, &others).await;
    assert!(foreign.is_err(), "{foreign:?}");
    // The account still asks its own questions.
    let reply = world.start().await;
    let reply = world.proven(&reply.ticket, &email(), MAIL).await;
    let reply = world.challenge(&reply.ticket, &questions()).await;
    assert!(World::questions(&reply.step).iter().all(|id| others.iter().all(|(q, _)| q != id)));
    let answers = World::answers(&reply.step);
    assert!(!format!("{answers:?}").to_lowercase().contains("answer to"), "{answers:?}");
    world.engine.reset().prove(&request(), &reply.ticket, &answers).await.expect("proven");

    let admin = world.admin();
    let read = [
        format!("{:?}", admin.explain(&world.user).await.expect("explained")),
        format!("{:?}", admin.accounts(None, 10).await.expect("listed").items),
        format!("{:?}", admin.events(None, 500).await.expect("events").items),
        format!("{:?}", registration.list(&request(), &world.signed_in()).await.expect("listed")),
        format!("{:?}", registration.review(&request(), &world.signed_in()).await.expect("read")),
        format!("{:?}", world.inbox.all()),
    ];
    for text in read {
        assert!(text.len() > 100 && !text.contains("$test$"), "{text}");
        for topic in QuestionTopic::ALL {
            assert!(!text.contains(topic.as_str()), "{topic:?}: {text}");
        }
    }
}

async fn world_key(world: &World) -> sspr::port::RecordKey {
    use sspr::port::{RecordKind, Store as _};
    let store = &world.store;
    let page = store.scan(&world.tenant, RecordKind::Account, None, 10).await.expect("a page");
    *page.items[0].key()
}

/// E1.5.4, E1.5.11, E1.5.12, E1.5.13.
#[tokio::test]
async fn the_page_offers_the_topics_and_the_tenants_own_questions() {
    let mut settings = counted();
    let own = QuestionId::parse("first-desk").expect("an id");
    settings.questions.custom.insert(own.clone(), "Kur bija tavs pirmais galds?".to_owned());
    let world = World::builder().settings(settings).registered().open().await;
    let registration = world.engine.registration();
    let user = world.signed_in();
    let offered = registration.security_questions(&request(), &user).await.expect("offered");
    let (all, count) = offered;
    assert_eq!((all.len(), count), (36, 5));
    assert_eq!(all[35].text.as_deref(), Some("Kur bija tavs pirmais galds?"));
    assert!(all[..35].iter().all(|view| view.text.is_none() && view.question.topic().is_some()));
    // Interrupting a sign-in, too.
    let interrupt = registration.interrupt();
    assert!(interrupt.security_questions(&request(), &user).await.is_ok());
}

/// Without a hash there are no questions, and the check of the policy says so.
#[tokio::test]
async fn an_engine_without_a_hash_has_no_questions() {
    let world = World::builder().settings(counted()).without_abilities().open().await;
    let registration = world.engine.registration();
    let user = world.signed_in();
    let refused = registration.security_questions(&request(), &user).await;
    assert_eq!(refusal(refused), Refusal::NotOffered);
    let refused = registration.set_security_questions(&request(), &user, &set_of(5)).await;
    assert_eq!(refusal(refused), Refusal::NotOffered);
    let policy = sspr::Policy::new(counted()).expect("sound");
    let lacks = world.engine.check(&world.tenant, &policy).await.expect("checked");
    let lack = lacks.iter().find(|lack| lack.method == Some(MethodKind::SecurityQuestions));
    assert_eq!(lack.expect("a lack").lacks, sspr::policy::Lack::SlowHash);
}

/// E1.3.9, E1.5.20: an administrator has no questions, also one who registered them before.
#[tokio::test]
async fn questions_never_count_for_administrators() {
    let world = world().await;
    world.set_questions().await;
    let usable = world.admin().explain(&world.user).await.expect("explained").usable;
    assert!(usable.contains(&MethodKind::SecurityQuestions));
    let promoted = world.directory.update_user(&world.tenant, &world.user, |facts| {
        facts.roles = [sspr::RoleId::parse("Helpdesk Administrator").expect("valid")].into();
    });
    promoted.expect("known");
    let usable = world.admin().explain(&world.user).await.expect("explained").usable;
    assert!(!usable.contains(&MethodKind::SecurityQuestions));
    let registration = world.engine.registration();
    let refused = registration.security_questions(&request(), &world.signed_in()).await;
    assert_eq!(refusal(refused), Refusal::NotOffered);
    let mut settings = counted();
    settings.administrators.gates.methods.insert(MethodKind::SecurityQuestions);
    assert!(sspr::Policy::new(settings).is_err());
}

/// A question that the policy has removed is not asked. A set with too few does not count: explain
/// says so, and the owner is asked to register at the next interval.
#[tokio::test]
async fn a_set_that_lacks_questions_does_not_count() {
    let mut settings = counted();
    // Only questions and mail, so that the set decides whether the registration is complete.
    settings.users.methods.remove(&MethodKind::MobilePhone);
    let world = World::builder().settings(counted()).registered().open().await;
    world.put_policy(settings.clone()).await;
    world.set_questions().await;
    let ask = |world: &World| {
        let world = world.clone();
        async move {
            let registration = world.engine.registration();
            registration.prompt(&request(), &world.signed_in()).await.expect("asked").ask
        }
    };
    assert_eq!(ask(&world).await, Prompt::Nothing);
    let put = |topics: usize| {
        let mut settings = settings.clone();
        settings.questions.topics = QuestionTopic::ALL.into_iter().skip(topics).collect();
        settings
    };
    // Two of five are gone: the three that are left are asked.
    world.put_policy(put(2)).await;
    let reply = world.start().await;
    let reply = world.proven(&reply.ticket, &email(), MAIL).await;
    let reply = world.challenge(&reply.ticket, &questions()).await;
    let mut asked = World::questions(&reply.step);
    asked.sort();
    let mut left: Vec<_> = set_of(5).into_iter().skip(2).map(|(id, _)| id).collect();
    left.sort();
    assert_eq!(asked, left);
    let explained = world.admin().explain(&world.user).await.expect("explained");
    assert!(explained.usable.contains(&MethodKind::SecurityQuestions));
    // A third one goes: an open challenge accepts nothing, and the set does not count.
    world.put_policy(put(3)).await;
    let answers = World::answers(&reply.step);
    let wrong = world.engine.reset().prove(&request(), &reply.ticket, &answers).await;
    assert_eq!(refusal(wrong), Refusal::NotAccepted);
    let explained = world.admin().explain(&world.user).await.expect("explained");
    assert!(!explained.usable.contains(&MethodKind::SecurityQuestions));
    let withheld = explained.withheld.iter().map(|withheld| (withheld.method, withheld.why));
    let expected = (MethodKind::SecurityQuestions, sspr::admin::Withheld::QuestionsRemoved);
    assert_eq!(withheld.collect::<Vec<_>>(), [expected]);
    assert!(!explained.status.registered);
    // As for every registration that was complete and has fallen below: when the interval ends.
    assert_eq!(ask(&world).await, Prompt::Nothing);
    world.clock.advance(std::time::Duration::from_secs(181 * 86_400));
    assert_eq!(ask(&world).await, Prompt::Register);
}
