//! Engines with other keys over one store.

use std::sync::Arc;

use sspr::admin::Contacts;
use sspr::facts::EmailAddress;
use sspr::port::Store;
use sspr::{Engine, Identifier, Keys, SecretBytes, UserId};

use crate::support::World;

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
    world.beside().keys(short(ids)).store(Arc::clone(store)).seed(seed).open().await.engine
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
    let user = world.add_user(name, &typed);
    let mut contacts = Contacts::default();
    contacts.email = Some(EmailAddress::parse(&address(name)).expect("valid"));
    world.supply_contacts(&user, &contacts).await;
}
