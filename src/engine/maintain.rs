//! Work that waits: messages, interrupted writes, flows that ended, rows past their time.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use zeroize::Zeroizing;

use super::Engine;
use super::error::{At as _, Error, Port};
use super::join::join_all;
use super::reply::Maintained;
use super::step::{Loaded, Origin, Plan, Target, Unsure, target_of};
use crate::domain::account::{Account, Pending, PendingBody};
use crate::domain::code::CodeContext;
use crate::domain::decide::{
    Claimed, Outcome, SentSecret, Turn, Work, claim, next_work, settle_message, tidy, time_of,
};
use crate::domain::facts::TenantFacts;
use crate::domain::ids::{RecordKey, TenantId};
use crate::domain::message::{CodeMessage, LinkMessage, Message};
use crate::domain::method::Channel;
use crate::domain::policy::Policy;
use crate::domain::secret::SecretText;
use crate::domain::time::Timestamp;
use crate::port::{Cutoff, Envelope, PortErrorKind, PortResult, RiskSignal};

/// Records looked at in one round.
const ROUND: usize = 32;
/// Rows removed in one call.
const PURGE: usize = 1_000;
/// How often an engine looks for rows to remove.
const PURGE_EVERY: Duration = Duration::from_secs(60);
/// Failures of one tenant's delivery after which the rest of its messages wait for the next call.
const PATIENCE: u32 = 3;
/// Records that fail in one call before they count as work done.
const MANY_FAILURES: u64 = 10_000;
/// The longest that a host should wait between two calls.
const LONGEST_IDLE: Duration = Duration::from_secs(60);

/// What one call has learned about a tenant.
#[derive(Default)]
struct TenantPass {
    /// Failed tries, by what failed: one dead channel is no reason to keep another waiting.
    failures: HashMap<Way, u32>,
    facts: Option<Option<TenantFacts>>,
}

/// How something is done outside.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Way {
    Channel(Channel),
    Directory,
}

/// What one call shares between the records that it tends at the same time.
struct Pass {
    left: AtomicUsize,
    tenants: Mutex<HashMap<TenantId, TenantPass>>,
    done: Mutex<Maintained>,
    /// The earliest time at which a record that was tended needs somebody again.
    earliest: Mutex<Timestamp>,
}

impl Pass {
    fn done(&self) -> MutexGuard<'_, Maintained> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tenant<T>(&self, tenant: &TenantId, with: impl FnOnce(&mut TenantPass) -> T) -> T {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        with(tenants.entry(tenant.clone()).or_default())
    }

    /// Takes one from what may still be done.
    fn take(&self) -> bool {
        let less = |left: usize| left.checked_sub(1);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }

    fn wakes_at(&self, at: Option<Timestamp>) {
        let mut earliest = self.earliest.lock().unwrap_or_else(PoisonError::into_inner);
        *earliest = (*earliest).min(at.unwrap_or(Timestamp::MAX));
    }
}

impl Engine {
    /// Does what waits: delivers messages (notices before codes), settles interrupted writes,
    /// closes flows that ended, removes what is past its time. Call it from any number of
    /// processes, whenever [`on_work`](super::EngineBuilder::on_work) rings and after
    /// [`Maintained::idle_for`]; at most `limit` things are done.
    ///
    /// One failing record stops no other. Records are tended side by side, and a tenant's channel
    /// that has failed three times waits for the next call; so one tenant's dead mail server delays
    /// another's messages by one bounded call of [`Delivery`](crate::port::Delivery) for each channel at most.
    ///
    /// # Errors
    ///
    /// [`Error::Fault`] if the store cannot even say what is due.
    pub async fn maintain(&self, limit: usize) -> Result<Maintained, Error> {
        let pass = Pass {
            left: AtomicUsize::new(limit),
            tenants: Mutex::default(),
            done: Mutex::default(),
            earliest: Mutex::new(Timestamp::MAX),
        };
        let mut cursor = None;
        loop {
            let now = self.inner.clock.now();
            let page = self.inner.store.due(now, cursor.as_ref(), ROUND).await.at(Port::Store)?;
            join_all(page.items.iter().map(|key| self.tend(key, &pass))).await;
            cursor = page.next;
            if cursor.is_none() || pass.left.load(Ordering::Relaxed) == 0 {
                break;
            }
        }
        let now = self.inner.clock.now();
        let mut done = pass.done.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.purge(now, &mut done).await;
        done.more |= cursor.is_some();
        let earliest = pass.earliest.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.idle_for = (!done.more).then(|| earliest.since(now).min(LONGEST_IDLE));
        Ok(done)
    }

