use crate::policy::Scope;
use crate::port::{Delivery, Envelope, PortErrorKind, PortResult, async_trait};
use crate::testing::{CallLog, FaultPlan, InjectedFault, World, block_on, forward};
use crate::{Error, MethodKind, PolicySettings, Step};

const NEW: &str = "plum tractor violet candle";

#[test]
fn the_policy_is_the_default_for_every_user() {
    block_on(async {
        let world = World::builder().open().await;
        let stored = world.admin().policy().await.expect("readable").expect("put");
        let expected = PolicySettings { scope: Scope::All, ..PolicySettings::default() };
        assert_eq!(*stored.policy.settings(), expected);
    });
}

#[test]
fn a_store_with_a_policy_keeps_it() {
    block_on(async {
        let first = World::builder().policy(|settings| settings.attempts = 3).open().await;
        let second = World::builder().store(first.store.clone()).seed(8).open().await;
        let stored = second.admin().policy().await.expect("readable").expect("kept");
        assert_eq!((stored.policy.settings().attempts, stored.revision), (3, 1));

        let replacing = World::builder().store(first.store.clone()).seed(9);
        let refused = replacing.policy(|settings| settings.attempts = 4).try_open().await;
        assert!(matches!(refused, Err(Error::Refused(_))), "{:?}", refused.map(drop));
        first.put_policy(PolicySettings::default()).await;
        let stored = second.admin().policy().await.expect("readable").expect("put");
        assert_eq!(stored.revision, 2);
    });
}

#[test]
fn a_grant_takes_as_many_methods_as_the_policy_requires() {
    for required in [1, 2] {
        block_on(async {
            let builder = World::builder().policy(|settings| settings.users.required = required);
            let world = builder.registered().open().await;
            let ticket = world.granted().await;
            let reply = world.complete(&ticket, NEW).await.expect("completed");
            assert_eq!(reply.step, Step::Done { propagated: true });
            assert!(world.password_is(NEW) && !world.password_is(World::PASSWORD));
        });
    }
}

#[test]
fn an_engine_beside_a_world_shares_everything_but_its_layers() {
    block_on(async {
        let log = CallLog::new();
        let plan = FaultPlan::none();
        let world = World::builder().registered().open().await;
        let recorded = world.beside().seed(8).recorded(&log).open().await;
        let faulty = world.beside().seed(9).faulty(&plan).open().await;
        let ticket = world.granted().await;

        let calls = log.calls().len();
        drop(plan.on("directory.set_password", InjectedFault::FailBefore));
        let failed = faulty.complete(&ticket, NEW).await;
        assert!(matches!(failed, Err(Error::Fault(_))), "{failed:?}");
        assert_eq!(log.calls().len(), calls, "no call of another engine is recorded");
        recorded.complete(&ticket, NEW).await.expect("completed");
        assert!(log.calls().len() > calls && world.password_is(NEW));
        recorded.store.fence(true).await.expect("fenced");
        assert_eq!(log.count("store.fence"), 0, "the call of `store` passed no layer");
    });
}

#[test]
fn an_engine_without_abilities_offers_neither_apps_nor_passkeys() {
    block_on(async {
        let every = |settings: &mut PolicySettings| {
            settings.users.methods.extend([MethodKind::AuthenticatorApp, MethodKind::Passkey]);
        };
        let world = World::builder().policy(every).open().await;
        let plain = world.beside().without_abilities().open().await;
        for (world, options) in [(world, 5), (plain, 3)] {
            let Step::Choose { options: offered } = world.start().await.step else {
                panic!("a reset begins with a choice")
            };
            assert_eq!(offered.len(), options, "{offered:?}");
        }
    });
}

/// A delivery that loses every reply.
struct Lossy<D>(D);

#[async_trait]
impl<D: Delivery> Delivery for Lossy<D> {
    forward!(self.0 => channels);

    async fn deliver(&self, envelope: &Envelope) -> PortResult<()> {
        self.0.deliver(envelope).await?;
        Err(crate::port::PortError::new(PortErrorKind::Unknown))
    }
}

#[test]
fn a_wrapper_forwards_what_it_does_not_change() {
    block_on(async {
        let world = World::builder().registered().open().await;
        let lossy = world.beside().seed(8).delivery(Lossy).open().await;
        let ticket = lossy.start().await.ticket;
        let by_mail = crate::method::ChallengeOption::preferred(MethodKind::Email).into();
        lossy.challenge(&ticket, &by_mail).await;
        let done = lossy.engine.maintain(100).await.expect("maintained");
        assert_eq!((done.delivered, done.failed), (0, 1), "the reply was lost");
        assert!(world.inbox.last_code_to(World::MAIL).is_some(), "the message was not");
    });
}
