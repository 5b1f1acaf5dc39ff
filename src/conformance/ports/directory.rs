//! Properties of a directory that is read.

use std::collections::BTreeSet;
use std::slice::from_ref;
use std::sync::Arc;

use crate::conformance::kit::{Stop, Verdict, ensure, require};
use crate::conformance::ports::{DirectoryPlace, PortHarness};
use crate::conformance::sample::tenant;
use crate::domain::facts::{TenantFacts, UserFacts, UserQuery, UserSelector};
use crate::domain::ids::{GroupId, Identifier, RoleId, TenantId, UserId};
use crate::domain::invalid::InvalidInput;

pub(super) type Harness<'a> = &'a dyn PortHarness<dyn DirectoryPlace>;
pub(super) type Place = Arc<dyn DirectoryPlace>;

pub(super) fn malformed(error: InvalidInput) -> Stop {
    Stop::Seen(error.to_string())
}

pub(super) fn user(id: &str) -> Verdict<UserId> {
    UserId::parse(id).map_err(malformed)
}

/// A place with the kit's two tenants.
pub(super) async fn open(harness: Harness<'_>) -> Verdict<Place> {
    let place = harness.make();
    for (id, name) in [("kit", "The Kit"), ("kit-other", "Another")] {
        place.add_tenant(&tenant(id), TenantFacts::new(name)).await?;
    }
    Ok(place)
}

/// Adds a user who signs in by the id, at the tenant's own domain.
pub(super) async fn add(place: &Place, owner: &str, id: &str) -> Verdict<UserId> {
    let facts = UserFacts::new(user(id)?);
    let name = format!("{id}@{owner}.example");
    place.add_user(&tenant(owner), facts, &[&name], &format!("Password of {id} 1!")).await?;
    user(id)
}

/// Whom the directory finds by this name.
async fn named(place: &Place, owner: &str, name: &str) -> Verdict<Option<UserFacts>> {
    let name = Identifier::parse(name).map_err(malformed)?;
    let query = UserQuery::new(UserSelector::Identifier(&name), const { &BTreeSet::new() });
    Ok(place.directory().find(&tenant(owner), &query).await?)
}

pub(super) async fn known(
    place: &Place,
    owner: &TenantId,
    id: &UserId,
    groups: &BTreeSet<GroupId>,
) -> Verdict<Option<UserFacts>> {
    let query = UserQuery::new(UserSelector::Id(id), groups);
    Ok(place.directory().find(owner, &query).await?)
}

pub(super) async fn tenant_tells_known_from_unknown(harness: Harness<'_>) -> Verdict {
    let place = open(harness).await?;
    let directory = place.directory();
    for (id, name) in [("kit", "The Kit"), ("kit-other", "Another")] {
        let facts = directory.tenant(&tenant(id)).await?;
        let found = facts.map(|facts| facts.display_name);
        ensure!(found.as_deref() == Some(name), "{found:?} for the tenant {name:?}");
    }
    for id in ["nobody", "ki", "kit ", "kit%"] {
        let facts = directory.tenant(&tenant(id)).await?;
        ensure!(facts.is_none(), "facts of the tenant {id:?}, which is not there");
    }
    Ok(())
}

pub(super) async fn find_knows_users_by_name_and_id(harness: Harness<'_>) -> Verdict {
    let place = open(harness).await?;
    for id in ["u-1", "u-11", "u-2"] {
        add(&place, "kit", id).await?;
    }
    for id in ["u-1", "u-11", "u-2"] {
        let found = named(&place, "kit", &format!("{id}@kit.example")).await?;
        let found = found.map(|facts| facts.id);
        ensure!(found == Some(user(id)?), "{found:?} by the name of {id}");
        let found = known(&place, &tenant("kit"), &user(id)?, &BTreeSet::new()).await?;
        let found = found.map(|facts| facts.id);
        ensure!(found == Some(user(id)?), "{found:?} by the id {id}");
    }
    let odd = ["nobody@kit.example", "u-1%", "*", "(uid=*)", "u-1@kit.example'--", "\u{1f5dd}"];
    for name in odd {
        let found = named(&place, "kit", name).await?.map(|facts| facts.id);
        ensure!(found.is_none(), "{found:?} by the name {name:?}, which nobody has");
    }
    let found = known(&place, &tenant("kit"), &user("u-3")?, &BTreeSet::new()).await?;
    ensure!(found.is_none(), "a user by an id that nobody has");
    Ok(())
}

