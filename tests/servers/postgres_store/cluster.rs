//! Tests of the servers that the other tests use.

use crate::servers::is_alive;
use crate::servers::postgres::Postgres;

#[test]
fn a_killed_cluster_keeps_acknowledged_commits() {
    let cluster = Postgres::start();
    cluster.sql("CREATE TABLE kept (n int)");
    cluster.sql("INSERT INTO kept VALUES (7)");
    let pid = cluster.sql("SELECT pg_backend_pid()").parse().unwrap();
    cluster.kill();
    assert!(!is_alive(pid));
    cluster.restart();
    assert_eq!(cluster.sql("SELECT n FROM kept"), "7");
    cluster.stop();
    cluster.restart();
    assert_eq!(cluster.sql("SELECT n FROM kept"), "7");
}

#[test]
fn a_promoted_standby_has_the_primarys_acknowledged_commits() {
    let (primary, standby) = Postgres::pair();
    primary.sql("CREATE TABLE kept (n int)");
    primary.sql("INSERT INTO kept VALUES (7)");
    primary.kill();
    standby.promote();
    assert_eq!(standby.sql("SELECT n FROM kept"), "7");
    standby.sql("INSERT INTO kept VALUES (8)");
}

#[test]
fn the_shared_cluster_gives_each_its_own_database() {
    let shared = Postgres::shared();
    let (one, other) = (shared.database(), shared.database());
    assert_ne!(one, other);
    assert_eq!(shared.sql("SHOW fsync"), "on");
}
