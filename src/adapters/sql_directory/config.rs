//! The configuration of a directory over a table.

use std::collections::HashMap;
use std::sync::Arc;

use super::directory::SqlDirectory;
use super::hash::{HashCost, Hasher};
use super::rows::UserRows;
use super::statements::{Dialect, Statements};
use super::table::UserTable;
use crate::TenantId;
#[cfg(feature = "postgres")]
use crate::adapters::postgres::PostgresOptions;
use crate::facts::TenantFacts;
use crate::port::{Clock, PortError, PortResult, SystemClock};

/// The table, the tenants and the cost of a hash; [`sqlite`](Self::sqlite) and
/// [`postgres`](Self::postgres) make a [`SqlDirectory`] of it.
///
/// ```
/// use sspr::TenantId;
/// use sspr::adapters::sql_directory::{SqlConfig, UserTable};
/// use sspr::facts::TenantFacts;
///
/// let accounts = UserTable::new("accounts", "id", "password", &["email"]);
/// let config = SqlConfig::new(accounts)
///     .with_tenant(TenantId::parse("contoso")?, TenantFacts::new("Contoso"));
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[must_use]
pub struct SqlConfig {
    table: UserTable,
    tenants: HashMap<TenantId, TenantFacts>,
    cost: HashCost,
    threads: usize,
    clock: Arc<dyn Clock>,
}

impl SqlConfig {
    /// The largest number of threads that hash.
    pub const MAX_HASH_THREADS: usize = 64;

    /// Over this table, without tenants.
    pub fn new(table: UserTable) -> Self {
        Self {
            table,
            tenants: HashMap::new(),
            cost: HashCost { kibibytes: 19_456, passes: 2 },
            threads: 2,
            clock: Arc::new(SystemClock),
        }
    }

    /// Serves this tenant.
    pub fn with_tenant(mut self, id: TenantId, facts: TenantFacts) -> Self {
        self.tenants.insert(id, facts);
        self
    }

    /// The cost of Argon2id for new hashes: memory in KiB, 8 to 1,048,576, and passes, 1 to 64. Default:
    /// 19,456 and 2 (OWASP). Each hash that is made or checked takes this memory.
    pub fn with_hash_cost(mut self, kibibytes: u32, passes: u32) -> Self {
        self.cost = HashCost { kibibytes, passes };
        self
    }

    /// How many threads hash passwords, 1 to 64. Default: 2.
    pub fn with_hash_threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Tells when a password was changed, and whether it has expired, by this clock, which should be the
    /// engine's. Default: the system clock.
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Over a table in an SQLite file, which must exist. Reads and writes on a thread of its own, beside
    /// other processes: a call waits for their locks for at most 5 seconds. Blocks: call it at startup.
    ///
    /// # Errors
    ///
    /// `Denied` for a value that is out of range, a table or a column that does not exist, a file that is
    /// no database or that may not be written; `Unavailable` if there is no such file.
    #[cfg(feature = "sqlite")]
    pub fn sqlite(self, path: impl AsRef<std::path::Path>) -> PortResult<SqlDirectory> {
        let (statements, hasher) = self.checked(Dialect::Sqlite)?;
        let rows = super::sqlite::SqliteRows::open(path.as_ref(), &statements)?;
        Ok(self.over(statements, hasher, Arc::new(rows)))
    }

    /// Over a table on a PostgreSQL server. The schema of the options does not matter: that of the table
    /// is its own. The role needs `SELECT` on the tables, and `UPDATE` on the columns that are written.
    ///
    /// # Errors
    ///
    /// `Denied` for a value that is out of range, a table, a column or a right that is missing;
    /// `Unavailable` if the server cannot be reached.
    #[cfg(feature = "postgres")]
    pub async fn postgres(self, options: &PostgresOptions) -> PortResult<SqlDirectory> {
        let (statements, hasher) = self.checked(Dialect::Postgres)?;
        let rows = super::postgres::PostgresRows::connect(options, &statements).await?;
        Ok(self.over(statements, hasher, Arc::new(rows)))
    }

    fn checked(&self, dialect: Dialect) -> PortResult<(Statements, Hasher)> {
        self.table.check(self.tenants.len())?;
        if !(1..=Self::MAX_HASH_THREADS).contains(&self.threads) {
            let why = "hash threads: out of range, 1 to 64 allowed";
            return Err(PortError::denied().because(why));
        }
        Ok((Statements::new(dialect, &self.table), Hasher::new(self.cost, self.threads)?))
    }

    fn over(self, statements: Statements, hasher: Hasher, rows: Arc<dyn UserRows>) -> SqlDirectory {
        SqlDirectory {
            table: self.table,
            tenants: self.tenants,
            statements,
            hasher,
            rows,
            clock: self.clock,
        }
    }
}
