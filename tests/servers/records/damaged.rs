//! Damaged and foreign records among whole ones.

use std::sync::Arc;

use sspr::admin::Contacts;
use sspr::facts::{EmailAddress, UserFacts};
use sspr::port::RecordKind;
use sspr::testing::block_on;
use sspr::{Identifier, UserId};

use crate::records::stores::{StoreUnderTest, all};
use crate::records::upgrade::corrupt;
use crate::support::{MAIL, NEW, OLD, World, email, one_gate, request, tenant};

const NAMES: [&str; 4] = ["bob", "eve", "dan", "kim"];

fn user(name: &str) -> UserId {
    UserId::parse(name).expect("valid")
}

/// Ada and four more users, each with a record and a waiting message.
async fn fixture(under_test: &StoreUnderTest) -> World {
    let world = World::builder()
        .store(Arc::clone(&under_test.store))
        .settings(one_gate())
        .registered()
        .open()
        .await;
    let by = world.admin();
    for name in NAMES {
        let identifier = format!("{name}@contoso.example");
        let facts = UserFacts::new(user(name));
        world.directory.add_user(&tenant(), facts, &[&identifier], OLD).expect("new");
        let mut contacts = Contacts::default();
        let address = format!("{name}@private.example");
        contacts.email = Some(EmailAddress::parse(&address).expect("valid"));
        by.supply_contacts(&user(name), &contacts).await.expect("supplied");
        let typed = Identifier::parse(&identifier).expect("valid");
        let reply = world.engine.reset().start(&request(), &typed).await.expect("started");
        world.challenge(&reply.ticket, &email()).await;
    }
    world
}

type Damage = fn(&str) -> String;

const DAMAGES: [(&str, Damage); 6] = [
    ("empty", |_| String::new()),
    ("cut off", |body| body[..body.len() / 2].to_owned()),
    ("another kind", |body| body.replacen("account", "nonsense", 1)),
    ("another tenant", |body| body.replacen("contoso", "fabrikam", 1)),
    ("another user", |body| body.replacen("\"user\":\"eve\"", "\"user\":\"dan\"", 1)),
    ("of a newer release", |body| body.replacen("\"min_reader\":1", "\"min_reader\":2", 1)),
];

/// A damaged record is listed as damaged, and hides no other record.
#[test]
fn one_damaged_record_stops_neither_lists_nor_maintain() {
    for (what, damage) in DAMAGES {
        for under_test in all() {
            block_on(async {
                let world = fixture(&under_test).await;
                let record = under_test.account(&user("eve")).await;
                under_test.replace(&record, RecordKind::Account, &damage(record.body())).await;
                let what = format!("{}: {what}", under_test.name);

                let by = world.admin();
                let (mut whole, mut damaged, mut cursor) = (Vec::new(), Vec::new(), None);
                loop {
                    let page = by.accounts(cursor.as_ref(), 1).await.expect("listed");
                    for item in page.items {
                        match item {
                            Ok(summary) => whole.push(summary.user),
                            Err(unreadable) => damaged.push(unreadable),
                        }
                    }
                    let Some(next) = page.next else { break };
                    cursor = Some(next);
                }
                whole.sort();
                let mut others = vec![user("bob"), user("dan"), user("kim"), world.user.clone()];
                others.sort();
                assert_eq!(whole, others, "{what}");
                assert_eq!(damaged.len(), 1, "{what}");
                assert_eq!(damaged[0].record, *record.key(), "{what}");
                let said = damaged[0].to_string();
                assert!(said.contains(&record.key().to_string()), "{what}: {said}");
                assert!(!said.contains('@') && !said.contains("private"), "{what}: {said}");

                let used = world.engine.short_keys_in_use(&world.tenant, None, 100).await;
                let used = used.expect("counted");
                assert_eq!((used.accounts, &used.unreadable), (5, &damaged), "{what}");

                world.deliver().await;
                for name in ["bob", "dan", "kim"] {
                    let to = format!("{name}@private.example");
                    assert_eq!(
                        world.inbox.messages_to(&to).len(),
                        1,
                        "{what}: {name} has the code"
                    );
                    by.explain(&user(name)).await.expect("explained");
                }
                assert!(world.inbox.messages_to("eve@private.example").is_empty(), "{what}");
                let said = corrupt(by.explain(&user("eve")).await, &what);
                assert!(said.contains(&record.key().to_string()), "{what}: {said}");
                assert!(!said.contains('@'), "{what}: {said}");
                let eve = Identifier::parse("eve@contoso.example").expect("valid");
                let start = world.engine.reset().start(&request(), &eve).await;
                corrupt(start.map(drop), &what);
                let after =
                    under_test.store.load(record.key()).await.expect("there").expect("there");
                assert_eq!(after.body(), damage(record.body()), "{what}: it was changed");
            });
        }
    }
}

/// Users with intact records can reset beside a damaged one.
#[test]
fn others_reset_beside_a_damaged_record() {
    for under_test in all() {
        block_on(async {
            let world = fixture(&under_test).await;
            let record = under_test.account(&user("eve")).await;
            under_test.replace(&record, RecordKind::Account, "{}").await;
            let reply = world.start().await;
            let (reply, code) = world.challenged(&reply.ticket, &email(), MAIL).await;
            let reply = world.prove(&reply.ticket, &code).await.expect("proven");
            world.complete(&reply.ticket, NEW).await.expect("reset");
            assert!(world.password_is(NEW), "{}", under_test.name);
        });
    }
}
