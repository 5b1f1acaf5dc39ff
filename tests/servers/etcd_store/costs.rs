//! The cost of a call of the engine, counted by the server.

use sspr::adapters::memory::{MemoryDirectory, MemoryInbox};
use sspr::policy::Scope;
use sspr::port::Clock as _;
use sspr::port::SystemClock;
use sspr::testing::internals::Accounts;
use sspr::{
    Actor, Attempt, Engine, Keys, Policy, PolicySettings, Request, RoleId, SecretBytes, Source,
};

use crate::etcd_store::support::{connect, handled, options, tenant, wait};
use crate::servers::etcd::{Cluster, Setup};

fn keys() -> Keys {
    let secret = |byte| SecretBytes::new(vec![byte; 32]);
    Keys::new(secret(1), 1, secret(2)).unwrap()
}

fn policy() -> Policy {
    let mut settings = PolicySettings::default();
    settings.scope = Scope::All;
    Policy::new(settings).unwrap()
}

#[test]
fn a_wrong_guess_is_one_read_and_one_transaction_and_past_the_budget_one_read() {
    let cluster = Cluster::start(Setup::nodes(1));
    let store = connect(options(&cluster));
    let engine = Engine::builder()
        .keys(keys())
        .store(store.clone())
        .directory(MemoryDirectory::new())
        .sessions(sspr::port::NoSessions)
        .delivery(MemoryInbox::new());
    let engine = wait(engine.open()).unwrap();
    let admin = Actor::service("root", [RoleId::parse("Global Administrator").unwrap()]);
    wait(engine.admin(&tenant(), &admin).put_policy(&policy(), None)).unwrap();
    let accounts = Accounts::new(keys(), tenant(), policy(), SystemClock.now());
    for number in 0..2 {
        wait(accounts.put(&store, number)).unwrap();
    }
    let request = Request::new(tenant(), Source::parse("203.0.113.7"));
    let wrong = Attempt::code("00000000").unwrap();
    let guess = |number| {
        let ticket = accounts.ticket(number);
        let before = handled(&cluster);
        let answer = wait(engine.reset().prove(&request, &ticket, &wrong));
        assert!(matches!(answer, Err(sspr::Error::Refused(_))), "{answer:?}");
        let after = handled(&cluster);
        [after[0] - before[0], after[1] - before[1]]
    };
    // Reads the policy, which the engine then caches.
    guess(0);
    let before = engine.stats().comparisons;
    for count in 1..=5 {
        assert_eq!(guess(1), [1, 1]);
        assert_eq!(engine.stats().comparisons, before + count);
    }
    assert_eq!(guess(1), [1, 0]);
    assert_eq!(engine.stats().comparisons, before + 5, "the budget is spent");
}
