//! An engine over the memory store, whose accounts each have a live code: what `engine_memory` and `trail`
//! guess at.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use sspr::adapters::memory::{MemoryDirectory, MemoryInbox, MemoryLimits, MemoryStore};
use sspr::port::{Clock as _, SystemClock};
use sspr::testing::internals::Accounts;
use sspr::{Actor, Attempt, Engine, Request, ResetTicket, RoleId};

use crate::support;

/// Polls a future once: no port of these benchmarks waits.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("the memory store does not wait"),
    }
}

pub(crate) struct Guessed {
    engine: Engine,
    store: MemoryStore,
    accounts: Accounts,
    request: Request,
    wrong: Attempt,
}

impl Guessed {
    pub(crate) fn new() -> Self {
        let mut limits = MemoryLimits::default();
        limits.events = usize::MAX;
        let store = MemoryStore::with_limits(limits);
        let engine = Engine::builder()
            .keys(support::keys())
            .store(store.clone())
            .directory(MemoryDirectory::new())
            .sessions(sspr::port::NoSessions)
            .delivery(MemoryInbox::new());
        let engine = run(engine.open()).expect("opened");
        let (tenant, policy) = (support::tenant(), support::policy());
        let admin = Actor::service("root", [RoleId::parse("Global Administrator").expect("valid")]);
        run(engine.admin(&tenant, &admin).put_policy(&policy, None)).expect("put");
        let accounts = Accounts::new(support::keys(), tenant, policy, SystemClock.now());
        let (request, wrong) = (support::request(), Attempt::code("00000000").expect("a code"));
        Self { engine, store, accounts, request, wrong }
    }

    /// Writes an account, so that its code has all its attempts.
    pub(crate) fn put(&self, number: u64) {
        run(self.accounts.put(&self.store, number)).expect("put");
    }

    pub(crate) fn ticket(&self, number: u64) -> ResetTicket {
        self.accounts.ticket(number)
    }

    /// Tries a wrong code.
    pub(crate) fn guess(&self, ticket: &ResetTicket) {
        let answer = run(self.engine.reset().prove(&self.request, ticket, &self.wrong));
        assert!(answer.is_err(), "a wrong code");
    }

    /// The codes that were compared since the engine was opened.
    pub(crate) fn comparisons(&self) -> u64 {
        self.engine.stats().comparisons
    }
}