    /// Removes rows past their time, at most once a minute: an idle store is not written to.
    async fn purge(&self, now: Timestamp, done: &mut Maintained) {
        let last = Timestamp::from_unix_millis(self.inner.purged_at.load(Ordering::Relaxed));
        if last <= now && now.since(last) < PURGE_EVERY {
            return;
        }
        let cutoff = Cutoff::new(now, now.minus(self.inner.event_retention));
        match self.inner.store.purge(cutoff, PURGE).await {
            Ok(purged) => {
                done.purged = purged;
                // As much as was asked for: there may be more.
                if purged < PURGE as u64 {
                    self.inner.purged_at.store(now.unix_millis(), Ordering::Relaxed);
                }
            }
            Err(_) => done.failed += 1,
        }
    }

    /// Does what one record needs.
    async fn tend(&self, key: &RecordKey, pass: &Pass) {
        loop {
            if !pass.take() {
                pass.done().more = true;
                return;
            }
            match self.tend_once(key, pass).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(_) => {
                    // It stays due; somebody looks at it again. It takes nothing from what may be
                    // done for others, until there are very many of its kind.
                    let mut done = pass.done();
                    done.failed += 1;
                    if done.failed < MANY_FAILURES {
                        pass.left.fetch_add(1, Ordering::Relaxed);
                    }
                    return;
                }
            }
        }
    }

    async fn tend_once(&self, key: &RecordKey, pass: &Pass) -> Result<bool, Error> {
        let Some(record) = self.inner.store.load(key).await.at(Port::Store)? else {
            return Ok(false);
        };
        let (target, loaded) = target_of(&record)?;
        self.check_target(&target)?;
        let now = time_of(&loaded.account, self.inner.clock.now());
        let Some(work) = next_work(&loaded.account, now) else {
            pass.wakes_at(loaded.account.wake_at());
            return Ok(false);
        };
        let (policy, _) = self.policy(&target.tenant, false).await?;
        let origin = Origin::engine();
        match work {
            Work::Tidy => {
                let decide = |turn: &mut Turn<'_>| {
                    tidy(turn);
                    Ok(Plan::Commit(()))
                };
                let loaded = Some(loaded);
                self.step(&target, loaded, &policy, &origin, Unsure::Resolve, decide).await?;
                pass.done().settled += 1;
                Ok(true)
            }
            Work::Messages(numbers) => {
                // A channel that has failed often waits for the next call; others do not.
                let ways = numbers.iter().filter_map(|number| {
                    way_of(&loaded.account, *number).map(|way| (*number, way))
                });
                let open = |(_, way): &(u32, Way)| {
                    pass.tenant(&target.tenant, |tenant| {
                        tenant.failures.get(way).is_none_or(|failures| *failures < PATIENCE)
                    })
                };
                let Some((number, way)) = ways.into_iter().find(open) else {
                    pass.done().failed += 1;
                    return Ok(false);
                };
                self.dispatch(&target, loaded, &policy, (number, way), pass).await
            }
        }
    }

    /// Claims one message, performs it, and notes how that ended.
    async fn dispatch(
        &self,
        target: &Target,
        loaded: Loaded,
        policy: &Policy,
        (number, way): (u32, Way),
        pass: &Pass,
    ) -> Result<bool, Error> {
        let origin = Origin::engine();
        let decide = |turn: &mut Turn<'_>| {
            Ok(match claim(turn, number) {
                Some(claimed) => Plan::Commit(Some(claimed)),
                None => Plan::Keep(None),
            })
        };
        // A claim of unknown outcome is not acted on: its lease runs out.
        let loaded = Some(loaded);
        let (claimed, _) = self.step(target, loaded, policy, &origin, Unsure::Fail, decide).await?;
        let Some(claimed) = claimed else {
            return Ok(false);
        };
        let performed = self.perform(target, &claimed, policy, pass).await;
        let outcome = match performed {
            Ok(true) => Outcome::Done,
            Ok(false) => Outcome::Never,
            Err(error) if error.kind() == PortErrorKind::Denied => Outcome::Never,
            Err(_) => {
                pass.tenant(&target.tenant, |tenant| *tenant.failures.entry(way).or_default() += 1);
                Outcome::Later
            }
        };
        // Sessions must end: an outright refusal is no reason to stop trying.
        let revoke = matches!(claimed.pending.body, PendingBody::Revoke { .. });
        let outcome = if revoke && outcome == Outcome::Never { Outcome::Later } else { outcome };
        let decide = |turn: &mut Turn<'_>| {
            let settled = settle_message(turn, &claimed.pending, outcome);
            Ok(if settled { Plan::Commit(()) } else { Plan::Keep(()) })
        };
        self.step(target, None, policy, &origin, Unsure::Resolve, decide).await?;
        match outcome {
            Outcome::Done => pass.done().delivered += 1,
            Outcome::Later | Outcome::Never => pass.done().failed += 1,
        }
        Ok(true)
    }

    /// Hands over a message, or revokes sessions. `false`: it must not be sent.
    async fn perform(
        &self,
        target: &Target,
        claimed: &Claimed,
        policy: &Policy,
        pass: &Pass,
    ) -> PortResult<bool> {
        let pending = &claimed.pending;
        if let PendingBody::Revoke { issued_before, kinds, .. } = &pending.body {
            let Some(user) = &target.user else {
                return Ok(true);
            };
            let (tenant, before) = (&target.tenant, *issued_before);
            self.inner.directory.revoke_sessions(tenant, user, before, *kinds).await?;
            return Ok(true);
        }
        let known = pass.tenant(&target.tenant, |tenant| tenant.facts.clone());
        let facts = match known {
            Some(facts) => facts,
            None => {
                let facts = self.inner.directory.tenant(&target.tenant).await?;
                pass.tenant(&target.tenant, |tenant| tenant.facts = Some(facts.clone()));
                facts
            }
        };
        let organisation = facts.map(|facts| facts.display_name).unwrap_or_default();
        let Some(envelope) = self.envelope(target, claimed, organisation, policy) else {
            return Ok(false);
        };
        if envelope.channel != Channel::Email
            && let Some(signals) = &self.inner.risk_signals
        {
            let (tenant, to) = (&envelope.tenant, &envelope.destination);
            let signal = signals.before_send(tenant, envelope.channel, to).await;
            let code = matches!(envelope.message, Message::Code(_));
            if code && signal.unwrap_or(RiskSignal::Deny) == RiskSignal::Deny {
                return Ok(false);
            }
        }
        self.inner.delivery.deliver(&envelope).await?;
        Ok(true)
    }

    fn envelope(
        &self,
        target: &Target,
        claimed: &Claimed,
        organisation: String,
        policy: &Policy,
    ) -> Option<Envelope> {
        let Pending { number, queued_at, not_after, body, .. } = &claimed.pending;
        let mut about = None;
        let (channel, destination, locale, message) = match body {
            PendingBody::Notice { notice, channel, destination, locale, about: whom } => {
                about.clone_from(whom);
                (*channel, destination.clone(), locale, Message::Notice(*notice))
            }
            PendingBody::Code { flow, locale, .. } => {
                let SentSecret { challenge, purpose, by_administrator } = claimed.sent.as_ref()?;
                let purpose = purpose.code();
                let context = CodeContext {
                    account: &target.key,
                    flow: *flow,
                    challenge: challenge.number,
                    purpose,
                    method: challenge.method(),
                    nonce: &challenge.nonce,
                };
                let key = self.inner.keys.short(challenge.key)?;
                let expires_at = challenge.expires_at;
                let message = if challenge.channel() == Channel::Link {
                    // Configuration that is gone leads nowhere.
                    let base = policy.link.as_ref()?;
                    let secret = Zeroizing::new(key.code.link(&context).encode());
                    let url = SecretText::new([base.as_str(), &secret].concat());
                    let by_administrator = *by_administrator;
                    Message::Link(LinkMessage { purpose, url, expires_at, by_administrator })
                } else {
                    let code = key.code.derive(&context, challenge.format);
                    Message::Code(CodeMessage { purpose, code, expires_at })
                };
                let channel = challenge.channel().carrier()?;
                (channel, challenge.answer.destination()?.clone(), locale, message)
            }
            PendingBody::Revoke { .. } => return None,
        };
        Some(Envelope {
            idempotency_key: self.inner.keys.message(&target.key, *number, *queued_at),
            tenant: target.tenant.clone(),
            organisation,
            channel,
            destination,
            locale: locale.clone(),
            message,
            not_after: *not_after,
            about,
        })
    }
}

/// How the message of this number is handed over, if it is still there.
fn way_of(account: &Account, number: u32) -> Option<Way> {
    let pending = account.outbox.iter().find(|pending| pending.number == number)?;
    Some(match &pending.body {
        PendingBody::Notice { channel, .. } => Way::Channel(*channel),
        PendingBody::Revoke { .. } => Way::Directory,
        PendingBody::Code { challenge, .. } => {
            let mut open = account.flows.iter().flat_map(|flow| &flow.challenges);
            let challenge = open.find(|one| one.number == *challenge)?;
            Way::Channel(challenge.channel().carrier()?)
        }
    })
}
