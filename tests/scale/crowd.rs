//! A directory of any number of users, whose facts follow from their numbers.

use std::collections::BTreeSet;
use std::sync::Arc;

use sspr::facts::{GroupId, UserFacts, UserQuery, UserSelector};
use sspr::port::{Cursor, Directory, Page, PortError, PortResult, async_trait};
use sspr::testing::forward;
use sspr::{RoleId, TenantId, UserId};

pub(super) struct Crowd {
    /// The directory that knows the tenant.
    pub(super) directory: Arc<dyn Directory>,
    pub(super) users: usize,
}

pub(super) fn id(number: usize) -> UserId {
    UserId::parse(&format!("p-{number:07}")).expect("valid")
}

/// Facts that differ in what the policies of the tests distinguish, from the number.
fn facts(number: usize, groups: &BTreeSet<GroupId>) -> UserFacts {
    let mut facts = UserFacts::new(id(number));
    facts.restricted_management = Some(false);
    facts.enabled = !number.is_multiple_of(11);
    facts.password_never_expires = Some(number.is_multiple_of(5));
    facts.password_changed_at = Some(sspr::Timestamp::EPOCH);
    facts.protected = number.is_multiple_of(13);
    let pilot = GroupId::parse("pilot").expect("valid");
    if number.is_multiple_of(3) && groups.contains(&pilot) {
        facts.groups.insert(pilot);
    }
    if number.is_multiple_of(17) {
        facts.roles.insert(RoleId::parse("Helpdesk Administrator").expect("valid"));
    }
    if number.is_multiple_of(7) {
        facts.contacts.mail = vec![format!("p{number}@private.example")];
        facts.contacts.mobile_phone = Some(format!("+1 425{number:07}"));
    }
    facts
}

#[async_trait]
impl Directory for Crowd {
    forward!(self.directory => tenant, role_holders, set_password, verify_password, unlock);

    async fn find(&self, _: &TenantId, query: &UserQuery<'_>) -> PortResult<Vec<UserFacts>> {
        let UserSelector::Id(id) = query.by else { return Ok(Vec::new()) };
        let number = id.as_str().strip_prefix("p-").and_then(|number| number.parse().ok());
        let known = number.filter(|number| *number < self.users);
        Ok(known.map(|number| facts(number, query.groups)).into_iter().collect())
    }

    async fn users(
        &self,
        _: &TenantId,
        groups: &BTreeSet<GroupId>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<UserFacts>> {
        let first: usize = match after {
            Some(cursor) => cursor.as_str().parse().map_err(|_| PortError::denied())?,
            None => 0,
        };
        let end = self.users.min(first + limit);
        let next = (end < self.users).then(|| Cursor::new(end.to_string()));
        let users = (first..end).map(|number| facts(number, groups)).collect();
        Ok(Page::new(users, next))
    }
}
