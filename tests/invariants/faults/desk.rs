//! Faults during what administrators do for a person: a temporary password, an invitation that is
//! revoked, *it was not me*, an unblock.

use std::future::Future;
use std::pin::Pin;

use sspr::facts::EmailAddress;
use sspr::method::NewMethod;
use sspr::policy::LinkBase;
use sspr::testing::{World, block_on};
use sspr::{Attempt, Engine, Error, PolicySettings, Refusal, ResetTicket};

use crate::faults::judge::nothing_waits;
use crate::faults::scene::{Ended, MODES, Scene, each_point};
use crate::support::{MAIL, MOBILE, NEW, OLD, ada, admin, refusal, request, settings};

const PRIMARY: &str = "ada@contoso.example";
const THIEF: &str = "thief@evil.example";

type Running<'a> = Pin<Box<dyn Future<Output = Ended> + 'a>>;

fn pages() -> PolicySettings {
    let mut settings = settings();
    let page = |text: &str| Some(LinkBase::parse(text).expect("sound"));
    settings.link = page("https://id.contoso.example/reset#");
    settings.desk.repudiation_link = page("https://id.contoso.example/not-me#");
    settings
}

/// An account with two methods, and what `prepare` leaves in the user's hands.
fn scene(prepare: impl AsyncFn(&Scene)) -> Scene {
    block_on(async {
        let world = World::builder().settings(pages()).registered().open().await;
        let scene = Scene::of(world);
        prepare(&scene).await;
        scene.inbox.clear();
        scene
    })
}

/// Runs an act and all work that is due after it.
fn acts<'a>(engine: &'a Engine, act: impl Future<Output = Result<(), Error>> + 'a) -> Running<'a> {
    Box::pin(async move {
        let run = async {
            act.await?;
            while engine.maintain(100).await?.more {}
            Ok(())
        };
        run.await.map_or_else(Ended::Failed, |()| Ended::Finished)
    })
}

fn told(scene: &Scene, to: &str, kind: &str) -> usize {
    scene.inbox.messages_to(to).iter().filter(|message| message.kind == kind).count()
}

fn sets<'a>(scene: &'a Scene, engine: &'a Engine) -> Running<'a> {
    acts(engine, async {
        let by = admin();
        let set = engine.admin(&scene.tenant, &by).set_temporary_password(&scene.user, None).await;
        set.map(drop)
    })
}

/// Inv. 14 and 15: no temporary password is set without a notice, a record and the end of the sessions;
/// none that was not set is told.
#[test]
fn a_temporary_password_is_told_and_recorded_whatever_fails() {
    let make = || {
        scene(async |scene| {
            let grant = scene.granted().await.expose_secret().to_owned();
            scene.hold(|held| held.tickets.push(grant));
        })
    };
    let judge = |scene: &Scene, _: &Ended, label: &str| {
        block_on(async {
            let engine = scene.healthy(200).await;
            scene.settle(&engine).await;
            nothing_waits(scene, label).await;
            let changed = !scene.password_is(OLD);
            told_if_set(scene, changed, label).await;
            // The administrator calls again: another password is generated.
            let ended = sets(scene, &engine).await;
            assert!(matches!(ended, Ended::Finished), "{label}: then {ended:?}");
            scene.settle(&engine).await;
            told_if_set(scene, true, label).await;
            let set = scene.count("temporary_password_set").await;
            assert!((1..=1 + usize::from(changed)).contains(&set), "{label}: {set} recorded");
            let writes = scene.directory.writes(&scene.tenant, &scene.user);
            assert!(writes.iter().all(|write| write.must_change), "{label}");
            let grant = ResetTicket::parse(&scene.held().tickets[0]).expect("own");
            assert!(scene.complete(&grant, NEW).await.is_err(), "{label}: a grant from before");
        });
    };
    let cases = each_point(make, sets, &MODES, judge);
    assert!(cases > 60, "{cases} points of failure");
}

async fn told_if_set(scene: &Scene, changed: bool, label: &str) {
    let (set, unsettled) = (
        scene.count("temporary_password_set").await,
        scene.count("directory_write_unsettled").await,
    );
    let revoked = scene.directory.revocations(&scene.tenant, &scene.user).len();
    for to in [PRIMARY, MAIL, MOBILE] {
        let sure = told(scene, to, "notice.temporary_password");
        let maybe = told(scene, to, "notice.password_may_have_changed");
        assert!(sure <= set, "{label}: {to} was told {sure} times of {set}");
        assert_eq!(sure + maybe > 0, set + unsettled > 0, "{label}: {to}: {sure}, {maybe}");
    }
    assert!(!changed || set + unsettled > 0, "{label}: the write left no trace");
    assert!(!changed || revoked > 0, "{label}: the sessions were not ended");
    assert!(changed || set == 0, "{label}: recorded, and not set");
}

fn invites<'a>(scene: &'a Scene, engine: &'a Engine) -> Running<'a> {
    acts(engine, async {
        let actor = admin();
        let by = engine.admin(&scene.tenant, &actor);
        by.invite(&scene.user).await?;
        while engine.maintain(100).await?.more {}
        by.revoke_invitation(&scene.user).await
    })
}

