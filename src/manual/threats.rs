//! Threats, by attacker.
//!
//! `SECURITY.md` in the repository has the model by boundary and how to report a hole. This page goes
//! by who attacks: what they try, what the engine does, what is left. Each promise has tests named
//! after it, in `tests/attacks` and `tests/invariants`.
//!
//! # A stranger with a browser
//!
//! | Tries | The engine | Left |
//! |---|---|---|
//! | to learn who exists | Before the first proof every answer is a function of the request, the policy and counters of the source; the same ports are called; `not_before` hides the time | what the host does before and after; a load that outlasts the floor |
//! | to guess a code | Five comparisons per code, ten failures per day and method, fifty in all; each is charged before it is made | odds that [`Policy::review`](crate::Policy::review) computes |
//! | a little on many accounts | Counters by source, destination, number range and tenant; codes grow while the tenant's is spent | a botnet below all of them |
//! | the same code in parallel | One conditional commit: one proof, whatever the number of requests and processes | a store that breaks its contract |
//! | new flows or resends for fresh tries | Budgets belong to account and method, not to a flow or a code | |
//! | to shut the owner out | No stranger's guess closes an account: a live code's comparisons are set aside for it; a second pool serves whoever has proven a gate; no source takes more than its share | with one gate, a botnet makes the owner wait for the window |
//! | to bomb a phone or run up a bill | Waits, budgets per account, limits per destination and prefix | what the budgets allow |
//! | a forged, old or foreign ticket | It is authenticated and masked, and bound to tenant, purpose, flow and generation; a forged one costs no read | |
//! | a poisoned `Host` header, an address of theirs | No host name is taken from a request, and messages go only to stored addresses | |
//! | endless input | Lengths are bounded before any work | the body limit of your web framework |
//!
//! # Somebody close to the owner
//!
//! | Has | Can | Is stopped by |
//! |---|---|---|
//! | the mailbox | read its codes | the second gate, of another kind and destination |
//! | the number (SIM swap) | read its codes | the second gate; [`RiskSignals`](crate::port::RiskSignals) |
//! | a stolen session | add a method of theirs | a recent sign-in and a second factor to change methods, the hold of a day, the notice to the other addresses |
//! | the old password | nothing here: a reset does not ask for it | |
//! | the owner's screen | see masks after the first proof | |
//!
//! Whoever has *both* gates is the owner, to the engine. The notice to every address, and the end of
//! all sessions, is what the owner has left.
//!
//! # Somebody in between
//!
//! A mail scanner opens pages: reading changes nothing. A message that is late, repeated or lost is
//! tried again under one idempotency key; a code that is dead is not sent. TLS, cookies and
//! protection against forged requests are the host's, see [`embedding`](super::embedding).
//!
//! # A thief of the store, or of a backup
//!
//! Learns tenants, user ids, addresses, policies and history. Learns no code, ticket, password or
//! key: codes and tickets are derived from keys that are not there. With the short-lived keys as
//! well, outstanding codes can be computed: rotate at once ([`upgrading`](super::upgrading)).
//!
//! # A writer to the store
//!
//! A body under a foreign key is refused, and so is a policy beyond its limits; a challenge that was
//! copied gives another code. But a writer can add a method of theirs, or put back an old row with
//! its full budgets. **Write access to the store equals write access to the directory.**
//!
//! # A dishonest administrator
//!
//! Acts under a role that the host vouches for, and is recorded by name. Supplies contact data, and
//! so can reset an account where such data counts, while its owner is told at every other address.
//! Never sees a code or a lasting secret. Keep the role that supplies contact data small, and read
//! the events `contacts_supplied`, `unblocked` and `policy_changed`.
//!
//! ```
//! use sspr::EventKind;
//!
//! for code in ["contacts_supplied", "unblocked", "policy_changed", "blocked", "limit_exceeded"] {
//!     assert!(EventKind::CODES.contains(&code), "{code}");
//! }
//! ```
//!
//! # Accidents
//!
//! | What | What happens |
//! |---|---|
//! | a crash at any point | A charge without a comparison at worst; a write in flight is settled by `maintain`, and the owner is told |
//! | a lost reply of the store | The engine's own write is recognised by its version; a charge whose fate is unknown is never followed by a comparison |
//! | a directory that does not answer | "May have changed": the notice fits both, sessions end, the same password may be sent again |
//! | a clock that steps back | Nothing is revived and nothing refilled |
//! | no randomness | Every operation fails closed |
//!
//! # What the engine cannot exclude
//!
//! - A hijacked number or mailbox, where one gate is enough.
//! - One gate and a botnet: the owner waits.
//! - Guessing itself: budgets make it unlikely, and the review says how unlikely.
//! - [`Disclosure::Masked`](crate::Disclosure::Masked) towards somebody who knows the address, and
//!   [`Disclosure::Reasoned`](crate::Disclosure::Reasoned) towards everybody.
//! - Whoever holds the keys, or reads the memory of the process.
//! - A forged source: if strangers choose the address, limits by source count nothing.
//! - A directory or a delivery that lies.
//!
//! The odds of the second and third, for a policy:
//!
//! ```
//! use sspr::{Policy, PolicySettings};
//!
//! let mut settings = PolicySettings::default();
//! settings.users.required = 1;
//! let review = Policy::new(settings)?.review();
//! assert!(review.finding("one-gate").is_some());
//! # Ok::<(), sspr::PolicyError>(())
//! ```
