//! The loop over every call of every script and every fault of it.

use std::time::Duration;

use sspr::port::PortErrorKind;
use sspr::testing::block_on;

use crate::no_error_opens::fixture::{Fixture, Holds, Lacks};
use crate::no_error_opens::opened::{Opened, usable};
use crate::no_error_opens::scripts::{self, Script};
use crate::no_error_opens::twist::{Plan, Twist, twists_of};

/// A script on an account, and the events that it reaches without a fault.
struct Scene {
    script: Script,
    holds: Holds,
    required: u8,
    reaches: &'static [&'static str],
}

const fn scene(
    script: Script,
    holds: Holds,
    required: u8,
    reaches: &'static [&'static str],
) -> Scene {
    Scene { script, holds, required, reaches }
}

impl Scene {
    /// Plays the script with this fault, lets a healthy process do the waiting work, and reads the
    /// result.
    fn play(&self, twist: Option<(usize, Twist)>, lacks: Lacks) -> (Opened, Vec<&'static str>) {
        block_on(async {
            let fixture = Fixture::copy(self.holds, self.required);
            let plan = Plan::default();
            let owned = usable(&fixture, &fixture.whole(&Plan::default(), 150).await).await;
            let engine = fixture.engine(&plan, 100, lacks).await;
            let before = plan.names().len();
            if let Some((n, twist)) = twist {
                plan.twist(before + n, twist);
            }
            let gains = (self.script)(&fixture, &engine).await;
            assert_eq!(plan.met(), twist.is_some(), "{twist:?} was not met");
            let calls = plan.names().split_off(before);
            let healthy = fixture.whole(&Plan::default(), 200).await;
            // Leases and deadlines pass, and then the hour for which texts are delayed.
            for seconds in [70, 70, 70, 3_670, 3_670] {
                fixture.clock.advance(Duration::from_secs(seconds));
                while healthy.maintain(100).await.expect("healthy").more {}
            }
            let compared = engine.stats().comparisons + healthy.stats().comparisons;
            (Opened::of(&fixture, &healthy, owned, &gains, compared).await, calls)
        })
    }

    /// Every fault of every call; returns those that opened something, and the number of faults.
    fn every_fault(&self) -> (Vec<String>, usize) {
        let (base, calls) = self.play(None, Lacks::Nothing);
        for code in self.reaches {
            assert!(base.has(code), "{:?}: {code} is not reached: {base:?}", self.holds);
        }
        assert_eq!(base.beyond(&base, 0), Vec::<String>::new(), "{:?}", self.holds);
        let (mut found, mut cases) = (Vec::new(), 0);
        for (n, name) in calls.iter().enumerate() {
            for twist in twists_of(n, name) {
                cases += 1;
                let (opened, _) = self.play(Some((n, twist)), Lacks::Nothing);
                for what in opened.beyond(&base, self.refused_for_good(name, twist)) {
                    let holds = self.holds;
                    found.push(format!("{holds:?}, {twist:?} at call {n}, {name}: {what}"));
                }
            }
        }
        for lacks in [Lacks::ExternalMethod, Lacks::Seal, Lacks::SlowHash] {
            cases += 1;
            let (opened, _) = self.play(None, lacks);
            for what in opened.beyond(&base, 0) {
                found.push(format!("{:?}, a process without {lacks:?}: {what}", self.holds));
            }
        }
        (found, cases)
    }

    /// How many notices the port permanently refuses by this reply.
    fn refused_for_good(&self, name: &str, twist: Twist) -> usize {
        let never = matches!(twist, Twist::Fails(PortErrorKind::Denied | PortErrorKind::Corrupt));
        match name {
            "delivery.deliver" => never.into(),
            // By its contract, an error of the risk signals denies the message.
            "risk.before_send" => 1,
            // A directory that lists no administrator has none, and a user who is not in it gets no
            // notice: these replies cannot be told from the truth.
            "directory.role_holders" => usize::from(twist == Twist::NotNow(0)),
            "directory.find" if twist == Twist::NotNow(0) => {
                let reaches = |code: &str| self.reaches.contains(&code);
                if reaches("help_requested") || reaches("account_forgotten") { 2 } else { 0 }
            }
            _ => 0,
        }
    }
}

fn no_error_opens(scenes: &[Scene], at_least: usize) {
    let (mut found, mut cases) = (Vec::new(), 0);
    for scene in scenes {
        let (more, count) = scene.every_fault();
        found.extend(more);
        cases += count;
    }
    println!("{cases} cases");
    assert!(found.is_empty(), "{} of {cases} cases:\n{}", found.len(), found.join("\n"));
    assert!(cases >= at_least, "{cases} cases");
}

/// S1: if the methods of an account are unknown, it does not count as one without methods.
#[test]
fn no_error_lets_a_stolen_password_register_a_method() {
    let holds = [
        Holds::Passkey,
        Holds::DirectoryPhone,
        Holds::SuppliedPhone,
        Holds::Mail,
        Holds::App,
        Holds::Codes,
    ];
    let scenes = holds.map(|holds| scene(scripts::thief, holds, 1, &[]));
    no_error_opens(&scenes, 500);
}

