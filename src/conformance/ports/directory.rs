//! Properties of reading a directory.

use std::collections::BTreeSet;
use std::slice::from_ref;
use std::sync::Arc;

use crate::conformance::kit::{PropertyResult, Stop, ensure, require};
use crate::conformance::ports::{DirectoryUnderTest, PortHarness};
use crate::conformance::sample::tenant;
use crate::facts::{GroupId, TenantFacts, UserFacts, UserQuery, UserSelector};
use crate::{Identifier, InvalidInput, RoleId, TenantId, UserId};

pub(super) type Subject<'a> = &'a dyn PortHarness<dyn DirectoryUnderTest>;
pub(super) type SharedDirectory = Arc<dyn DirectoryUnderTest>;

pub(super) fn malformed(error: InvalidInput) -> Stop {
    Stop::Seen(error.to_string())
}

pub(super) fn user(id: &str) -> PropertyResult<UserId> {
    UserId::parse(id).map_err(malformed)
}

/// A fixture with the kit's two tenants.
pub(super) async fn open(harness: Subject<'_>) -> PropertyResult<SharedDirectory> {
    let fixture = harness.make();
    for (id, name) in [("kit", "The Kit"), ("kit-other", "Another")] {
        fixture.add_tenant(&tenant(id), TenantFacts::new(name)).await?;
    }
    Ok(fixture)
}

/// Adds a user who signs in by the id, at the tenant's own domain.
pub(super) async fn add(
    fixture: &SharedDirectory,
    owner: &str,
    id: &str,
) -> PropertyResult<UserId> {
    let facts = UserFacts::new(user(id)?);
    let name = format!("{id}@{owner}.example");
    fixture.add_user(&tenant(owner), facts, &[&name], &format!("Password of {id} 1!")).await?;
    user(id)
}

/// The user that the directory finds by this name.
pub(super) async fn named(
    fixture: &SharedDirectory,
    owner: &str,
    name: &str,
) -> PropertyResult<Option<UserFacts>> {
    let name = Identifier::parse(name).map_err(malformed)?;
    let query = UserQuery::new(UserSelector::Identifier(&name), const { &BTreeSet::new() });
    only(fixture.directory().find(&tenant(owner), &query).await?)
}

pub(super) async fn known(
    fixture: &SharedDirectory,
    owner: &TenantId,
    id: &UserId,
    groups: &BTreeSet<GroupId>,
) -> PropertyResult<Option<UserFacts>> {
    let query = UserQuery::new(UserSelector::Id(id), groups);
    only(fixture.directory().find(owner, &query).await?)
}

/// The one user of a reply, if there is one.
fn only(found: Vec<UserFacts>) -> PropertyResult<Option<UserFacts>> {
    ensure!(found.len() < 2, "several users: {:?}", ids(&found));
    Ok(found.into_iter().next())
}

fn ids(found: &[UserFacts]) -> Vec<&str> {
    let mut ids: Vec<_> = found.iter().map(|facts| facts.id.as_str()).collect();
    ids.sort_unstable();
    ids
}

pub(super) async fn tenant_tells_known_from_unknown(harness: Subject<'_>) -> PropertyResult {
    let fixture = open(harness).await?;
    let directory = fixture.directory();
    for (id, name) in [("kit", "The Kit"), ("kit-other", "Another")] {
        let facts = directory.tenant(&tenant(id)).await?;
        let found = facts.map(|facts| facts.display_name);
        ensure!(found.as_deref() == Some(name), "{found:?} for the tenant {name:?}");
    }
    for id in ["unknown", "ki", "kit ", "kit%"] {
        let facts = directory.tenant(&tenant(id)).await?;
        ensure!(facts.is_none(), "facts of the tenant {id:?}, which does not exist");
    }
    Ok(())
}

