//! The whole path on a domain of Active Directory: the engine resets and unlocks, and a bind shows it.

use std::sync::Arc;

use sspr::conformance::DirectoryUnderTest;
use sspr::facts::{TenantFacts, UserFacts};
use sspr::port::Directory;
use sspr::{Error, SecretText, Step};

use super::active_directory::{ActiveDirectoryFixture, profile};
use crate::support::{MAIL, World, email, request, sms};

const OLD: &str = "An old password of Ada 1!";
const NEW: &str = "Plum tractor violet 7 candle!";

struct Scene {
    domain: ActiveDirectoryFixture,
    directory: Arc<dyn Directory>,
    world: World,
}

impl Scene {
    /// Ada in a domain, and an engine over it under the default policy, with writeback. Users are read
    /// from the domain controller and written over the proxy.
    async fn new(change: impl FnOnce(&mut UserFacts)) -> Self {
        let domain = ActiveDirectoryFixture::default();
        domain.add_tenant(&World::tenant(), TenantFacts::new("Contoso")).await.expect("added");
        let mut facts = UserFacts::new(World::user());
        facts.primary_mail = Some(World::NAME.to_owned());
        change(&mut facts);
        domain.add_user(&World::tenant(), facts, &[World::NAME], OLD).await.expect("added");
        let direct = format!("{}:636", domain.server.address());
        let proxied = format!("127.0.0.1:{}", domain.proxy.port());
        let config = domain.config_at(&[&direct], profile()).with_write_servers(&[&proxied]);
        let directory: Arc<dyn Directory> = Arc::new(config.build().expect("sound"));
        let layer = Arc::clone(&directory);
        let world = World::builder()
            .policy(|settings| {
                settings.on_premises.writeback = true;
                settings.unlock_without_reset = true;
            })
            .directory(move |_| layer)
            .registered()
            .open()
            .await;
        Self { domain, directory, world }
    }

    async fn passes(&self, password: &str) -> bool {
        let (tenant, password) = (World::tenant(), SecretText::from(password));
        let checked = self.directory.verify_password(&tenant, &self.world.user, &password).await;
        checked.expect("checked")
    }

    async fn is_locked(&self) -> bool {
        let name = sspr::facts::UserSelector::Id(&self.world.user);
        let groups = std::collections::BTreeSet::new();
        let query = sspr::facts::UserQuery::new(name, &groups);
        let found = self.directory.find(&World::tenant(), &query).await.expect("found");
        found[0].locked_out == Some(true)
    }

    /// The number of the reason for which Ada may not reset.
    async fn reason(&self) -> Option<u8> {
        let explained = self.world.admin().explain(&self.world.user).await.expect("explained");
        explained.reason.and_then(|reason| reason.code())
    }

    fn messages(&self) -> usize {
        self.world.inbox.messages_to(MAIL).len()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_who_is_locked_out_resets_and_signs_in_with_the_new_password() {
    let scene = Scene::new(|_| {}).await;
    assert!(scene.passes(OLD).await);
    scene.domain.lock_out(&World::tenant(), &scene.world.user).await;
    assert!(scene.is_locked().await);
    let ticket = scene.world.granted().await;
    let weak = scene.world.complete(&ticket, "plum tractor violet candle").await;
    let Err(Error::Refused(sspr::Refusal::DirectoryPassword { reason, .. })) = weak else {
        panic!("{weak:?}")
    };
    assert_eq!(reason, "complexity");
    let done = scene.world.complete(&ticket, NEW).await.expect("reset");
    assert_eq!(done.step, Step::Done { propagated: true });
    assert!(!scene.is_locked().await);
    assert!(scene.passes(NEW).await && !scene.passes(OLD).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unlock_keeps_the_password() {
    let scene = Scene::new(|facts| facts.locked_out = Some(true)).await;
    let unlock = scene.world.engine.unlock();
    let mut ticket = unlock.start(&request(), &scene.world.name).await.expect("started").ticket;
    for (selection, address) in [(email(), World::MAIL), (sms(), World::MOBILE)] {
        let reply = unlock.challenge(&request(), &ticket, &selection).await.expect("sent");
        let code = scene.world.code_to(address).await;
        let reply = unlock.prove(&request(), &reply.ticket, &crate::support::code(&code)).await;
        ticket = reply.expect("proven").ticket;
    }
    unlock.complete(&request(), &ticket).await.expect("unlocked");
    assert!(!scene.is_locked().await);
    assert!(scene.passes(OLD).await);
}

/// Reason 29.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_of_a_protected_group_is_refused_through_a_nested_group_too() {
    let scene = Scene::new(|_| {}).await;
    assert_eq!(scene.reason().await, None);
    let group = format!("CN=helpers,{}", scene.domain.base);
    let user = scene.domain.user_name(&World::tenant(), &scene.world.user);
    let operators = format!("CN=Account Operators,CN=Builtin,{}", crate::servers::samba::DOMAIN);
    let account = scene.domain.server.fresh();
    scene.domain.server.change(&format!(
        "dn: {group}\nobjectClass: group\nsAMAccountName: {account}\nmember: {user}\n\n\
         dn: {operators}\nchangetype: modify\nadd: member\nmember: {group}\n"
    ));
    assert_eq!(scene.reason().await, Some(29));
    let sent = scene.messages();
    let reply = scene.world.start().await;
    scene.world.challenge(&reply.ticket, &email()).await;
    scene.world.deliver().await;
    assert_eq!(scene.messages(), sent, "no code is sent");
}

/// Reason 30.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_is_refused_before_any_challenge_while_no_server_for_writes_can_be_reached() {
    let scene = Scene::new(|_| {}).await;
    scene.domain.proxy.refuse(true);
    assert_eq!(scene.reason().await, Some(30));
    let sent = scene.messages();
    let reply = scene.world.start().await;
    scene.world.challenge(&reply.ticket, &email()).await;
    scene.world.deliver().await;
    assert_eq!(scene.messages(), sent, "no code is sent");
    scene.domain.proxy.refuse(false);
    assert_eq!(scene.reason().await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_whose_reply_is_lost_is_perhaps_done_and_settled_with_the_same_ticket() {
    let scene = Scene::new(|_| {}).await;
    let ticket = scene.world.granted().await;
    // The search for the user and the abilities of the server are answered, and the write is not.
    scene.domain.proxy.lose_reply_after(2);
    let lost = scene.world.complete(&ticket, NEW).await;
    assert!(matches!(&lost, Err(Error::Fault(_))), "{lost:?}");
    let events = scene.world.event_codes().await;
    assert!(events.iter().any(|event| event == "directory_write_unsettled"), "{events:?}");
    assert!(scene.passes(NEW).await, "the server has done it");
    let sent = scene.messages();
    scene.world.deliver().await;
    assert!(scene.messages() > sent, "the owner is told");
    let done = scene.world.complete(&ticket, NEW).await.expect("settled");
    assert_eq!(done.step, Step::Done { propagated: true });
    assert!(scene.passes(NEW).await);
}
