//! The servers of the tests: started, and gone with their owner, however that one goes.

use std::process::Command;

use crate::servers::{Folder, Server, free_port, is_alive, program, run, wait_for};
use crate::temporary::Temporary;

fn sleeping() -> Command {
    let mut command = Command::new(program("sleep", &["coreutils"]));
    command.arg("600");
    command
}

#[test]
fn a_server_goes_with_its_owner() {
    let folder = Folder::new("server");
    let server = Server::start(&sleeping(), &folder.path().join("log"));
    let pid = server.pid();
    assert!(is_alive(pid));
    drop(server);
    assert!(!is_alive(pid));
}

#[test]
fn a_folder_goes_with_its_owner() {
    let folder = Folder::new("server");
    let path = folder.path().to_owned();
    assert!(path.is_dir());
    drop(folder);
    assert!(!path.exists());
}

/// A process that is killed removes nothing; the next one does.
#[test]
fn what_a_killed_test_left_is_removed_by_the_next_one() {
    let base = Temporary::new("sweep");
    let mut ended = Command::new("true").spawn().expect("started");
    let (pid, own) = (ended.id(), std::process::id());
    ended.wait().expect("ended");
    let left = base.path().join(format!("sspr-test-two-words-{pid}-0"));
    let kept = [
        format!("sspr-test-two-words-{own}-0"),
        format!("sspr-test-{pid}"),
        format!("another-{pid}-0"),
    ];
    for name in kept.iter().map(|name| base.path().join(name)).chain([left.clone()]) {
        std::fs::create_dir_all(name.join("within")).expect("made");
    }
    let fresh = Temporary::within(base.path(), "next");
    assert!(fresh.path().is_dir());
    assert!(!left.exists(), "its process has ended");
    for name in kept {
        assert!(base.path().join(&name).is_dir(), "{name} is not left by a dead test");
    }
}

#[test]
fn a_killed_server_is_gone_and_its_data_are_not() {
    let folder = Folder::new("server");
    let server = Server::start(&sleeping(), &folder.path().join("log"));
    server.kill();
    assert!(!is_alive(server.pid()));
    assert!(folder.path().is_dir());
}

#[test]
fn what_a_server_says_is_kept() {
    let folder = Folder::new("server");
    let mut command = Command::new("sh");
    command.args(["-c", "echo a word; exec sleep 600"]);
    let server = Server::start(&command, &folder.path().join("log"));
    wait_for("a word", || server.said().contains("a word").then_some(()));
}

#[test]
fn a_free_port_can_be_had() {
    assert_ne!(free_port(), 0);
}

/// Between the moment when a port is seen to be free and the start of its server, and while a server
/// is down, no other test process may take it.
#[test]
#[cfg(target_os = "linux")]
fn a_port_stays_with_the_process_that_was_given_it() {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::{SocketAddr, UnixListener};

    let port = free_port();
    let name = SocketAddr::from_abstract_name(format!("sspr-test-port-{port}"));
    let taken = UnixListener::bind_addr(&name.expect("a name"));
    assert_eq!(taken.expect_err("reserved").kind(), std::io::ErrorKind::AddrInUse);
}

#[test]
#[should_panic(expected = "apt-get install --no-install-recommends sspr-no-such-package")]
fn a_missing_program_names_its_packages() {
    program("sspr-no-such-program", &["sspr-no-such-package"]);
}

#[test]
#[should_panic(expected = "exit status: 1")]
fn a_failing_command_is_not_passed_over() {
    run(&mut Command::new("false"));
}

/// Property tests draw the same inputs in every run, unless the caller asks for others.
#[test]
fn property_tests_have_a_seed() {
    let seed = std::env::var("PROPTEST_RNG_SEED").expect("set by .cargo/config.toml");
    assert!(seed.parse::<u64>().is_ok(), "{seed}: proptest would draw from real entropy");
}
