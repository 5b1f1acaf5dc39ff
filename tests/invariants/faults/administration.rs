//! Faults during an administrator's operations: a policy is stored, contact data is supplied.

use std::future::Future;
use std::pin::Pin;

use sspr::admin::Contacts;
use sspr::facts::EmailAddress;
use sspr::testing::block_on;
use sspr::{Engine, Error, Policy};

use crate::faults::judge::nothing_waits;
use crate::faults::scene::{Ended, MODES, Scene, both, deliver, each_point, stored_policy};
use crate::support::{MAIL, MOBILE, admin, settings};

const PRIMARY: &str = "ada@contoso.example";
const OFFICE: &str = "ada@office.example";

fn changed() -> Policy {
    let mut settings = settings();
    settings.attempts = 3;
    Policy::new(settings).expect("a sound policy")
}

fn puts<'a>(scene: &'a Scene, engine: &'a Engine) -> Pin<Box<dyn Future<Output = Ended> + 'a>> {
    Box::pin(async {
        let actor = admin();
        let put = engine.admin(&scene.tenant, &actor).put_policy(&changed(), Some(1)).await;
        put.map_or_else(Ended::Failed, |_| Ended::Finished)
    })
}

#[test]
fn a_policy_is_put_once_or_not_at_all() {
    let judge = |scene: &Scene, ended: &Ended, label: &str| {
        block_on(async {
            let engine = scene.healthy(200).await;
            let stored = stored_policy(&engine).await.expect("there is one");
            let put = stored.revision == 2;
            assert_eq!(put, stored.policy == changed(), "{label}: a partial policy");
            assert!(put || !matches!(ended, Ended::Finished), "{label}: reported as stored");
            // Inv. 14: exactly one event per transition.
            let events = scene.count("policy_changed").await;
            assert_eq!(events as u64, stored.revision, "{label}");
            let actor = admin();
            let admin = engine.admin(&scene.tenant, &actor);
            let mut other = settings();
            other.attempts = 4;
            let other = Policy::new(other).expect("a sound policy");
            let next = admin.put_policy(&other, Some(stored.revision)).await;
            assert_eq!(next.expect("put"), stored.revision + 1, "{label}");
        });
    };
    let cases = each_point(|| both(settings()), puts, &MODES, judge);
    assert!(cases >= 18, "{cases} points of failure");
}

fn contacts() -> Contacts {
    let mut contacts = Contacts::default();
    contacts.email = Some(EmailAddress::parse(OFFICE).expect("valid"));
    contacts
}

fn supplies<'a>(scene: &'a Scene, engine: &'a Engine) -> Pin<Box<dyn Future<Output = Ended> + 'a>> {
    Box::pin(async {
        let actor = admin();
        let run = async {
            let admin = engine.admin(&scene.tenant, &actor);
            admin.supply_contacts(&scene.user, &contacts()).await?;
            while engine.maintain(100).await?.more {}
            Ok::<_, Error>(())
        };
        run.await.map_or_else(Ended::Failed, |()| Ended::Finished)
    })
}

#[test]
fn contact_data_is_supplied_once_and_told_once() {
    let judge = |scene: &Scene, _: &Ended, label: &str| {
        block_on(async {
            let engine = scene.healthy(200).await;
            scene.settle(&engine).await;
            nothing_waits(scene, label).await;
            // The administrator repeats the call; the second call changes nothing.
            let ended = supplies(scene, &engine).await;
            assert!(matches!(ended, Ended::Finished), "{label}: then {ended:?}");
            deliver(&engine).await;
            assert_eq!(scene.count("contacts_supplied").await, 1, "{label}: one event");
            for address in [PRIMARY, MAIL, MOBILE] {
                let messages = scene.inbox.messages_to(address);
                let told =
                    messages.iter().filter(|message| message.kind == "notice.contacts_changed");
                assert_eq!(told.count(), 1, "{label}: {address}");
            }
            assert!(
                scene.inbox.messages_to(OFFICE).is_empty(),
                "{label}: an address that is valid only now"
            );
        });
    };
    let cases = each_point(|| both(settings()), supplies, &MODES, judge);
    assert!(cases > 60, "{cases} points of failure");
}
