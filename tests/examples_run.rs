//! The examples end well: what a newcomer runs first is run here too.
#![cfg(all(
    feature = "sqlite",
    feature = "files",
    feature = "csv",
    feature = "seal",
    feature = "testing",
    feature = "conformance",
    feature = "toml",
    feature = "words"
))]

use std::path::PathBuf;
use std::process::{Command, Output};

/// Runs an example in a folder of its own.
fn run(example: &str) -> Output {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("example-{example}"));
    // What an earlier run has left; there may be nothing.
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).expect("a folder");
    let mut cargo = command(example);
    cargo.current_dir(&folder).output().expect("cargo runs")
}

fn command(example: &str) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["run", "--quiet", "--locked", "--offline", "--example", example]);
    cargo.args(["--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")]);
    // `cargo test` has built the examples with this profile and all features.
    let profile = if cfg!(debug_assertions) { "test" } else { "release" };
    cargo.args(["--all-features", "--profile", profile]);
    // Those of this package. Build scripts of others watch them, and would run again.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|own| name.starts_with(own)) {
            cargo.env_remove(name.as_ref());
        }
    }
    cargo
}

fn text(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    text
}

#[test]
fn quickstart_resets_a_password() {
    let text = text(&run("quickstart"));
    for line in [
        "\"the old password of ada\": refused",
        "\"plum tractor violet candle\": accepted",
        "the flow of Ada's ticket: done",
        "password_reset",
        "sspr.db",
    ] {
        assert!(text.contains(line), "{line} is not in:\n{text}");
    }
    // The files lie where it says.
    let said = text.lines().find_map(|line| line.trim().strip_prefix("the messages: "));
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("example-quickstart");
    let messages = std::fs::read_dir(folder.join(said.expect("a folder"))).expect("it is there");
    let mails = messages.filter(|entry| {
        let name = entry.as_ref().expect("an entry").file_name();
        name.to_string_lossy().ends_with(".eml")
    });
    assert!(mails.count() >= 3, "two codes and a notice go by mail");
}

#[test]
fn two_engines_make_one_proof() {
    let text = text(&run("two_engines"));
    assert!(text.contains("exactly one proof in every round"), "{text}");
}

#[test]
fn the_host_loop_delivers_survives_an_outage_and_ends() {
    let text = text(&run("host_loop"));
    assert!(text.contains("edsger has a code") && text.contains("the loop ended"), "{text}");
}

#[test]
fn the_desk_invites_sets_a_password_and_unblocks() {
    let text = text(&run("desk"));
    for line in [
        "link.reset to",
        "notice.temporary_password to",
        "notice.repudiated to",
        "notice.unblocked to",
        "in the trail: method_removed, repudiated, sessions_revoked",
        "before: the owner has repudiated a change",
    ] {
        assert!(text.contains(line), "{line} is not in:\n{text}");
    }
}

#[test]
fn every_method_is_proven_once() {
    let text = text(&run("methods"));
    for line in [
        "the page draws a QR code of otpauth://totp/Contoso:ada%40contoso.example?secret=",
        "the administrator has handed a token to Ada",
        "by voice",
        "the laptop's ticket is void",
        "the lockout is cleared, the password is unchanged",
        "9 kinds of method have been proven",
        "password_reset: 12",
        "account_unlocked: 1",
        "password_changed: 1",
    ] {
        assert!(text.contains(line), "{line} is not in:\n{text}");
    }
}

#[test]
fn a_policy_is_imported_described_compared_and_written() {
    let text = text(&run("policy"));
    for line in [
        "the pilot against Entra's defaults, lv:",
        "administrators may reset their own password: yes → no",
        "version = 2",
        "\"enablementType\": 1",
        "cleo: Loses",
        "ada: Unchanged, may reset",
        "the schema has ",
    ] {
        assert!(text.contains(line), "{line} is not in:\n{text}");
    }
}

