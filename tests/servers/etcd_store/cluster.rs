//! Tests of the test servers.

use crate::servers::etcd::{Cluster, PASSWORD, Setup};

#[test]
fn a_cluster_continues_without_its_leader_and_accepts_it_again() {
    let cluster = Cluster::start(Setup::nodes(3));
    cluster.etcdctl(&["put", "a", "1"]);
    let leader = cluster.leader();
    cluster.kill(leader);
    assert_ne!(cluster.leader(), leader);
    cluster.etcdctl(&["put", "a", "2"]);
    cluster.restart(leader);
    cluster.wait_until_whole();
    assert_eq!(cluster.etcdctl(&["get", "a", "--print-value-only"]), "2\n");
    assert!(cluster.metric(cluster.leader(), "etcd_mvcc_put_total") >= 2);
}

#[test]
fn a_secured_cluster_knows_its_users() {
    let cluster = Cluster::start(Setup { secured: true, ..Setup::nodes(1) });
    assert!(cluster.endpoints()[0].starts_with("https://"));
    assert_eq!(cluster.etcdctl(&["user", "list"]), "root\nsspr\n");
    let user = format!("--user=sspr:{PASSWORD}");
    cluster.etcdctl(&[&user, "put", "sspr/a", "1"]);
}
