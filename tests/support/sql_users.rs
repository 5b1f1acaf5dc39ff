//! A host's tables of users, for the directory over SQL on either database. Their names need quotes, and hold
//! what would end a name or a statement that is put together carelessly.

#![allow(unreachable_pub, reason = "what the modules of a test binary share is public to it")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::PasswordHasher as _;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, Version};
use async_trait::async_trait;
use sspr::adapters::sql_directory::{LinkTable, SqlConfig, SqlDirectory, UserTable};
use sspr::conformance::{Ability, DirectoryUnderTest};
use sspr::facts::{GroupId, TenantFacts, UserFacts, WriteReply};
use sspr::port::{Directory, PasswordWrite, PortErrorKind, PortResult};
use sspr::{SecretText, TenantId, UserId};
use unicode_normalization::UnicodeNormalization as _;

/// A database in which the tables are made.
#[async_trait]
pub trait HostDatabase: Send + Sync {
    /// Runs statements.
    fn run(&self, sql: &str);

    /// The schema of the tables.
    fn schema(&self) -> Option<String>;

    async fn open(&self, config: SqlConfig) -> PortResult<SqlDirectory>;

    fn cut_off(&self, _off: bool) -> Ability {
        Ability::Lacks("the file cannot be cut off")
    }
}

/// The tables and the directory over them.
pub struct SqlUsers<D> {
    pub database: D,
    tenants: Mutex<BTreeMap<TenantId, TenantFacts>>,
    directory: Mutex<Option<Arc<SqlDirectory>>>,
}

/// What the tables are called.
const USERS: &str = "the \"users\"; table";

/// The table with all of its columns.
pub fn user_table(schema: Option<String>) -> UserTable {
    let name = |column: &str| Some(column.to_owned());
    let mut table = UserTable::new(USERS, "ID", "hash; --", &["sign in", "alias"]);
    table.schema = schema;
    table.tenant = name("org");
    table.enabled = name("Active?");
    table.protected = name("kept");
    table.locked_out = name("lock");
    table.must_change = name("temporary");
    table.expires_at = name("until");
    table.changed_at = name("since");
    table.write_number = name("number");
    table.display_name = name("shown");
    table.mail = name("mail");
    table.user_principal_name = name("upn");
    table.alternate_mail = name("other mail");
    table.mobile_phone = name("mobile");
    table.alternate_mobile = name("mobile 2");
    table.office_phone = name("office");
    table.language = name("language");
    let link = |table, from, to| Some(LinkTable::new(table, from, to).with_tenant("org"));
    table.roles = link("the 'roles'", "user", "role");
    table.groups = link("members", "user", "group");
    table.nested_groups = link("nesting", "inner", "outer");
    table
}

