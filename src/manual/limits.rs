//! Budgets: who can spend each, what is left to the owner, and which simulation shows it.
//!
//! The numbers are the defaults ([`defaults`](super::defaults)). The simulations are in
//! `tests/model/simulation` of the repository. They run on a virtual clock, with the default settings unless
//! a policy is named, and print their figures.
//!
//! # Budgets of one account
//!
//! Each budget has two pools. The **anonymous pool** is for anonymous flows from a source that the
//! account does not know. The **proven pool** is for flows with a proof, flows from a known device or a
//! familiar source, flows that an administrator initiated, and signed-in users. A familiar source is
//! one from which the user has registered a method or completed a flow within
//! [`known_device_days`](crate::PolicySettings::known_device_days). The record holds at most eight, as
//! keyed hashes.
//!
//! | Budget | In each pool | Who can spend the anonymous pool | Who can spend the proven pool | Left to the owner |
//! |---|---|---|---|---|
//! | challenges that send a message or may send a push | 6 an hour, 20 a day | anonymous callers, each source its share | the user; a familiar source its share; an administrator who initiates resets | a share of the anonymous pool, and the proven pool except what a familiar source holds |
//! | challenges that send nothing (apps, recovery codes, passkeys) | 10 an hour, 20 a day | the same | the same | the same |
//! | live flows | 5 from unknown sources, 5 from familiar sources, 5 from known devices | the same; each costs a challenge and lives 15 minutes | the same | the same |
//! | wrong secrets, by kind of method | 10 a day | the same; comparisons that a live code still allows count as held | the same, and the user's own mistakes | the same |
//! | wrong secrets in a row, by kind of method | 40, of 50 in all | the same | the last 10 belong to the proven pool | known devices and familiar sources; a correct secret ends the run |
//! | codes waiting to be sent | 6, of 9 in all | the same | the last 3 belong to the proven pool | the same |
//!
//! A source may hold half of a budget that no other source uses
//! ([`source_share`](crate::policy::SendBudgets::source_share)). Once others hold a part, it may hold a
//! third of what they leave, and always one entry if any is left. Two sources that both spend all they
//! can end at a quarter each: together they hold what one may hold alone. Shares divide the budget and do
//! not enlarge it, so the bound on guesses is unchanged. A correct secret gives its comparison back to
//! the budget; a challenge that was sent stays counted. A refused request counts nowhere and writes
//! nothing.
//!
//! A user who is signed in with the password alone also uses the proven pool, without a share: a thief
//! of the password can spend it for a day.
//!
//! # Throttles
//!
//! A policy may also lock an account after a number of acts
//! ([`throttles`](crate::PolicySettings::throttles)). The default policy does not: a lock that strangers
//! can cause keeps the owner out. The preset of Entra has these, each of which refuses every challenge
//! of the account for 24 hours:
//!
//! | Counts | Threshold | The lock runs from |
//! |---|---|---|
//! | failed proofs of any method, typed numbers included | 5 in 24 hours | the fifth |
//! | texts and calls | 5 in an hour | the fifth |
//! | typed phone numbers, correct or not | 5 in an hour | the fifth |
//! | challenges of an authenticator app | 5 in an hour | the fifth |
//! | mails | 10 in 10 minutes | the tenth |
//! | completed resets | 5 in an hour | the last one |
//!
//! Each pool has a count and a lock of its own. A completed reset counts in both, and clears the other
//! counts if [`clear_counters_on_reset`](crate::PolicySettings::clear_counters_on_reset) is set. The
//! event `throttled` reports a lock. A name that no account has is counted and locked like an account.
//! In a week in which one stranger asks for ten mails a day, an owner in an unknown place gets no code
//! under `entra`, and one each day under the default policy
//! (`e4_1_one_stranger_locks_the_owner_out_under_entra_alone`).
//!
//! # What an owner in an unknown place gets
//!
//! | Attacking sources | Codes a day, at least | Measured over a week |
//! |---|---|---|
//! | 1 | 3 | 5 in any 24 hours, the first at once |
//! | 5 | 1 | 2 in any 24 hours, the first at once |
//! | 50 | 0 | 0 |
//! | 1 000 | 0 | 0 |
//!
//! The simulated attackers spend each entry as soon as it is free, and just before the owner, who asks
//! once an hour. Of the guesses of all attackers, at most 10 for a method are compared in any 24 hours,
//! and 40 in all if no correct code comes between. After that the method is closed to the anonymous
//! pool.
//!
//! The figures hold with guesses and without, and for one required method and for two. A known device
//! and a familiar source succeed against all of them, even on their first use after a week.
//! [`threats`](super::threats) says what is left if an attacker uses the familiar address itself. The
//! tests are `the_owner_keeps_a_way_from_any_source_against_few`,
//! `what_is_left_against_many_is_printed_and_is_what_the_review_computes` and
//! `a_known_device_and_a_familiar_source_get_through_against_all`. The review computes the second
//! column for your policy:
//!
//! ```
//! use sspr::{Policy, PolicySettings};
//!
//! let review = Policy::new(PolicySettings::default())?.review();
//! assert_eq!([1, 5, 50, 1_000].map(|n| review.owner().codes_a_day(n)), [3, 1, 0, 0]);
//! # Ok::<(), sspr::policy::PolicyError>(())
//! ```
//!
//! # What guessing gets
//!
//! The review computes upper bounds for your policy: the most comparisons in any flow, day and year,
//! from both pools, and the probability that one matches. It assumes an attacker with a known device, a
//! familiar source and the other required method, who stops one short of a lock that lasts longer than
//! the window. It also assumes an owner who proves the method and completes resets whenever that helps
//! the attacker. A caller without a known device or familiar source has only the anonymous pool. Five
//! such attackers guess on the engine in `tests/model/simulation/odds`, for each preset but `asvs(L3)` and for random
//! policies, and never exceed the bounds. For codes of phones, and of the app where no phone counts, the most they
//! reached and the bound of the review:
//!
//! | Preset | In a flow | In a day | In a year |
//! |---|---|---|---|
//! | default, `asvs(L2)`, `pci` | 19 of 20 | 20 of 20 | 6 935 of 7 300 |
//! | `nist_aal1`, `asvs(L1)` | 15 of 20 | 20 of 20 | 6 935 of 7 300 |
//! | `nist_aal2`, the app | 20 of 20 | 20 of 20 | 6 935 of 7 300 |
//! | `entra` without its throttles, typed phone numbers included | 10 of 10 | 185 of 610 | broken off, of 149 850 |
//!
//! *Broken off*: the simulation ended before the year did, since this preset allows so many guesses.
//!
//! If the owner's codes do not end the runs of failures, guessing ends at 50
//! ([`AccountRisk::until_disabled`](crate::policy::AccountRisk::until_disabled)).
//!
//! ```
//! use sspr::{MethodKind, Policy, PolicySettings};
//!
//! let bounds = |settings| {
//!     let review = Policy::new(settings).expect("sound").review();
//!     let phone = review.guessing().method(MethodKind::MobilePhone).expect("counted").clone();
//!     (phone.comparisons_per_flow, phone.comparisons_per_day, phone.comparisons_per_year)
//! };
//! assert_eq!(bounds(PolicySettings::default()), (20, 20, 7_300));
//! assert_eq!(bounds(PolicySettings::entra()), (10, 610, 149_850));
//! ```
//!
//! [`Admin::explain`](crate::Admin::explain) shows how much of each budget is held, and by how many
//! sources. The event `challenges_spent` reports that a day's challenges, or one source's share of
//! them, are spent. The event `method_closed` reports that the anonymous pool of a method is closed.
