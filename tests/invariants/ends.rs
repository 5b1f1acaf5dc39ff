//! Invariants 11 to 14: two completions of one account, in every order of their store calls.

use sspr::testing::{Task, block_on};
use sspr::{ChangeTicket, Engine, ResetTicket, UnlockTicket};

use crate::every::{again, reset_with, unlock_with, world};
use crate::interleaved::told_if_changed;
use crate::pairs::proves;
use crate::scene::{Scene, Seen, Told};
use crate::stores::{memory, secret};
use crate::support::{MAIL, NEW, OLD, World, admin, code, email, request, tenant, user};

const OTHER: &str = "granite lantern meadow orbit";

/// A ticket with a grant, earned by mail.
async fn granted(world: &World) -> ResetTicket {
    let reply = world.start().await;
    let (reply, typed) = world.challenged(&reply.ticket, &email(), MAIL).await;
    world.prove(&reply.ticket, &typed).await.expect("proven").ticket
}

async fn unlockable(world: &World) -> UnlockTicket {
    let reply = unlock_with(world, "email.email.0").await;
    world.deliver().await;
    let typed = code(&world.inbox.last_code_to(MAIL).expect("a code"));
    let proven = world.engine.unlock().prove(&request(), &reply.ticket, &typed).await;
    proven.expect("proven").ticket
}

fn resets(engine: Engine, ticket: &ResetTicket) -> Task<Told> {
    let ticket = again(ticket);
    Box::pin(async move {
        let done = engine.reset().complete(&request(), &ticket, &secret(NEW)).await?;
        Ok(format!("{:?}", done.step))
    })
}

fn unlocks(engine: Engine, ticket: &UnlockTicket) -> Task<Told> {
    let ticket = UnlockTicket::parse(ticket.expose_secret()).expect("own");
    Box::pin(async move {
        let done = engine.unlock().complete(&request(), &ticket).await?;
        Ok(format!("{:?}", done.step))
    })
}

fn changes(engine: Engine, ticket: &ChangeTicket) -> Task<Told> {
    let ticket = ChangeTicket::parse(ticket.expose_secret()).expect("own");
    Box::pin(async move {
        let done = engine.change().complete(&request(), &ticket, &secret(OTHER)).await?;
        Ok(format!("{:?}", done.step))
    })
}

/// Checks an account on which no call works any more.
fn at_rest(seen: &Seen<'_>) {
    let body = seen.body();
    assert_eq!(body.get("write"), None, "{seen:?}: *an unsettled write");
}

/// Inv. 14: each transition has one event and one notice, and both calls end.
#[test]
fn inv14_an_unlock_and_a_reset_at_once_are_each_told() {
    let under_test = memory();
    let (scene, unlock, reset) = block_on(async {
        let world = world(&under_test, 1).await;
        let (unlock, reset) = (unlockable(&world).await, granted(&world).await);
        (Scene::of(&under_test, world).await, unlock, reset)
    });
    let mut both = 0;
    scene.explore(
        |engine| unlocks(engine, &unlock),
        |engine| resets(engine, &reset),
        |seen| {
            assert!(seen.won() >= 1, "{seen:?}");
            both += usize::from(seen.won() == 2);
            seen.refused_for(&["Busy", "Ended", "MoreProofNeeded"]);
            let (unlocked, reset) = (seen.told[0].is_ok(), seen.told[1].is_ok());
            let world = &seen.run.world;
            let unlocks = world.directory.unlocks(&tenant(), &user());
            assert_eq!(unlocks.len(), usize::from(unlocked), "{seen:?}");
            assert_eq!(seen.count("account_unlocked"), usize::from(unlocked), "{seen:?}");
            assert_eq!(seen.count("password_reset"), usize::from(reset), "{seen:?}");
            assert_eq!(world.password_is(NEW), reset, "{seen:?}");
            let told = seen.owner_told("notice.account_unlocked");
            assert_eq!(told, usize::from(unlocked), "{seen:?}");
            told_if_changed(seen.run, seen.schedule);
            at_rest(seen);
        },
    );
    assert!(both > 0, "in sequence both are possible");
}

