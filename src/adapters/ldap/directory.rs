//! The directory's verbs that read.

use std::collections::BTreeSet;

use super::connection::LdapConnection;
use super::facts::user_facts;
use super::fault::{LdapCause, LdapFault, LdapReply, LdapStage};
use super::filter::Filter;
use super::groups::{AskedGroups, IN_CHAIN, members};
use super::listing::{IdPage, MAX_PAGE, ids_after};
use super::message::{Entry, OperationResult, Search, SearchScope};
use super::outcome::code;
use super::pool::LdapPool;
use super::profile::LdapKind;
use super::shared::LdapDirectory;
use super::tenant::LdapTenant;
use super::value::folded;
use crate::facts::{GroupId, UserFacts, UserSelector, WritebackState};
use crate::port::{Cursor, Page, PortError, PortResult};
use crate::{RoleId, SecretText, TenantId, UserId};

/// The most users of one name that are returned.
const MAX_NAMESAKES: u32 = 50;

/// A page of users: those of any of these roles, or all.
pub(super) struct Listing<'a> {
    pub(super) id: &'a TenantId,
    pub(super) tenant: &'a LdapTenant,
    pub(super) groups: &'a BTreeSet<GroupId>,
    pub(super) roles: Option<&'a [RoleId]>,
    pub(super) after: Option<UserId>,
    pub(super) limit: usize,
}

impl LdapDirectory {
    /// The users that the selector names. One search for whatever was typed; the groups are read for a
    /// single user only, since several are treated as unknown.
    pub(super) async fn look_up(
        &self,
        tenant: &LdapTenant,
        by: &UserSelector<'_>,
        groups: &BTreeSet<GroupId>,
        stage: &mut LdapStage,
    ) -> LdapReply<Vec<UserFacts>> {
        let mut lease = self.readers.lease(stage).await?;
        *stage = LdapStage::Read;
        let connection = lease.connection()?;
        let entries = match by {
            UserSelector::Identifier(name) => {
                self.entries_by_name(connection, tenant, name.as_str()).await?
            }
            UserSelector::Id(id) => {
                self.entry_by_id(connection, tenant, id).await?.into_iter().collect()
            }
        };
        let now = self.clock.now();
        let read = entries.iter().map(|entry| user_facts(&self.profile, entry, now));
        let mut facts = read.collect::<LdapReply<Vec<_>>>()?;
        if let ([entry], [user]) = (&entries[..], &mut facts[..]) {
            let asked = AskedGroups::new(connection, &self.profile, tenant, groups).await?;
            asked.apply(connection, entry, user).await?;
        }
        drop(lease);
        let writeback = self.writeback(stage).await?;
        facts.iter_mut().for_each(|user| user.writeback = Some(writeback));
        Ok(facts)
    }

    /// Whether a server for writes can be reached, if they are others than those that are read.
    async fn writeback(&self, stage: &mut LdapStage) -> LdapReply<WritebackState> {
        let Some(writers) = &self.writers else { return Ok(WritebackState::Running) };
        match writers.lease(stage).await {
            Ok(_) => Ok(WritebackState::Running),
            Err(fault) if fault.is_denied() => Err(fault),
            Err(_) => Ok(WritebackState::Unreachable),
        }
    }

    async fn entries_by_name(
        &self,
        connection: &mut LdapConnection,
        tenant: &LdapTenant,
        name: &str,
    ) -> LdapReply<Vec<Entry>> {
        let names = self.profile.names.iter().map(|attribute| Filter::equal(attribute, name));
        let filter = Filter::all([self.profile.users.clone(), Filter::any(names)]);
        let attributes = self.profile.attributes();
        let search = users(tenant, &filter, &attributes, MAX_NAMESAKES);
        let mut found = connection.search(&search).await?;
        // The server's rule may be looser: it may ignore accents or repeated spaces.
        let name = folded(name);
        found.retain(|entry| {
            let mut names = self.profile.names.iter().flat_map(|attribute| entry.texts(attribute));
            names.any(|text| folded(text) == name)
        });
        Ok(found)
    }

