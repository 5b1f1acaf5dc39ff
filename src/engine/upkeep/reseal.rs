//! Seeds sealed anew, under the seal's present key.

use serde::Serialize;

use super::UnreadableAccount;
use crate::domain::account::{Factor, OathDevice, SealedSeed};
use crate::domain::decide::{Transition, replace_seeds};
use crate::domain::ids::{MethodId, TenantId, UserId};
use crate::domain::method::MethodKind;
use crate::domain::refusal::Refusal;
use crate::domain::secret::secrets_equal;
use crate::engine::Engine;
use crate::engine::compare::seed_context;
use crate::engine::error::{At as _, Error, FaultOrigin};
use crate::engine::step::{Decision, Loaded, OnUnknown, Origin, Target};
use crate::port::{Cursor, PortError, Seal};

/// What one call of [`Engine::reseal`] has done.
#[derive(Debug, Default, Serialize)]
#[non_exhaustive]
pub struct ResealPage {
    /// Accounts looked at.
    pub accounts: u64,
    /// Seeds that were under the present key already.
    pub current: u64,
    /// Seeds that are now. One that somebody else replaced or removed meanwhile is not among them.
    pub resealed: u64,
    /// Seeds that are not, and why: they were kept as they are.
    pub left: Vec<SeedsLeft>,
    /// Accounts whose record cannot be read.
    pub unreadable: Vec<UnreadableAccount>,
    /// Where to go on; `None` at the end. Its text may be kept, and taken up after a crash by any
    /// engine.
    pub next: Option<Cursor>,
}

/// Seeds of one account that were not sealed anew.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct SeedsLeft {
    /// Whose they are.
    pub user: UserId,
    /// Which methods.
    pub methods: Vec<MethodId>,
    /// What failed: the seal, or the store.
    pub error: Error,
}

/// A seed as it is kept, and the same one under the present key.
struct Fresh {
    id: MethodId,
    before: SealedSeed,
    after: SealedSeed,
}

impl Engine {
    /// Seals anew what is not under the seal's present key ([`Seal::is_current`]): the seeds of the
    /// next accounts of a tenant, at most `limit` accounts. Go on from [`ResealPage::next`] until
    /// there is none. Everything goes on meanwhile, in any number of processes.
    ///
    /// Each account is one commit and one `seeds_resealed` event. Nothing else about it changes: no
    /// code or flow becomes void, no step of a device counts again, nobody is told. Supplied tokens
    /// and enrolments that are not confirmed yet are included. A seed that cannot be opened is
    /// reported and kept, and stops nothing.
    ///
    /// Call it where the new key seals: an engine that still seals with the old one would bring its
    /// seeds back. An old key may go once every process seals with the new one, and a run begun after
    /// that has reached its end with nothing [`left`](ResealPage::left) and nothing
    /// [`unreadable`](ResealPage::unreadable), for every tenant. The manual has the whole
    /// [recipe](crate::manual::upgrading).
    ///
    /// ```
    /// # async fn run(engine: sspr::Engine, tenant: sspr::TenantId) -> Result<(), sspr::Error> {
    /// let mut cursor = None;
    /// loop {
    ///     let page = engine.reseal(&tenant, cursor.as_ref(), 100).await?;
    ///     println!("{} accounts, {} seeds", page.accounts, page.resealed);
    ///     let Some(next) = page.next else { break };
    ///     cursor = Some(next); // keep `as_str()` of it, to go on after a crash
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::NotOffered`] if the engine has no seal; [`Error::Fault`] if the store cannot list
    /// the accounts, the tenant's policy cannot be read, or no seed of the last page is left but what
    /// says which seal opens the store could not be sealed again: call again with the same cursor.
    pub async fn reseal(
        &self,
        tenant: &TenantId,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<ResealPage, Error> {
        let seal = self.inner.seal.as_deref().ok_or(Refusal::NotOffered)?;
        // A tenant whose policy is damaged is closed as a whole; that is no fault of each account.
        self.policy(tenant, false).await?;
        let page = self.accounts_of(tenant, after, limit).await?;
        let mut done = ResealPage { next: page.next, ..ResealPage::default() };
        for record in &page.items {
            done.accounts += 1;
            match self.read_account(tenant, record) {
                Ok((target, loaded)) => {
                    self.reseal_account(seal, &target, loaded, &mut done).await;
                }
                Err(unreadable) => done.unreadable.push(unreadable),
            }
        }
        // The check value moves to the present key with the seeds. Where a seed is left the key must
        // stay, and the report says so: an error would hide it.
        if done.next.is_none() {
            let checked = self.check_seal().await;
            if done.left.is_empty() {
                checked?;
            }
        }
        Ok(done)
    }

    async fn reseal_account(
        &self,
        seal: &dyn Seal,
        target: &Target,
        loaded: Loaded,
        done: &mut ResealPage,
    ) {
        let Some(user) = &target.user else { return };
        let mut fresh = Vec::new();
        for method in loaded.account.methods.iter() {
            let Factor::Oath(device) = &method.factor else { continue };
            if seal.is_current(&device.seed.0) {
                done.current += 1;
                continue;
            }
            let id = method.id.clone();
            match self.sealed_anew(seal, &target.tenant, user, method.kind, device).await {
                Ok(after) => fresh.push(Fresh { id, before: device.seed.clone(), after }),
                Err(error) => {
                    done.left.push(SeedsLeft { user: user.clone(), methods: vec![id], error });
                }
            }
        }
        if fresh.is_empty() {
            return;
        }
        match self.replace(target, loaded, &fresh).await {
            Ok(count) => done.resealed += u64::from(count),
            Err(error) => {
                let methods = fresh.into_iter().map(|one| one.id).collect();
                done.left.push(SeedsLeft { user: user.clone(), methods, error });
            }
        }
    }

    /// The seed under the present key. It takes the place of the only copy, so it is opened first.
    async fn sealed_anew(
        &self,
        seal: &dyn Seal,
        tenant: &TenantId,
        user: &UserId,
        kind: MethodKind,
        device: &OathDevice,
    ) -> Result<SealedSeed, Error> {
        let bound = seed_context(tenant, user, kind);
        let seed = seal.open(&device.seed.0, &bound).await.at(FaultOrigin::Seal)?;
        let sealed = self.seal_seed(tenant, user, kind, seed.expose_secret()).await?;
        let again = seal.open(&sealed.0, &bound).await.at(FaultOrigin::Seal)?;
        if secrets_equal(seed.expose_secret(), again.expose_secret()) {
            return Ok(sealed);
        }
        Err(PortError::corrupt().because("what was sealed anew is another seed"))
            .at(FaultOrigin::Seal)
    }

    /// Puts the seeds into the account as it is now.
    async fn replace(&self, target: &Target, loaded: Loaded, fresh: &[Fresh]) -> Result<u8, Error> {
        let (policy, _) = self.policy(&target.tenant, false).await?;
        let decide = |transition: &mut Transition<'_>| {
            let seeds = fresh.iter().map(|one| (&one.id, &one.before, &one.after));
            let count = replace_seeds(transition, seeds);
            Ok(if count > 0 { Decision::Commit(count) } else { Decision::Discard(0) })
        };
        let origin = Origin::engine();
        let step = self.step(target, Some(loaded), &policy, &origin, OnUnknown::Resolve, decide);
        Ok(step.await?.0)
    }
}
