//! Combines several directories into one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::facts::{
    GroupId, TenantFacts, UserFacts, UserQuery, UserSelector, WriteOutcome, WriteReply,
};
use crate::port::{Cursor, Directory, Page, PasswordWrite, PortError, PortResult, UnlockWrite};
use crate::{Identifier, RoleId, SecretText, TenantId, UserId};

/// A [`Directory`] of several: customers in a table, staff in Active Directory.
///
/// Each member has a name, which becomes the prefix of its users' ids: `staff:5c1e...`. So ids are unique and
/// stay the same; never change a member's name. Writes go to the member whose prefix the id has.
///
/// **Every member is asked**, one after the other, by `find` and `tenant`, also for a user that the first one
/// has: the calls do not tell where a user lives, or whether there is one. So an answer takes as long as all
/// members together, and a member that fails fails it: "not found" would be untrue. If users of two members
/// share a name, all of them are returned, and the engine treats the name as unknown.
///
/// [`with_domain`](Self::with_domain) asks one member alone about the names of a domain. That depends on what was
/// typed, not on who exists.
///
/// A tenant is known if a member knows it; the first one's facts count. Ids of groups and roles are passed on
/// as they are: two members must not use one id for different groups or roles.
///
/// ```
/// use sspr::adapters::chain::DirectoryChain;
/// use sspr::adapters::memory::MemoryDirectory;
///
/// let (customers, staff) = (MemoryDirectory::new(), MemoryDirectory::new()); // in production, real ones
/// let directory = DirectoryChain::new()
///     .with("customers", customers)?
///     .with("staff", staff)?
///     .with_domain("corp.example", "staff")?;
/// # Ok::<(), sspr::port::PortError>(())
/// ```
#[derive(Clone, Default)]
pub struct DirectoryChain {
    members: Vec<(String, Arc<dyn Directory>)>,
    domains: BTreeMap<String, usize>,
}

/// Between a member's name and the id of its user.
const BETWEEN: char = ':';

impl DirectoryChain {
    /// The longest name of a member, in bytes.
    pub const MAX_NAME: usize = 16;

    /// A chain without members, in which no tenant exists.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a member, which is asked after those that are there.
    ///
    /// # Errors
    ///
    /// `Denied` for a name that is taken, or not of 1 to 16 small letters, digits and `-`.
    pub fn with(mut self, name: &str, directory: impl Directory + 'static) -> PortResult<Self> {
        let is_right = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        if !(1..=Self::MAX_NAME).contains(&name.len()) || !name.bytes().all(is_right) {
            return Err(refused("a name is 1 to 16 small letters, digits and `-`"));
        }
        if self.position(name).is_some() {
            return Err(refused("two members have one name"));
        }
        self.members.push((name.to_owned(), Arc::new(directory)));
        Ok(self)
    }

    /// Asks only this member about names that end in `@` and this domain, in any case. Subdomains are
    /// domains of their own.
    ///
    /// # Errors
    ///
    /// `Denied` if there is no such member, or the domain is empty, holds an `@` or has a member.
    pub fn with_domain(mut self, domain: &str, member: &str) -> PortResult<Self> {
        let Some(member) = self.position(member) else {
            return Err(refused("no member has this name, add it first"));
        };
        if domain.is_empty() || domain.contains('@') {
            return Err(refused("a domain is what follows the `@`"));
        }
        match self.domains.insert(domain.to_lowercase(), member) {
            None => Ok(self),
            Some(_) => Err(refused("the domain has a member")),
        }
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.members.iter().position(|(other, _)| other == name)
    }

    /// The member that owns an id, and the id there.
    fn owner(&self, id: &UserId) -> Option<(usize, UserId)> {
        let (name, inner) = id.as_str().split_once(BETWEEN)?;
        // An inner id is a part of a valid one; it may be empty.
        Some((self.position(name)?, UserId::parse(inner).ok()?))
    }

    fn is_asked(&self, member: usize, typed: &Identifier) -> bool {
        let domain = typed.as_str().rsplit_once('@').map(|(_, domain)| domain.to_lowercase());
        let one = domain.and_then(|domain| self.domains.get(&domain));
        one.is_none_or(|one| *one == member)
    }

    /// The facts with the id that the user has in the chain.
    fn outer(&self, member: usize, mut facts: UserFacts) -> PortResult<UserFacts> {
        let name = self.members.get(member).map_or("", |(name, _)| name);
        let id = UserId::parse(&format!("{name}{BETWEEN}{}", facts.id.as_str()));
        facts.id = id.map_err(|_| refused("a user's id is too long for the prefix"))?;
        Ok(facts)
    }

