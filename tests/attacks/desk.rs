//! Attacks on the links and passwords of the help desk: invitations, temporary passwords, and the
//! *it was not me* link.

use sspr::method::NewMethod;
use sspr::policy::LinkBase;
use sspr::{Actor, Attempt, Error, PolicySettings, Refusal, RoleId, SecretText, UserId};

use crate::people::*;
use crate::stores::StoreKind;
use crate::support::*;

on_every_store!(
    r021_old_mail_and_foreign_links_block_no_account,
    r021_a_scanner_that_opens_and_presses_blocks_no_account,
    r021_a_repudiation_beats_a_reset_that_is_in_flight,
    r021_one_of_many_racing_presses_repudiates,
    r100_an_invitation_proves_one_method_once,
    r100_no_unfit_administrator_sets_a_temporary_password,
);

const PAGE: &str = "https://id.contoso.example/not-me#";
const THIEF: &str = "thief@evil.example";

fn pages() -> PolicySettings {
    let mut settings = settings();
    settings.link = Some(LinkBase::parse(BASE).expect("sound"));
    settings.desk.repudiation_link = Some(LinkBase::parse(PAGE).expect("sound"));
    settings
}

async fn world(stores: &StoreKind) -> World {
    World::builder().store(stores.store()).settings(pages()).registered().open().await
}

async fn press(world: &World, name: &str, link: &str) -> Result<(), Refusal> {
    let link = Attempt::link(link).expect("well formed");
    match world.engine.repudiation().redeem(&source(1), &named(name), &link).await {
        Ok(()) => Ok(()),
        Err(Error::Refused(refusal)) => Err(refusal),
        Err(other) => panic!("{other:?}"),
    }
}

/// Ada adds an address; returns the link of the notice.
async fn changed(world: &World, to: &str) -> String {
    world.register(NewMethod::email(mail(to)), to).await;
    world.deliver().await;
    world.inbox.last_repudiation_link_to(MAIL).expect("a link")
}

async fn is_blocked(world: &World) -> bool {
    let explained = world.admin().explain(&world.user).await.expect("explained");
    explained.repudiated_since.is_some()
}

/// A reader of an old mailbox, the owner of another account, and a holder of links of other purposes.
async fn r021_old_mail_and_foreign_links_block_no_account(stores: &StoreKind) {
    let world = world(stores).await;
    let refused = Err(Refusal::NotAccepted);
    let link = changed(&world, THIEF).await;
    let bob = settle(&world, 7).await;
    assert_eq!(press(&world, bob.name.as_str(), &link).await, refused, "another account");
    // A link of a reset does not repudiate, and a link that repudiates resets nothing.
    world.admin().initiate_reset(&world.user).await.expect("sent");
    world.deliver().await;
    let reset = world.inbox.last_link_to(MAIL).expect("a link");
    assert_eq!(press(&world, World::NAME, &reset).await, refused, "another purpose");
    let swapped = Attempt::link(&link).expect("well formed");
    let redeemed = world.engine.reset().redeem_link(&source(2), &ada(), &swapped).await;
    assert!(matches!(redeemed, Err(Error::Refused(Refusal::NotAccepted))), "{redeemed:?}");
    let reply = world.start().await;
    let reply = world.challenge(&reply.ticket, &option("email.link")).await;
    let proven = world.engine.reset().prove(&source(3), &reply.ticket, &swapped).await;
    assert!(matches!(proven, Err(Error::Refused(Refusal::NotAccepted))), "{proven:?}");
    // The selector is not secret: with another time the link is wrong.
    let secret = link.strip_prefix(PAGE).expect("the page");
    for place in 0..11 {
        let mut forged = secret.as_bytes().to_vec();
        forged[place] = if forged[place] == b'B' { b'C' } else { b'B' };
        let forged = String::from_utf8(forged).expect("letters");
        assert_eq!(press(&world, World::NAME, &forged).await, refused, "{place}");
    }
    world.clock.advance(DAY);
    assert_eq!(press(&world, World::NAME, &link).await, refused, "old mail");
    assert!(!is_blocked(&world).await);
    assert_eq!(count(&events_of(&world, &world.user).await, "repudiated"), 0);
}

/// The page is shown without a call. A scanner that submits its form has no sign-in name.
async fn r021_a_scanner_that_opens_and_presses_blocks_no_account(stores: &StoreKind) {
    let world = world(stores).await;
    let link = changed(&world, THIEF).await;
    let before = events_of(&world, &world.user).await;
    for name in ["scanner", "x", "root@contoso.example", THIEF] {
        assert_eq!(press(&world, name, &link).await, Err(Refusal::NotAccepted), "{name}");
    }
    assert_eq!(events_of(&world, &world.user).await, before);
    assert!(!is_blocked(&world).await);
    assert_eq!(press(&world, World::NAME, &link).await, Ok(()), "the owner");
    assert!(is_blocked(&world).await);
}