/// Inv. 11 and 12: of a change and a reset one writes; the other was superseded.
#[test]
fn inv12_a_change_and_a_reset_at_once_write_once() {
    let under_test = memory();
    let (scene, change, reset) = block_on(async {
        let world = world(&under_test, 1).await;
        let reset = granted(&world).await;
        let change =
            world.engine.change().start(&request(), &world.signed_in(), &secret(OLD)).await;
        let change = change.expect("the right password").ticket;
        (Scene::of(&under_test, world).await, change, reset)
    });
    let mut winners = [0; 2];
    scene.explore(
        |engine| changes(engine, &change),
        |engine| resets(engine, &reset),
        |seen| {
            assert_eq!(seen.won(), 1, "{seen:?}");
            seen.refused_for(&["Busy", "Ended", "MoreProofNeeded"]);
            let reset = seen.told[1].is_ok();
            winners[usize::from(reset)] += 1;
            let writes = seen.run.world.directory.writes(&tenant(), &user());
            assert_eq!(writes.len(), 1, "{seen:?}");
            assert!(seen.run.world.password_is(if reset { NEW } else { OTHER }), "{seen:?}");
            assert_eq!(seen.count("password_reset"), usize::from(reset), "{seen:?}");
            assert_eq!(seen.count("password_changed"), usize::from(!reset), "{seen:?}");
            let kind = if reset { "notice.password_reset" } else { "notice.password_changed" };
            assert_eq!(seen.owner_told(kind), 1, "{seen:?}");
            let revoked = seen.run.world.directory.revocations(&tenant(), &user());
            assert_eq!(revoked.len(), 1, "{seen:?}");
            at_rest(seen);
        },
    );
    assert!(winners[0] > 0 && winners[1] > 0, "{winners:?}");
}

/// Inv. 12 and 14: if methods are revoked during a reset, the owner is notified of both at the old
/// addresses.
#[test]
fn inv14_methods_revoked_during_a_reset_hide_nothing() {
    let under_test = memory();
    let (scene, reset) = block_on(async {
        let world = world(&under_test, 1).await;
        let reset = granted(&world).await;
        (Scene::of(&under_test, world).await, reset)
    });
    let mut refused = 0;
    scene.explore(
        |engine| {
            Box::pin(async move {
                let actor = admin();
                engine.admin(&tenant(), &actor).revoke_methods(&user()).await?;
                Ok(String::new())
            })
        },
        |engine| resets(engine, &reset),
        |seen| {
            assert!(seen.told[0].is_ok(), "{seen:?}");
            seen.refused_for(&["Ended", "NotEligible", "MoreProofNeeded"]);
            let reset = seen.told[1].is_ok();
            refused += usize::from(!reset);
            assert_eq!(seen.run.world.password_is(NEW), reset, "{seen:?}");
            assert_eq!(seen.count("password_reset"), usize::from(reset), "{seen:?}");
            assert_eq!(seen.count("methods_revoked"), 1, "{seen:?}");
            assert_eq!(seen.owner_told("notice.methods_revoked"), 1, "{seen:?}");
            told_if_changed(seen.run, seen.schedule);
            assert_eq!(seen.body()["methods"], serde_json::json!([]), "{seen:?}");
            at_rest(seen);
        },
    );
    assert!(refused > 0, "a revocation that came first");
}

/// A finished flow whose new recovery code is shown and not acknowledged.
async fn owing(world: &World) -> ResetTicket {
    let codes = world.create_recovery_codes().await;
    let reply = reset_with(world, "recovery_code").await;
    let reply = world.prove(&reply.ticket, &codes[0]).await.expect("proven");
    let done = world.complete(&reply.ticket, NEW).await.expect("reset");
    let shown = world.engine.reset().replace_recovery_code(&request(), &done.ticket).await;
    drop(shown.expect("another"));
    world.deliver().await;
    done.ticket
}

