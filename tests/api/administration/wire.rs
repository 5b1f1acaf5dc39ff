//! Types that a host's back end sends to its pages can be serialised and read back; secrets and
//! tickets cannot be serialised.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::support::*;
use sspr::facts::PhoneNumber;
use sspr::method::{Channel, NewMethod, Prompt};
use sspr::password::{PasswordContext, PasswordRules};
use sspr::port::Clock as _;
use sspr::{
    Engine, Error, InvalidInput, Keys, MethodKind, Policy, PolicySettings, Refusal, SecretBytes,
    Step, Timestamp,
};

/// Checks that a value survives JSON.
fn round_trip<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) -> String {
    let text = serde_json::to_string(value).expect("plain data");
    assert_eq!(serde_json::from_str::<T>(&text).expect("read back"), *value, "{text}");
    text
}

#[tokio::test]
async fn every_step_of_a_flow_is_read_back_by_the_page() {
    let world = World::builder().settings(settings()).registered().open().await;
    let mut seen = Vec::new();
    let mut show = |step: &Step| {
        let text = round_trip(step);
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        seen.push(value["step"].as_str().expect("a name").to_owned());
    };
    let reply = world.start().await;
    show(&reply.step);
    let reset = world.engine.reset();
    let mut ticket = reply.ticket;
    for (option, address) in [(email(), MAIL), (sms(), MOBILE)] {
        let reply = reset.challenge(&request(), &ticket, &option).await.expect("challenged");
        show(&reply.step);
        world.deliver().await;
        let typed = world.inbox.last_code_to(address).expect("a code");
        let reply = reset.prove(&request(), &reply.ticket, &code(&typed)).await.expect("proven");
        show(&reply.step);
        ticket = reply.ticket;
    }
    let done = reset.complete(&request(), &ticket, &NEW.into()).await.expect("completed");
    show(&done.step);
    assert_eq!(seen, ["choose", "enter", "choose", "enter", "new_password", "done"]);
    for step in [
        Step::ConfirmUnlock { until: world.clock.now(), unsettled: true },
        Step::Done { propagated: false },
    ] {
        round_trip(&step);
    }
}

#[tokio::test]
async fn what_a_user_and_an_administrator_see_is_read_back() {
    let world = World::builder().settings(settings()).registered().open().await;
    let phone = PhoneNumber::parse("+14255550199").expect("valid");
    let phone = NewMethod::mobile_phone(phone, Channel::Sms).expect("reached");
    let (registration, user) = (world.engine.registration(), world.signed_in());
    registration.add(&request(), &user, &phone).await.expect("pending");
    round_trip(&registration.list(&request(), &user).await.expect("listed"));
    round_trip(&registration.review(&request(), &user).await.expect("reviewed"));
    for prompt in [Prompt::Nothing, Prompt::ChangePassword, Prompt::Register, Prompt::Reconfirm] {
        round_trip(&prompt);
    }
    let admin = world.admin();
    round_trip(&admin.explain(&world.user).await.expect("explained"));
    let page = admin.accounts(None, 10).await.expect("listed");
    for account in page.items.into_iter().flatten() {
        round_trip(&account);
    }
    let stored = admin.policy().await.expect("read").expect("there is one");
    let stored = serde_json::to_value(&stored).expect("plain data");
    assert_eq!(stored["revision"], 1);
    assert_eq!(stored["policy"]["attempts"], 5);
    let stats = serde_json::to_value(world.engine.stats()).expect("plain data");
    assert!(stats["comparisons"].as_u64() > Some(0), "{stats}");
    let report = world.engine.maintain(10).await.expect("maintained");
    let report = serde_json::to_value(&report).expect("plain data");
    assert!(report["idle_for"].is_u64(), "milliseconds: {report}");
}

