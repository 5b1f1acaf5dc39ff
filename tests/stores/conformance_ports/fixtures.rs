//! Fixtures for the directories and deliveries of the crate.

use std::sync::Arc;

use async_trait::async_trait;
use sspr::adapters::breach::{BreachHash, SortedFile};
use sspr::adapters::memory::{GroupMember, MemoryDirectory, MemoryInbox};
use sspr::conformance::{
    Ability, BreachListUnderTest, DeliveryUnderTest, DirectoryUnderTest, SessionsUnderTest,
};
use sspr::facts::{GroupId, TenantFacts, UserFacts};
use sspr::method::Channel;
use sspr::port::{
    BreachList, Clock as _, Delivery, Directory, Envelope, PortError, PortErrorKind, PortResult,
    Sessions, SystemClock,
};
use sspr::testing::{FaultPlan, Faulty, forward};
use sspr::{TenantId, Timestamp, UserId};

use crate::temporary::Temporary;

/// The memory directory.
pub(crate) struct InMemory {
    below: MemoryDirectory,
    directory: Arc<dyn Directory>,
}

impl Default for InMemory {
    fn default() -> Self {
        Self::wrapped(|below| Arc::new(below))
    }
}

impl InMemory {
    pub(crate) fn wrapped(wrap: impl FnOnce(MemoryDirectory) -> Arc<dyn Directory>) -> Self {
        let below = MemoryDirectory::new();
        Self { directory: wrap(below.clone()), below }
    }

    pub(crate) fn behind_a_plan() -> Self {
        Self::wrapped(|below| Arc::new(Faulty::new(below, FaultPlan::none())))
    }
}

#[async_trait]
impl DirectoryUnderTest for InMemory {
    fn directory(&self) -> Arc<dyn Directory> {
        Arc::clone(&self.directory)
    }

    async fn add_tenant(&self, tenant: &TenantId, facts: TenantFacts) -> PortResult<()> {
        self.below.add_tenant(tenant.clone(), facts);
        Ok(())
    }

    async fn add_user(
        &self,
        tenant: &TenantId,
        facts: UserFacts,
        names: &[&str],
        password: &str,
    ) -> PortResult<()> {
        self.below.add_user(tenant, facts, names, password)
    }

    async fn add_group(
        &self,
        tenant: &TenantId,
        group: &GroupId,
        users: &[UserId],
        groups: &[GroupId],
    ) -> PortResult<Ability> {
        let users = users.iter().cloned().map(GroupMember::User);
        let groups = groups.iter().cloned().map(GroupMember::Group);
        self.below.add_group(tenant, group.clone(), users.chain(groups))?;
        Ok(Ability::Has)
    }

    async fn cut_off(&self, off: bool) -> PortResult<Ability> {
        self.below.set_unreachable(off);
        Ok(Ability::Has)
    }
}

/// The sessions of the memory directory.
pub(crate) struct Signed {
    below: MemoryDirectory,
    sessions: Arc<dyn Sessions>,
}

impl Signed {
    pub(crate) fn wrapped(wrap: impl FnOnce(MemoryDirectory) -> Arc<dyn Sessions>) -> Self {
        let below = MemoryDirectory::new();
        Self { sessions: wrap(below.clone()), below }
    }
}

#[async_trait]
impl SessionsUnderTest for Signed {
    fn sessions(&self) -> Arc<dyn Sessions> {
        Arc::clone(&self.sessions)
    }

    async fn open(
        &self,
        tenant: &TenantId,
        user: &UserId,
        name: &str,
        authenticated_at: Timestamp,
        issued_at: Timestamp,
    ) -> PortResult<()> {
        self.below.add_tenant(tenant.clone(), TenantFacts::new("The kit"));
        if self.below.facts(tenant, user).is_none() {
            self.below.add_user(tenant, UserFacts::new(user.clone()), &[], "A password, 1!")?;
        }
        self.below.open_session(tenant, user, name, authenticated_at, issued_at)
    }

    async fn valid(&self, tenant: &TenantId, user: &UserId) -> PortResult<Vec<String>> {
        let sessions = self.below.sessions(tenant, user);
        Ok(sessions.into_iter().map(|session| session.name).collect())
    }
}

/// A delivery that refuses what has expired. The inbox itself has no clock.
pub(crate) struct Punctual<D>(pub(crate) D);

#[async_trait]
impl<D: Delivery> Delivery for Punctual<D> {
    forward!(self.0 => channels);

