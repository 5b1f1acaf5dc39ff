//! V61: the review's numbers are upper bounds: the greediest of five attackers makes no more comparisons
//! in a flow, a day and a year, for each preset and for twenty random policies.

mod account;
mod flow;
mod guesser;
mod model;
mod owner;
mod policies;

use std::time::Duration;

use sspr::Policy;
use sspr::testing::block_on;

use crate::simulation::attack::DAY;
use guesser::{Attacker, Guesser};
use policies::{Case, presets, random};

const YEAR: Duration = Duration::from_secs(365 * 86_400);
/// Guesses after which a year is broken off: more than a year has under the presets that clear nothing,
/// and weeks of guesses under any policy.
const ENOUGH: [usize; 2] = [7_400, 3_000];

/// What was measured of one policy and what its review says, as flow, day and year.
struct Figures {
    measured: [u64; 3],
    said: [u64; 3],
    /// Whether some year was broken off.
    broken_off: bool,
}

/// Has the five attackers guess under one policy: in one flow, and for a year. Gives the most of each.
async fn attacked(case: &Case, enough: usize) -> Figures {
    let review = Policy::new(case.settings.clone()).expect("sound").review();
    let said = review.guessing().method(case.target).expect("a method of the gates");
    let until_disabled = said.comparisons_until_disabled;
    let said = [said.comparisons_per_flow, said.comparisons_per_day, said.comparisons_per_year];
    let (mut measured, mut broken_off) = ([0; 3], false);
    for attacker in Attacker::ALL {
        let mut flow = Guesser::new(case, attacker).await;
        flow.attack_one_flow().await;
        let mut guesser = Guesser::new(case, attacker).await;
        guesser.attack_for(YEAR, enough).await;
        let year = guesser.compared.len();
        broken_off |= year >= enough;
        let of_this = [flow.compared.len() as u64, guesser.most_in(DAY), year as u64];
        println!("{}, {attacker:?}: {of_this:?}, owner {:?}", case.name, guesser.owner);
        if guesser.owner == (0, 0) {
            assert!(year as u64 <= until_disabled, "{}, {attacker:?}: {year}", case.name);
        }
        for (most, of_this) in measured.iter_mut().zip(of_this) {
            *most = of_this.max(*most);
        }
    }
    Figures { measured, said, broken_off }
}

impl Figures {
    /// As `manual::limits` has them.
    fn row(&self) -> String {
        let number = |n: u64| match (n / 1_000, n % 1_000) {
            (0, rest) => rest.to_string(),
            (thousands, rest) => format!("{thousands} {rest:03}"),
        };
        let cells = self.measured.iter().zip(self.said);
        let mut cells: Vec<_> =
            cells.map(|(most, said)| format!("{} of {}", number(*most), number(said))).collect();
        if self.broken_off {
            cells[2] = format!("broken off, of {}", number(self.said[2]));
        }
        cells.join(" | ")
    }
}

/// Attacks under these policies, and holds what was measured against what their reviews say: no more,
/// and no less than this part of it.
fn hold(cases: &[Case], enough: usize, least: f64) -> Vec<Figures> {
    let (mut all, mut faults) = (Vec::new(), Vec::new());
    for case in cases {
        let figures = block_on(attacked(case, enough));
        println!("{}: {}", case.name, figures.row());
        let Figures { measured, said, broken_off } = &figures;
        let high = measured.iter().zip(said).any(|(measured, said)| measured > said);
        // A year that was broken off says nothing of how loose its bound is.
        let mut whole = measured.iter().zip(said).take(if *broken_off { 2 } else { 3 });
        let low = whole.any(|(measured, said)| (*measured as f64) < *said as f64 * least);
        if high || low {
            faults.push(format!("{}: {measured:?} of {said:?}", case.name));
        }
        all.push(figures);
    }
    assert!(faults.is_empty(), "flow, day, year:\n{}", faults.join("\n"));
    all
}

/// R3, R4, R5, V61.
#[test]
fn no_attacker_guesses_more_often_than_the_review_says_under_a_preset() {
    let presets = presets();
    let manual = include_str!("../../../../src/manual/limits.rs");
    for (case, figures) in presets.iter().zip(hold(&presets, ENOUGH[0], 0.25)) {
        let mut rows = manual.lines().filter(|line| line.contains(&figures.row()));
        let named = rows.any(|row| row.contains(&case.name));
        assert!(named, "{}: {}, in `manual::limits`", case.name, figures.row());
    }
}

/// Several rules of a random policy may stop an attacker where the bound takes the one that stops first,
/// and five attackers are not all that there are: the figures are printed.
const LEAST: f64 = 0.1;

#[test]
fn no_attacker_guesses_more_often_than_the_review_says_under_a_random_policy() {
    hold(&(1..=10).map(random).collect::<Vec<_>>(), ENOUGH[1], LEAST);
}

#[test]
fn no_attacker_guesses_more_often_than_the_review_says_under_another_random_policy() {
    hold(&(11..=20).map(random).collect::<Vec<_>>(), ENOUGH[1], LEAST);
}