    /// The entry of this identifier, letter for letter: servers compare without case.
    pub(super) async fn entry_by_id(
        &self,
        connection: &mut LdapConnection,
        tenant: &LdapTenant,
        id: &UserId,
    ) -> LdapReply<Option<Entry>> {
        let by_id = self.profile.id.filter(id.as_str());
        let filter = Filter::all([self.profile.users.clone(), by_id]);
        let attributes = self.profile.attributes();
        let mut found = connection.search(&users(tenant, &filter, &attributes, 2)).await?;
        found.retain(|entry| {
            let mut values = entry.values(&self.profile.id.name).iter();
            values.any(|value| self.profile.id.text(value).as_deref() == Some(id.as_str()))
        });
        match found.len() {
            0 | 1 => Ok(found.pop()),
            _ => Err(LdapFault::unusable("two users have the same identifier")),
        }
    }

    pub(super) async fn list(
        &self,
        listing: &Listing<'_>,
        stage: &mut LdapStage,
    ) -> LdapReply<Page<UserFacts>> {
        let mut lease = self.readers.lease(stage).await?;
        *stage = LdapStage::Read;
        let connection = lease.connection()?;
        let IdPage { ids, more } = self.page_of_ids(connection, listing).await?;
        if ids.is_empty() {
            return Ok(Page::new(Vec::new(), None));
        }
        let by_id = ids.iter().map(|id| self.profile.id.filter(id.as_str()));
        let filter = Filter::all([self.profile.users.clone(), Filter::any(by_id)]);
        let attributes = self.profile.attributes();
        let entries = connection.search(&users(listing.tenant, &filter, &attributes, 0)).await?;
        let asked =
            AskedGroups::new(connection, &self.profile, listing.tenant, listing.groups).await?;
        let (now, mut page) = (self.clock.now(), Vec::new());
        for entry in &entries {
            let mut facts = user_facts(&self.profile, entry, now)?;
            if !ids.contains(&facts.id) {
                continue;
            }
            asked.apply(connection, entry, &mut facts).await?;
            page.push(facts);
        }
        let last = ids.last().filter(|_| more);
        Ok(Page::new(page, last.map(|id| Cursor::new(id.as_str()))))
    }

    async fn page_of_ids(
        &self,
        connection: &mut LdapConnection,
        listing: &Listing<'_>,
    ) -> LdapReply<IdPage> {
        let Listing { id, tenant, roles, after, .. } = listing;
        let limit = listing.limit.min(MAX_PAGE);
        let mut filter = self.profile.users.clone();
        if let Some(roles) = roles {
            let held = tenant.roles.iter().filter(|(_, role)| roles.contains(role));
            let groups: Vec<String> = held.map(|(group, _)| group.clone()).collect();
            if groups.is_empty() || limit == 0 {
                return Ok(IdPage { ids: Vec::new(), more: false });
            }
            if self.profile.kind == LdapKind::OpenLdap {
                let all = members(connection, &self.profile, tenant, groups).await?;
                let from = after.as_ref();
                let mut rest = all.into_iter().filter(|id| from.is_none_or(|from| id > from));
                let ids = rest.by_ref().take(limit).collect();
                return Ok(IdPage { ids, more: rest.next().is_some() });
            }
            let within = groups.iter().map(|group| Filter::matching("memberOf", IN_CHAIN, group));
            filter = Filter::all([filter, Filter::any(within)]);
        }
        let of = (*id, *tenant);
        ids_after(&self.ahead, connection, &self.profile, of, &filter, after.as_ref(), limit).await
    }

    pub(super) fn writing_pool(&self) -> &LdapPool {
        self.writers.as_ref().unwrap_or(&self.readers)
    }

