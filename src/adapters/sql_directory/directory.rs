//! The port, over the statements.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::facts::{UserRow, folded, user_row};
use super::hash::Hasher;
use super::rows::{TextRow, UserRows};
use super::statements::Statements;
use super::table::{SqlIdType, UserTable};
use crate::facts::{GroupId, TenantFacts, UserFacts, UserQuery, UserSelector, WriteReply};
use crate::port::{
    Clock, Cursor, Directory, Page, PasswordWrite, PortError, PortResult, UnlockWrite,
};
use crate::{RoleId, SecretText, TenantId, UserId};

/// Users in a table of an SQLite file or a PostgreSQL database; [`SqlConfig`](super::SqlConfig) makes one.
pub struct SqlDirectory {
    pub(super) table: UserTable,
    pub(super) tenants: HashMap<TenantId, TenantFacts>,
    pub(super) statements: Statements,
    pub(super) hasher: Hasher,
    pub(super) rows: Arc<dyn UserRows>,
    pub(super) clock: Arc<dyn Clock>,
}

impl fmt::Debug for SqlDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlDirectory").field("table", &self.table).finish_non_exhaustive()
    }
}

/// The most users in a page, and the most that share a name.
const MOST_IN_PAGE: usize = 1_000;
const MOST_OF_NAME: usize = 50;

impl SqlDirectory {
    fn read(&self, row: TextRow) -> PortResult<UserRow> {
        user_row(&self.table, row, self.clock.now())
    }

    /// An identifier as a parameter. What cannot be one in the column's type is `NULL`, which is equal to
    /// none: the statement is the same as for a user who exists.
    pub(super) fn id_parameter(&self, id: &UserId) -> Option<String> {
        let text = id.as_str();
        let fits = match self.table.id_type {
            SqlIdType::Text => true,
            SqlIdType::Integer => {
                text.parse::<i64>().is_ok_and(|number| number.to_string() == text)
            }
            SqlIdType::Uuid => is_uuid(text),
        };
        fits.then(|| text.to_owned())
    }

    /// The user's rows: one, none, or two, which no write may touch.
    pub(super) async fn by_id(&self, tenant: &TenantId, id: &UserId) -> PortResult<Vec<UserRow>> {
        let parameters = vec![Some(tenant.as_str().to_owned()), self.id_parameter(id)];
        let found = self.rows_of(self.statements.by_id.clone(), parameters).await?;
        // A collation of the column may be looser than an identifier is.
        Ok(found.into_iter().filter(|row| row.facts.id == *id).collect())
    }

    async fn by_name(&self, tenant: &TenantId, typed: &str) -> PortResult<Vec<UserRow>> {
        let name = folded(typed);
        let parameters = vec![Some(tenant.as_str().to_owned()), Some(name.clone())];
        let found = self.rows_of(self.statements.by_name.clone(), parameters).await?;
        let has = |row: &UserRow| row.names.iter().any(|other| folded(other) == name);
        Ok(found.into_iter().filter(has).take(MOST_OF_NAME).collect())
    }

    async fn rows_of(
        &self,
        statement: String,
        parameters: Vec<Option<String>>,
    ) -> PortResult<Vec<UserRow>> {
        let rows = self.rows.select(statement, parameters).await?;
        rows.into_iter().map(|row| self.read(row)).collect()
    }

