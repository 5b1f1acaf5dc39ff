//! Invariants 5 and 16: a copy of the store, events, replies and logs show no secret.

use sspr::port::RecordKind;
use sspr::testing::block_on;
use sspr::{Engine, Error};

use crate::stores::{StoreUnderTest, all};
use crate::support::{MAIL, MOBILE, NEW, OLD, email, other_than, request, settings, sms, tenant};

/// Every text and number in a JSON value, as text.
fn leaves(value: &serde_json::Value, into: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            into.extend(fields.keys().cloned());
            fields.values().for_each(|field| leaves(field, into));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| leaves(item, into)),
        serde_json::Value::String(text) => into.push(text.clone()),
        other => into.push(other.to_string()),
    }
}

/// All values of the store's records and events.
async fn dump(under_test: &StoreUnderTest) -> Vec<String> {
    let mut all = Vec::new();
    for kind in RecordKind::ALL {
        let page = under_test.store.scan(&tenant(), kind, None, 100).await.expect("readable");
        for record in page.items {
            let body: serde_json::Value = serde_json::from_str(record.body()).expect("json");
            leaves(&body, &mut all);
        }
    }
    for event in under_test.events().await {
        let text: serde_json::Value = serde_json::from_str(&event.encode()).expect("json");
        leaves(&text, &mut all);
    }
    all
}

/// Inv. 5 and 16: at every stage of a reset, neither records nor events contain a code, a ticket or
/// a password.
#[test]
fn inv05_a_dump_at_any_stage_opens_nothing() {
    for under_test in all() {
        block_on(async {
            let world = under_test.world(settings()).await;
            let mut secrets = vec![NEW.to_owned(), OLD.to_owned()];
            let reply = world.start().await;
            let reply = world.challenge(&reply.ticket, &email()).await;
            // The code is in the outbox and not sent yet.
            let waiting = dump(&under_test).await;
            world.deliver().await;
            let mail = world.inbox.last_code_to(MAIL).expect("a code");
            let mut seen = waiting;
            secrets.push(reply.ticket.expose_secret().to_owned());
            let _ = world.prove(&reply.ticket, &other_than(&mail)).await;
            let reply = world.prove(&reply.ticket, &mail).await.expect("proven");
            seen.extend(dump(&under_test).await);
            secrets.push(reply.ticket.expose_secret().to_owned());
            let (reply, text) = world.challenged(&reply.ticket, &sms(), MOBILE).await;
            let reply = world.prove(&reply.ticket, &text).await.expect("proven");
            secrets.extend([mail, text, reply.ticket.expose_secret().to_owned()]);
            let _ = world.complete(&reply.ticket, "short").await;
            seen.extend(dump(&under_test).await);
            world.complete(&reply.ticket, NEW).await.expect("reset");
            world.deliver().await;
            seen.extend(dump(&under_test).await);
            for secret in &secrets {
                for leaf in &seen {
                    // A short code may be part of a time by chance; a long secret may not.
                    let found = leaf == secret || (secret.len() > 12 && leaf.contains(secret));
                    assert!(!found, "{}: {secret} in {leaf}", under_test.name);
                }
            }
        });
    }
}

/// Inv. 16: printed values contain no secret.
#[test]
fn inv16_debug_and_display_show_no_secret() {
    for under_test in all() {
        block_on(async {
            let world = under_test.world(settings()).await;
            let reply = world.start().await;
            let (reply, mail) = world.challenged(&reply.ticket, &email(), MAIL).await;
            let wrong = world.prove(&reply.ticket, &other_than(&mail)).await.expect_err("wrong");
            let attempt = crate::support::code(&mail);
            let ticket = reply.ticket.expose_secret().to_owned();
            let shown = format!(
                "{reply:?} {:?} {attempt:?} {:?} {} {wrong:?} {wrong} {}",
                world.engine,
                world.inbox.all(),
                serde_json::to_string(&reply.step).expect("json"),
                logged::<Engine>(&wrong),
            );
            let granted = world.granted().await;
            let refused = world.complete(&granted, "hunter2hunter2").await.expect_err("short");
            let shown = format!("{shown} {refused:?} {refused} {:?}", request());
            for secret in [mail.as_str(), ticket.as_str(), "hunter2hunter2", OLD, NEW] {
                assert!(!shown.contains(secret), "{}: {shown}", under_test.name);
            }
        });
    }
}

/// An error and its sources, as a logger writes them.
fn logged<T>(error: &Error) -> String {
    let mut text = std::any::type_name::<T>().to_owned();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