    async fn deliver(&self, envelope: &Envelope) -> PortResult<()> {
        if SystemClock.now() > envelope.not_after {
            return Err(PortError::denied().because("the message has expired"));
        }
        self.0.deliver(envelope).await
    }
}

/// The memory inbox, behind a delivery that can be cut off.
pub(crate) struct Inbox {
    inbox: MemoryInbox,
    delivery: Arc<dyn Delivery>,
}

impl Inbox {
    pub(crate) fn of(delivery: impl Delivery + 'static, inbox: MemoryInbox) -> Self {
        Self { inbox, delivery: Arc::new(delivery) }
    }
}

#[async_trait]
impl DeliveryUnderTest for Inbox {
    fn delivery(&self) -> Arc<dyn Delivery> {
        Arc::clone(&self.delivery)
    }

    async fn accepted(&self, idempotency_key: &str) -> PortResult<usize> {
        let all = self.inbox.all();
        let same = all.iter().filter(|message| message.idempotency_key == idempotency_key);
        Ok(same.map(|message| 1 + message.repetitions as usize).sum())
    }

    async fn provide(&self, tenant: &TenantId, channels: &[Channel]) -> PortResult<Ability> {
        self.inbox.set_channels(tenant, channels.to_vec());
        Ok(Ability::Has)
    }

    async fn cut_off(&self, off: bool) -> PortResult<Ability> {
        self.inbox.fail_with(off.then_some(PortErrorKind::Unavailable));
        Ok(Ability::Has)
    }
}

/// The file delivery, in a folder of its own.
#[cfg(feature = "files")]
pub(crate) struct Files {
    delivery: Arc<sspr::adapters::files::FileDelivery>,
    /// Holds the delivery's folder, also while that folder is moved away.
    _around: Temporary,
}

#[cfg(feature = "files")]
impl Default for Files {
    fn default() -> Self {
        let around = Temporary::new("conformance-files");
        let delivery = sspr::adapters::files::FileDelivery::new(around.path().join("messages"));
        let delivery = Arc::new(delivery.expect("temporary folders can be made"));
        Self { delivery, _around: around }
    }
}

#[cfg(feature = "files")]
#[async_trait]
impl DeliveryUnderTest for Files {
    fn delivery(&self) -> Arc<dyn Delivery> {
        Arc::clone(&self.delivery) as Arc<dyn Delivery>
    }

    async fn accepted(&self, idempotency_key: &str) -> PortResult<usize> {
        Ok(usize::from(self.delivery.path_of(idempotency_key)?.is_some()))
    }

    fn drops_expired(&self) -> Ability {
        Ability::Lacks("a developer sees every message, with the time at which it expires")
    }

    /// A missing folder takes no file.
    async fn cut_off(&self, off: bool) -> PortResult<Ability> {
        let failed = |error: std::io::Error| PortError::denied().because(error);
        let folder = self.delivery.path();
        let aside = folder.with_extension("aside");
        let (from, to) = if off { (folder, &*aside) } else { (&*aside, folder) };
        std::fs::rename(from, to).map_err(failed)?;
        Ok(Ability::Has)
    }
}

/// A list in a file of two passwords.
pub(crate) struct ListFile {
    list: Arc<SortedFile>,
    path: std::path::PathBuf,
    _around: Temporary,
}

impl Default for ListFile {
    fn default() -> Self {
        const LINES: &str = "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:9545824\r\n\
             7C4A8D09CA3762AF61E59520943DC26494F8941B:37359195\r\n";
        let around = Temporary::new("conformance-breach");
        let path = around.path().join("list");
        std::fs::write(&path, LINES).expect("temporary files can be made");
        let list = SortedFile::open(&path, BreachHash::Sha1).expect("a list");
        Self { list: Arc::new(list), path, _around: around }
    }
}

#[async_trait]
impl BreachListUnderTest for ListFile {
    fn list(&self) -> Arc<dyn BreachList> {
        Arc::clone(&self.list) as Arc<dyn BreachList>
    }

    fn listed(&self) -> Vec<String> {
        ["password", "123456"].map(str::to_owned).into()
    }

    async fn cut_off(&self, off: bool) -> PortResult<Ability> {
        let failed = |error: std::io::Error| PortError::denied().because(error);
        let aside = self.path.with_extension("aside");
        let (from, to) = if off { (&self.path, &aside) } else { (&aside, &self.path) };
        std::fs::rename(from, to).map_err(failed)?;
        Ok(Ability::Has)
    }
}
