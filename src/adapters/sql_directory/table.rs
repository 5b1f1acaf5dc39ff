//! The names of a host's table and its columns.

use crate::port::{PortError, PortResult};

/// A table of users: its name and the names of its columns.
///
/// Names are quoted in every statement, so they are taken letter for letter. A column that is `None` is
/// neither read nor written. What fits no column, such as a time as text, is brought into form by a view that
/// can be updated: the table may be one.
///
/// ```
/// use sspr::adapters::sql_directory::{LinkTable, UserTable};
///
/// let mut accounts = UserTable::new("accounts", "id", "password", &["email", "login"]);
/// accounts.tenant = Some("organisation".to_owned());
/// accounts.enabled = Some("active".to_owned());
/// accounts.mail = Some("email".to_owned());
/// accounts.must_change = Some("password_is_temporary".to_owned());
/// accounts.roles = Some(LinkTable::new("account_roles", "account_id", "role"));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct UserTable {
    /// The schema of PostgreSQL, or the attached file of SQLite, of all tables. `None`: the default.
    pub schema: Option<String>,
    /// The table.
    pub table: String,
    /// The identifier of the tenant, text. `None`: there is one tenant, and all users are its users.
    pub tenant: Option<String>,
    /// The identifier of the user, unique within the tenant and never given to another person.
    pub id: String,
    /// The type of the identifier.
    pub id_type: SqlIdType,
    /// What the user signs in with. Names are compared without case, by `lower` of the database, which
    /// in SQLite folds ASCII letters only: store other names in lower case. Each column needs an
    /// index on `lower(column)`.
    pub names: Vec<String>,
    /// The hash of the password, text of 128 characters or more. `NULL` or empty: the user has none.
    pub password: String,
    /// Whether the account is enabled. `NULL` is read as false. `None`: every account is.
    pub enabled: Option<String>,
    /// Whether the account is protected from password resets. `NULL` is read as true. `None`: none is.
    pub protected: Option<String>,
    /// Whether the account is locked out of sign-in. A write that clears the lockout sets it to false.
    pub locked_out: Option<String>,
    /// Whether the user must change the password at the next sign-in. Each write sets it. `None`: a
    /// write with `must_change` is refused.
    pub must_change: Option<String>,
    /// When a temporary password expires, in seconds since 1970. Each write sets it, to `NULL` if the
    /// password does not expire. Your sign-in has to obey it. `None`: a temporary password is refused.
    pub expires_at: Option<String>,
    /// When the password was changed, in seconds since 1970. Each write sets it.
    pub changed_at: Option<String>,
    /// The number of the last write, an integer. With it a repetition of a write is told from a change to
    /// the present password, which is refused. `None`: both count as written.
    pub write_number: Option<String>,
    /// The display name.
    pub display_name: Option<String>,
    /// The primary mail address.
    pub mail: Option<String>,
    /// The user principal name.
    pub user_principal_name: Option<String>,
    /// An alternate mail address.
    pub alternate_mail: Option<String>,
    /// The mobile phone.
    pub mobile_phone: Option<String>,
    /// A second mobile phone.
    pub alternate_mobile: Option<String>,
    /// The office phone.
    pub office_phone: Option<String>,
    /// The language, such as `de-CH`.
    pub language: Option<String>,
    /// The table of roles: a user and a role in each row.
    pub roles: Option<LinkTable>,
    /// The table of groups: a user and a group in each row.
    pub groups: Option<LinkTable>,
    /// The table of groups within groups: the inner group and the outer one in each row.
    pub nested_groups: Option<LinkTable>,
}

/// The type of the column with the user's identifier.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SqlIdType {
    /// Text. In SQLite also a UUID.
    Text,
    /// An integer of at most 64 bits.
    Integer,
    /// PostgreSQL's `uuid`.
    Uuid,
}

/// A table that connects two values in each row.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct LinkTable {
    /// The table.
    pub table: String,
    /// The identifier of the tenant, if the users' table has one.
    pub tenant: Option<String>,
    /// The user's identifier, or the inner group.
    pub from: String,
    /// The role or the group.
    pub to: String,
}

impl LinkTable {
    /// A table with the columns `from` and `to`.
    #[must_use]
    pub fn new(table: &str, from: &str, to: &str) -> Self {
        Self { table: table.to_owned(), tenant: None, from: from.to_owned(), to: to.to_owned() }
    }

    /// With a column for the tenant.
    #[must_use]
    pub fn with_tenant(mut self, column: &str) -> Self {
        self.tenant = Some(column.to_owned());
        self
    }
}

impl UserTable {
    /// A table with these columns and no others: identifiers are text, there is one tenant, and every
    /// account is enabled.
    #[must_use]
    pub fn new(table: &str, id: &str, password: &str, names: &[&str]) -> Self {
        Self {
            schema: None,
            table: table.to_owned(),
            tenant: None,
            id: id.to_owned(),
            id_type: SqlIdType::Text,
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            password: password.to_owned(),
            enabled: None,
            protected: None,
            locked_out: None,
            must_change: None,
            expires_at: None,
            changed_at: None,
            write_number: None,
            display_name: None,
            mail: None,
            user_principal_name: None,
            alternate_mail: None,
            mobile_phone: None,
            alternate_mobile: None,
            office_phone: None,
            language: None,
            roles: None,
            groups: None,
            nested_groups: None,
        }
    }

    /// Refuses what could not be right with any table.
    pub(super) fn check(&self, tenants: usize) -> PortResult<()> {
        let refused = |what: &str| Err(PortError::denied().because(format!("table: {what}")));
        if self.names.is_empty() {
            return refused("`names` is empty, at least one column needed");
        }
        if self.tenant.is_none() && tenants > 1 {
            return refused("`tenant` is missing, several tenants need the column");
        }
        let links = [&self.roles, &self.groups, &self.nested_groups];
        if links.into_iter().flatten().any(|link| link.tenant.is_some() != self.tenant.is_some()) {
            return refused("all tables need the column `tenant`, or none");
        }
        if self.nested_groups.is_some() && self.groups.is_none() {
            return refused("`nested_groups` without `groups`");
        }
        Ok(())
    }
}
