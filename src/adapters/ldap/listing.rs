//! Listings: users by the order of their identifiers, in bounded memory.
//!
//! LDAP has no order of its own, and the cookie of a paged search is bound to its connection. A cursor
//! here is the last identifier that was returned, good on any connection and in any process. A scan reads
//! identifiers alone and keeps the next few thousand, so that a listing of many pages scans seldom.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Mutex;

use super::connection::LdapConnection;
use super::facts::user_id;
use super::fault::{LdapFault, LdapReply, LdapStage};
use super::filter::Filter;
use super::message::{Control, Search, SearchScope};
use super::outcome::code;
use super::profile::LdapProfile;
use super::tenant::LdapTenant;
use crate::adapters::memory::lock;
use crate::{TenantId, UserId};

/// How many identifiers a scan keeps.
const READ_AHEAD: usize = 10_000;

/// The entries of one page of a scan. Active Directory returns at most 1000.
const SCAN_PAGE: u32 = 500;

/// The most users whose facts are read at once.
pub(super) const MAX_PAGE: usize = 500;

/// Identifiers that a scan has found and no page has returned.
#[derive(Default)]
pub(super) struct ReadAhead(Mutex<Vec<Ahead>>);

struct Ahead {
    tenant: TenantId,
    filter: Filter,
    /// Every user after this one, up to the last of `ids`, is among `ids`.
    after: Option<UserId>,
    ids: BTreeSet<UserId>,
    /// Whether there are more users after the last of `ids`.
    more: bool,
}

/// A page of identifiers, and whether there are more.
pub(super) struct IdPage {
    pub(super) ids: Vec<UserId>,
    pub(super) more: bool,
}

impl ReadAhead {
    /// The most listings that are remembered at once.
    const MAX: usize = 8;

    /// The page after this user, if an earlier scan has it whole.
    fn page(
        &self,
        tenant: &TenantId,
        filter: &Filter,
        after: &UserId,
        limit: usize,
    ) -> Option<IdPage> {
        let all = lock(&self.0);
        let ahead = all.iter().find(|ahead| {
            ahead.tenant == *tenant
                && ahead.filter == *filter
                && ahead.after.as_ref().is_none_or(|from| from <= after)
                && ahead.ids.last().is_some_and(|last| after <= last)
        })?;
        let mut rest = ahead.ids.range::<UserId, _>((Bound::Excluded(after), Bound::Unbounded));
        let ids: Vec<UserId> = rest.by_ref().take(limit).cloned().collect();
        let more = rest.next().is_some();
        // At the end of what was kept, only another scan tells.
        if !more && ahead.more {
            return None;
        }
        Some(IdPage { ids, more })
    }

    fn put(&self, ahead: Ahead) {
        let mut all = lock(&self.0);
        all.retain(|other| other.tenant != ahead.tenant || other.filter != ahead.filter);
        if all.len() >= Self::MAX {
            all.remove(0);
        }
        all.push(ahead);
    }
}

/// The identifiers after this user that match the filter. A listing that begins sees every user.
pub(super) async fn ids_after(
    ahead: &ReadAhead,
    connection: &mut LdapConnection,
    profile: &LdapProfile,
    (id, tenant): (&TenantId, &LdapTenant),
    filter: &Filter,
    after: Option<&UserId>,
    limit: usize,
) -> LdapReply<IdPage> {
    if let Some(page) = after.and_then(|after| ahead.page(id, filter, after, limit)) {
        return Ok(page);
    }
    let mut ids = scan(connection, profile, tenant, filter, after).await?;
    let more = ids.len() > READ_AHEAD;
    if more {
        ids.pop_last();
    }
    let page =
        IdPage { ids: ids.iter().take(limit).cloned().collect(), more: more || ids.len() > limit };
    ahead.put(Ahead {
        tenant: id.clone(),
        filter: filter.clone(),
        after: after.cloned(),
        ids,
        more,
    });
    Ok(page)
}

/// The smallest identifiers after this one, one more than are kept.
async fn scan(
    connection: &mut LdapConnection,
    profile: &LdapProfile,
    tenant: &LdapTenant,
    filter: &Filter,
    after: Option<&UserId>,
) -> LdapReply<BTreeSet<UserId>> {
    let attributes = [profile.id.name.as_str()];
    let search = Search {
        base: &tenant.users,
        scope: SearchScope::Subtree,
        filter,
        attributes: &attributes,
        limit: 0,
    };
    let (mut ids, mut fault, mut cookie) = (BTreeSet::new(), None, Vec::new());
    loop {
        let controls = [Control::page(SCAN_PAGE, &cookie)];
        let mut each = |entry| match user_id(profile, &entry) {
            Ok(id) if after.is_none_or(|after| id > *after) => {
                ids.insert(id);
                if ids.len() > READ_AHEAD + 1 {
                    ids.pop_last();
                }
            }
            Ok(_) => {}
            Err(unreadable) => fault = Some(unreadable),
        };
        let result = connection.search_each(&search, &controls, &mut each).await?;
        if let Some(fault) = fault {
            return Err(fault);
        }
        if result.code != code::SUCCESS {
            return Err(LdapFault::refused(LdapStage::Read, result));
        }
        if result.cookie.is_empty() {
            return Ok(ids);
        }
        cookie = result.cookie;
    }
}
