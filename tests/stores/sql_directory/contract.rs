//! What the kit does not ask of the directory over SQLite.

use std::collections::BTreeSet;

use rusqlite::Connection;
use sspr::adapters::sql_directory::{SqlConfig, SqlIdType, UserTable};
use sspr::conformance::DirectoryUnderTest as _;
use sspr::facts::{
    Lockouts, PolicyReason, TenantFacts, UserFacts, UserQuery, UserSelector, WriteOutcome,
    WritePurpose,
};
use sspr::port::{Directory, PasswordWrite, PortErrorKind, UnlockWrite};
use sspr::{Identifier, TenantId, Timestamp, UserId};

use super::SqliteFile;
use super::sql_users::{FIRST, SECOND, passes, set, tenant, user, user_table, with_one_user};

async fn facts(directory: &dyn Directory) -> UserFacts {
    let (id, groups) = (user(), BTreeSet::new());
    let query = UserQuery::new(UserSelector::Id(&id), &groups);
    directory.find(&tenant(), &query).await.expect("asked").remove(0)
}

#[tokio::test]
async fn a_trigger_that_changes_the_hash_undoes_the_write() {
    let users = with_one_user(SqliteFile::users()).await;
    users.run(
        "CREATE TRIGGER spoils AFTER UPDATE ON USERS WHEN new.\"hash; --\" NOT LIKE '% cut' BEGIN
         UPDATE USERS SET \"hash; --\" = new.\"hash; --\" || ' cut' WHERE \"ID\" = new.\"ID\"; END",
    );
    let reply = set(&*users.directory(), SECOND, |_| {}).await;
    assert_eq!(reply.outcome, WriteOutcome::AdminActionRequired, "{reply:?}");
    assert!(reply.detail.is_some_and(|detail| detail.contains("does not keep the hash")));
    assert_eq!(passes(&*users.directory(), FIRST).await, Ok(true));
}

#[tokio::test]
async fn what_the_hosts_constraints_refuse_is_not_written() {
    let users = with_one_user(SqliteFile::users()).await;
    users.run(
        "CREATE TRIGGER refuses BEFORE UPDATE ON USERS BEGIN SELECT RAISE(ABORT, 'frozen'); END",
    );
    let reply = set(&*users.directory(), SECOND, |_| {}).await;
    assert_eq!(reply.outcome, WriteOutcome::AdminActionRequired, "{reply:?}");
    assert!(reply.detail.is_some_and(|detail| detail.contains("frozen")));
    assert_eq!(passes(&*users.directory(), FIRST).await, Ok(true));
}

#[tokio::test]
async fn a_lock_that_another_program_holds_is_out_of_reach() {
    let users = with_one_user(SqliteFile::users()).await;
    let directory = users.directory();
    let other = Connection::open(users.database.path()).expect("opened");
    other.execute_batch("BEGIN IMMEDIATE").expect("locked");
    assert_eq!(set(&*directory, SECOND, |_| {}).await.outcome, WriteOutcome::Unreachable);
    other.execute_batch("ROLLBACK").expect("unlocked");
    assert_eq!(passes(&*directory, FIRST).await, Ok(true));
    assert_eq!(set(&*directory, SECOND, |_| {}).await.outcome, WriteOutcome::Written);
}

#[tokio::test]
async fn a_repetition_is_told_from_a_change_to_the_present_password() {
    let users = with_one_user(SqliteFile::users()).await;
    let directory = users.directory();
    let change = |number| {
        move |write: &mut PasswordWrite<'_>| {
            (write.number, write.purpose) = (number, WritePurpose::Change);
        }
    };
    let history = WriteOutcome::PolicyViolation(PolicyReason::History);
    assert_eq!(set(&*directory, FIRST, change(4)).await.outcome, history);
    assert_eq!(set(&*directory, SECOND, change(4)).await.outcome, WriteOutcome::Written);
    assert_eq!(set(&*directory, SECOND, change(4)).await.outcome, WriteOutcome::Written);
    assert_eq!(set(&*directory, SECOND, change(5)).await.outcome, history);
    let reset = |write: &mut PasswordWrite<'_>| write.number = 5;
    assert_eq!(set(&*directory, SECOND, reset).await.outcome, WriteOutcome::Written);
}

