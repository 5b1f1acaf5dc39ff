//! Budgets: who can spend each, what is left to the owner, and which simulation shows it.
//!
//! Numbers are the defaults ([`defaults`](super::defaults)). The simulations are in
//! `tests/simulation` of the repository; they run on a virtual clock, with the default settings unless a
//! policy is named, and print their figures.
//!
//! # Budgets of one account
//!
//! Each has two pools. **Anonymous** is for anonymous flows from a source that the account does not know.
//! **Proven** is for flows that hold a proof, come from a known device or a familiar source, or were
//! begun by an administrator, and for signed-in users. A familiar source is one from which the user
//! has registered a method or completed a flow within
//! [`known_device_days`](crate::PolicySettings::known_device_days); the record holds at most eight, as
//! keyed hashes.
//!
//! | Budget | In each pool | Who can spend the anonymous pool | Who can spend the proven pool | Left to the owner |
//! |---|---|---|---|---|
//! | challenges that send something | 6 an hour, 20 a day | anonymous callers, each source its share | the user; a familiar source its share; an administrator who initiates resets | a share of the anonymous pool, all of the proven one but what a familiar source holds |
//! | challenges of what is in hand (apps, recovery codes, passkeys) | 10 an hour, 20 a day | the same | the same | the same |
//! | live flows | 5 of strangers, 5 of familiar sources, 5 of known devices | the same; each costs a challenge and lives 15 minutes | the same | the same |
//! | wrong secrets, by kind of method | 10 a day | the same; what a live code may still compare counts as held | the same, and the user's own mistakes | the same |
//! | wrong secrets in a row, by kind of method | 40, of 50 in all | the same | the last 10 are the proven pool's alone | known devices and familiar sources; a right secret ends the run |
//! | codes that wait to be sent | 6, of 9 in all | the same | the last 3 are the proven pool's alone | the same |
//!
//! A source that finds a budget untouched by others may hold half of it
//! ([`source_share`](crate::SendBudgets::source_share)); once others hold something, a third of what
//! they leave; and one entry as long as any is left. Two sources at rest hold together what one may
//! hold alone. The bound on guesses is what the whole budget allows: it is shared out, not enlarged. A
//! right secret gives its comparison back; a challenge that was sent stays counted. A refused try
//! counts nowhere and writes nothing.
//!
//! The user signed in with the password alone draws on the proven pool too, without a share: a thief
//! of the password can spend it for a day.
//!
//! # What an owner in an unknown place gets
//!
//! | Sources that take all they can | Codes a day, at least | Measured over a week |
//! |---|---|---|
//! | 1 | 3 | 5 in any 24 hours, the first at once |
//! | 5 | 1 | 2 in any 24 hours, the first at once |
//! | 50 | 0 | 0 |
//! | 1 000 | 0 | 0 |
//!
//! The simulated attackers come whenever something is free again, and just before the owner, who asks
//! once an hour. Those who guess have at most 10 wrong codes of a method compared in any 24 hours, and
//! 40 in all while no right one comes between: then the method is closed to strangers.
//!
//! With guesses and without, where one gate is asked for or two. A known device and a familiar source
//! get through against all of them, also when they come for the first time after a week; what an
//! attacker at the familiar address itself leaves stands in [`threats`](super::threats). These are
//! `the_owner_keeps_a_way_from_any_source_against_few`,
//! `what_is_left_against_many_is_printed_and_is_what_the_review_computes` and
//! `a_known_device_and_a_familiar_source_get_through_against_all`. The review computes the second
//! column for your policy:
//!
//! ```
//! use sspr::{Policy, PolicySettings};
//!
//! let review = Policy::new(PolicySettings::default())?.review();
//! assert_eq!([1, 5, 50, 1_000].map(|n| review.owner().codes_a_day(n)), [3, 1, 0, 0]);
//! # Ok::<(), sspr::PolicyError>(())
//! ```
//!
//! # What guessing gets
//!
//! The review computes upper bounds for your policy: the most comparisons in any flow, day and year,
//! drawn from both pools, and what they hit. It takes the attacker to come from a known device and a
//! familiar source, to hold the other gate, to stop one short of a lock that lasts longer than the
//! window, and to have an owner who proves the method, and completes resets, whenever that helps. A
//! stranger without a known device has the anonymous pool alone. Five such attackers guess on the engine in
//! `tests/simulation/odds`, for each preset and for random policies, and never reach more. The most of
//! phone codes, and what the review says:
//!
//! | Preset | In a flow | In a day | In a year |
//! |---|---|---|---|
//! | default, `nist_aal2`, `asvs(L2)`, `pci` | 19 of 20 | 20 of 20 | 6 935 of 7 300 |
//! | `nist_aal1`, `asvs(L1)` | 15 of 20 | 20 of 20 | 6 935 of 7 300 |
//! | `entra`, typed phone numbers included | 10 of 10 | 185 of 610 | broken off, of 149 850 |
//!
//! Without an owner whose codes end the runs of failures, all of it ends at 50
//! ([`AccountRisk::until_disabled`](crate::AccountRisk::until_disabled)).
//!
//! ```
//! use sspr::{MethodKind, Policy, PolicySettings};
//!
//! let said = |settings| {
//!     let review = Policy::new(settings).expect("sound").review();
//!     let phone = review.guessing().method(MethodKind::MobilePhone).expect("counted").clone();
//!     (phone.comparisons_per_flow, phone.comparisons_per_day, phone.comparisons_per_year)
//! };
//! assert_eq!(said(PolicySettings::default()), (20, 20, 7_300));
//! assert_eq!(said(PolicySettings::entra()), (10, 610, 149_850));
//! ```
//!
//! [`Admin::explain`](crate::Admin::explain) shows what is held of each budget and by how many
//! sources; the event `challenges_spent` says that a day's challenges, or one source's share of them,
//! are spent; `method_closed` that strangers may try a method no more.
