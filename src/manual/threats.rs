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
//! | to guess a code | Five comparisons per code, ten failures per day and method in each of two pools, of which a stranger has one, and forty in a row; each is reserved before it is made | odds of which [`Policy::review`](crate::Policy::review) computes upper bounds |
//! | a little on many accounts | Counters by source, destination, number range and tenant; codes grow while the tenant's is spent | a botnet below all of them |
//! | the same code in parallel | One conditional commit: one proof, whatever the number of requests and processes | a store that breaks its contract |
//! | new flows or resends for fresh tries | Budgets belong to account and method, not to a flow or a code | |
//! | to shut the owner out | One source holds at most its share of each budget of an account; a live code's comparisons are set aside for it; flows that hold a proof, known devices and familiar sources draw on a second pool, which strangers cannot spend | in an unknown place the owner gets at least 3 codes a day against one source, 1 against five, 0 against 50 or 1 000 ([`limits`](super::limits)) |
//! | to bomb a phone or run up a bill | Waits, budgets per account, limits per destination and prefix | what the budgets allow |
//! | to wear somebody down with pushes | The same budgets: where they are spent the host is asked to begin for nobody. Number matching is the host's | whoever reads the number to a stranger on the telephone |
//! | to have a victim prove a flow that *they* began | Each proof moves the flow to a new ticket; a link that is redeemed elsewhere takes the flow along | a victim who reads a code out |
//! | a forged, old or foreign ticket | It is authenticated and masked, and bound to tenant, purpose, flow and generation; a forged one costs no read | |
//! | a poisoned `Host` header, an address of theirs | No host name is taken from a request, and messages go only to stored addresses | |
//! | endless input | Lengths are bounded before any work | the body limit of your web framework |
//!
//! ## Behind an address that the account knows
//!
//! A familiar source proves nothing: others who send from that address (an office, a mobile network, a
//! home) draw on the same share of the same pool as the owner. `tests/simulation` plays a week of it with the default
//! settings: attackers take what they can, the first of them from the address where the owner has
//! registered, and the owner comes after half a week, twice a day. How often of 7 times the owner got
//! through, the least of one gate and two:
//!
//! | Sources, what they do | Known device | That address | Another familiar source | Unknown place |
//! |---|---|---|---|---|
//! | 1, keep codes away | 7 | 0 | 7 | 7 |
//! | 1, guess | 7 | 0 | 7 | 7 |
//! | 5, keep codes away | 7 | 0 | 7 | 7 |
//! | 5, guess | 7 | 0 | 7 | 7 |
//! | 50, keep codes away | 7 | 0 | 7 | 0 |
//! | 50, guess | 7 | 0 | 7 | 0 |
//! | 1 000, keep codes away | 7 | 0 | 7 | 0 |
//! | 1 000, guess | 7 | 0 | 7 | 0 |
//!
//! The owner at that address gets nothing while it goes on, and needs a known device or another
//! familiar source. The attackers have at most 15 wrong codes of a method compared in any 24 hours,
//! since they reach both pools.
//!
//! # Somebody close to the owner
//!
//! | Has | Can | Is stopped by |
//! |---|---|---|
//! | the mailbox | read its codes | the second gate, of another kind and destination |
//! | the number (SIM swap) | read its codes | the second gate; [`RiskSignals`](crate::port::RiskSignals), which stops a code to a number that was lately ported |
//! | the phone, unlocked | read texts and app codes, approve pushes | an app and the push to it are one gate; a text and the app are two, to the engine: where phones are lost, ask for mail or a recovery code beside |
//! | the sheet of recovery codes | one proof for each | the second gate; the notice when one is used; a new set |
//! | a stolen session | add a method of theirs | a recent sign-in and a second factor to change methods, the hold of a day, the notice to the other addresses |
//! | the old password | nothing here: a reset does not ask for it | |
//! | the owner's screen | see masks after the first proof | |
//!
//! Whoever has *both* gates is the owner, to the engine. The notice to every address, and the end of
//! all sessions, is what the owner has left.
//!
//! # Somebody in between
//!
//! | Who | Can | Is stopped by | Left |
//! |---|---|---|---|
//! | a mail scanner | open every link, run its scripts | opening only reads; redeeming is a POST, and without the ticket wants the sign-in name | one that submits forms and knows the name |
//! | a page that looks like yours, between the victim and you | pass every code and number on, of texts and apps alike, while it is fresh | a passkey: the browser signs the origin. Codes in mail name the organisation; texts may be bound to your origin ([`SmsOrigin`](crate::adapters::render::SmsOrigin)) | whatever a person reads and types can be passed on |
//! | who overheard a code of an app | use it within its step or the next | a step is accepted once, for all purposes: reset, unlock, enrolment, and your sign-in if it asks [`Authenticator::verify`](crate::Authenticator::verify) | a sign-in that keeps seeds of its own |
//! | a network that loses or repeats | delay messages and answers | one idempotency key; a dead code is not sent; a right code may be repeated and proves once | |
//!
//! TLS, cookies and protection against forged requests are the host's, see
//! [`embedding`](super::embedding).
//!
//! # A thief of the store, or of a backup
//!
//! Learns tenants, user ids, addresses, policies and history. Learns no code, ticket, password or
//! key: codes, links and tickets are derived from keys that are not there; seeds of authenticators are
//! sealed; recovery codes and device secrets are digests of more random bits than anybody can try. With
//! the short-lived keys as well, outstanding codes and links can be computed: rotate at once
//! ([`upgrading`](super::upgrading)).
//!
//! **The seal's key is another matter.** Who has it and a copy of the store has the seed of every app
//! and token, for good: no rotation takes a seed back. Keep it apart from both, and if it leaks, have
//! everybody enrol anew ([`revoke_methods`](crate::Admin::revoke_methods)). If the key is *lost*, so are
//! the seeds: their codes fail as a fault, other methods work, and the way back is the same.
//!
//! # A writer to the store
//!
//! A body under a foreign key is refused, and so is a policy beyond its limits; a challenge that was
//! copied gives another code; a sealed seed opens for one user and one kind of method only, and a
//! digest of a recovery code fits one user only. But a writer can add a method of theirs, or put back an old row with
//! its full budgets. **Write access to the store equals write access to the directory.**
//!
//! # A dishonest administrator
//!
//! Acts under a role that the host vouches for, and is recorded by name. Supplies contact data, and
//! so can reset an account where such data counts, while its owner is told at every other address.
//! Sees no code and no lasting secret, but for the seed of a token that they import: a token counts
//! only once its user has typed a code of it, and one that an administrator has cloned still proves.
//! Keep the role that supplies contact data and tokens small, and read the events
//! `contacts_supplied`, `method_added`, `unblocked`, `reset_requested`, `methods_revoked` and
//! `policy_changed`.
//!
//! ```
//! use sspr::EventKind;
//!
//! let administrators =
//!     ["contacts_supplied", "method_added", "unblocked", "reset_requested", "methods_revoked"];
//! for code in administrators.iter().chain(&["policy_changed", "blocked", "limit_spent"]) {
//!     assert!(EventKind::CODES.contains(code), "{code}");
//! }
//! ```
//!
//! # A method of the host's that is wrong
//!
//! What an [`ExternalMethod`](crate::port::ExternalMethod) says is believed. Its wrong yes is a proof:
//! for another challenge, for somebody else's passkey, for an approval that nobody gave. Its page, if it
//! differs for people who exist, tells who does. The engine can only keep it to the tries of a
//! challenge and to one proof; ask for a second gate beside it, and test it as
//! [`host_methods`](super::host_methods) does.
//!
//! # Whoever runs up a bill
//!
//! Notices have budgets of their own ([`NoticeBudgets`](crate::NoticeBudgets)). Beyond them they fold
//! into one that says how many there were; none is dropped. A number that
//! [`RiskSignals`](crate::port::RiskSignals) deny gets no notice where a mail address is told of the
//! same.
//!
//! | Who, with the default settings | Can cause in a day, to one destination | In all |
//! |---|---|---|
//! | one anonymous source | the account's codes; 10 mails in 6 hours and one digest to an administrator | 60 an hour |
//! | one signed-in user | codes of the account's budgets; a notice for each of 20 acts, texts at most 3 an hour | that, for each address of the account |
//! | one administrator | a notice for each of 20 acts on an account, texts at most 3 an hour; the account's codes | that, for each account |
//!
//! `tests/notices/day.rs` of the repository plays such days on a virtual clock and holds these figures:
//!
//! | Messages in a day | Texts to one destination | Mails to one destination | In all |
//! |---|---|---|---|
//! | measured: one anonymous source | 10 | 22 | 676 |
//! | measured: one signed-in user | 23 | 20 | 67 |
//! | measured: one administrator, one account | 7 | 20 | 66 |
//!
//! A request for help goes to 100 administrators at most (Entra's cap), a notice that an administrator
//! has reset to all other holders of the roles that the policy names.
//!
//! # Accidents
//!
//! | What | What happens |
//! |---|---|
//! | a crash at any point | A reservation without a comparison at worst; a write in flight is settled by `maintain`, and the owner is told |
//! | a lost reply of the store | The engine's own write is recognised by its version; a reservation whose fate is unknown is never followed by a comparison |
//! | a directory that does not answer | "May have changed": the notice fits both, sessions end, the same password may be sent again |
//! | a clock that steps back | Nothing is revived and nothing refilled |
//! | a clock days ahead | Nothing is purged until it has lasted a day; a notice that it put off is due once `maintain` runs by the right clock |
//! | no randomness | Every operation fails closed |
//! | a seal that does not answer | Codes of authenticators are a fault, reserved and not compared; other methods work |
//! | a service of the host's that does not answer | Its method is not offered, or its try is lost; other methods work |
//!
//! # What only the reply floor hides
//!
//! Each step before the first proof makes the same port calls for an unknown name and for an account
//! that was left alone, also after a flood of unknown names. An answer can still be quicker or slower:
//!
//! - **A spent budget saves commits.** An account whose own budgets are spent answers as any other
//!   and commits nothing: not the challenge, not the guesses at it, not its end. An unknown name that
//!   is asked for alone falls silent in the same way.
//! - **Bodies differ in length**, by about a kilobyte: an account has a code in its outbox and may
//!   have more methods; the record that stands for an unknown name may still hold the flow of the
//!   name before.
//! - **A name probed between floods.** Unknown names share 1 024 records in a tenant. A flood of some
//!   thousand other names between two probes takes the record from the probed one, which then never
//!   falls silent where an account would. Each such flood spends the tenant's limit and alarms.
//!
//! [`Stats::silenced_decoys`](crate::Stats::silenced_decoys) counts the silent answers to unknown
//! names: alarm if it grows quickly.
//!
//! # Limits across accounts
//!
//! | Limit | Who spends it | When it is spent |
//! |---|---|---|
//! | source; source and identifier | that source alone | refuses it; nothing else is reserved, nothing is written |
//! | destination; number prefix | anyone who asks for a code to it | a reset gets a code with two tries; a registration is refused, with the time |
//! | tenant | all who ask for codes | codes grow by `escalated_length`; an event alarms |
//!
//! A window counts up to an eighth too long, never too short. The first kinds that are shown are
//! those of the policy for users: an administrator needs one of them for the first proof, and is
//! shown the others after it. If the two sets share no kind, both are shown to all names.
//!
//! # What the engine cannot exclude
//!
//! - A hijacked number or mailbox, where one gate is enough.
//! - A person who types a code, or reads it out, for somebody else.
//! - Strangers who fail for days on end: forty failures of a method in a row, ten a day, close it to
//!   all but known devices and familiar sources, whose next ten put it out of use until it is
//!   registered once more. The owner is told at half of the fifty, and any success in between starts
//!   the run again.
//! - A botnet, and an owner in an unknown place without a known device: the owner waits for as long as
//!   it goes on.
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