#[tokio::test]
async fn a_temporary_password_expires_at_its_time() {
    let users = with_one_user(SqliteFile::users()).await;
    let directory = users.directory();
    let until = |at| {
        move |write: &mut PasswordWrite<'_>| {
            (write.must_change, write.expires_at) = (false, Some(Timestamp::from_unix_seconds(at)));
        }
    };
    assert_eq!(facts(&*directory).await.password_expired, Some(false));
    // In 1970, and in 2099.
    for (number, at, expired) in [(1, 1, true), (2, 4_070_908_800, false)] {
        let write = |write: &mut PasswordWrite<'_>| {
            until(at)(write);
            write.number = number;
        };
        assert_eq!(set(&*directory, SECOND, write).await.outcome, WriteOutcome::Written);
        assert_eq!(facts(&*directory).await.password_expired, Some(expired), "{at}");
    }
    let mut table = user_table(None);
    (table.expires_at, table.must_change) = (None, None);
    let config = SqlConfig::new(table).with_tenant(tenant(), TenantFacts::new("The Kit"));
    let without = config.with_hash_cost(8, 1).sqlite(users.database.path()).expect("sound");
    let demanded = |write: &mut PasswordWrite<'_>| write.must_change = true;
    let admin = WriteOutcome::AdminActionRequired;
    assert_eq!(set(&without, FIRST, until(4_070_908_800)).await.outcome, admin);
    assert_eq!(set(&without, FIRST, demanded).await.outcome, admin);
    assert_eq!(passes(&*directory, SECOND).await, Ok(true));
}

#[tokio::test]
async fn the_stamp_changes_with_the_account_and_not_with_a_lockout() {
    let users = with_one_user(SqliteFile::users()).await;
    let directory = users.directory();
    let mut seen = BTreeSet::from([facts(&*directory).await.change_stamp]);
    for change in [
        "\"hash; --\" = 'x'",
        "\"Active?\" = FALSE",
        "kept = TRUE",
        "mail = 'ada@kit.example'",
        "upn = 'ada@kit.example'",
        "\"other mail\" = 'ada@kit.example'",
        "mobile = '+1 4255550100'",
        "\"mobile 2\" = '+1 4255550100'",
        "office = '+1 4255550100'",
        "\"sign in\" = 'ada@kit.example'",
    ] {
        users.run(&format!("UPDATE USERS SET {change}"));
        assert!(seen.insert(facts(&*directory).await.change_stamp), "{change} has no other stamp");
    }
    users.run("UPDATE USERS SET lock = TRUE, since = 5, number = 7, temporary = TRUE");
    assert!(!seen.insert(facts(&*directory).await.change_stamp), "a lockout has another stamp");
}

#[tokio::test]
async fn a_flag_that_is_absent_gives_no_right() {
    let users = with_one_user(SqliteFile::users()).await;
    users.run("UPDATE USERS SET \"Active?\" = NULL, kept = NULL");
    let found = facts(&*users.directory()).await;
    assert!(!found.enabled && found.protected, "{found:?}");
    users.run("UPDATE USERS SET \"Active?\" = 'perhaps'");
    let (id, groups) = (user(), BTreeSet::new());
    let query = UserQuery::new(UserSelector::Id(&id), &groups);
    let error = users.directory().find(&tenant(), &query).await.expect_err("unreadable");
    assert_eq!(error.kind(), PortErrorKind::Denied);
}