/// Inv. 1: one used code is replaced by one code, after any number of calls.
#[test]
fn inv01_a_replacement_shown_again_replaces_one_code() {
    let under_test = memory();
    let (scene, ticket) = block_on(async {
        let world = world(&under_test, 1).await;
        let ticket = owing(&world).await;
        (Scene::of(&under_test, world).await, ticket)
    });
    scene.explore(
        |engine| {
            let ticket = again(&ticket);
            Box::pin(async move {
                let shown = engine.reset().replace_recovery_code(&request(), &ticket).await?;
                Ok(shown.expose_secret().to_owned())
            })
        },
        |engine| {
            let ticket = again(&ticket);
            Box::pin(async move {
                engine.reset().acknowledge_recovery_code(&request(), &ticket).await?;
                Ok(String::new())
            })
        },
        |seen| {
            assert!(seen.told[1].is_ok(), "{seen:?}");
            seen.refused_for(&["Ended"]);
            assert_eq!(seen.count("recovery_code_replaced"), 1, "{seen:?}");
            let body = seen.body();
            let methods = body["methods"].as_array().expect("a list");
            let set = methods
                .iter()
                .find_map(|method| method["factor"].get("recovery_code"))
                .expect("a set");
            assert_eq!(set["codes"].as_array().expect("a list").len(), 10, "{seen:?}");
            assert_eq!(set.get("replacement"), None, "{seen:?}: an unacknowledged code stays");
        },
    );
}

/// Inv. 4: a flow is either cancelled or proven, and each reply stays true.
#[test]
fn inv04_a_cancelled_flow_cannot_be_proven() {
    let under_test = memory();
    let (scene, ticket, typed) = block_on(async {
        let world = world(&under_test, 2).await;
        let reply = world.start().await;
        let (reply, typed) = world.challenged(&reply.ticket, &email(), MAIL).await;
        (Scene::of(&under_test, world).await, reply.ticket, typed)
    });
    let mut proven = 0;
    scene.explore(
        |engine| {
            let ticket = again(&ticket);
            Box::pin(async move {
                engine.reset().cancel(&request(), &ticket).await?;
                Ok(String::new())
            })
        },
        |engine| proves(engine, ticket.expose_secret(), code(&typed)),
        |seen| {
            assert!(seen.told[0].is_ok(), "{seen:?}");
            seen.refused_for(&["NotAccepted"]);
            let won = usize::from(seen.told[1].is_ok());
            proven += won;
            assert_eq!(seen.count("method_proven"), won, "{seen:?}");
            assert_eq!(seen.count("flow_ended"), 1 - won, "{seen:?}");
            assert_eq!(seen.body()["flows"].as_array().expect("a list").len(), won, "{seen:?}");
            seen.reserved();
        },
    );
    assert!(proven > 0, "the cancellation was never first alone");
}

/// Section 5: no device is known after the flows were revoked, in every order.
#[test]
fn inv12_no_device_survives_a_revocation() {
    let under_test = memory();
    let (scene, ticket) = block_on(async {
        let world = world(&under_test, 1).await;
        let ticket = granted(&world).await;
        let done = world.complete(&ticket, NEW).await.expect("reset");
        world.deliver().await;
        (Scene::of(&under_test, world).await, done.ticket)
    });
    let mut remembered = 0;
    scene.explore(
        |engine| {
            let ticket = again(&ticket);
            Box::pin(async move {
                drop(engine.reset().remember_device(&request(), &ticket).await?);
                Ok(String::new())
            })
        },
        |engine| {
            Box::pin(async move {
                let actor = admin();
                engine.admin(&tenant(), &actor).revoke_flows(&user()).await?;
                Ok(String::new())
            })
        },
        |seen| {
            assert!(seen.told[1].is_ok(), "{seen:?}");
            seen.refused_for(&["Ended"]);
            remembered += usize::from(seen.told[0].is_ok());
            assert_eq!(seen.body()["devices"], serde_json::json!([]), "{seen:?}");
            assert_eq!(seen.body()["flows"], serde_json::json!([]), "{seen:?}");
            assert_eq!(seen.count("flows_revoked"), 1, "{seen:?}");
        },
    );
    assert!(remembered > 0, "the device was never known");
}