    /// Whether the password is the user's. `None`: the server does not say, since the account is
    /// locked.
    pub(super) async fn verified(
        &self,
        tenant: &LdapTenant,
        user: &UserId,
        password: &SecretText,
        stage: &mut LdapStage,
    ) -> LdapReply<Option<bool>> {
        let pool = self.writing_pool();
        let mut lease = pool.lease(stage).await?;
        *stage = LdapStage::Read;
        let entry = self.entry_by_id(lease.connection()?, tenant, user).await?;
        let server = lease.server();
        drop(lease);
        let text = password.expose_secret();
        // An empty password would be an anonymous bind, which succeeds. What C programs end at a NUL
        // may be taken for a shorter password.
        let usable = !text.is_empty() && !text.contains('\0');
        let decoy = (format!("cn=sspr-no-such-user,{}", tenant.users), SecretText::from("decoy"));
        // The same work for a user who does not exist.
        let result = match (&entry, usable) {
            (Some(entry), true) => pool.bind(server, &entry.name, password, stage).await?,
            _ => {
                pool.bind(server, &decoy.0, &decoy.1, stage).await?;
                return Ok(Some(false));
            }
        };
        let locked = entry.is_some_and(|entry| entry.text("pwdAccountLockedTime").is_some());
        judged(&result, locked).ok_or_else(|| LdapFault::refused(LdapStage::Bind, result))
    }
}

fn users<'a>(
    tenant: &'a LdapTenant,
    filter: &'a Filter,
    attributes: &'a [&'a str],
    limit: u32,
) -> Search<'a> {
    Search { base: &tenant.users, scope: SearchScope::Subtree, filter, attributes, limit }
}

/// What the result of a user's bind says about the password: `Some(None)` if the account is locked,
/// and `None` if it says nothing.
fn judged(result: &OperationResult, locked: bool) -> Option<Option<bool>> {
    const ACCOUNT_LOCKED: Option<u32> = Some(1);
    const PASSWORD_EXPIRED: Option<u32> = Some(0);
    match result.code {
        code::SUCCESS => Some(Some(true)),
        code::INVALID_CREDENTIALS if result.policy == PASSWORD_EXPIRED => Some(Some(true)),
        code::INVALID_CREDENTIALS if result.policy == ACCOUNT_LOCKED || locked => Some(None),
        code::INVALID_CREDENTIALS => Some(match data_code(&result.text) {
            // No right to sign in at this time or from here, expired, disabled, must change: Active
            // Directory says so only if the password is right.
            Some("530" | "531" | "532" | "533" | "701" | "773") => Some(true),
            Some("775") => None,
            _ => Some(false),
        }),
        _ => None,
    }
}

/// The number after `data` in a diagnostic text of Active Directory.
fn data_code(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("data ")?;
    rest.split([',', ' ']).next()
}

/// What a cursor holds.
pub(super) fn position(after: Option<&Cursor>) -> PortResult<Option<UserId>> {
    let id = after.map(|cursor| UserId::parse(cursor.as_str())).transpose();
    id.map_err(|error| PortError::denied().because(error))
}

/// The fault of a password that could not be checked.
pub(super) fn not_checked() -> LdapFault {
    let text = "the account is locked, and its password is not checked".to_owned();
    LdapFault::new(LdapStage::Bind, LdapCause::Lost(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_bind_tells_a_wrong_password_from_an_account_that_may_not_sign_in() {
        let text = |data: &str| {
            format!(
                "80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data {data}, v1db1"
            )
        };
        let case =
            |code, text: String, policy| OperationResult { code, text, policy, cookie: Vec::new() };
        for (data, right) in [
            ("52e", Some(false)),
            ("525", Some(false)),
            ("773", Some(true)),
            ("532", Some(true)),
            ("533", Some(true)),
            ("701", Some(true)),
            ("775", None),
        ] {
            assert_eq!(judged(&case(49, text(data), None), false), Some(right), "{data}");
        }
        assert_eq!(judged(&case(0, String::new(), Some(2)), false), Some(Some(true)));
        assert_eq!(judged(&case(49, String::new(), Some(0)), false), Some(Some(true)));
        assert_eq!(judged(&case(49, String::new(), Some(1)), false), Some(None));
        assert_eq!(judged(&case(49, String::new(), None), true), Some(None));
        assert_eq!(judged(&case(52, String::new(), None), false), None);
    }
}