/// The thief holds a grant, or has written with an unknown outcome, while the owner presses.
async fn r021_a_repudiation_beats_a_reset_that_is_in_flight(stores: &StoreKind) {
    for unknown in [false, true] {
        let world = world(stores).await;
        let link = changed(&world, THIEF).await;
        let ticket = world.granted().await;
        if unknown {
            world.directory.script_outcome(sspr::facts::WriteOutcome::Indeterminate);
            let written = world.complete(&ticket, NEW).await;
            assert!(matches!(written, Err(Error::Fault(_))), "{written:?}");
        }
        assert_eq!(press(&world, World::NAME, &link).await, Ok(()));
        let again = world.complete(&ticket, NEW).await;
        assert!(matches!(again, Err(Error::Refused(_))), "{again:?}");
        assert!(world.password_is(OLD));
        world.deliver().await;
        let revoked = world.directory.revocations(&world.tenant, &world.user).len();
        assert_eq!(revoked, 1 + usize::from(unknown));
        // What the thief tries next is not refused differently, and leads nowhere.
        let reply = world.start().await;
        world.inbox.clear();
        world.challenge(&reply.ticket, &email()).await;
        world.deliver().await;
        assert!(world.inbox.all().iter().all(|message| message.code().is_none()));
    }
}

async fn r021_one_of_many_racing_presses_repudiates(stores: &StoreKind) {
    let world = world(stores).await;
    let link = changed(&world, THIEF).await;
    let presses: Vec<_> = std::thread::scope(|scope| {
        let press_once = || sspr::testing::block_on(press(&world, World::NAME, &link));
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(press_once)).collect();
        threads.into_iter().map(|thread| thread.join().expect("ended")).collect()
    });
    assert_eq!(presses.iter().filter(|pressed| pressed.is_ok()).count(), 1);
    let refused = presses.into_iter().filter_map(Result::err);
    assert!(refused.into_iter().all(|refusal| refusal == Refusal::NotAccepted));
    let events = events_of(&world, &world.user).await;
    assert_eq!((count(&events, "repudiated"), count(&events, "method_removed")), (1, 1));
}

/// A reader of the invited user's mail has one method, and the link once.
async fn r100_an_invitation_proves_one_method_once(stores: &StoreKind) {
    let world = world(stores).await;
    world.admin().invite(&world.user).await.expect("sent");
    world.deliver().await;
    let link = world.inbox.last_link_to(MAIL).expect("a link");
    let attempt = || Attempt::link(&link).expect("well formed");
    let redeemed = world.engine.reset().redeem_link(&source(1), &ada(), &attempt()).await;
    let redeemed = redeemed.expect("the first");
    let second = world.engine.reset().redeem_link(&source(2), &ada(), &attempt()).await;
    assert!(matches!(second, Err(Error::Refused(Refusal::NotAccepted))), "{second:?}");
    let written = world.complete(&redeemed.ticket, NEW).await;
    assert!(matches!(written, Err(Error::Refused(Refusal::MoreProofNeeded))), "{written:?}");
    assert!(world.password_is(OLD));
}

/// Without the role, against a more privileged user, and for oneself.
async fn r100_no_unfit_administrator_sets_a_temporary_password(stores: &StoreKind) {
    let world = world(stores).await;
    let by = |id: &str, role: &str| {
        let user = UserId::parse(id).expect("valid");
        Actor::user(user, [RoleId::parse(role).expect("valid")])
    };
    let ada = world.user.as_str().to_uppercase();
    let refused = async |actor: &Actor| {
        let admin = world.engine.admin(&world.tenant, actor);
        let supplied = SecretText::from(NEW);
        let set = admin.set_temporary_password(&world.user, Some(&supplied)).await;
        let generated = admin.set_temporary_password(&world.user, None).await;
        assert_eq!(format!("{set:?}"), format!("{generated:?}"));
        let invited = admin.invite(&world.user).await;
        assert_eq!(format!("{:?}", invited.err()), format!("{:?}", generated.as_ref().err()));
        match generated {
            Err(Error::Refused(refusal)) => refusal,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused(&by("mallory", "Reports Reader")).await, Refusal::NotAuthorised);
    assert_eq!(refused(&by(&ada, "Global Administrator")).await, Refusal::OwnAccount);
    let privileged = |facts: &mut sspr::facts::UserFacts| {
        facts.roles = [RoleId::parse("Global Administrator").expect("valid")].into();
    };
    world.directory.update_user(&world.tenant, &world.user, privileged).expect("known");
    assert_eq!(refused(&by("mallory", "Helpdesk Administrator")).await, Refusal::NotAuthorised);
    assert!(world.password_is(OLD));
    assert!(world.directory.writes(&world.tenant, &world.user).is_empty());
}