#[test]
fn the_custom_store_keeps_the_whole_contract() {
    let text = text(&run("custom_store"));
    let held = text.lines().filter(|line| line.starts_with("held ")).count();
    // All but the loss of a node: a file has one.
    assert_eq!(held, sspr::conformance::PROPERTIES.len() - 1, "{text}");
    assert!(text.contains("SKIPPED  commit_survives_the_loss_of_a_node"), "{text}");
    assert!(text.contains("1 skipped, 0 violated"), "{text}");
}

#[test]
fn the_custom_directory_keeps_the_whole_contract() {
    let text = text(&run("custom_directory"));
    assert!(text.contains("0 violated"), "{text}");
    // A table in memory is never out of reach, and takes any name.
    assert!(text.contains("SKIPPED  set_password_out_of_reach_writes_nothing"), "{text}");
    assert!(text.contains(" 1 skipped"), "{text}");
}

#[test]
fn a_store_is_moved_and_compared() {
    let text = text(&run("move_store"));
    for line in ["finished", "moved 2001 records and 2001 events", "digest "] {
        assert!(text.contains(line), "{line} is not in:\n{text}");
    }
}

/// Killed half-way and resumed, the reports are those of an unbroken run over the same accounts.
#[test]
fn reports_that_are_killed_half_way_are_resumed() {
    // The default of 10 000 accounts takes longer unoptimised, and shows nothing more.
    const ACCOUNTS: &str = "1100";
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("example-reports");
    // What an earlier run has left; there may be nothing.
    std::fs::remove_dir_all(&folder).ok();
    let [whole, broken] = ["whole", "broken"].map(|name| folder.join(name));
    for place in [&whole, &broken] {
        std::fs::create_dir_all(place.join("sspr-reports")).expect("a folder");
    }
    let run = |place: &PathBuf, arguments: &[&str]| {
        let mut cargo = command("reports");
        cargo.arg("--").args(arguments).current_dir(place);
        cargo.output().expect("cargo runs")
    };
    let unbroken = text(&run(&whole, &[ACCOUNTS]));
    for line in ["capable", "abandoned after the name", "password, within 30 days"] {
        assert!(unbroken.contains(line), "{line} is not in:\n{unbroken}");
    }
    // The same accounts, and no report yet.
    for entry in std::fs::read_dir(whole.join("sspr-reports")).expect("the folder") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().to_string_lossy().into_owned();
        let copy = broken.join("sspr-reports").join(&name);
        if name.starts_with("sspr.db") {
            std::fs::copy(entry.path(), copy).expect("copied");
        } else if name == "state.json" {
            let state = std::fs::read_to_string(entry.path()).expect("the state");
            let mut state: serde_json::Value = serde_json::from_str(&state).expect("json");
            let began = state["began"].take();
            let fresh = r#"{"reports":{},"registration":{},"usage":[],"expiring":{}}"#;
            let mut fresh: serde_json::Value = serde_json::from_str(fresh).expect("json");
            fresh["began"] = began;
            std::fs::write(copy, fresh.to_string()).expect("written");
        }
    }
    // In the first report, in the second, and in the third.
    for pages in ["2", "5", "3"] {
        let killed = run(&broken, &[ACCOUNTS, pages]);
        assert!(!killed.status.success(), "it was to be killed after {pages} pages");
    }
    // A page whose rows were written in part.
    let torn = broken.join("sspr-reports").join("usage.csv");
    if let Ok(mut file) = std::fs::OpenOptions::new().append(true).open(torn) {
        std::io::Write::write_all(&mut file, b"\"2026-").expect("torn");
    }
    assert_eq!(text(&run(&broken, &[ACCOUNTS])), unbroken);
    for name in ["registration.csv", "expiring.csv", "usage.csv"] {
        let read = |place: &PathBuf| std::fs::read(place.join("sspr-reports").join(name));
        let (whole, resumed) = (read(&whole).expect("a table"), read(&broken).expect("a table"));
        assert!(whole == resumed, "{name} differs");
        assert!(whole.len() > 1_000, "{name} has rows");
    }
}
