//! The servers of the tests: started, and gone with their owner, however that one goes.

#[path = "support/servers/mod.rs"]
mod servers;

use std::process::Command;

use servers::{Folder, Server, free_port, is_alive, program, run, wait_for};

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
