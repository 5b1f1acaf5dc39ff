//! A world in which every method and every flow is allowed.

use sspr::policy::LinkBase;
use sspr::testing::WorldBuilder;
use sspr::{Attempt, PolicySettings, Reply, ResetTicket, Selection, UnlockTicket};

use crate::stores::StoreUnderTest;
use crate::support::{World, ada, every_kind, request};

/// Settings with every method and this number of required gates.
pub(crate) fn every(required: u8) -> PolicySettings {
    let mut settings = every_kind(required);
    if required == 1 {
        // With one gate the policy must allow fewer guesses.
        settings.failures.consecutive = 15;
    }
    let base = LinkBase::parse("https://id.contoso.example/reset#");
    settings.link = Some(base.expect("sound"));
    settings.unlock_without_reset = true;
    settings
}

pub(crate) fn option(text: &str) -> Selection {
    Selection::parse(text).expect("an option")
}

/// A world with mail, a mobile phone and a locked account over this store.
pub(crate) async fn world(under_test: &StoreUnderTest, required: u8) -> World {
    let world = locked_out().store(under_test.store.clone()).settings(every(required));
    let world = world.registered().open().await;
    world.inbox.clear();
    world
}

/// A world whose directory has locked the account.
pub(crate) fn locked_out() -> WorldBuilder {
    World::builder().account(|facts| facts.locked_out = Some(true))
}

/// A reset with an open challenge of this option.
pub(crate) async fn reset_with(world: &World, selection: &str) -> Reply<ResetTicket> {
    let reply = world.start().await;
    world.challenge(&reply.ticket, &option(selection)).await
}

/// An unlock with an open challenge of this option.
pub(crate) async fn unlock_with(world: &World, selection: &str) -> Reply<UnlockTicket> {
    let unlock = world.engine.unlock();
    let reply = unlock.start(&request(), &ada()).await.expect("started");
    unlock.challenge(&request(), &reply.ticket, &option(selection)).await.expect("challenged")
}

/// The last link that was sent to this address.
pub(crate) async fn link_to(world: &World, address: &str) -> Attempt {
    world.deliver().await;
    Attempt::link(&world.inbox.last_link_to(address).expect("a link")).expect("well formed")
}

pub(crate) fn again(ticket: &ResetTicket) -> ResetTicket {
    ResetTicket::parse(ticket.expose_secret()).expect("own")
}

/// The number of these codes.
pub(crate) fn count(codes: &[String], code: &str) -> usize {
    codes.iter().filter(|event_code| *event_code == code).count()
}
