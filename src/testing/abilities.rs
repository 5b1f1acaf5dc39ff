//! Doubles of the optional abilities: a seal, a hash, and a method that the host verifies.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use super::lock;
use crate::domain::crypto::mac::mac_parts;
use crate::port::{ExternalMethod, PortError, PortResult, Seal, SlowHash};
use crate::{MethodKind, SecretBytes, SecretText, TenantId, UserId};

/// A seal for tests that hides nothing; it only refuses to open with another `associated`.
///
/// ```
/// use sspr::port::Seal as _;
/// use sspr::testing::{TestSeal, block_on};
///
/// let sealed = block_on(TestSeal.seal(b"seed", b"ada"))?;
/// assert_eq!(block_on(TestSeal.open(&sealed, b"ada"))?.expose_secret(), b"seed");
/// assert!(block_on(TestSeal.open(&sealed, b"bob")).is_err());
/// # Ok::<(), sspr::port::PortError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "a unit struct that callers name as a value")]
pub struct TestSeal;

impl TestSeal {
    fn mark(plain: &[u8], associated: &[u8]) -> [u8; 32] {
        mac_parts(b"a seal that hides nothing at all", 0x7f, &[plain, associated])
    }
}

#[async_trait]
impl Seal for TestSeal {
    async fn seal(&self, plain: &[u8], associated: &[u8]) -> PortResult<Vec<u8>> {
        Ok([&Self::mark(plain, associated)[..], plain].concat())
    }

    async fn open(&self, sealed: &[u8], associated: &[u8]) -> PortResult<SecretBytes> {
        let (mark, plain) = sealed.split_at_checked(32).ok_or_else(PortError::corrupt)?;
        if mark == Self::mark(plain, associated) {
            Ok(SecretBytes::new(plain.to_vec()))
        } else {
            Err(PortError::corrupt().because("sealed with other associated data"))
        }
    }
}

/// A hash for tests that is not slow. Its clones count the hashes together.
///
/// ```
/// use sspr::port::SlowHash as _;
/// use sspr::testing::{TestHash, block_on};
///
/// let hash = TestHash::new();
/// let text = block_on(hash.hash(&"rex".into()))?;
/// assert!(block_on(hash.verify(&"rex".into(), &text))?);
/// assert_eq!(hash.hashes(), 2);
/// hash.raise_cost();
/// assert!(!hash.is_current(&text) && block_on(hash.verify(&"rex".into(), &text))?);
/// # Ok::<(), sspr::port::PortError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct TestHash {
    state: Arc<TestHashState>,
}

#[derive(Debug, Default)]
struct TestHashState {
    hashes: AtomicU64,
    cost: AtomicU64,
    salt: AtomicU64,
}

impl TestHash {
    /// A hash of cost 0.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many hashes were computed, by `hash` and `verify`.
    #[must_use]
    pub fn hashes(&self) -> u64 {
        self.state.hashes.load(Ordering::Relaxed)
    }

    /// Raises the cost: earlier hashes are not current any more.
    pub fn raise_cost(&self) {
        self.state.cost.fetch_add(1, Ordering::Relaxed);
    }

    fn text(cost: &str, salt: &str, secret: &SecretText) -> String {
        let parts = [cost.as_bytes(), salt.as_bytes(), secret.expose_secret().as_bytes()];
        let mac = mac_parts(b"a hash that is not slow at all !", 0x7e, &parts);
        // As long as a hash of Argon2id in the form of PHC.
        format!("$test${cost:0>16}${salt:0>8}${}", data_encoding::HEXLOWER.encode(&mac))
    }
}

#[async_trait]
impl SlowHash for TestHash {
    async fn hash(&self, secret: &SecretText) -> PortResult<String> {
        self.state.hashes.fetch_add(1, Ordering::Relaxed);
        let cost = self.state.cost.load(Ordering::Relaxed).to_string();
        let salt = self.state.salt.fetch_add(1, Ordering::Relaxed);
        Ok(Self::text(&format!("{cost:0>16}"), &format!("{salt:0>8}"), secret))
    }

    async fn verify(&self, secret: &SecretText, hash: &str) -> PortResult<bool> {
        self.state.hashes.fetch_add(1, Ordering::Relaxed);
        let parts: Vec<&str> = hash.split('$').collect();
        match parts[..] {
            ["", "test", cost, salt, mac] if mac.len() == 64 => {
                Ok(Self::text(cost, salt, secret) == hash)
            }
            _ => Err(PortError::corrupt().because("no hash of this double")),
        }
    }

    fn is_current(&self, hash: &str) -> bool {
        let cost = self.state.cost.load(Ordering::Relaxed);
        hash.split('$').nth(2) == Some(format!("{cost:0>16}").as_str())
    }
}

/// A host-verified method, simulated by a test: its owner responds with
/// [`response`](Self::response).
///
/// It treats unknown users like known ones, except in
/// [`available`](ExternalMethod::available).
#[derive(Clone, Debug)]
pub struct SimulatedMethod {
    kind: MethodKind,
    state: Arc<Mutex<Simulated>>,
}

#[derive(Debug, Default)]
struct Simulated {
    owners: BTreeSet<UserId>,
    begun: Vec<(UserId, String)>,
    verified: usize,
}

impl SimulatedMethod {
    /// A method of this kind without owners.
    #[must_use]
    pub fn new(kind: MethodKind) -> Self {
        Self { kind, state: Arc::default() }
    }

    /// Gives the method to a user.
    pub fn give(&self, user: &UserId) {
        lock(&self.state).owners.insert(user.clone());
    }

    /// Takes the method from a user.
    pub fn take(&self, user: &UserId) {
        lock(&self.state).owners.remove(user);
    }

    /// The response of the user's device to a page.
    #[must_use]
    pub fn response(&self, user: &UserId, page: &str) -> SecretText {
        let challenge = page.strip_prefix("page for ").unwrap_or(page);
        SecretText::new(format!("{user} approves {challenge} by {}", self.kind))
    }

    /// The users and challenges that `begin` was called with, oldest first.
    #[must_use]
    pub fn begun(&self) -> Vec<(UserId, String)> {
        lock(&self.state).begun.clone()
    }

    /// How often `verify` was called.
    #[must_use]
    pub fn verified(&self) -> usize {
        lock(&self.state).verified
    }
}

#[async_trait]
impl ExternalMethod for SimulatedMethod {
    fn kind(&self) -> MethodKind {
        self.kind
    }

    async fn available(&self, _tenant: &TenantId, user: &UserId) -> PortResult<bool> {
        Ok(lock(&self.state).owners.contains(user))
    }

    async fn begin(
        &self,
        _tenant: &TenantId,
        user: &UserId,
        challenge: &str,
    ) -> PortResult<String> {
        lock(&self.state).begun.push((user.clone(), challenge.to_owned()));
        Ok(format!("page for {challenge}"))
    }

    async fn verify(
        &self,
        _tenant: &TenantId,
        user: &UserId,
        challenge: &str,
        response: &SecretText,
    ) -> PortResult<bool> {
        lock(&self.state).verified += 1;
        let right = self.response(user, challenge);
        Ok(response.expose_secret() == right.expose_secret())
    }
}
