//! Resealing: seeds under older keys of the seal are sealed under its current key.

use serde::Serialize;

use crate::domain::account::{Factor, OathDevice, SealedSeed};
use crate::domain::crypto::secret::secrets_equal;
use crate::domain::identity::ids::{MethodId, TenantId, UserId};
use crate::domain::method::MethodKind;
use crate::domain::refusal::Refusal;
use crate::domain::rules::replace_seeds;
use crate::engine::api::error::{At as _, Error, FaultOrigin};
use crate::engine::core::commit::{Decision, Loaded, Origin, Target};
use crate::engine::core::seeds::seed_context;
use crate::engine::core::{BoxedCall, Core};
use crate::engine::maintenance::accounts::{UnreadableAccount, accounts_of, read_account};
use crate::engine::observe::Observed;
use crate::port::{Cursor, PortError, Seal};

/// What one call of [`Engine::reseal`](crate::Engine::reseal) has done.
#[derive(Debug, Default, Serialize)]
#[non_exhaustive]
pub struct ResealPage {
    /// Accounts that were read.
    pub accounts: u64,
    /// Seeds that were under the current key before.
    pub current: u64,
    /// Seeds that this call has resealed, without those that were replaced or removed in the
    /// meantime.
    pub resealed: u64,
    /// Seeds that could not be resealed, and why. They were not changed.
    pub left: Vec<SeedsLeft>,
    /// Accounts whose record cannot be read.
    pub unreadable: Vec<UnreadableAccount>,
    /// Where to continue; `None` at the end. Any engine may continue from its text, also after a
    /// crash.
    pub next: Option<Cursor>,
}

/// Seeds of one account that could not be resealed.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct SeedsLeft {
    /// The user.
    pub user: UserId,
    /// The methods of these seeds.
    pub methods: Vec<MethodId>,
    /// The fault of the seal or the store.
    pub error: Error,
}

/// A stored seed, and the same seed under the current key.
struct Fresh {
    id: MethodId,
    before: SealedSeed,
    after: SealedSeed,
}

/// Reseals the seeds of the next accounts.
pub(crate) fn reseal<'a>(
    core: &'a Core,
    tenant: &'a TenantId,
    after: Option<&'a Cursor>,
    limit: usize,
) -> BoxedCall<'a, ResealPage> {
    Box::pin(async move {
        let seal = core.seal.as_ref().ok_or(Refusal::NotOffered)?;
        // A damaged policy closes the whole tenant and is reported once, not for each account.
        core.policy(tenant, false).await?;
        let page = accounts_of(core, tenant, after, limit).await?;
        let mut done = ResealPage { next: page.next, ..ResealPage::default() };
        for record in &page.items {
            done.accounts += 1;
            match read_account(core, tenant, record) {
                Ok((target, loaded)) => {
                    reseal_account(core, seal, &target, loaded, &mut done).await;
                }
                Err(unreadable) => done.unreadable.push(unreadable),
            }
        }
        // The check value moves to the current key with the seeds. If a seed is left, the old key
        // must stay; the report tells that, and an error would hide it.
        if done.next.is_none() {
            let checked = core.check_seal().await;
            if done.left.is_empty() {
                checked?;
            }
        }
        Ok(done)
    })
}

async fn reseal_account(
    core: &Core,
    seal: &Observed<dyn Seal>,
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
        match resealed(core, seal, &target.tenant, user, method.kind, device).await {
            Ok(after) => fresh.push(Fresh { id, before: device.seed.clone(), after }),
            Err(error) => {
                done.left.push(SeedsLeft { user: user.clone(), methods: vec![id], error });
            }
        }
    }
    if fresh.is_empty() {
        return;
    }
    match replace(core, target, loaded, &fresh).await {
        Ok(count) => done.resealed += u64::from(count),
        Err(error) => {
            let methods = fresh.into_iter().map(|seed| seed.id).collect();
            done.left.push(SeedsLeft { user: user.clone(), methods, error });
        }
    }
}

/// Seals the seed under the current key. It will replace the only copy, so it is opened once as
/// a check.
async fn resealed(
    core: &Core,
    seal: &Observed<dyn Seal>,
    tenant: &TenantId,
    user: &UserId,
    kind: MethodKind,
    device: &OathDevice,
) -> Result<SealedSeed, Error> {
    let bound = seed_context(tenant, user, kind);
    let seed = seal.open(&device.seed.0, &bound).await.at(FaultOrigin::Seal)?;
    let sealed = core.seal_seed(tenant, user, kind, seed.expose_secret()).await?;
    let again = seal.open(&sealed.0, &bound).await.at(FaultOrigin::Seal)?;
    if secrets_equal(seed.expose_secret(), again.expose_secret()) {
        return Ok(sealed);
    }
    Err(PortError::corrupt().because("the resealed seed opens to another seed"))
        .at(FaultOrigin::Seal)
}

/// Commits the resealed seeds.
async fn replace(
    core: &Core,
    target: &Target,
    loaded: Loaded,
    fresh: &[Fresh],
) -> Result<u8, Error> {
    let policy = core.policy(&target.tenant, false).await?;
    let origin = Origin::engine();
    let step = core.commit(target, &policy, &origin).from(loaded);
    let (count, _) = step
        .decide(|transition| {
            let seeds = fresh.iter().map(|seed| (&seed.id, &seed.before, &seed.after));
            let count = replace_seeds(transition, seeds);
            Ok(if count > 0 { Decision::Commit(count) } else { Decision::Discard(0) })
        })
        .await?;
    Ok(count)
}