pub(super) async fn find_knows_users_by_name_and_id(harness: Subject<'_>) -> PropertyResult {
    let fixture = open(harness).await?;
    for id in ["u-1", "u-11", "u-2"] {
        add(&fixture, "kit", id).await?;
    }
    for id in ["u-1", "u-11", "u-2"] {
        let found =
            named(&fixture, "kit", &format!("{id}@kit.example")).await?.map(|facts| facts.id);
        ensure!(found == Some(user(id)?), "{found:?} by the name of {id}");
        let found = known(&fixture, &tenant("kit"), &user(id)?, &BTreeSet::new())
            .await?
            .map(|facts| facts.id);
        ensure!(found == Some(user(id)?), "{found:?} by the id {id}");
    }
    let odd = ["unknown@kit.example", "u-1%", "*", "(uid=*)", "u-1@kit.example'--", "\u{1f5dd}"];
    // A pattern that one user alone matches is no name either.
    let patterns =
        ["u-2*@kit.example", "u-2*", "?-2@kit.example", "u_2@kit.example", "u-2%", "u-2@*"];
    for name in odd.into_iter().chain(patterns) {
        let found = named(&fixture, "kit", name).await?.map(|facts| facts.id);
        ensure!(found.is_none(), "{found:?} by the name {name:?}, which no user has");
    }
    for id in ["u-3", "u-2*", "U-2", "u-2 ", "*"] {
        let found = known(&fixture, &tenant("kit"), &user(id)?, &BTreeSet::new()).await?;
        ensure!(found.is_none(), "a user by the id {id:?}, which no user has");
    }
    Ok(())
}

pub(super) async fn find_keeps_tenants_apart(harness: Subject<'_>) -> PropertyResult {
    let fixture = open(harness).await?;
    let id = add(&fixture, "kit", "u-1").await?;
    let own = named(&fixture, "kit", "u-1@kit.example").await?;
    ensure!(own.is_some(), "no user in the user's own tenant");
    let foreign = named(&fixture, "kit-other", "u-1@kit.example").await?;
    ensure!(foreign.is_none(), "another tenant's user, by name");
    let foreign = known(&fixture, &tenant("kit-other"), &id, &BTreeSet::new()).await?;
    ensure!(foreign.is_none(), "another tenant's user, by id");
    let unknown = known(&fixture, &tenant("unknown"), &id, &BTreeSet::new()).await?;
    ensure!(unknown.is_none(), "a user of a tenant that does not exist");
    Ok(())
}

pub(super) async fn find_returns_all_who_share_a_name(harness: Subject<'_>) -> PropertyResult {
    let fixture = open(harness).await?;
    for id in ["u-1", "u-2"] {
        let facts = UserFacts::new(user(id)?);
        let own = format!("{id}@kit.example");
        let names = [own.as_str(), "shared@kit.example"];
        let added = fixture.add_user(&tenant("kit"), facts, &names, "Password 1 of two!").await;
        if added.is_err() && id == "u-2" {
            return Err(Stop::Skip("the directory refuses a name that is taken"));
        }
        added?;
    }
    let shared = Identifier::parse("shared@kit.example").map_err(malformed)?;
    let query = UserQuery::new(UserSelector::Identifier(&shared), const { &BTreeSet::new() });
    let found = fixture.directory().find(&tenant("kit"), &query).await?;
    ensure!(ids(&found) == ["u-1", "u-2"], "{:?} by a name that two users have", ids(&found));
    let found = named(&fixture, "kit", "u-2@kit.example").await?.map(|facts| facts.id);
    ensure!(found == Some(user("u-2")?), "{found:?} by a name that one of them has alone");
    Ok(())
}

pub(super) async fn find_resolves_groups(harness: Subject<'_>) -> PropertyResult {
    let fixture = open(harness).await?;
    let (owner, member) = (tenant("kit"), add(&fixture, "kit", "u-1").await?);
    add(&fixture, "kit", "u-2").await?;
    let group = |id: &str| GroupId::parse(id).map_err(malformed);
    let [inner, middle, outer] = [group("inner")?, group("middle")?, group("outer")?];
    let [other, round] = [group("other")?, group("round")?];
    // A cycle: `outer` holds `middle`, `middle` holds `inner`, and `inner` holds `outer`.
    let made = fixture.add_group(&owner, &inner, from_ref(&member), from_ref(&outer)).await?;
    require(made)?;
    fixture.add_group(&owner, &middle, &[], from_ref(&inner)).await?;
    fixture.add_group(&owner, &outer, &[], from_ref(&middle)).await?;
    fixture.add_group(&owner, &other, &[user("u-2")?], &[]).await?;
    fixture.add_group(&owner, &round, &[], from_ref(&round)).await?;
    let asked: BTreeSet<_> = [&inner, &outer, &other, &round].into_iter().cloned().collect();
    let facts = known(&fixture, &owner, &member, &asked).await?;
    let found = facts.map(|facts| facts.groups.intersection(&asked).cloned().collect());
    let right: BTreeSet<GroupId> = [inner, outer].into_iter().collect();
    ensure!(
        found.as_ref() == Some(&right),
        "{found:?} of the groups asked for, expected {right:?}"
    );
    let page = fixture.directory().users(&owner, &asked, None, 10).await?;
    let listed = page.items.into_iter().find(|facts| facts.id == member);
    let found = listed.map(|facts| facts.groups.intersection(&asked).cloned().collect());
    ensure!(found.as_ref() == Some(&right), "`users` lists {found:?}, expected {right:?}");
    Ok(())
}