#[test]
fn a_refusal_is_written_under_its_code() {
    let rejection = PasswordRules::default().check(&"password".into(), &PasswordContext::new());
    let retry_at = Timestamp::from_unix_millis(1_800_000_000_000);
    let all = [
        Refusal::NotAccepted,
        Refusal::Ended,
        Refusal::TicketReplaced,
        Refusal::AlreadyProven,
        Refusal::NotOffered,
        Refusal::TooOften { retry_at },
        Refusal::MoreProofNeeded,
        Refusal::Password(rejection.expect_err("a common one")),
        Refusal::DirectoryPassword { reason: "history", retry_at: Some(retry_at) },
        Refusal::Busy { retry_at },
        Refusal::HumanCheckRequired,
        Refusal::NotEligible { reason: sspr::error::SsprReason::NotInScope },
        Refusal::ReauthenticationRequired,
        Refusal::NotAuthorised,
        Refusal::OwnAccount,
        Refusal::Conflict,
        Refusal::NotFound,
        Refusal::LimitReached,
    ];
    for refusal in all {
        let written = serde_json::to_value(&refusal).expect("plain data");
        assert_eq!(written["code"], refusal.code(), "{refusal:?}");
        let wrapped = serde_json::to_value(Error::from(refusal.clone())).expect("plain data");
        assert_eq!(wrapped["error"], "refused");
        assert_eq!(wrapped["code"], refusal.code(), "the same beside the family");
    }
    let written = serde_json::to_value(Refusal::TooOften { retry_at }).expect("plain data");
    assert_eq!(written["retry_at"], 1_800_000_000_000_i64);
}

#[tokio::test]
async fn a_fault_is_written_without_its_source() {
    let store = sspr::adapters::memory::MemoryStore::new();
    let world = World::builder().store(store.clone()).settings(settings()).open().await;
    let secret = |byte| SecretBytes::new(vec![byte; 32]);
    let other = Keys::new(secret(8), 1, secret(9)).expect("long enough");
    let builder = Engine::builder()
        .keys(other)
        .store(store)
        .directory(world.directory.clone())
        .sessions(world.directory.clone())
        .delivery(world.inbox.clone());
    let Err(error @ Error::Fault(_)) = builder.open().await else { panic!("another lookup key") };
    assert!(format!("{error:?}").contains("another lookup key"), "the log has the source");
    let written = serde_json::to_value(&error).expect("plain data");
    let expected = serde_json::json!({
        "error": "fault", "origin": "store", "kind": "denied", "retry": "never",
    });
    assert_eq!(written, expected);
}

#[test]
fn invalid_input_is_written_under_its_code() {
    let error = sspr::TenantId::parse("").unwrap_err();
    let written = serde_json::to_value(Error::from(error)).expect("plain data");
    assert_eq!(
        written,
        serde_json::json!({ "error": "invalid", "code": "empty", "what": "tenant id" })
    );
    let rule = InvalidInput::Rule { what: "link base", rule: "must start with https://" };
    assert_eq!(serde_json::to_value(&rule).expect("plain data")["code"], rule.code());
}

#[test]
fn a_review_and_the_faults_of_a_policy_are_written_with_their_paths() {
    let review = Policy::new(PolicySettings::entra()).expect("sound").review();
    let written = serde_json::to_value(&review).expect("plain data");
    let findings = written["findings"].as_array().expect("a list");
    assert_eq!(findings.len(), review.findings().len());
    for (written, finding) in findings.iter().zip(review.findings()) {
        assert_eq!(written["path"], finding.path());
        assert_eq!(written["code"], finding.code());
        assert_eq!(written["severity"], finding.severity().to_string());
        assert_eq!(written["text"], finding.text());
    }
    let odds = &written["guessing"]["takeover"]["per_year"];
    assert_eq!(odds.as_f64(), Some(review.guessing().takeover.per_year));
    let method = &written["guessing"]["methods"][0];
    assert_eq!(method["kind"], "email");
    assert!(method["comparisons_per_day"].is_u64(), "{method}");

    let mut settings = PolicySettings::default();
    settings.attempts = 0;
    settings.lifetimes.phone_code = Duration::from_secs(1_200);
    settings.users.methods = [MethodKind::Email].into();
    let error = Policy::new(settings).unwrap_err();
    let written = serde_json::to_value(&error).expect("plain data");
    for (written, fault) in written["faults"].as_array().expect("a list").iter().zip(error.faults())
    {
        assert_eq!(written["field"], fault.field());
        assert_eq!(written["text"], fault.to_string());
        assert!(!written["problem"].is_null(), "{written}");
    }
    let span = &written["faults"].as_array().expect("a list").iter();
    let phone = span.clone().find(|fault| fault["field"] == "lifetimes.phone_code").expect("there");
    assert_eq!(phone["problem"]["out_of_range"]["value"]["span"], 1_200_000, "milliseconds");
}