#[tokio::test]
async fn a_protected_user_is_neither_written_nor_unlocked() {
    let users = with_one_user(SqliteFile::users()).await;
    users.run("UPDATE USERS SET kept = TRUE, lock = TRUE");
    let (owner, id, directory) = (tenant(), user(), users.directory());
    let admin = WriteOutcome::AdminActionRequired;
    assert_eq!(set(&*directory, SECOND, |_| {}).await.outcome, admin);
    let unlock = UnlockWrite::new(&owner, &id, 1);
    assert_eq!(directory.unlock(&unlock).await.expect("a reply").outcome, admin);
    assert_eq!(facts(&*directory).await.locked_out, Some(true));
    // An unlock that names another lockout clears none.
    users.run("UPDATE USERS SET kept = FALSE");
    let mut unlock = UnlockWrite::new(&owner, &id, 2);
    unlock.clears = Lockouts { sign_in: false, on_premises: true };
    assert_eq!(directory.unlock(&unlock).await.expect("a reply").outcome, WriteOutcome::Written);
    assert_eq!(facts(&*directory).await.locked_out, Some(true));
}

#[tokio::test]
async fn an_unreadable_hash_is_no_wrong_password_and_a_reset_replaces_it() {
    let users = with_one_user(SqliteFile::users()).await;
    users.run("UPDATE USERS SET \"hash; --\" = 'in clear'");
    let directory = users.directory();
    assert_eq!(passes(&*directory, "in clear").await, Err(PortErrorKind::Denied));
    assert_eq!(set(&*directory, SECOND, |_| {}).await.outcome, WriteOutcome::Written);
    assert_eq!(passes(&*directory, SECOND).await, Ok(true));
    for none in ["NULL", "''"] {
        users.run(&format!("UPDATE USERS SET \"hash; --\" = {none}"));
        assert_eq!(passes(&*directory, "").await, Ok(false), "{none}");
        assert_eq!(set(&*directory, FIRST, |_| {}).await.outcome, WriteOutcome::Written, "{none}");
    }
}

#[tokio::test]
async fn names_are_equal_without_case_and_in_any_normal_form() {
    let users = with_one_user(SqliteFile::users()).await;
    let add = |id: &'static str, name: &'static str| {
        let facts = UserFacts::new(UserId::parse(id).expect("valid"));
        let users = &users;
        async move { users.add_user(&tenant(), facts, &[name], FIRST).await.expect("added") }
    };
    add("u-2", "zo\u{eb} fox@kit.example").await;
    let directory = users.directory();
    let found = async |name: &str| {
        let (name, groups) = (Identifier::parse(name).expect("valid"), BTreeSet::new());
        let query = UserQuery::new(UserSelector::Identifier(&name), &groups);
        directory.find(&tenant(), &query).await.expect("asked").len()
    };
    for same in [
        "U-1@KIT.example",
        "Zo\u{eb} Fox@kit.example",
        "ZO\u{cb} FOX@KIT.EXAMPLE",
        "zoe\u{308} fox@kit.example",
    ] {
        assert_eq!(found(same).await, 1, "{same}");
    }
    for other in
        ["zoe fox@kit.example", "u-1@kit.example' OR '1'='1", "%", "u-_@kit.example", "\";"]
    {
        assert_eq!(found(other).await, 0, "{other}");
    }
}