/// Inv. 12: after a revocation that has returned, no link that was ever sent is accepted.
#[test]
fn a_revoked_invitation_is_worthless_whatever_fails() {
    let judge = |scene: &Scene, ended: &Ended, label: &str| {
        block_on(async {
            let engine = scene.healthy(200).await;
            scene.settle(&engine).await;
            let actor = admin();
            let by = engine.admin(&scene.tenant, &actor);
            by.revoke_invitation(&scene.user).await.expect("revoked");
            let revoked = scene.count("invitation_revoked").await;
            let invited = scene.count("invited").await;
            assert_eq!(revoked, invited, "{label}: each invitation was revoked once");
            assert!(invited == 1 || !matches!(ended, Ended::Finished), "{label}");
            for message in scene.inbox.messages_to(MAIL) {
                let Some(url) = message.link() else { continue };
                let link = Attempt::link(url).expect("well formed");
                let redeemed = engine.reset().redeem_link(&request(), &ada(), &link).await;
                assert_eq!(refusal(redeemed), Refusal::NotAccepted, "{label}");
            }
            assert!(scene.password_is(OLD), "{label}");
        });
    };
    let cases = each_point(|| scene(async |_| ()), invites, &MODES, judge);
    assert!(cases > 60, "{cases} points of failure");
}

/// A thief has added an address; the user holds the link of the notice.
async fn robbed(scene: &Scene) {
    scene.register(NewMethod::email(EmailAddress::parse(THIEF).expect("valid")), THIEF).await;
    scene.deliver().await;
    let url = scene.inbox.last_repudiation_link_to(MAIL).expect("a link");
    scene.hold(|held| held.codes.push(url));
}

async fn press(scene: &Scene, engine: &Engine) -> Result<(), Error> {
    let link = Attempt::link(&scene.held().codes[0]).expect("well formed");
    engine.repudiation().redeem(&request(), &ada(), &link).await
}

fn repudiates<'a>(scene: &'a Scene, engine: &'a Engine) -> Running<'a> {
    acts(engine, press(scene, engine))
}

async fn is_blocked(scene: &Scene) -> bool {
    let explained = scene.admin().explain(&scene.user).await.expect("explained");
    explained.repudiated_since.is_some()
}

/// Inv. 1 and 14: the owner presses again after an error. One press repudiates, and is told once.
#[test]
fn a_repudiation_is_made_and_told_once_whatever_fails() {
    let judge = |scene: &Scene, _: &Ended, label: &str| {
        block_on(async {
            let engine = scene.healthy(200).await;
            let again = press(scene, &engine).await;
            let used = matches!(again, Err(Error::Refused(Refusal::NotAccepted)));
            assert!(used || again.is_ok(), "{label}: then {again:?}");
            scene.settle(&engine).await;
            nothing_waits(scene, label).await;
            assert!(is_blocked(scene).await, "{label}");
            assert_eq!(scene.count("repudiated").await, 1, "{label}");
            assert_eq!(scene.count("method_removed").await, 1, "{label}");
            for to in [PRIMARY, MAIL, MOBILE] {
                assert_eq!(told(scene, to, "notice.repudiated"), 1, "{label}: {to}");
            }
            assert_eq!(told(scene, THIEF, "notice.repudiated"), 0, "{label}");
            let revoked = scene.directory.revocations(&scene.tenant, &scene.user);
            assert!(!revoked.is_empty(), "{label}: the sessions were not ended");
        });
    };
    let cases = each_point(|| scene(robbed), repudiates, &MODES, judge);
    assert!(cases > 60, "{cases} points of failure");
}

fn unblocks<'a>(scene: &'a Scene, engine: &'a Engine) -> Running<'a> {
    acts(engine, async {
        let by = admin();
        engine.admin(&scene.tenant, &by).unblock(&scene.user).await
    })
}

#[test]
fn an_unblock_is_made_and_told_once_whatever_fails() {
    let make = || {
        scene(async |scene| {
            robbed(scene).await;
            press(scene, &scene.engine).await.expect("repudiated");
            scene.deliver().await;
        })
    };
    let judge = |scene: &Scene, _: &Ended, label: &str| {
        block_on(async {
            let engine = scene.healthy(200).await;
            let ended = unblocks(scene, &engine).await;
            assert!(matches!(ended, Ended::Finished), "{label}: then {ended:?}");
            scene.settle(&engine).await;
            nothing_waits(scene, label).await;
            assert!(!is_blocked(scene).await, "{label}");
            assert_eq!(scene.count("unblocked").await, 1, "{label}");
            for to in [PRIMARY, MAIL, MOBILE] {
                assert_eq!(told(scene, to, "notice.unblocked"), 1, "{label}: {to}");
            }
            assert_eq!(refusal(press(scene, &engine).await), Refusal::NotAccepted, "{label}");
        });
    };
    let cases = each_point(make, unblocks, &MODES, judge);
    assert!(cases > 60, "{cases} points of failure");
}