const TABLES: &str = "
    CREATE TABLE IN.\"the \"\"users\"\"; table\" (
        org TEXT NOT NULL, \"ID\" TEXT NOT NULL, \"hash; --\" TEXT, \"sign in\" TEXT, alias TEXT,
        \"Active?\" BOOLEAN, kept BOOLEAN, lock BOOLEAN, temporary BOOLEAN, until BIGINT, since BIGINT,
        number BIGINT, shown TEXT, mail TEXT, upn TEXT, \"other mail\" TEXT, mobile TEXT, \"mobile 2\" TEXT,
        office TEXT, language TEXT, PRIMARY KEY (org, \"ID\"));
    CREATE TABLE IN.\"the 'roles'\" (org TEXT, \"user\" TEXT, role TEXT);
    CREATE TABLE IN.members (org TEXT, \"user\" TEXT, \"group\" TEXT);
    CREATE TABLE IN.nesting (org TEXT, \"inner\" TEXT, \"outer\" TEXT);";

/// Text as a literal of SQL.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn optional(text: &Option<String>) -> String {
    text.as_deref().map_or("NULL".to_owned(), literal)
}

/// A hash as the host's own sign-in makes it, at a low cost: the kit judges no times.
pub fn hash(password: &str) -> String {
    let params = Params::new(8, 1, 1, None).expect("valid");
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash: PasswordHash =
        argon2.hash_password_with_salt(password.as_bytes(), b"0123456789abcdef").expect("hashed");
    hash.to_string()
}

impl<D: HostDatabase> SqlUsers<D> {
    pub fn in_database(database: D) -> Self {
        let users = Self { database, tenants: Mutex::default(), directory: Mutex::default() };
        users.run(TABLES);
        users
    }

    /// Runs statements; `IN.` stands for the schema and `USERS` for the table of users.
    pub fn run(&self, sql: &str) {
        let schema = self.database.schema().map(|schema| format!("{schema}.")).unwrap_or_default();
        let users = format!("{schema}\"{}\"", USERS.replace('"', "\"\""));
        self.database.run(&sql.replace("IN.", &schema).replace("USERS", &users));
    }

    /// The configuration for the tenants so far. A low cost of hashes, since the kit judges no times.
    pub fn config(&self) -> SqlConfig {
        let config = SqlConfig::new(user_table(self.database.schema())).with_hash_cost(8, 1);
        let tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner).clone();
        tenants.into_iter().fold(config, |config, (id, facts)| config.with_tenant(id, facts))
    }
}

#[async_trait]
impl<D: HostDatabase> DirectoryUnderTest for SqlUsers<D> {
    fn directory(&self) -> Arc<dyn Directory> {
        let directory = self.directory.lock().unwrap_or_else(PoisonError::into_inner);
        let directory: Arc<SqlDirectory> = directory.clone().expect("a tenant was added");
        directory
    }

    async fn add_tenant(&self, tenant: &TenantId, facts: TenantFacts) -> PortResult<()> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant.clone(), facts);
        let opened = Arc::new(self.database.open(self.config()).await?);
        *self.directory.lock().unwrap_or_else(PoisonError::into_inner) = Some(opened);
        Ok(())
    }

    async fn add_user(
        &self,
        tenant: &TenantId,
        facts: UserFacts,
        names: &[&str],
        password: &str,
    ) -> PortResult<()> {
        let (org, id) = (literal(tenant.as_str()), literal(facts.id.as_str()));
        // As the host's own pages do before they store or compare a password.
        let password = hash(&password.nfc().collect::<String>());
        let name = |n: usize| names.get(n).map_or("NULL".to_owned(), |name| literal(name));
        let since = facts
            .password_changed_at
            .map_or("NULL".to_owned(), |at| at.unix_millis().div_euclid(1_000).to_string());
        let flag = |flag: Option<bool>| flag.unwrap_or_default().to_string();
        let (mail, contacts) = (facts.contacts.mail.first().cloned(), &facts.contacts);
        let mut sql = format!(
            "INSERT INTO USERS VALUES ({org}, {id}, {}, {}, {}, {}, {}, {}, {}, NULL, {since}, NULL, {}, \
             {}, {}, {}, {}, {}, {}, NULL);",
            literal(&password),
            name(0),
            name(1),
            facts.enabled,
            facts.protected,
            flag(facts.locked_out),
            flag(facts.password_expired),
            optional(&facts.display_name),
            optional(&facts.primary_mail),
            optional(&facts.user_principal_name),
            optional(&mail.filter(|_| contacts.mail.len() == 1)),
            optional(&contacts.mobile_phone),
            optional(&contacts.alternate_mobile),
            optional(&contacts.office_phone),
        );
        for role in &facts.roles {
            let role = literal(role.as_str());
            sql.push_str(&format!("INSERT INTO IN.\"the 'roles'\" VALUES ({org}, {id}, {role});"));
        }
        self.run(&sql);
        Ok(())
    }

    async fn add_group(
        &self,
        tenant: &TenantId,
        group: &GroupId,
        users: &[UserId],
        groups: &[GroupId],
    ) -> PortResult<Ability> {
        let (org, outer) = (literal(tenant.as_str()), literal(group.as_str()));
        let mut sql = String::new();
        for user in users {
            let user = literal(user.as_str());
            sql.push_str(&format!("INSERT INTO IN.members VALUES ({org}, {user}, {outer});"));
        }
        for inner in groups {
            let inner = literal(inner.as_str());
            sql.push_str(&format!("INSERT INTO IN.nesting VALUES ({org}, {inner}, {outer});"));
        }
        if !sql.is_empty() {
            self.run(&sql);
        }
        Ok(Ability::Has)
    }

    async fn cut_off(&self, off: bool) -> PortResult<Ability> {
        Ok(self.database.cut_off(off))
    }
}

pub const FIRST: &str = "The first password 1!";
pub const SECOND: &str = "The second password 2!";

pub fn tenant() -> TenantId {
    TenantId::parse("kit").expect("valid")
}

pub fn user() -> UserId {
    UserId::parse("u-1").expect("valid")
}

/// Adds a tenant with one user.
pub async fn with_one_user<D: HostDatabase>(users: SqlUsers<D>) -> SqlUsers<D> {
    users.add_tenant(&tenant(), TenantFacts::new("The Kit")).await.expect("added");
    let facts = UserFacts::new(user());
    users.add_user(&tenant(), facts, &["u-1@kit.example"], FIRST).await.expect("added");
    users
}

/// Sets the user's password by a write that the test changes.
pub async fn set(
    directory: &dyn Directory,
    password: &str,
    change: impl FnOnce(&mut PasswordWrite<'_>),
) -> WriteReply {
    let (owner, user, password) = (tenant(), user(), SecretText::from(password));
    let mut write = PasswordWrite::new(&owner, &user, &password, 1);
    change(&mut write);
    directory.set_password(&write).await.expect("a reply")
}

pub async fn passes(directory: &dyn Directory, password: &str) -> Result<bool, PortErrorKind> {
    let checked = directory.verify_password(&tenant(), &user(), &SecretText::from(password)).await;
    checked.map_err(|error| error.kind())
}