#[test]
fn a_table_that_is_not_there_is_refused_at_the_start() {
    let users = SqliteFile::users();
    let open = |change: fn(&mut UserTable)| {
        let mut table = user_table(None);
        change(&mut table);
        let config = SqlConfig::new(table).with_hash_cost(8, 1);
        config.sqlite(users.database.path()).map(drop).map_err(|error| error.kind())
    };
    assert_eq!(open(|_| {}), Ok(()));
    let denied = Err(PortErrorKind::Denied);
    // SQLite takes a quoted name that is no column for a text, where it can.
    assert_eq!(open(|table| table.mail = Some("e-mail".to_owned())), denied);
    assert_eq!(open(|table| table.names = vec!["login".to_owned()]), denied);
    assert_eq!(open(|table| table.table = "accounts".to_owned()), denied);
    assert_eq!(open(|table| table.names.clear()), denied);
    assert_eq!(open(|table| table.roles.as_mut().expect("set").tenant = None), denied);
    let missing = users.database.path().join("no such file");
    let config = SqlConfig::new(user_table(None)).with_hash_cost(8, 1);
    assert!(config.sqlite(missing).is_err());
    let config = SqlConfig::new(user_table(None)).with_hash_threads(0);
    assert!(config.sqlite(users.database.path()).is_err());
    let other = TenantId::parse("other").expect("valid");
    let mut alone = user_table(None);
    (alone.tenant, alone.roles, alone.groups, alone.nested_groups) = (None, None, None, None);
    let config = SqlConfig::new(alone).with_hash_cost(8, 1);
    let config = config.with_tenant(tenant(), TenantFacts::new("The Kit"));
    let config = config.with_tenant(other, TenantFacts::new("Another"));
    assert!(
        config.sqlite(users.database.path()).is_err(),
        "two tenants in one table without a column"
    );
}

#[tokio::test]
async fn an_identifier_is_a_number_or_it_names_no_one() {
    let users = SqliteFile::users();
    users.run("CREATE TABLE plain (id INTEGER PRIMARY KEY, email TEXT, hash TEXT)");
    users.run(
        "INSERT INTO plain VALUES (5, 'five@kit.example', NULL), (10, 'ten@kit.example', NULL)",
    );
    let mut table = UserTable::new("plain", "id", "hash", &["email"]);
    table.id_type = SqlIdType::Integer;
    let config = SqlConfig::new(table).with_tenant(tenant(), TenantFacts::new("The Kit"));
    let directory = config.with_hash_cost(8, 1).sqlite(users.database.path()).expect("sound");
    for (id, found) in [("5", 1), ("5abc", 0), ("05", 0), ("5.0", 0), ("+5", 0), ("unknown-1", 0)] {
        let (id, groups) = (UserId::parse(id).expect("valid"), BTreeSet::new());
        let query = UserQuery::new(UserSelector::Id(&id), &groups);
        assert_eq!(directory.find(&tenant(), &query).await.expect("asked").len(), found, "{id:?}");
    }
    let page = directory.users(&tenant(), &BTreeSet::new(), None, 1).await.expect("a page");
    let next = directory.users(&tenant(), &BTreeSet::new(), page.next.as_ref(), 1).await;
    assert_eq!(next.expect("a page").items[0].id.as_str(), "10", "numbers are in their order");
    let holders = directory.role_holders(&tenant(), &[], page.next.as_ref(), 1).await;
    assert_eq!(holders.expect_err("of another listing").kind(), PortErrorKind::Denied);
}

#[tokio::test]
async fn a_role_or_a_group_of_another_tenant_is_not_held() {
    let users = with_one_user(SqliteFile::users()).await;
    users.run(
        "INSERT INTO IN.\"the 'roles'\" VALUES ('other', 'u-1', 'admin');
         INSERT INTO IN.members VALUES ('other', 'u-1', 'staff'), ('kit', 'u-1', 'inner');
         INSERT INTO IN.nesting VALUES ('other', 'inner', 'outer')",
    );
    let asked =
        ["staff", "inner", "outer"].map(|id| sspr::facts::GroupId::parse(id).expect("valid"));
    let (id, groups) = (user(), BTreeSet::from(asked.clone()));
    let query = UserQuery::new(UserSelector::Id(&id), &groups);
    let found = users.directory().find(&tenant(), &query).await.expect("asked").remove(0);
    assert!(found.roles.is_empty(), "{found:?}");
    assert_eq!(found.groups, BTreeSet::from([asked[1].clone()]));
    let admin = sspr::RoleId::parse("admin").expect("valid");
    let holders = users.directory().role_holders(&tenant(), &[admin], None, 5).await;
    assert!(holders.expect("a page").items.is_empty());
}
