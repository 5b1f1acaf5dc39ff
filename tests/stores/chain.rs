//! A chain of directories: the kit over two, and what it does not ask.

#![cfg(feature = "conformance")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use proptest::prelude::*;
use sspr::adapters::chain::DirectoryChain;
use sspr::adapters::memory::{GroupMember, MemoryDirectory};
use sspr::conformance::{Ability, DirectoryUnderTest};
use sspr::facts::{GroupId, TenantFacts, UserFacts, UserQuery, UserSelector, WriteOutcome};
use sspr::port::{Cursor, Directory, Page, PasswordWrite, PortErrorKind, PortResult, UnlockWrite};
use sspr::testing::{block_on, forward};
use sspr::{Identifier, RoleId, SecretText, TenantId, UserId};

/// A name of one member and of the other.
const NAMES: [&str; 2] = ["cloud", "staff"];

/// Two memory directories and the chain over them. Counts what each is asked.
#[derive(Clone, Default)]
struct Both {
    members: [Counted; 2],
}

#[derive(Clone, Default)]
struct Counted {
    below: MemoryDirectory,
    finds: Arc<AtomicUsize>,
}

#[async_trait]
impl Directory for Counted {
    async fn find(&self, tenant: &TenantId, query: &UserQuery<'_>) -> PortResult<Vec<UserFacts>> {
        self.finds.fetch_add(1, Ordering::Relaxed);
        self.below.find(tenant, query).await
    }

    forward!(self.below => tenant, users, role_holders, set_password, verify_password, unlock);
}

impl Both {
    fn chain(&self) -> DirectoryChain {
        let [cloud, staff] = self.members.clone();
        let chain = DirectoryChain::new().with(NAMES[0], cloud).expect("valid");
        chain.with(NAMES[1], staff).expect("valid")
    }

    fn asked(&self) -> [usize; 2] {
        [0, 1].map(|member| self.members[member].finds.swap(0, Ordering::Relaxed))
    }

    fn add(&self, member: usize, id: &str, names: &[&str]) {
        let below = &self.members[member].below;
        below.add_tenant(tenant(), TenantFacts::new("The Kit"));
        below.add_user(&tenant(), UserFacts::new(id_of(id)), names, FIRST).expect("added");
    }
}

const FIRST: &str = "The first password 1!";
const SECOND: &str = "The second password 2!";

fn tenant() -> TenantId {
    TenantId::parse("kit").expect("valid")
}

fn id_of(id: &str) -> UserId {
    UserId::parse(id).expect("valid")
}

fn found(directory: &dyn Directory, by: UserSelector<'_>) -> PortResult<Vec<String>> {
    let groups = BTreeSet::new();
    let found = block_on(directory.find(&tenant(), &UserQuery::new(by, &groups)))?;
    Ok(found.into_iter().map(|facts| facts.id.as_str().to_owned()).collect())
}

fn by_name(directory: &dyn Directory, name: &str) -> PortResult<Vec<String>> {
    let name = Identifier::parse(name).expect("valid");
    found(directory, UserSelector::Identifier(&name))
}

/// The member in which the kit's user of this id is.
fn home(id: &UserId) -> usize {
    id.as_str().bytes().map(usize::from).sum::<usize>() % 2
}

fn prefixed(id: &UserId) -> UserId {
    id_of(&format!("{}:{}", NAMES[home(id)], id.as_str()))
}

/// The chain with ids as the kit gives them, which are those within the members.
struct Plain(DirectoryChain);

impl Plain {
    fn bare(mut facts: UserFacts) -> UserFacts {
        let (name, inner) = facts.id.as_str().split_once(':').expect("a prefix");
        let inner = id_of(inner);
        assert_eq!(name, NAMES[home(&inner)], "the user of another member");
        facts.id = inner;
        facts
    }

    fn bared(page: Page<UserFacts>) -> Page<UserFacts> {
        Page::new(page.items.into_iter().map(Self::bare).collect(), page.next)
    }
}

#[async_trait]
impl Directory for Plain {
    async fn find(&self, tenant: &TenantId, query: &UserQuery<'_>) -> PortResult<Vec<UserFacts>> {
        let outer = match query.by {
            UserSelector::Id(id) => Some(prefixed(id)),
            _ => None,
        };
        let by = outer.as_ref().map_or(query.by, UserSelector::Id);
        let found = self.0.find(tenant, &UserQuery::new(by, query.groups)).await?;
        Ok(found.into_iter().map(Self::bare).collect())
    }