    /// The page at a position: of one member after the other, until it is full.
    async fn page<F>(
        &self,
        after: Option<&Cursor>,
        limit: usize,
        ask: impl Fn(Arc<dyn Directory>, Option<Cursor>, usize) -> F,
    ) -> PortResult<Page<UserFacts>>
    where
        F: Future<Output = PortResult<Page<UserFacts>>>,
    {
        let (first, mut inner) = self.place(after)?;
        let mut member = first;
        let mut users = Vec::new();
        while let Some((name, directory)) = self.members.get(member) {
            if member > first && users.len() >= limit {
                // The start of this member.
                return Ok(Page::new(users, Some(Cursor::new(format!("{name}{BETWEEN}")))));
            }
            let page = ask(Arc::clone(directory), inner.take(), limit - users.len()).await?;
            for facts in page.items {
                users.push(self.outer(member, facts)?);
            }
            if let Some(next) = page.next {
                // An empty page may have one: the caller asks again.
                let next = Cursor::new(format!("{name}{BETWEEN}{}", next.as_str()));
                return Ok(Page::new(users, Some(next)));
            }
            member += 1;
        }
        Ok(Page::new(users, None))
    }

    /// The member that a cursor is in, and its own cursor.
    fn place(&self, after: Option<&Cursor>) -> PortResult<(usize, Option<Cursor>)> {
        let Some(after) = after else { return Ok((0, None)) };
        let place = after.as_str().split_once(BETWEEN).and_then(|(name, inner)| {
            let inner = (!inner.is_empty()).then(|| Cursor::new(inner));
            Some((self.position(name)?, inner))
        });
        place.ok_or_else(|| refused("a cursor of another listing"))
    }
}

fn refused(why: &'static str) -> PortError {
    PortError::denied().because(format!("chain: {why}"))
}

impl fmt::Debug for DirectoryChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.members.iter().map(|(name, _)| name)).finish()
    }
}

#[async_trait]
impl Directory for DirectoryChain {
    async fn tenant(&self, tenant: &TenantId) -> PortResult<Option<TenantFacts>> {
        let mut found = None;
        for (_, directory) in &self.members {
            let facts = directory.tenant(tenant).await?;
            found = found.or(facts);
        }
        Ok(found)
    }

    async fn find(&self, tenant: &TenantId, query: &UserQuery<'_>) -> PortResult<Vec<UserFacts>> {
        let mut all = Vec::new();
        for (member, (_, directory)) in self.members.iter().enumerate() {
            match query.by {
                UserSelector::Identifier(typed) => {
                    if self.is_asked(member, typed) {
                        for facts in directory.find(tenant, query).await? {
                            all.push(self.outer(member, facts)?);
                        }
                    }
                }
                UserSelector::Id(id) => {
                    // The others are asked too, and their answer is not used.
                    let owner = self.owner(id).filter(|(owner, _)| *owner == member);
                    let inner = owner.as_ref().map_or(id, |(_, inner)| inner);
                    let by = UserQuery::new(UserSelector::Id(inner), query.groups);
                    let found = directory.find(tenant, &by).await?;
                    if owner.is_some() {
                        for facts in found {
                            all.push(self.outer(member, facts)?);
                        }
                    }
                }
            }
        }
        // The contract's limit on those who share a name.
        all.truncate(50);
        Ok(all)
    }

    /// One member after the other.
    async fn users(
        &self,
        tenant: &TenantId,
        groups: &BTreeSet<GroupId>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<UserFacts>> {
        let ask = |directory: Arc<dyn Directory>, after: Option<Cursor>, limit| async move {
            directory.users(tenant, groups, after.as_ref(), limit).await
        };
        self.page(after, limit, ask).await
    }

    /// As [`users`](Self::users).
    async fn role_holders(
        &self,
        tenant: &TenantId,
        roles: &[RoleId],
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<UserFacts>> {
        let ask = |directory: Arc<dyn Directory>, after: Option<Cursor>, limit| async move {
            directory.role_holders(tenant, roles, after.as_ref(), limit).await
        };
        self.page(after, limit, ask).await
    }

    async fn set_password(&self, write: &PasswordWrite<'_>) -> PortResult<WriteReply> {
        let Some((member, user)) = self.owner(write.user) else { return Ok(unowned()) };
        let (_, directory) = &self.members[member]; // a position is of a member
        let write = PasswordWrite { user: &user, ..*write };
        directory.set_password(&write).await
    }

    async fn verify_password(
        &self,
        tenant: &TenantId,
        user: &UserId,
        password: &SecretText,
    ) -> PortResult<bool> {
        // The first one does the work for an id that no member owns, and cannot have it.
        let owner = self.owner(user);
        let (member, inner) = owner.as_ref().map_or((0, user), |(member, inner)| (*member, inner));
        let Some((_, directory)) = self.members.get(member) else { return Ok(false) };
        Ok(directory.verify_password(tenant, inner, password).await? && owner.is_some())
    }

    async fn unlock(&self, unlock: &UnlockWrite<'_>) -> PortResult<WriteReply> {
        let Some((member, user)) = self.owner(unlock.user) else { return Ok(unowned()) };
        let (_, directory) = &self.members[member]; // a position is of a member
        let unlock = UnlockWrite { user: &user, ..*unlock };
        directory.unlock(&unlock).await
    }
}

fn unowned() -> WriteReply {
    WriteOutcome::AdminActionRequired.with_detail("no member of the chain has the user's id")
}