pub(super) async fn find_keeps_tenants_apart(harness: Harness<'_>) -> Verdict {
    let place = open(harness).await?;
    let id = add(&place, "kit", "u-1").await?;
    let own = named(&place, "kit", "u-1@kit.example").await?;
    ensure!(own.is_some(), "nobody in the user's own tenant");
    let foreign = named(&place, "kit-other", "u-1@kit.example").await?;
    ensure!(foreign.is_none(), "another tenant's user, by name");
    let foreign = known(&place, &tenant("kit-other"), &id, &BTreeSet::new()).await?;
    ensure!(foreign.is_none(), "another tenant's user, by id");
    let nobody = known(&place, &tenant("nobody"), &id, &BTreeSet::new()).await?;
    ensure!(nobody.is_none(), "a user of a tenant that is not there");
    Ok(())
}

pub(super) async fn find_hands_out_nobody_for_two(harness: Harness<'_>) -> Verdict {
    let place = open(harness).await?;
    for id in ["u-1", "u-2"] {
        let facts = UserFacts::new(user(id)?);
        let names = [format!("{id}@kit.example"), "shared@kit.example".to_owned()];
        let names = names.each_ref().map(String::as_str);
        let added = place.add_user(&tenant("kit"), facts, &names, "Password 1 of two!").await;
        if added.is_err() && id == "u-2" {
            return Err(Stop::Skip("the directory takes no name twice"));
        }
        added?;
    }
    let found = named(&place, "kit", "shared@kit.example").await?.map(|facts| facts.id);
    ensure!(found.is_none(), "{found:?} by a name that two users have");
    let found = named(&place, "kit", "u-2@kit.example").await?.map(|facts| facts.id);
    ensure!(found == Some(user("u-2")?), "{found:?} by a name that one of them has alone");
    Ok(())
}

pub(super) async fn find_resolves_groups(harness: Harness<'_>) -> Verdict {
    let place = open(harness).await?;
    let (owner, member) = (tenant("kit"), add(&place, "kit", "u-1").await?);
    add(&place, "kit", "u-2").await?;
    let group = |id: &str| GroupId::parse(id).map_err(malformed);
    let [inner, middle, outer] = [group("inner")?, group("middle")?, group("outer")?];
    let [other, round] = [group("other")?, group("round")?];
    // The outer one holds the middle one, that holds the inner one, and it the outer one again.
    let made = place.add_group(&owner, &inner, from_ref(&member), from_ref(&outer)).await?;
    require(made)?;
    place.add_group(&owner, &middle, &[], from_ref(&inner)).await?;
    place.add_group(&owner, &outer, &[], from_ref(&middle)).await?;
    place.add_group(&owner, &other, &[user("u-2")?], &[]).await?;
    place.add_group(&owner, &round, &[], from_ref(&round)).await?;
    let asked: BTreeSet<_> = [&inner, &outer, &other, &round].into_iter().cloned().collect();
    let facts = known(&place, &owner, &member, &asked).await?;
    let found = facts.map(|facts| facts.groups.intersection(&asked).cloned().collect());
    let right: BTreeSet<GroupId> = [inner, outer].into_iter().collect();
    ensure!(found.as_ref() == Some(&right), "{found:?} of the groups asked for, not {right:?}");
    Ok(())
}

pub(super) async fn users_lists_everybody_once(harness: Harness<'_>) -> Verdict {
    let place = open(harness).await?;
    let mut all = BTreeSet::new();
    for n in 0..23 {
        all.insert(add(&place, "kit", &format!("u-{n}")).await?);
    }
    add(&place, "kit-other", "u-5").await?;
    add(&place, "kit-other", "u-foreign").await?;
    for limit in [1, 4, 23, 100, usize::MAX] {
        let mut found = Vec::new();
        let mut cursor = None;
        for _ in 0..100 {
            let directory = place.directory();
            let page = directory.users(&tenant("kit"), cursor.as_ref(), limit).await?;
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
    let nobody = place.directory().users(&tenant("nobody"), None, 10).await?;
    ensure!(nobody.items.is_empty(), "users of a tenant that is not there");
    Ok(())
}

pub(super) async fn role_holders_are_those_of_the_roles(harness: Harness<'_>) -> Verdict {
    let place = open(harness).await?;
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
        place.add_user(&tenant(owner), facts, &[&name], "Password 1 of a role!").await?;
    }
    let (directory, owner) = (place.directory(), tenant("kit"));
    let asked = [
        (vec![admin.clone()], vec!["u-1", "u-2"]),
        (vec![help.clone()], vec!["u-2"]),
        (vec![admin.clone(), help], vec!["u-1", "u-2"]),
        (vec![role("nobody's")?], vec![]),
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
            ensure!(found == right, "{found:?} hold any of {roles:?}, and should be {right:?}");
        }
    }
    Ok(())
}