    async fn users(
        &self,
        tenant: &TenantId,
        groups: &BTreeSet<GroupId>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<UserFacts>> {
        self.0.users(tenant, groups, after, limit).await.map(Self::bared)
    }

    async fn role_holders(
        &self,
        tenant: &TenantId,
        roles: &[RoleId],
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<UserFacts>> {
        self.0.role_holders(tenant, roles, after, limit).await.map(Self::bared)
    }

    async fn set_password(&self, write: &PasswordWrite<'_>) -> PortResult<sspr::facts::WriteReply> {
        let user = prefixed(write.user);
        let mut outer = PasswordWrite::new(write.tenant, &user, write.password, write.number);
        (outer.purpose, outer.must_change) = (write.purpose, write.must_change);
        (outer.expires_at, outer.clears) = (write.expires_at, write.clears);
        self.0.set_password(&outer).await
    }

    async fn verify_password(
        &self,
        tenant: &TenantId,
        user: &UserId,
        password: &SecretText,
    ) -> PortResult<bool> {
        self.0.verify_password(tenant, &prefixed(user), password).await
    }

    async fn unlock(&self, unlock: &UnlockWrite<'_>) -> PortResult<sspr::facts::WriteReply> {
        let user = prefixed(unlock.user);
        let mut outer = UnlockWrite::new(unlock.tenant, &user, unlock.number);
        outer.clears = unlock.clears;
        self.0.unlock(&outer).await
    }

    forward!(self.0 => tenant);
}

#[async_trait]
impl DirectoryUnderTest for Both {
    fn directory(&self) -> Arc<dyn Directory> {
        Arc::new(Plain(self.chain()))
    }

    async fn add_tenant(&self, tenant: &TenantId, facts: TenantFacts) -> PortResult<()> {
        for member in &self.members {
            member.below.add_tenant(tenant.clone(), facts.clone());
        }
        Ok(())
    }

    async fn add_user(
        &self,
        tenant: &TenantId,
        facts: UserFacts,
        names: &[&str],
        password: &str,
    ) -> PortResult<()> {
        self.members[home(&facts.id)].below.add_user(tenant, facts, names, password)
    }

    async fn add_group(
        &self,
        tenant: &TenantId,
        group: &GroupId,
        users: &[UserId],
        groups: &[GroupId],
    ) -> PortResult<Ability> {
        for (member, directory) in self.members.iter().enumerate() {
            let users = users.iter().filter(|user| home(user) == member).cloned();
            let groups = groups.iter().cloned().map(GroupMember::Group);
            let all = users.map(GroupMember::User).chain(groups);
            directory.below.add_group(tenant, group.clone(), all)?;
        }
        Ok(Ability::Has)
    }

    async fn cut_off(&self, off: bool) -> PortResult<Ability> {
        self.members.iter().for_each(|member| member.below.set_unreachable(off));
        Ok(Ability::Has)
    }
}

sspr::conformance_tests!(directory: over_two, Both::default);

#[test]
fn every_member_is_asked_once_wherever_the_user_lives() {
    let both = Both::default();
    both.add(0, "u-1", &["ada@kit.example"]);
    both.add(1, "u-1", &["bob@kit.example"]);
    let chain = both.chain();
    for (name, right) in [("ada@kit.example", "cloud:u-1"), ("bob@kit.example", "staff:u-1")] {
        assert_eq!(by_name(&chain, name).expect("asked"), [right]);
        assert_eq!(both.asked(), [1, 1], "{name}");
    }
    assert!(by_name(&chain, "unknown@kit.example").expect("asked").is_empty());
    assert_eq!(both.asked(), [1, 1], "an unknown name");
    for id in ["cloud:u-1", "staff:u-1"] {
        assert_eq!(found(&chain, UserSelector::Id(&id_of(id))).expect("asked"), [id]);
        assert_eq!(both.asked(), [1, 1], "{id}");
    }
    // As the engine asks for a decoy; and the id within a member is no id of the chain.
    for id in ["unknown-0123456789abcdef", "u-1", "cloud:", ":u-1", "Cloud:u-1", "other:u-1"] {
        assert!(found(&chain, UserSelector::Id(&id_of(id))).expect("asked").is_empty(), "{id}");
        assert_eq!(both.asked(), [1, 1], "{id}");
    }
}

#[test]
fn a_name_of_two_members_is_that_of_both() {
    let both = Both::default();
    both.add(0, "u-1", &["ada@kit.example"]);
    both.add(1, "u-2", &["ada@kit.example"]);
    assert_eq!(
        by_name(&both.chain(), "ada@kit.example").expect("asked"),
        ["cloud:u-1", "staff:u-2"]
    );
}

/// A directory that is out of reach.
#[derive(Default)]
struct Broken(MemoryDirectory);

#[async_trait]
impl Directory for Broken {
    async fn tenant(&self, _: &TenantId) -> PortResult<Option<TenantFacts>> {
        Err(sspr::port::PortError::unavailable())
    }

    async fn find(&self, _: &TenantId, _: &UserQuery<'_>) -> PortResult<Vec<UserFacts>> {
        Err(sspr::port::PortError::unavailable())
    }

    forward!(self.0 => users, role_holders, set_password, verify_password, unlock);
}

#[test]
fn a_member_that_fails_fails_the_answer_wherever_the_user_lives() {
    let cloud = MemoryDirectory::new();
    cloud.add_tenant(tenant(), TenantFacts::new("The Kit"));
    cloud
        .add_user(&tenant(), UserFacts::new(id_of("u-1")), &["ada@kit.example"], FIRST)
        .expect("added");
    for first in [true, false] {
        let chain = DirectoryChain::new();
        let chain = match first {
            true => chain
                .with("staff", Broken::default())
                .and_then(|chain| chain.with("cloud", cloud.clone())),
            false => chain
                .with("cloud", cloud.clone())
                .and_then(|chain| chain.with("staff", Broken::default())),
        };
        let chain = chain.expect("valid");
        for name in ["ada@kit.example", "unknown@kit.example"] {
            let error = by_name(&chain, name).expect_err("one is out of reach");
            assert_eq!(error.kind(), PortErrorKind::Unavailable, "{name}");
        }
        let id = id_of("cloud:u-1");
        assert!(found(&chain, UserSelector::Id(&id)).is_err());
        assert!(block_on(chain.tenant(&tenant())).is_err());
    }
}

#[test]
fn a_domain_has_one_member_for_known_and_unknown_names() {
    let both = Both::default();
    both.add(0, "u-1", &["ada@corp.example", "ada@kit.example"]);
    both.add(1, "u-2", &["bob@corp.example"]);
    let chain = both.chain().with_domain("Corp.example", "staff").expect("valid");
    for (name, found, asked) in [
        ("bob@CORP.example", 1, [0, 1]),
        // Known to the other member alone.
        ("ada@corp.example", 0, [0, 1]),
        ("unknown@corp.example", 0, [0, 1]),
        ("x@kit.example@corp.example", 0, [0, 1]),
        ("ada@kit.example", 1, [1, 1]),
        ("x@sub.corp.example", 0, [1, 1]),
        ("corp.example", 0, [1, 1]),
    ] {
        assert_eq!(by_name(&chain, name).expect("asked").len(), found, "{name}");
        assert_eq!(both.asked(), asked, "{name}");
    }
}

#[test]
fn a_chain_that_could_mix_ids_is_refused() {
    let chain = || DirectoryChain::new().with("cloud", MemoryDirectory::new()).expect("valid");
    for name in ["cloud", "", "Staff", "a:b", "seventeen-letters"] {
        assert!(chain().with(name, MemoryDirectory::new()).is_err(), "{name:?}");
    }
    for (domain, member) in [("kit.example", "staff"), ("", "cloud"), ("a@b", "cloud")] {
        assert!(chain().with_domain(domain, member).is_err(), "{domain:?}");
    }
    let twice = chain().with_domain("kit.example", "cloud").expect("valid");
    assert!(twice.with_domain("KIT.example", "cloud").is_err());
    for cursor in ["", "u-1", "staff:u-1", ":"] {
        let page =
            block_on(chain().users(&tenant(), &BTreeSet::new(), Some(&Cursor::new(cursor)), 5));
        assert_eq!(
            page.expect_err("of another listing").kind(),
            PortErrorKind::Denied,
            "{cursor:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Ids of members may look like anything, also like those of another member.
    #[test]
    fn a_chain_is_the_union_of_its_members(
        ids in proptest::collection::btree_set((0..2_usize, "(cloud:|staff:)?[a-c:]{1,3}"), 1..12),
        limit in 1..5_usize,
    ) {
        let both = Both::default();
        for (member, id) in &ids {
            let name = format!("{}@kit.example", id.replace(':', "."));
            both.add(*member, id, &[&name]);
        }
        let chain = both.chain();
        let right: BTreeSet<String> =
            ids.iter().map(|(member, id)| format!("{}:{id}", NAMES[*member])).collect();
        let (mut listed, mut cursor) = (Vec::new(), None);
        loop {
            let page = block_on(chain.users(&tenant(), &BTreeSet::new(), cursor.as_ref(), limit)).expect("a page");
            prop_assert!(page.items.len() <= limit);
            listed.extend(page.items.into_iter().map(|facts| facts.id.as_str().to_owned()));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        prop_assert_eq!(listed.len(), right.len());
        prop_assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), right);
        for (member, id) in &ids {
            let outer = id_of(&format!("{}:{id}", NAMES[*member]));
            prop_assert_eq!(found(&chain, UserSelector::Id(&outer)).expect("asked"), [outer.as_str()]);
            let password = SecretText::from(SECOND);
            let owner = tenant();
            let write = PasswordWrite::new(&owner, &outer, &password, 1);
            let reply = block_on(chain.set_password(&write)).expect("a reply");
            prop_assert_eq!(reply.outcome, WriteOutcome::Written);
            let holds = [0, 1].map(|member| both.members[member].below.writes(&tenant(), &id_of(id)).len());
            let twin = ids.contains(&(1 - member, id.clone()));
            prop_assert_eq!(holds[*member], 1, "written by its owner");
            prop_assert!(holds[1 - member] <= usize::from(twin), "written by another member");
            prop_assert!(block_on(chain.verify_password(&tenant(), &outer, &password)).expect("checked"));
        }
    }
}
