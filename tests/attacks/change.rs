//! Changes of policy, facts and methods while a flow runs: V32, V37, V38.

use sspr::facts::GroupId;
use sspr::method::{Channel, NewMethod, SignInContext};
use sspr::policy::Scope;
use sspr::{MethodKind, PolicySettings, Refusal, SignedIn};

use crate::people::*;
use crate::stores::StoreKind;
use crate::support::*;

in_memory!(
    v32_the_strictest_of_start_and_now_counts,
    v37_an_unproven_address_is_worth_nothing,
    v37_managing_methods_needs_a_fresh_and_strong_sign_in,
    v38_the_code_of_one_address_confirms_no_other,
);

/// V32: if the policy or the facts are stricter when the password is written than at the start, the
/// stricter ones apply.
async fn v32_the_strictest_of_start_and_now_counts(_kind: &StoreKind) {
    type Change = fn(&mut PolicySettings);
    let stricter: [(&str, Change); 4] = [
        ("two gates", |settings| settings.users.required = 2),
        ("no mail", |settings| settings.users.methods = [MethodKind::MobilePhone].into()),
        ("scope none", |settings| settings.scope = Scope::None),
        ("others", |settings| {
            settings.scope = Scope::Selected([GroupId::parse("others").expect("valid")].into());
        }),
    ];
    for (what, change) in stricter {
        let world = World::builder().settings(one_gate()).registered().open().await;
        let reply = world.start().await;
        let (reply, right) = world.challenged(&reply.ticket, &email(), MAIL).await;
        let reply = world.prove(&reply.ticket, &right).await.expect("proven");
        assert!(granted(&reply.step));
        let mut settings = one_gate();
        change(&mut settings);
        put(&world, settings, 1).await;
        let answer = refusal(world.complete(&reply.ticket, NEW).await);
        let expected = matches!(answer, Refusal::MoreProofNeeded | Refusal::NotEligible { .. });
        assert!(expected, "{what}: {answer:?}");
        assert!(world.password_is(OLD), "{what}");
        // Back to the first policy: the flow keeps the higher requirement, and a proof that was
        // void stays void.
        put(&world, one_gate(), 2).await;
        let last = world.complete(&reply.ticket, NEW).await;
        if matches!(what, "two gates" | "no mail") {
            assert_eq!(refusal(last), Refusal::MoreProofNeeded);
        } else {
            last.expect("reset");
        }
    }
    // A weaker policy does not lower the requirement of a flow that began under a stricter one.
    let world = World::builder().settings(settings()).registered().open().await;
    let reply = world.start().await;
    let (reply, right) = world.challenged(&reply.ticket, &email(), MAIL).await;
    put(&world, one_gate(), 1).await;
    let reply = world.prove(&reply.ticket, &right).await.expect("proven");
    assert!(!granted(&reply.step));
    assert_eq!(refusal(world.complete(&reply.ticket, NEW).await), Refusal::MoreProofNeeded);
}

/// V37: an unconfirmed address proves nothing and gets no notice, and a reset voids it.
async fn v37_an_unproven_address_is_worth_nothing(_kind: &StoreKind) {
    let mut settings = settings();
    settings.attempts = 2; // so that several codes fit into the budget
    let world = World::builder().settings(settings).registered().open().await;
    let (request, user) = (request(), world.signed_in());
    let registration = world.engine.registration();
    let evil = "evil@elsewhere.example";
    let added =
        registration.add(&request, &user, &NewMethod::email(mail(evil))).await.expect("added");
    world.deliver().await;
    let to_confirm = world.inbox.last_code_to(evil).expect("a code");
    let all = registration.list(&request, &user).await.expect("listed");
    let pending = all.iter().find(|method| address(method) == evil).expect("listed");
    assert!(!pending.active);
    for index in 0..4 {
        let option = format!("email.email.{index}").parse::<sspr::method::ChallengeOption>();
        let option = option.expect("an option").into();
        let reply = world.start().await;
        let reset = world.engine.reset();
        let answer = reset.challenge(&source(index), &reply.ticket, &option).await;
        // Only shown options may be chosen, and the first of each kind is shown.
        assert_eq!(answer.is_ok(), index == 0, "{index}: {answer:?}");
    }
    world.deliver().await;
    let ticket = world.granted().await;
    world.complete(&ticket, NEW).await.expect("reset");
    world.deliver().await;
    let messages = world.inbox.messages_to(evil);
    assert_eq!(messages.len(), 1, "its own code and nothing else: {messages:?}");
    let attempt = code(&to_confirm);
    let late = registration.confirm(&request, &world.signed_in(), &added.ticket, &attempt).await;
    assert_eq!(refusal(late), Refusal::NotAccepted);
}