    /// A page of the statement with these parameters, in the order of the identifiers.
    async fn page(
        &self,
        kind: &str,
        groups: &BTreeSet<GroupId>,
        after: Option<&Cursor>,
        limit: usize,
        statement: impl Fn(bool, usize) -> String,
        mut parameters: Vec<Option<String>>,
    ) -> PortResult<Page<UserFacts>> {
        let other = || PortError::denied().because("a cursor of another listing");
        let id_of = |cursor: &Cursor| {
            let id = UserId::parse(cursor.as_str().strip_prefix(kind)?).ok()?;
            self.id_parameter(&id)
        };
        let last_id = after.map(|cursor| id_of(cursor).ok_or_else(other)).transpose()?;
        let size = limit.min(MOST_IN_PAGE);
        let sql = statement(last_id.is_none(), size + 1);
        parameters.extend(last_id.map(Some));
        let rows = self.rows.select(sql, parameters).await?;
        let more = rows.len() > size;
        let mut users = Vec::with_capacity(size.min(rows.len()));
        for row in rows.into_iter().take(size) {
            users.push(among(self.read(row)?.facts, groups));
        }
        let last = users.last().filter(|_| more);
        let next = last.map(|facts| Cursor::new(format!("{kind}{}", facts.id.as_str())));
        Ok(Page::new(users, next))
    }
}

/// The facts with the groups that were asked for.
fn among(mut facts: UserFacts, groups: &BTreeSet<GroupId>) -> UserFacts {
    facts.groups.retain(|group| groups.contains(group));
    facts
}

/// Whether this is a UUID as PostgreSQL writes it.
fn is_uuid(text: &str) -> bool {
    let is_right = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
    };
    text.len() == 36 && text.bytes().enumerate().all(is_right)
}

#[async_trait]
impl Directory for SqlDirectory {
    async fn tenant(&self, tenant: &TenantId) -> PortResult<Option<TenantFacts>> {
        Ok(self.tenants.get(tenant).cloned())
    }

    async fn find(&self, tenant: &TenantId, query: &UserQuery<'_>) -> PortResult<Vec<UserFacts>> {
        if !self.tenants.contains_key(tenant) {
            return Ok(Vec::new());
        }
        let found = match query.by {
            UserSelector::Id(id) => self.by_id(tenant, id).await?,
            UserSelector::Identifier(typed) => self.by_name(tenant, typed.as_str()).await?,
        };
        Ok(found.into_iter().map(|row| among(row.facts, query.groups)).collect())
    }

    async fn users(
        &self,
        tenant: &TenantId,
        groups: &BTreeSet<GroupId>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<UserFacts>> {
        let statement = |is_first, limit| self.statements.page(is_first, limit);
        if !self.tenants.contains_key(tenant) {
            return Ok(Page::new(Vec::new(), None));
        }
        let parameters = vec![Some(tenant.as_str().to_owned())];
        self.page("u.", groups, after, limit, statement, parameters).await
    }

    async fn role_holders(
        &self,
        tenant: &TenantId,
        roles: &[RoleId],
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<UserFacts>> {
        let statement = |is_first, limit| self.statements.holders(is_first, limit);
        if !self.tenants.contains_key(tenant) {
            return Ok(Page::new(Vec::new(), None));
        }
        let named: Vec<&str> = roles.iter().map(RoleId::as_str).collect();
        let list =
            serde_json::to_string(&named).map_err(|error| PortError::denied().because(error))?;
        let parameters = vec![Some(tenant.as_str().to_owned()), Some(list)];
        let none = const { &BTreeSet::new() };
        self.page("r.", none, after, limit, statement, parameters).await
    }

    async fn set_password(&self, write: &PasswordWrite<'_>) -> PortResult<WriteReply> {
        Ok(self.written(write).await.unwrap_or_else(|refusal| refusal.0))
    }

    async fn verify_password(
        &self,
        tenant: &TenantId,
        user: &UserId,
        password: &SecretText,
    ) -> PortResult<bool> {
        let rows = match self.tenants.contains_key(tenant) {
            true => self.by_id(tenant, user).await?,
            false => Vec::new(),
        };
        let [row] = rows.as_slice() else {
            return self.hasher.is_of(None, password).await;
        };
        self.hasher.is_of(row.password.as_deref(), password).await
    }

    async fn unlock(&self, unlock: &UnlockWrite<'_>) -> PortResult<WriteReply> {
        Ok(self.unlocked(unlock).await.unwrap_or_else(|refusal| refusal.0))
    }
}
