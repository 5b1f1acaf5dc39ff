//! A fixture: a tenant, an account, and an engine over test doubles.

mod builder;
mod registration;
mod reset;
#[cfg(test)]
mod tests;

use std::fmt::Debug;
use std::sync::Arc;

pub use builder::WorldBuilder;

use super::{ManualClock, SimulatedMethod, TestHash};
use crate::adapters::memory::{MemoryDirectory, MemoryInbox};
use crate::audit::{ActorKind, Event};
use crate::port::Store;
use crate::{
    Actor, Admin, Engine, Identifier, Keys, Policy, PolicySettings, Request, RoleId, SecretBytes,
    Source, TenantId, Timestamp, UserId,
};

/// A tenant with one account, and an engine over test doubles. A test of a host starts from it.
///
/// The engine keeps its records in a [`MemoryStore`](crate::adapters::memory::MemoryStore), knows
/// its users from [`directory`](Self::directory), delivers to [`inbox`](Self::inbox), reads the time
/// from [`clock`](Self::clock) and draws its codes from a seed. The [builder](Self::builder) replaces
/// any of them.
///
/// The policy is the default, with one difference: its scope is every user, because the default
/// scope is none. A reset therefore needs two methods, mail and mobile phone, which
/// [`WorldBuilder::registered`] registers for the account.
///
/// A method that does not return a `Result` expects that its calls of the engine succeed, and panics
/// with the error if one fails. A test that expects a refusal calls [`engine`](Self::engine).
///
/// ```
/// use sspr::Step;
/// use sspr::testing::{World, block_on};
///
/// # fn main() -> Result<(), sspr::Error> {
/// block_on(async {
///     let world = World::builder().registered().open().await;
///     let ticket = world.granted().await;
///     let reply = world.complete(&ticket, "plum tractor violet candle").await?;
///     assert_eq!(reply.step, Step::Done { propagated: true });
///     assert!(world.password_is("plum tractor violet candle"));
///     Ok(())
/// })
/// # }
/// ```
///
/// The same reset step by step, under another policy, with a code that expires:
///
/// ```
/// use std::time::Duration;
/// use sspr::method::ChallengeOption;
/// use sspr::testing::{World, block_on};
/// use sspr::{Error, MethodKind, Refusal};
///
/// block_on(async {
///     let world = World::builder()
///         .policy(|settings| settings.users.required = 1)
///         .registered()
///         .open()
///         .await;
///     let reply = world.start().await;
///     let by_mail = ChallengeOption::preferred(MethodKind::Email).into();
///     let (reply, code) = world.challenged(&reply.ticket, &by_mail, World::MAIL).await;
///     world.clock.advance(Duration::from_secs(3_600));
///     let refused = world.prove(&reply.ticket, &code).await;
///     assert!(matches!(refused, Err(Error::Refused(Refusal::NotAccepted))));
/// });
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct World {
    /// The engine.
    pub engine: Engine,
    /// The time, which stands still until the test moves it. It begins at [`START`](Self::START).
    pub clock: ManualClock,
    /// The tenant's users.
    pub directory: MemoryDirectory,
    /// Every message that was delivered.
    pub inbox: MemoryInbox,
    /// The engine's store, without the layers of [`WorldBuilder::recorded`] and
    /// [`WorldBuilder::faulty`].
    pub store: Arc<dyn Store>,
    /// The tenant, `contoso`.
    pub tenant: TenantId,
    /// The account's user.
    pub user: UserId,
    /// The account's sign-in name, [`NAME`](Self::NAME).
    pub name: Identifier,
    /// An administrator who may do everything.
    pub root: Actor,
    /// A host-verified passkey, which no user has at first.
    pub passkey: SimulatedMethod,
    /// A host-verified notification on a phone, which no user has at first.
    pub push: SimulatedMethod,
    /// The hash of answers.
    pub hash: TestHash,
}

impl World {
    /// The account's sign-in name and primary mail address.
    pub const NAME: &str = "ada@contoso.example";
    /// The mail address that the account registers.
    pub const MAIL: &str = "ada@private.example";
    /// The mobile number that the account registers.
    pub const MOBILE: &str = "+14255550100";
    /// The password of every user at first.
    pub const PASSWORD: &str = "an old password of ada";
    /// The time at which the clock begins, in seconds since 1970: 15 January 2027, 8:00 UTC.
    pub const START: i64 = 1_800_000_000;