/// A first registration, and one after the methods were removed: no method is usable earlier, and
/// none is confirmed that would not be without the fault.
#[test]
fn no_error_makes_a_first_registration_easier() {
    let scenes = [
        scene(scripts::thief, Holds::Nothing, 1, &["method_confirmed"]),
        scene(scripts::thief, Holds::UnclaimedToken, 1, &[]),
        scene(scripts::thief, Holds::Revoked, 1, &[]),
        scene(scripts::thief, Holds::Forgotten, 1, &[]),
        scene(scripts::thief_after_forgetting, Holds::Mail, 1, &["account_forgotten"]),
    ];
    no_error_opens(&scenes, 1_000);
}

#[test]
fn no_error_lets_a_stolen_password_remove_a_method() {
    let holds = [Holds::Mail, Holds::Both, Holds::App, Holds::Codes];
    let scenes = holds.map(|holds| scene(scripts::thief_removes, holds, 1, &[]));
    no_error_opens(&scenes, 100);
}

/// The hold of a new method, and the notices to the earlier methods.
#[test]
fn no_error_skips_a_hold_or_loses_a_notice_of_a_registration() {
    let holds = [Holds::DirectoryPhone, Holds::Both];
    let confirms = &["method_confirmed"];
    let scenes = holds.map(|holds| scene(scripts::thief_with_two_factors, holds, 1, confirms));
    no_error_opens(&scenes, 900);
}

#[test]
fn no_error_changes_what_the_owner_manages() {
    let reaches = &["default_method_changed", "registration_confirmed", "device_remembered"];
    no_error_opens(&[scene(scripts::owner_manages, Holds::Both, 1, reaches)], 300);
}

#[test]
fn no_error_turns_half_a_reset_into_a_whole_one() {
    no_error_opens(&[scene(scripts::half_a_reset, Holds::Both, 2, &["method_proven"])], 250);
}

#[test]
fn no_error_makes_a_reset_prove_more_or_tell_less() {
    let reaches = &["password_reset", "grant", "device_remembered"];
    let scenes = [
        scene(scripts::owner_resets, Holds::Both, 2, reaches),
        scene(scripts::owner_resets_in_hand, Holds::App, 1, &["password_reset"]),
        scene(scripts::owner_resets_in_hand, Holds::Codes, 1, &["password_reset"]),
        scene(scripts::owner_resets_in_hand, Holds::Passkey, 1, &["password_reset"]),
        scene(scripts::owner_resets_in_hand, Holds::Questions, 1, &["password_reset"]),
        scene(scripts::redeems_elsewhere, Holds::Mail, 1, &["link_redeemed_elsewhere"]),
        scene(scripts::redeems_elsewhere, Holds::Both, 2, &["link_redeemed_elsewhere"]),
    ];
    no_error_opens(&scenes, 1_000);
}

#[test]
fn no_error_makes_an_invitation_worth_more_or_tell_less() {
    let scenes = [
        scene(scripts::accepts_an_invitation, Holds::Mail, 1, &["password_reset"]),
        scene(scripts::accepts_an_invitation, Holds::Both, 2, &["link_redeemed_elsewhere"]),
    ];
    no_error_opens(&scenes, 150);
}

#[test]
fn no_error_makes_an_unlock_prove_more_or_tell_less() {
    no_error_opens(&[scene(scripts::owner_unlocks, Holds::Both, 2, &["account_unlocked"])], 200);
}

#[test]
fn no_error_makes_a_change_easier() {
    let scenes = [
        scene(scripts::changes, Holds::Both, 1, &["password_changed", "grant"]),
        scene(scripts::guesses_the_password, Holds::Both, 1, &["secret_counted"]),
    ];
    no_error_opens(&scenes, 150);
}

#[test]
fn no_error_signs_in() {
    no_error_opens(&[scene(scripts::signs_in, Holds::App, 1, &["sign-in"])], 50);
}

#[test]
fn no_error_loses_a_call_for_help() {
    no_error_opens(&[scene(scripts::asks_for_help, Holds::Both, 1, &["help_requested"])], 30);
}

#[test]
fn no_error_lets_administration_do_more_or_tell_less() {
    let reaches = &["contacts_supplied", "methods_revoked", "registration_required"];
    let scenes = [
        scene(scripts::administrator, Holds::Both, 1, reaches),
        scene(scripts::no_administrator, Holds::Both, 1, &[]),
        scene(scripts::sets_a_temporary_password, Holds::Both, 1, &["temporary_password_set"]),
    ];
    no_error_opens(&scenes, 300);
}

#[test]
fn no_error_makes_a_repudiation_weaker_or_louder() {
    let reaches = &["method_confirmed", "repudiated"];
    no_error_opens(&[scene(scripts::owner_repudiates, Holds::Both, 1, reaches)], 250);
}
