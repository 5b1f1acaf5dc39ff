//! Engines with other keys over one store.

use std::sync::Arc;

use sspr::admin::Contacts;
use sspr::facts::{EmailAddress, UserFacts};
use sspr::port::Store;
use sspr::testing::{SeededEntropy, TestSeal};
use sspr::{Engine, Identifier, Keys, SecretBytes, UserId};

use crate::support::{OLD, World, admin, tenant};

/// Short-lived keys: the first issues.
pub(crate) fn short(ids: &[u16]) -> Keys {
    let secret = |id: u16| SecretBytes::new(vec![1 + id as u8; 32]);
    let (first, others) = ids.split_first().expect("one issues");
    let keys = Keys::new(SecretBytes::new(vec![1; 32]), *first, secret(*first)).expect("sound");
    others.iter().fold(keys, |keys, id| keys.also_verify(*id, secret(*id)).expect("room"))
}

pub(crate) async fn with_keys(
    world: &World,
    store: &Arc<dyn Store>,
    ids: &[u16],
    seed: u64,
) -> Engine {
    let builder = Engine::builder().keys(short(ids)).store(Arc::clone(store));
    let builder = builder.directory(world.directory.clone()).delivery(world.inbox.clone());
    let builder = builder.clock(world.clock.clone()).entropy(SeededEntropy::new(seed));
    builder.seal(TestSeal).open().await.expect("opened")
}

pub(crate) fn user(name: &str) -> UserId {
    UserId::parse(name).expect("valid")
}

pub(crate) fn identifier(name: &str) -> Identifier {
    Identifier::parse(&format!("{name}@contoso.example")).expect("valid")
}

pub(crate) fn address(name: &str) -> String {
    format!("{name}@private.example")
}

/// A user of the directory with a mail address.
pub(crate) async fn supplied(world: &World, name: &str) {
    let typed = format!("{name}@contoso.example");
    let facts = UserFacts::new(user(name));
    world.directory.add_user(&tenant(), facts, &[&typed], OLD).expect("new");
    let mut contacts = Contacts::default();
    contacts.email = Some(EmailAddress::parse(&address(name)).expect("valid"));
    let by = admin();
    let by = world.engine.admin(&world.tenant, &by);
    by.supply_contacts(&user(name), &contacts).await.expect("supplied");
}