    /// The tenant of every world.
    #[must_use]
    pub fn tenant() -> TenantId {
        expected("a tenant", TenantId::parse("contoso"))
    }

    /// The user of every world's account.
    #[must_use]
    pub fn user() -> UserId {
        expected("a user", UserId::parse("6e7b768e-07e2-4810-8459-485f84f8f204"))
    }

    /// The keys of every world that does not set its own.
    #[must_use]
    pub fn keys() -> Keys {
        let secret = |byte| SecretBytes::new(vec![byte; 32]);
        expected("keys", Keys::new(secret(1), 1, secret(2)))
    }

    /// The administrator of every world, who is another user than the account's.
    #[must_use]
    pub fn root() -> Actor {
        let role = expected("a role", RoleId::parse("Global Administrator"));
        Actor::user(expected("a user", UserId::parse("root@contoso.example")), [role])
    }

    /// A request from one address of the internet.
    #[must_use]
    pub fn request(&self) -> Request {
        self.request_from("203.0.113.7")
    }

    /// A request from this address.
    #[must_use]
    pub fn request_from(&self, source: &str) -> Request {
        Request::new(self.tenant.clone(), Source::parse(source))
    }

    /// The operations of administrators, as [`root`](Self::root).
    #[must_use]
    pub fn admin(&self) -> Admin<'_> {
        self.engine.admin(&self.tenant, &self.root)
    }

    /// Replaces the policy, whatever its revision is.
    pub async fn put_policy(&self, settings: PolicySettings) {
        let policy = expected("a sound policy", Policy::new(settings));
        let stored = expected("the policy is readable", self.admin().policy().await);
        let revision = stored.map(|stored| stored.revision);
        expected("the policy is put", self.admin().put_policy(&policy, revision).await);
    }

    /// Runs [`Engine::maintain`] until there is no more work: delivers every message that is due.
    ///
    /// # Panics
    ///
    /// If a call fails, or if there is always more work.
    pub async fn deliver(&self) {
        // A world that always has more to do would otherwise hang its test.
        for _ in 0..MOST_MAINTENANCE {
            if !expected("maintained", self.engine.maintain(100).await).more {
                return;
            }
        }
        panic!("maintain has more to do after {MOST_MAINTENANCE} calls at one instant");
    }

    /// Delivers what is due, and returns the code of the last message to this address or number.
    ///
    /// # Panics
    ///
    /// If a call fails, or if no code was sent there.
    pub async fn code_to(&self, address: &str) -> String {
        self.deliver().await;
        self.inbox.last_code_to(address).unwrap_or_else(|| panic!("no code was sent to {address}"))
    }

    /// Whether this is the account's password.
    #[must_use]
    pub fn password_is(&self, password: &str) -> bool {
        self.directory.password_is(&self.tenant, &self.user, password)
    }

    /// The tenant's first 1000 events as text, oldest first, for a snapshot: each line has the seconds
    /// since [`START`](Self::START), the actor and the code.
    ///
    /// ```
    /// use sspr::testing::{World, block_on};
    ///
    /// let trail = block_on(async { World::builder().open().await.trail().await });
    /// assert_eq!(trail, "0 root@contoso.example policy_changed\n");
    /// ```
    pub async fn trail(&self) -> String {
        let events = expected("events", self.admin().events(None, 1000).await);
        let line = |event: &Event| {
            let seconds = event.at.since(Timestamp::from_unix_seconds(Self::START)).as_secs();
            let actor = match &event.actor {
                ActorKind::Anonymous => "anonymous",
                ActorKind::User => "user",
                ActorKind::Administrator(name) => name,
                _ => "engine",
            };
            format!("{seconds} {actor} {}\n", event.code())
        };
        events.items.iter().map(line).collect()
    }

    /// The codes of the tenant's first 1000 events, oldest first.
    pub async fn event_codes(&self) -> Vec<String> {
        let events = expected("events", self.admin().events(None, 1000).await);
        events.items.iter().map(|event| event.code().to_owned()).collect()
    }
}

/// More calls of `maintain` than any test needs at one instant.
const MOST_MAINTENANCE: usize = 10_000;

/// The value of a call that a test expects to succeed.
#[track_caller]
fn expected<T, E: Debug>(what: &str, result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("{what}: {error:?}"))
}
