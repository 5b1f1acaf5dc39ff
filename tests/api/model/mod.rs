//! Facts of Microsoft's model, by the ids of `tests/MODEL.md`, through the public operations.
#![cfg(all(feature = "testing", feature = "seal"))]

mod contacts;
mod gates;
mod order;
mod passwords;
mod presets;
mod scope;
mod throttles;
mod users;
mod values;

use sspr::error::SsprReason;
use sspr::facts::{GroupId, UserFacts};
use sspr::policy::{Deviation, Disclosure};
use sspr::port::{HumanCheck, PortResult, async_trait};
use sspr::{PolicySettings, Refusal, RoleId, SecretText, TenantId};

use crate::support::*;

struct Human;

#[async_trait]
impl HumanCheck for Human {
    async fn passed(&self, _: &TenantId, _: &SecretText) -> PortResult<bool> {
        Ok(true)
    }
}

/// The default policy for every user, which discloses the reason of a refusal.
fn reasoned() -> PolicySettings {
    let mut settings = settings();
    settings.disclosure = Disclosure::Reasoned;
    settings.human_check = true;
    settings.acknowledged.insert(Deviation::ReasonedDisclosure);
    settings
}

/// A world whose account has registered under [`reasoned`].
async fn world() -> World {
    let builder = World::builder().settings(reasoned()).engine(|engine| engine.human_check(Human));
    builder.registered().open().await
}

/// Why the account may not reset; `None` if it may.
async fn refused(world: &World) -> Option<SsprReason> {
    let request = request().with_human_answer("passed".into());
    match world.engine.reset().start(&request, &ada()).await {
        Ok(_) => None,
        Err(error) => match error.refusal() {
            Some(Refusal::NotEligible { reason }) => Some(*reason),
            _ => panic!("{error}"),
        },
    }
}

/// The number of the reason for which the account may not reset.
async fn number(world: &World) -> Option<u8> {
    refused(world).await.map(|reason| reason.code().unwrap_or_else(|| panic!("{reason}")))
}

fn change(world: &World, change: impl FnOnce(&mut UserFacts)) {
    world.directory.update_user(&world.tenant, &world.user, change).expect("known");
}

async fn put(world: &World, change: impl FnOnce(&mut PolicySettings)) {
    let stored = world.admin().policy().await.expect("readable").expect("there is one");
    let mut settings = stored.policy.settings().clone();
    change(&mut settings);
    world.put_policy(settings).await;
}

fn group(name: &str) -> GroupId {
    GroupId::parse(name).expect("valid")
}

fn role(name: &str) -> RoleId {
    RoleId::parse(name).expect("valid")
}