pub(super) async fn users_lists_each_user_once(harness: Subject<'_>) -> PropertyResult {
    let (fixture, none) = (open(harness).await?, BTreeSet::new());
    let mut all = BTreeSet::new();
    for n in 0..23 {
        all.insert(add(&fixture, "kit", &format!("u-{n}")).await?);
    }
    add(&fixture, "kit-other", "u-5").await?;
    add(&fixture, "kit-other", "u-foreign").await?;
    for limit in [1, 4, 23, 100, usize::MAX] {
        let mut found = Vec::new();
        let mut cursor = None;
        for _ in 0..100 {
            let directory = fixture.directory();
            let page = directory.users(&tenant("kit"), &none, cursor.as_ref(), limit).await?;
            ensure!(page.items.len() <= limit, "{} users of at most {limit}", page.items.len());
            found.extend(page.items.into_iter().map(|facts| facts.id));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        ensure!(cursor.is_none(), "the listing does not end");
        let many = found.len();
        let different: BTreeSet<_> = found.into_iter().collect();
        ensure!(many == 23 && different == all, "{many} users of 23, by pages of {limit}");
    }
    let unknown = fixture.directory().users(&tenant("unknown"), &none, None, 10).await?;
    ensure!(unknown.items.is_empty(), "users of a tenant that does not exist");
    Ok(())
}

pub(super) async fn role_holders_are_those_of_the_roles(harness: Subject<'_>) -> PropertyResult {
    let fixture = open(harness).await?;
    let role = |id: &str| RoleId::parse(id).map_err(malformed);
    let [admin, help, other] = [role("admin")?, role("help")?, role("other")?];
    let holders = [
        ("kit", "u-1", vec![&admin]),
        ("kit", "u-2", vec![&admin, &help]),
        ("kit", "u-3", vec![&other]),
        ("kit", "u-4", vec![]),
        ("kit-other", "u-9", vec![&admin]),
    ];
    for (owner, id, roles) in holders {
        let mut facts = UserFacts::new(user(id)?);
        facts.roles = roles.into_iter().cloned().collect();
        let name = format!("{id}@{owner}.example");
        fixture.add_user(&tenant(owner), facts, &[&name], "Password 1 of a role!").await?;
    }
    let (directory, owner) = (fixture.directory(), tenant("kit"));
    let asked = [
        (vec![admin.clone()], vec!["u-1", "u-2"]),
        (vec![help.clone()], vec!["u-2"]),
        (vec![admin.clone(), help], vec!["u-1", "u-2"]),
        (vec![role("unheld")?], vec![]),
        (vec![], vec![]),
    ];
    for (roles, right) in asked {
        for limit in [1, 2, 10] {
            let (mut found, mut cursor) = (Vec::new(), None);
            for _ in 0..20 {
                let page = directory.role_holders(&owner, &roles, cursor.as_ref(), limit).await?;
                ensure!(page.items.len() <= limit, "{} of at most {limit}", page.items.len());
                found.extend(page.items.into_iter().map(|facts| facts.id.as_str().to_owned()));
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
            ensure!(cursor.is_none(), "the listing does not end");
            found.sort_unstable();
            ensure!(found == right, "{found:?} hold any of {roles:?}, expected {right:?}");
        }
    }
    Ok(())
}
