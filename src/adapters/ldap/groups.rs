//! The groups, the roles and the protection of a user.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::connection::LdapConnection;
use super::facts::user_id;
use super::fault::{LdapFault, LdapReply};
use super::filter::Filter;
use super::message::{Entry, Search, SearchScope};
use super::profile::{LdapKind, LdapProfile};
use super::tenant::LdapTenant;
use super::value::{folded_name, sid_text};
use crate::facts::{GroupId, UserFacts};
use crate::{RoleId, UserId};

/// Active Directory's rule that follows `member` through nested groups.
pub(super) const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";

/// The bit of `groupType` of a group that counts for access rights, and is in `tokenGroups`.
const SECURITY_GROUP: i64 = 0x8000_0000;

/// The most groups of one user.
const MAX_GROUPS: usize = 5_000;

/// The groups of which membership is asked, as far as the server knows them.
pub(super) struct AskedGroups<'a> {
    profile: &'a LdapProfile,
    tenant: &'a LdapTenant,
    ids: &'a BTreeSet<GroupId>,
    /// Those of Active Directory, which is asked for them once in a call.
    known: Vec<KnownGroup>,
}

struct KnownGroup {
    meaning: Meaning,
    sid: Option<String>,
    is_security: bool,
    name: String,
}

/// What membership in a group means.
#[derive(Clone, Default)]
struct Meaning {
    id: Option<GroupId>,
    role: Option<RoleId>,
}

impl Meaning {
    fn of(
        entry: &Entry,
        asked: &BTreeSet<GroupId>,
        profile: &LdapProfile,
        roles: &BTreeMap<String, RoleId>,
    ) -> Self {
        let value = entry.values(&profile.group_id.name).first();
        let text = value.and_then(|value| profile.group_id.text(value));
        let id = text.and_then(|text| GroupId::parse(&text).ok());
        let role = roles.get(&folded_name(&entry.name)).cloned();
        Self { id: id.filter(|id| asked.contains(id)), role }
    }

    fn give(&self, facts: &mut UserFacts) {
        facts.groups.extend(self.id.clone());
        facts.roles.extend(self.role.clone());
    }
}

impl<'a> AskedGroups<'a> {
    pub(super) async fn new(
        connection: &mut LdapConnection,
        profile: &'a LdapProfile,
        tenant: &'a LdapTenant,
        ids: &'a BTreeSet<GroupId>,
    ) -> LdapReply<Self> {
        let mut asked = Self { profile, tenant, ids, known: Vec::new() };
        if profile.kind == LdapKind::ActiveDirectory && !(ids.is_empty() && tenant.roles.is_empty())
        {
            asked.known = asked.look_up(connection).await?;
        }
        Ok(asked)
    }

    async fn look_up(&self, connection: &mut LdapConnection) -> LdapReply<Vec<KnownGroup>> {
        let by_id = self.ids.iter().map(|id| self.profile.group_id.filter(id.as_str()));
        let by_name = self.tenant.roles.keys().map(|name| Filter::equal("distinguishedName", name));
        let filter = Filter::all([self.profile.groups.clone(), Filter::any(by_id.chain(by_name))]);
        let attributes = [self.profile.group_id.name.as_str(), "objectSid", "groupType"];
        let found = connection.search(&self.groups(&filter, &attributes)).await?;
        let known = found.iter().map(|entry| KnownGroup {
            meaning: Meaning::of(entry, self.ids, self.profile, &self.tenant.roles),
            sid: entry.values("objectSid").first().and_then(|sid| sid_text(sid)),
            is_security: entry.integer("groupType").is_some_and(|bits| bits & SECURITY_GROUP != 0),
            name: entry.name.clone(),
        });
        Ok(known.collect())
    }

