//! The statements for a host's table. Names are quoted, values are parameters; only numbers and flags of
//! this adapter are written into a statement.

use super::table::{LinkTable, SqlIdType, UserTable};
use crate::Timestamp;

/// What differs between the databases.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Dialect {
    #[cfg(feature = "sqlite")]
    Sqlite,
    #[cfg(feature = "postgres")]
    Postgres,
}

/// The columns of a row, in the order in which each statement returns them; those of the names follow.
pub(super) const COLUMNS: usize = 19;

/// The statements that read, and the parts of those that write.
pub(super) struct Statements {
    dialect: Dialect,
    table: UserTable,
    pub(super) by_id: String,
    pub(super) by_name: String,
    pub(super) read_back: String,
    first_page: String,
    next_page: String,
    holders: String,
    next_holders: String,
}

/// What a write sets, beside the password.
#[derive(Default)]
pub(super) struct Effects {
    pub(super) password: bool,
    pub(super) must_change: Option<bool>,
    pub(super) expires_at: Option<Option<Timestamp>>,
    pub(super) changed_at: Option<Timestamp>,
    pub(super) write_number: Option<u32>,
    pub(super) unlocks: bool,
}

impl Statements {
    pub(super) fn new(dialect: Dialect, table: &UserTable) -> Self {
        let sql = Builder { dialect, table };
        let select = format!(
            "SELECT {} FROM {} AS u WHERE {}",
            sql.columns(),
            sql.name(&table.table),
            sql.of_tenant("u", table.tenant.as_deref())
        );
        let names: Vec<String> = table
            .names
            .iter()
            .map(|name| format!("lower({}) = {}", sql.column("u", name), sql.at(2)))
            .collect();
        let order = format!("ORDER BY {}", sql.column("u", &table.id));
        let after = |n| format!("AND {} > {}", sql.column("u", &table.id), sql.id(n));
        let holds = sql.holds_a_role();
        Self {
            dialect,
            table: table.clone(),
            by_id: format!("{select} AND {} LIMIT 2", sql.is_user()),
            by_name: format!("{select} AND ({}) {order} LIMIT 51", names.join(" OR ")),
            read_back: format!(
                "SELECT {} FROM {} AS u WHERE {} AND {}",
                sql.text(&table.password),
                sql.name(&table.table),
                sql.of_tenant("u", table.tenant.as_deref()),
                sql.is_user()
            ),
            first_page: format!("{select} {order}"),
            next_page: format!("{select} {} {order}", after(2)),
            holders: format!("{select} AND {holds} {order}"),
            next_holders: format!("{select} AND {holds} {} {order}", after(3)),
        }
    }

    /// The users from the first one on, or after the one of the second parameter.
    pub(super) fn page(&self, is_first: bool, limit: usize) -> String {
        format!("{} LIMIT {limit}", if is_first { &self.first_page } else { &self.next_page })
    }

    /// The holders of the roles of the second parameter, from the first one on, or after the one of the
    /// third.
    pub(super) fn holders(&self, is_first: bool, limit: usize) -> String {
        format!("{} LIMIT {limit}", if is_first { &self.holders } else { &self.next_holders })
    }

    /// Changes the user of the second parameter: with a password to the third, if it is still the fourth.
    pub(super) fn update(&self, effects: &Effects) -> String {
        let sql = Builder { dialect: self.dialect, table: &self.table };
        let table = &self.table;
        let flag = |flag: bool| if flag { "TRUE" } else { "FALSE" }.to_owned();
        let seconds = |at: Timestamp| at.unix_millis().div_euclid(1_000).to_string();
        let mut sets = Vec::new();
        let mut set = |column: &Option<String>, value: Option<String>| {
            if let (Some(column), Some(value)) = (column, value) {
                sets.push(format!("{} = {value}", quoted(column)));
            }
        };
        set(&Some(table.password.clone()), effects.password.then(|| sql.at(3)));
        set(&table.must_change, effects.must_change.map(flag));
        let expires = effects.expires_at.map(|at| at.map_or("NULL".to_owned(), seconds));
        set(&table.expires_at, expires);
        set(&table.changed_at, effects.changed_at.map(seconds));
        set(&table.write_number, effects.write_number.map(|number| number.to_string()));
        set(&table.locked_out, effects.unlocks.then(|| flag(false)));
        if sets.is_empty() {
            // Nothing to set, but the statement still tells whether there is such a user.
            sets.push(format!("{0} = {0}", quoted(&table.id)));
        }
        let unchanged = if effects.password {
            format!(" AND {}", sql.is_same(&sql.text(&table.password), &sql.at(4)))
        } else {
            String::new()
        };
        format!(
            "UPDATE {} AS u SET {} WHERE {} AND {}{unchanged}",
            sql.name(&table.table),
            sets.join(", "),
            sql.of_tenant("u", table.tenant.as_deref()),
            sql.is_user()
        )
    }

    /// Every statement, each with its number of parameters, for a check at the start.
    pub(super) fn all(&self) -> Vec<(String, usize)> {
        let at = Some(Timestamp::from_unix_seconds(0));
        let everything = Effects {
            password: true,
            must_change: Some(true),
            expires_at: Some(at),
            changed_at: at,
            write_number: Some(0),
            unlocks: true,
        };
        vec![
            (self.by_id.clone(), 2),
            (self.by_name.clone(), 2),
            (self.page(true, 1), 1),
            (self.page(false, 1), 2),
            (self.holders(true, 1), 2),
            (self.holders(false, 1), 3),
            (self.read_back.clone(), 2),
            (self.update(&everything), 4),
        ]
    }
}

/// A name as an identifier of SQL, whatever is in it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

struct Builder<'a> {
    dialect: Dialect,
    table: &'a UserTable,
}