/// V37: an attacker with an open session cannot register a method.
async fn v37_managing_methods_needs_a_fresh_and_strong_sign_in(_kind: &StoreKind) {
    let world = World::builder().settings(settings()).registered().open().await;
    let registration = world.engine.registration();
    let now = sspr::port::Clock::now(&world.clock);
    let old = SignInContext::new("s", now.minus(HOUR)).with_second_factor(now.minus(HOUR));
    let old = SignedIn::vouch(tenant(), user(), old);
    let weak = SignedIn::vouch(tenant(), user(), SignInContext::new("s", now));
    let method = NewMethod::mobile_phone(phone("+14255550888"), Channel::Sms).expect("reached");
    let id = registration.list(&request(), &weak).await.expect("listed")[0].id.clone();
    let cases = [(&old, Refusal::ReauthenticationRequired), (&weak, Refusal::SecondFactorRequired)];
    for (user, wanted) in cases {
        let answer = registration.add(&request(), user, &method).await;
        assert_eq!(refusal(answer), wanted);
        let answer = registration.remove(&request(), user, &id).await;
        assert_eq!(refusal(answer), wanted);
    }
    let added = registration.add(&request(), &world.signed_in(), &method).await.expect("added");
    world.deliver().await;
    let right = code(&world.inbox.last_code_to("+14255550888").expect("a code"));
    let answer = registration.confirm(&request(), &old, &added.ticket, &right).await;
    assert_eq!(refusal(answer), Refusal::ReauthenticationRequired);
    // Nor does another user's session.
    let person = settle(&world, 1).await;
    let other =
        SignedIn::vouch(tenant(), person.id, SignInContext::new("t", now).with_second_factor(now));
    let answer = registration.confirm(&request(), &other, &added.ticket, &right).await;
    assert!(matches!(answer, Err(sspr::Error::Invalid(_))));
    let answer = registration.confirm(&request(), &world.signed_in(), &added.ticket, &right).await;
    assert!(answer.expect("confirmed").active);
}

/// V38: after a request for A and one for B, A's code confirms A or nothing.
async fn v38_the_code_of_one_address_confirms_no_other(_kind: &StoreKind) {
    let world = World::builder().settings(settings()).open().await;
    let (request, user) = (request(), world.signed_in());
    let registration = world.engine.registration();
    let (a, b) = ("a@private.example", "b@private.example");
    let to_a = registration.add(&request, &user, &NewMethod::email(mail(a))).await.expect("added");
    let to_b = registration.add(&request, &user, &NewMethod::email(mail(b))).await.expect("added");
    world.deliver().await;
    let of_a = world.inbox.last_code_to(a).expect("a code");
    let answer = registration.confirm(&request, &user, &to_b.ticket, &code(&of_a)).await;
    assert_eq!(refusal(answer), Refusal::NotAccepted);
    let confirmed =
        registration.confirm(&request, &user, &to_a.ticket, &code(&of_a)).await.expect("confirmed");
    assert_eq!(address(&confirmed), a);
    let all = registration.list(&request, &user).await.expect("listed");
    let active: Vec<_> =
        all.iter().filter(|method| method.active).map(|method| &method.id).collect();
    assert_eq!(active, [&confirmed.id]);
    // The other code was issued before the methods changed.
    let of_b = world.inbox.last_code_to(b).expect("a code");
    let answer = registration.confirm(&request, &user, &to_b.ticket, &code(&of_b)).await;
    assert_eq!(refusal(answer), Refusal::NotAccepted);
}
