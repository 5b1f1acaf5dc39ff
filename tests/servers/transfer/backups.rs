//! Backup and restore of the stores on servers, by the commands that the manual gives.

use sspr::adapters::memory::MemoryStore;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use sspr::Error;
use sspr::port::Store;
use sspr::testing::block_on;
use sspr::transfer::restored;

use crate::servers::{self, Folder};
use crate::support::{admin, tenant};
use crate::transfer::scene::{fill, held};

/// The command of the manual that begins with these words, without its comment.
fn command(words: &str) -> String {
    let manual = include_str!("../../../src/manual/restoring.rs");
    let lines = manual.lines().filter_map(|line| line.strip_prefix("//! "));
    let found: Vec<&str> = lines.filter(|line| line.starts_with(words)).collect();
    let [command] = found[..] else { panic!("{words}: {found:?}") };
    command.split(" #").next().expect("a part").trim_end().to_owned()
}

/// Runs a command line in a folder, with these variables and the folder of a program on the path.
fn shell(line: &str, folder: &Path, program: &Path, variables: &[(&str, &str)]) {
    let path = std::env::var("PATH").expect("a path");
    let path = format!("{}:{path}", program.parent().expect("a folder").display());
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(folder).env("PATH", path);
    servers::run(command.envs(variables.iter().copied()));
}

/// Fills the store, makes a backup, forgets a person, restores: the store is as it was, under its
/// own id, and cursors from before are refused.
fn is_restored(open: impl Fn() -> Arc<dyn Store>, back_up: impl FnOnce(), restore: impl FnOnce()) {
    let store = open();
    let scene = block_on(fill(Arc::clone(&store)));
    let (tenant, by, world) = (tenant(), admin(), &scene.world);
    let own = world.engine.store_id();
    let events = block_on(world.engine.admin(&tenant, &by).events(None, 2)).expect("read");
    let cursor = events.next.expect("there is more");
    let then = held(&*store);
    back_up();
    block_on(world.engine.admin(&tenant, &by).forget(&world.user)).expect("forgotten");
    assert_ne!(held(&*store), then);

    // It must hold no handle on the store that is restored.
    let joined = world.beside().store(MemoryStore::new()).seed(3);
    drop((scene, store));
    restore();
    let store = open();
    assert_eq!(held(&*store), then, "as it was at the time of the backup");
    assert_eq!(block_on(restored(&*store)).expect("restored"), 1);
    let joined = joined.store(store).engine(move |engine| engine.expect_store(own));
    let engine = block_on(joined.open()).engine;
    let refused = block_on(engine.admin(&tenant, &by).events(Some(&cursor), 2));
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    let again = block_on(engine.admin(&tenant, &by).events(None, 2)).expect("read");
    assert_eq!(again.items, events.items, "from the beginning it reads all of them");
}

#[cfg(feature = "postgres")]
#[test]
fn a_postgres_store_is_restored_by_the_commands_of_the_manual() {
    use sspr::adapters::postgres::PostgresOptions;

    use crate::servers::postgres::Postgres;

    let server = Postgres::shared();
    server.sql("CREATE DATABASE identity");
    let url = server.url_of("postgres", server.password(), "identity");
    let options = PostgresOptions::parse(&url).expect("an address").with_schema("sspr");
    crate::fresh::create_postgres(&options);
    let (folder, program) = (Folder::new("dump"), servers::program("pg_dump", &["postgresql"]));
    let (socket, port) = (server.socket().display().to_string(), server.port().to_string());
    let variables = [
        ("PGHOST", socket.as_str()),
        ("PGPORT", &port),
        ("PGUSER", "postgres"),
        ("PGPASSWORD", server.password()),
    ];
    let run = |words: &str| shell(&command(words), folder.path(), &program, &variables);
    is_restored(|| crate::fresh::postgres_at(&options), || run("pg_dump "), || run("pg_restore "));
}

#[cfg(feature = "etcd")]
#[test]
fn an_etcd_store_is_restored_by_the_commands_of_the_manual() {
    use sspr::adapters::etcd::EtcdOptions;

    use crate::servers::etcd::{Cluster, Setup};

    let cluster = Cluster::start(Setup::nodes(1));
    let options = EtcdOptions::new(cluster.endpoints());
    crate::fresh::create_etcd(options.clone());
    let (folder, program) =
        (Folder::new("snapshot"), servers::program("etcdctl", &["etcd-client"]));
    let endpoint = cluster.endpoints().join(",");
    let variables = [("ETCDCTL_API", "3"), ("ETCDCTL_ENDPOINTS", endpoint.as_str())];
    let run = |line: &str| shell(line, folder.path(), &program, &variables);
    let restore = || {
        cluster.kill(0);
        let line = format!("{} {}", command("etcdctl snapshot restore"), cluster.member(0));
        // The manual names the other program for the releases in which this one has no such
        // command.
        let utility = program.with_file_name("etcdutl");
        run(&if utility.is_file() { line.replacen("etcdctl", "etcdutl", 1) } else { line });
        std::fs::remove_dir_all(cluster.data(0)).expect("removed");
        run(&format!("mv restored '{}'", cluster.data(0).display()));
        cluster.restart(0);
        cluster.wait_until_whole();
    };
    is_restored(
        || crate::fresh::etcd_at(options.clone()),
        || run(&command("etcdctl snapshot save")),
        restore,
    );
}