impl Builder<'_> {
    /// A parameter, as text.
    fn at(&self, n: usize) -> String {
        match self.dialect {
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => format!("?{n}"),
            #[cfg(feature = "postgres")]
            Dialect::Postgres => format!("${n}"),
        }
    }

    fn name(&self, table: &str) -> String {
        let schema = self.table.schema.as_ref().map(|schema| format!("{}.", quoted(schema)));
        format!("{}{}", schema.unwrap_or_default(), quoted(table))
    }

    /// A column, with its table: SQLite takes a quoted name that no column has for a text otherwise.
    fn column(&self, of: &str, column: &str) -> String {
        format!("{of}.{}", quoted(column))
    }

    fn text(&self, column: &str) -> String {
        format!("CAST({} AS TEXT)", self.column("u", column))
    }

    /// A user's identifier in the type of its column, so that an index serves the comparison.
    fn id(&self, n: usize) -> String {
        match (self.dialect, self.table.id_type) {
            #[cfg(feature = "sqlite")]
            (Dialect::Sqlite, SqlIdType::Integer) => format!("CAST(?{n} AS INTEGER)"),
            #[cfg(feature = "postgres")]
            (Dialect::Postgres, SqlIdType::Integer) => format!("CAST(${n} AS bigint)"),
            #[cfg(feature = "postgres")]
            (Dialect::Postgres, SqlIdType::Uuid) => format!("CAST(${n} AS uuid)"),
            _ => self.at(n),
        }
    }

    fn is_user(&self) -> String {
        format!("{} = {}", self.column("u", &self.table.id), self.id(2))
    }

    fn is_same(&self, one: &str, other: &str) -> String {
        match self.dialect {
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => format!("{one} IS {other}"),
            #[cfg(feature = "postgres")]
            Dialect::Postgres => format!("{one} IS NOT DISTINCT FROM {other}"),
        }
    }

    /// The condition that a row is one of the tenant, which is always the first parameter.
    fn of_tenant(&self, of: &str, column: Option<&str>) -> String {
        let first = self.at(1);
        column.map_or_else(
            || format!("{first} = {first}"),
            |column| format!("{} = {first}", self.column(of, column)),
        )
    }

    fn columns(&self) -> String {
        let table = self.table;
        let optional = [
            &table.enabled,
            &table.protected,
            &table.locked_out,
            &table.must_change,
            &table.expires_at,
            &table.changed_at,
            &table.write_number,
            &table.display_name,
            &table.mail,
            &table.user_principal_name,
            &table.alternate_mail,
            &table.mobile_phone,
            &table.alternate_mobile,
            &table.office_phone,
            &table.language,
        ];
        let none = || "CAST(NULL AS TEXT)".to_owned();
        let mut columns = vec![self.text(&table.id), self.text(&table.password)];
        columns.extend(
            optional.map(|column| column.as_ref().map_or_else(none, |column| self.text(column))),
        );
        columns.push(
            table
                .roles
                .as_ref()
                .map_or_else(none, |roles| self.list("r.item", &self.linked(roles))),
        );
        columns.push(table.groups.as_ref().map_or_else(none, |groups| self.groups(groups)));
        debug_assert_eq!(columns.len(), COLUMNS, "the rows are read by position");
        columns.extend(table.names.iter().map(|name| self.text(name)));
        columns.join(", ")
    }

    /// The values that a link table has for the user, as a table `r` with the column `item`.
    fn linked(&self, link: &LinkTable) -> String {
        format!("({}) AS r", self.items(link))
    }

    fn items(&self, link: &LinkTable) -> String {
        format!(
            "SELECT CAST({} AS TEXT) AS item FROM {} AS l WHERE {} = {} AND {}",
            self.column("l", &link.to),
            self.name(&link.table),
            self.column("l", &link.from),
            self.column("u", &self.table.id),
            self.of_tenant("l", link.tenant.as_deref())
        )
    }

    /// The groups that contain the user, through other groups too. `UNION` drops what is there already,
    /// so a cycle ends.
    fn groups(&self, groups: &LinkTable) -> String {
        let Some(nested) = &self.table.nested_groups else {
            return self.list("r.item", &self.linked(groups));
        };
        let outer = format!(
            "SELECT CAST({} AS TEXT) FROM {} AS n JOIN held ON CAST({} AS TEXT) = held.item WHERE {}",
            self.column("n", &nested.to),
            self.name(&nested.table),
            self.column("n", &nested.from),
            self.of_tenant("n", nested.tenant.as_deref())
        );
        let direct = self.items(groups);
        let inner = format!(
            "(WITH RECURSIVE held(item) AS ({direct} UNION {outer}) SELECT item FROM held) AS r"
        );
        self.list("r.item", &inner)
    }

    /// A column of a table as one text, a JSON array.
    fn list(&self, column: &str, from: &str) -> String {
        match self.dialect {
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => format!("(SELECT json_group_array({column}) FROM {from})"),
            #[cfg(feature = "postgres")]
            Dialect::Postgres => format!("(SELECT CAST(json_agg({column}) AS TEXT) FROM {from})"),
        }
    }

    /// The condition that the user holds one of the roles of the second parameter, a JSON array.
    fn holds_a_role(&self) -> String {
        let asked = match self.dialect {
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => "SELECT value FROM json_each(?2)",
            #[cfg(feature = "postgres")]
            Dialect::Postgres => "SELECT json_array_elements_text(CAST($2 AS json))",
        };
        match &self.table.roles {
            Some(roles) => {
                format!("EXISTS (SELECT 1 FROM {} WHERE r.item IN ({asked}))", self.linked(roles))
            }
            // No user has a role; the parameter is there.
            None => format!("{0} <> {0}", self.at(2)),
        }
    }
}