    fn groups<'s>(&'s self, filter: &'s Filter, attributes: &'s [&'s str]) -> Search<'s> {
        let base = &self.tenant.groups;
        Search { base, scope: SearchScope::Subtree, filter, attributes, limit: 0 }
    }

    /// Adds to the facts which of the groups contain the user.
    pub(super) async fn apply(
        &self,
        connection: &mut LdapConnection,
        user: &Entry,
        facts: &mut UserFacts,
    ) -> LdapReply<()> {
        match self.profile.kind {
            LdapKind::ActiveDirectory => self.apply_token(connection, user, facts).await,
            LdapKind::OpenLdap => self.apply_walk(connection, user, facts).await,
        }
    }

    /// By `tokenGroups`, in which the server has resolved nesting and the primary group. Groups for
    /// mail only are not in it and are asked for by the rule of chains.
    async fn apply_token(
        &self,
        connection: &mut LdapConnection,
        user: &Entry,
        facts: &mut UserFacts,
    ) -> LdapReply<()> {
        let filter = Filter::present("objectClass");
        let found = connection.entry(&user.name, &filter, &["tokenGroups"]).await?;
        let sids: HashSet<String> = found
            .iter()
            .flat_map(|entry| entry.values("tokenGroups"))
            .filter_map(|sid| sid_text(sid))
            .collect();
        // Each user has a primary group. Without the list a protected user would look like any other.
        if sids.is_empty() {
            return Err(LdapFault::unusable(
                "tokenGroups cannot be read: the account lacks the right",
            ));
        }
        facts.protected |= sids.iter().any(|sid| self.protects(sid));
        let mut others = Vec::new();
        for group in &self.known {
            if group.sid.as_ref().is_some_and(|sid| sids.contains(sid)) {
                group.meaning.give(facts);
            } else if !group.is_security {
                others.push(Filter::equal("distinguishedName", &group.name));
            }
        }
        if others.is_empty() {
            return Ok(());
        }
        let contains = Filter::matching(&self.profile.member, IN_CHAIN, &user.name);
        let filter = Filter::all([contains, Filter::any(others)]);
        let attributes = [self.profile.group_id.name.as_str()];
        for entry in connection.search(&self.groups(&filter, &attributes)).await? {
            Meaning::of(&entry, self.ids, self.profile, &self.tenant.roles).give(facts);
        }
        Ok(())
    }

    fn protects(&self, sid: &str) -> bool {
        self.profile.protected_groups.iter().any(|group| match group.strip_prefix('-') {
            Some(_) => sid.starts_with("S-1-5-21-") && sid.ends_with(group.as_str()),
            None => sid == group,
        })
    }

    /// By walking from the user to the groups, and from each group to those that hold it. A group is
    /// visited once, so a cycle ends.
    async fn apply_walk(
        &self,
        connection: &mut LdapConnection,
        user: &Entry,
        facts: &mut UserFacts,
    ) -> LdapReply<()> {
        let protected: HashSet<String> =
            self.profile.protected_groups.iter().map(|name| folded_name(name)).collect();
        if self.ids.is_empty() && self.tenant.roles.is_empty() && protected.is_empty() {
            return Ok(());
        }
        let attributes = [self.profile.group_id.name.as_str()];
        let mut seen = HashSet::new();
        let mut members = vec![user.name.clone()];
        while !members.is_empty() {
            let holding = members.iter().map(|name| Filter::equal(&self.profile.member, name));
            let filter = Filter::all([self.profile.groups.clone(), Filter::any(holding)]);
            let found = connection.search(&self.groups(&filter, &attributes)).await?;
            members.clear();
            for entry in found {
                let name = folded_name(&entry.name);
                if !seen.insert(name.clone()) {
                    continue;
                }
                facts.protected |= protected.contains(&name);
                Meaning::of(&entry, self.ids, self.profile, &self.tenant.roles).give(facts);
                members.push(entry.name);
            }
            if seen.len() > MAX_GROUPS {
                return Err(LdapFault::unusable("a user is in more than 5000 groups"));
            }
        }
        Ok(())
    }
}

/// The identifiers of the users in these groups, by walking from each group of OpenLDAP to its members.
pub(super) async fn members(
    connection: &mut LdapConnection,
    profile: &LdapProfile,
    tenant: &LdapTenant,
    groups: Vec<String>,
) -> LdapReply<BTreeSet<UserId>> {
    let below = format!(",{}", folded_name(&tenant.users));
    let (mut seen, mut names, mut users) = (HashSet::new(), groups, BTreeSet::new());
    while let Some(name) = names.pop() {
        let folded = folded_name(&name);
        if !seen.insert(folded.clone()) {
            continue;
        }
        let group = connection.entry(&name, &profile.groups, &[&profile.member]).await?;
        if let Some(group) = group {
            names.extend(group.texts(&profile.member).map(str::to_owned));
        } else if folded.ends_with(&below)
            && let Some(user) = connection.entry(&name, &profile.users, &[&profile.id.name]).await?
        {
            users.insert(user_id(profile, &user)?);
        }
    }
    Ok(users)
}
