//! Seeds of authenticator apps and tokens: sealed when they are registered, opened for one comparison.

use crate::domain::account::{OathDevice, SealedSeed, Unknown};
use crate::domain::crypto::code::TypedCode;
use crate::domain::crypto::secret::SecretBytes;
use crate::domain::crypto::totp::{Drift, OathParameters, OathSeed, matching_step};
use crate::domain::identity::ids::{TenantId, UserId};
use crate::domain::method::MethodKind;
use crate::domain::policy::Policy;
use crate::domain::refusal::Refusal;
use crate::engine::api::error::{At as _, Error, FaultOrigin};
use crate::engine::core::Core;
use crate::engine::core::commit::Target;
use crate::port::PortError;

const DECOY_SEED: &[u8] = b"sspr decoy seed";

impl Core {
    /// Seals a seed for one user and one kind of method.
    pub(crate) async fn seal_seed(
        &self,
        tenant: &TenantId,
        user: &UserId,
        kind: MethodKind,
        seed: &[u8],
    ) -> Result<SealedSeed, Error> {
        let seal = self.seal.as_ref().ok_or(Refusal::NotOffered)?;
        let sealed =
            seal.seal(seed, &seed_context(tenant, user, kind)).await.at(FaultOrigin::Seal)?;
        if sealed.len() > SealedSeed::MAX_BYTES {
            let error =
                PortError::denied().because("the sealed seed is longer than a record may hold");
            return Err(error).at(FaultOrigin::Seal);
        }
        Ok(SealedSeed(sealed))
    }

    /// An OATH token whose seed is sealed for this user.
    pub(crate) async fn token(
        &self,
        tenant: &TenantId,
        user: &UserId,
        seed: &OathSeed,
        parameters: OathParameters,
    ) -> Result<OathDevice, Error> {
        parameters.check()?;
        let kind = MethodKind::OathToken;
        let seed = self.seal_seed(tenant, user, kind, seed.expose_secret()).await?;
        Ok(OathDevice { seed, parameters, used: None, unknown: Unknown::NONE })
    }

    /// Seals the decoy seed, which is opened for accounts without a device.
    pub(crate) async fn seal_decoy_seed(&self) -> Result<(), Error> {
        let Some(seal) = &self.seal else {
            return Ok(());
        };
        let seed = SecretBytes::new(self.random::<20>()?.to_vec());
        let sealed = seal.seal(seed.expose_secret(), DECOY_SEED).await.at(FaultOrigin::Seal)?;
        self.decoy_seed.get_or_init(|| sealed);
        Ok(())
    }

    /// The time step whose code was typed. Without a device the decoy seed is unsealed and never
    /// matches.
    pub(crate) async fn matching_step(
        &self,
        target: &Target,
        device: Option<(MethodKind, &OathDevice)>,
        policy: &Policy,
        typed: &TypedCode,
    ) -> Result<Option<u64>, Error> {
        let Some(seal) = &self.seal else {
            return Ok(None);
        };
        let none = Vec::new();
        let decoy = self.decoy_seed.get().unwrap_or(&none);
        let (sealed, associated, parameters) = match (device, &target.user) {
            (Some((kind, device)), Some(user)) => {
                let associated = seed_context(&target.tenant, user, kind);
                (&device.seed.0, associated, device.parameters)
            }
            _ => (decoy, DECOY_SEED.to_vec(), OathParameters::default()),
        };
        let seed = seal.open(sealed, &associated).await.at(FaultOrigin::Seal)?;
        let drift = Drift { back: policy.oath.back, forward: policy.oath.forward };
        let (now, code) = (self.clock.now(), typed.digits(parameters.digits));
        Ok(matching_step(seed.expose_secret(), parameters, drift, now, code)
            .filter(|_| device.is_some()))
    }
}

/// The associated data of a sealed seed: it opens for this user and this kind of method only.
pub(crate) fn seed_context(tenant: &TenantId, user: &UserId, kind: MethodKind) -> Vec<u8> {
    let mut context = b"sspr oath seed".to_vec();
    context.push(kind.tag());
    for part in [tenant.as_str(), user.as_str()] {
        context.extend_from_slice(&(part.len() as u64).to_be_bytes());
        context.extend_from_slice(part.as_bytes());
    }
    context
}
