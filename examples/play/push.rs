//! A push with number matching: the host's service and Ada's phone in one.
//!
//! The manual page `host_methods` explains the rules.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sspr::port::{Entropy as _, ExternalMethod, PortResult, SystemEntropy, async_trait};
use sspr::{MethodKind, SecretText, TenantId, UserId};

/// Requests by challenge. A service keeps them beside its sessions and drops them after some minutes.
struct Asked {
    user: UserId,
    number: u8,
    approved: bool,
}

#[derive(Clone, Default)]
pub(crate) struct Push {
    phones: Arc<Mutex<Vec<UserId>>>,
    asked: Arc<Mutex<HashMap<String, Asked>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Push {
    /// Links an installed app to the account; the host does this without the engine.
    pub(crate) fn link(&self, user: &UserId) {
        lock(&self.phones).push(user.clone());
    }

    /// Enters the number on the phone, which asks "are you resetting your password?". A wrong number
    /// ends the challenge.
    pub(crate) fn type_on_phone(&self, user: &UserId, number: u8) -> bool {
        let mut asked = lock(&self.asked);
        let open = asked.values_mut().find(|request| request.user == *user && !request.approved);
        open.is_some_and(|request| {
            request.approved = request.number == number;
            request.approved
        })
    }
}

#[async_trait]
impl ExternalMethod for Push {
    fn kind(&self) -> MethodKind {
        MethodKind::AppNotification
    }

    async fn available(&self, _: &TenantId, user: &UserId) -> PortResult<bool> {
        Ok(lock(&self.phones).contains(user))
    }

    /// Returns a number for the page, also for a user without a phone.
    async fn begin(&self, _: &TenantId, user: &UserId, challenge: &str) -> PortResult<String> {
        let mut byte = [0];
        SystemEntropy.fill(&mut byte)?;
        let mut asked = lock(&self.asked);
        let fresh = Asked { user: user.clone(), number: 10 + byte[0] % 90, approved: false };
        // The same challenge may be begun again: the number stays.
        let request = asked.entry(challenge.to_owned()).or_insert(fresh);
        Ok(request.number.to_string())
    }

    /// The browser only sends "I have typed it": the result depends on what the phone sent.
    async fn verify(
        &self,
        _: &TenantId,
        user: &UserId,
        challenge: &str,
        _: &SecretText,
    ) -> PortResult<bool> {
        let asked = lock(&self.asked);
        Ok(asked.get(challenge).is_some_and(|request| request.user == *user && request.approved))
    }
}
