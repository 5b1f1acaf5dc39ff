//! Threats, by attacker.
//!
//! `SECURITY.md` in the repository has the threat model by boundary and says how to report a
//! vulnerability. This page lists for each attacker what they try, what the engine does, and what is
//! left. Each promise has tests named after it, in `tests/attacks` and `tests/invariants`.
//!
//! # An anonymous caller
//!
//! | Tries | The engine | Left |
//! |---|---|---|
//! | to learn which accounts exist | Before the first proof every reply is a function of the request, the policy and counters of the source; the same ports are called; `not_before` hides the time | what the host does before and after; load that takes longer than the floor |
//! | to guess a code | Five comparisons per code, ten failures per day and method in each of two pools, of which an anonymous caller has one, and forty in a row; each is counted before it is made | odds for which [`Policy::review`](crate::Policy::review) computes upper bounds |
//! | a few guesses on many accounts | Counters by source, destination, number range and tenant; while the tenant's counter is spent, codes become longer and every caller must pass the human check, if there is one | a botnet below all of them |
//! | the same code in parallel | One conditional commit: one proof, for any number of requests and processes | a store that breaks its contract |
//! | new flows or resends to get more attempts | Budgets belong to account and method, not to a flow or a code | |
//! | to lock the owner out | One source holds at most its share of each budget of an account; a live code's comparisons are set aside; flows with a proof, known devices and familiar sources use a second pool, which other callers cannot spend | in an unknown place the owner gets at least 3 codes a day against one source, 1 against five, 0 against 50 or 1 000 ([`limits`](super::limits)) |
//! | to flood a phone or run up a bill | Waits, budgets per account, limits per destination and prefix | what the budgets allow |
//! | to wear a user down with pushes | The same budgets: if they are spent, the host is asked to begin for a stand-in id. Number matching is the host's | a user who reads the number to an attacker on the telephone |
//! | to have the owner prove a flow that the *attacker* began | Each proof moves the flow to a new ticket; a link redeemed without a ticket takes the flow along | an owner who reads a code out |
//! | a forged, old or foreign ticket | It is authenticated, masked, and bound to tenant, purpose, flow and generation; a forged one costs no read | |
//! | a poisoned `Host` header, an address of the attacker's choice | No host name is taken from a request, and messages go only to stored addresses | |
//! | endless input | Lengths are bounded before any work | the body limit of your web framework |
//!
//! ## From an address that the account knows
//!
//! A familiar source proves nothing. All callers from that address (an office, a mobile network, a home)
//! use the same share of the same pool as the owner. `tests/model/simulation` plays a week of it with the
//! default settings. The first of the attackers comes from the address where the owner has registered,
//! and all attackers spend every budget that they can reach. From the middle of the week on, the owner
//! tries a reset twice a day. The table shows how many of the owner's 7 attempts succeeded. Each figure
//! is the lower one of the runs with one and with two required methods:
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
//! During the attack the owner at that address gets nothing, and needs a known device or another
//! familiar source. At most 15 guesses of the attackers for a method are compared in any 24 hours: they
//! reach both pools.
//!
//! # An attacker close to the owner
//!
//! | Has | Can | Is stopped by |
//! |---|---|---|
//! | the mailbox | read its codes | the second method, of another kind and destination |
//! | the number (SIM swap) | read its codes | the second method; [`RiskSignals`](crate::port::RiskSignals), which stops a code to a recently ported number |
//! | the phone, unlocked | read texts and app codes, approve pushes | an app and the push to it count as one method; a text and the app count as two: if phones are lost often, require mail or a recovery code as well |
//! | the sheet of recovery codes | one proof for each | the second method; the notice at each use; a new set |
//! | the answers to security questions: from a profile, a relative, another site | one proof | off by default; only after another proof; never for administrators; all of three, five attempts of a challenge, sticky until answered; [`review`](crate::Policy::review) has the odds |
//! | a stolen session | add a method | a recent sign-in and a second factor to change methods, the hold of a day, the notice to the other addresses |
//! | the old password | nothing here: a reset does not ask for it | |
//! | an old notice, or the mailbox for a while | press *it was not me*: the account is blocked until an administrator acts, and methods that were added since the notice are removed | the link's short life ([`repudiation_life`](crate::policy::DeskPolicy::repudiation_life)), one use, and the notices to the owner and the help desk; nothing opens |
//! | the link of an invitation | prove the mailbox, for days | the second method; one use; it is void once a password was set, and an administrator can revoke it |
//! | the owner's screen | see masks after the first proof | |
//!
//! The engine cannot distinguish an attacker with *both* methods from the owner. The notice to every
//! address and the end of all sessions then alert the owner.
//!
//! # An attacker in between
//!
//! | Attacker | Can | Is stopped by | Left |
//! |---|---|---|---|
//! | a mail scanner | open every link, run its scripts | opening only reads; redeeming is a POST and, without the ticket, requires the sign-in name; so does repudiating | a scanner that submits forms and knows the name |
//! | a page that imitates yours | relay each code and number while it is valid, of texts and apps alike | a passkey: the browser signs the origin. Codes in mail name the organisation; texts may be bound to your origin ([`SmsOrigin`](crate::adapters::render::SmsOrigin)) | anything that a user reads and types can be relayed |
//! | an observer of an app's code | use it within its step or the next | a step is accepted once, for all purposes: reset, unlock, enrolment, and your sign-in if it calls [`Authenticator::verify`](crate::Authenticator::verify) | a sign-in that keeps its own seeds |
//! | a network that loses or repeats | delay messages and replies | one idempotency key; an invalid code is not sent; a correct code may be repeated and proves once | |
//!
//! TLS, cookies and protection against forged requests are the host's: see
//! [`embedding`](super::embedding).
//!
//! # A thief of the store, or of a backup
//!
//! The thief learns tenants, user ids, addresses, policies and history, but no code, ticket, password
//! or key. Codes, links and tickets are derived from keys that are not in the store; seeds of
//! authenticators are sealed; recovery codes and device secrets are digests of more random bits than
//! can be searched. With the short-lived keys as well, outstanding codes and links can be computed:
//! rotate at once ([`upgrading`](super::upgrading)).
//!
//! **The seal's key is different.** With it and a copy of the store, a thief has the seed of every app
//! and token permanently: no rotation takes a seed back. Keep it apart from both. If it leaks, let all
//! users enrol again ([`revoke_methods`](crate::Admin::revoke_methods)). If the key is *lost*, so are
//! the seeds: their codes fail with a fault, other methods work, and the remedy is the same.
//!
//! # A writer to the store
//!
//! A body under another key is refused, and so is a policy beyond its limits. A copied challenge gives
//! another code. A sealed seed opens for one user and one kind of method only, and the digest of a
//! recovery code matches for one user only. But a writer can add a method or put back an old row with
//! its full budgets. **Write access to the store is as powerful as write access to the directory.**
//!
//! # A dishonest administrator
//!
//! Administrators act under a role that the host vouches for, and are recorded by name. An
//! administrator who supplies contact data can reset an account if such data counts; the owner is
//! notified at every other address. Administrators see no code, and no lasting secret except the seed
//! of a token that they import, and a temporary password. The directory must make the user change that
//! password, and the notice about it has an *it was not me* link. An administrator who unblocks
//! an account voids the links of its earlier notices. A token counts only after its user has typed a code of it, but an
//! administrator who has cloned it can still prove with it. Give the role that supplies contact data
//! and tokens to few people, and read the events `contacts_supplied`, `method_added`, `unblocked`,
//! `reset_requested`, `invited`, `temporary_password_set`, `methods_revoked` and `policy_changed`.
//!
//! ```
//! use sspr::audit::EventKind;
//!
//! let administrators =
//!     ["contacts_supplied", "method_added", "unblocked", "reset_requested", "methods_revoked"];
//! for code in administrators.iter().chain(&["invited", "policy_changed", "limit_spent"]) {
//!     assert!(EventKind::CODES.contains(code), "{code}");
//! }
//! ```
//!
//! # A faulty host-verified method
//!
//! The engine believes an [`ExternalMethod`](crate::port::ExternalMethod). If it wrongly accepts a
//! response to another challenge, another user's passkey, or an approval that was never given, that is
//! a proof. If its page differs for existing users, it tells which accounts exist. The engine limits it
//! to the attempts of a challenge and to one proof. Require a second method beside it, and test it as
//! [`host_methods`](super::host_methods) does.
//!
//! # An attacker who runs up a bill
//!
//! Notices have their own budgets ([`NoticeBudgets`](crate::policy::NoticeBudgets)). Beyond them they
//! fold into one that counts them; none is dropped. A number that
//! [`RiskSignals`](crate::port::RiskSignals) denies gets no notice if a mail address gets the same
//! notice.
//!
//! | Caller, with the default settings | Can cause in a day, to one destination | In all |
//! |---|---|---|
//! | one anonymous source | the account's codes; 10 mails in 6 hours and one digest to an administrator | 60 an hour |
//! | one signed-in user | codes of the account's budgets; a notice for each of 20 acts, texts at most 3 an hour | that, for each address of the account |
//! | one administrator | a notice for each of 20 acts on an account, texts at most 3 an hour; the account's codes | that, for each account |
//!
//! `tests/api/notices/day.rs` of the repository plays such days on a virtual clock and checks these
//! figures:
//!
//! | Messages in a day | Texts to one destination | Mails to one destination | In all |
//! |---|---|---|---|
//! | measured: one anonymous source | 10 | 22 | 676 |
//! | measured: one signed-in user | 23 | 20 | 67 |
//! | measured: one administrator, one account | 7 | 20 | 66 |
//!
//! **Pumping.** Thieves of accounts, or people with many of their own, register numbers whose holder is paid
//! for each text. The default settings allow it to every country. Against it
//! [`NumberPolicy`](crate::policy::NumberPolicy) has a list of prefixes, budgets of codes to new numbers for
//! each day, and a [`Breaker`](crate::policy::Breaker) for each prefix. A budget bounds the bill of any day. A
//! breaker counts a code only when the code has ended, so it reacts to a burst as late as codes live. Both
//! stop registrations and resets by new numbers only. They stop no notice, and no owner who registered
//! earlier. A person with stolen accounts can thus keep a country from registering until an
//! administrator acts ([`Admin::close_breaker`](crate::Admin::close_breaker)); this is why both are off by
//! default. `tests/model/simulation/pumping.rs` plays a day with 288 stolen accounts:
//!
//! | Defence | Texts to pumped numbers | Registered in the pumped country, of 6 |
//! |---|---|---|
//! | none | 288 | 6 |
//! | 60 a day to one prefix | 58 | 2 |
//! | a breaker with a sample of 20 | 35 or 36, by store | 1 |
//! | both | 35 | 1 |
//!
//! A request for help goes to at most 100 administrators (Entra's limit). If an administrator resets
//! their own password, all other holders of the roles that the policy names get a notice.
//!
//! # Accidents
//!
//! | Event | Consequence |
//! |---|---|
//! | a crash at any point | At worst a counted attempt without a comparison; `maintain` settles a write in flight, and the owner is notified |
//! | a lost reply of the store | The engine recognises its own write by its version; an attempt with unknown outcome is never followed by a comparison |
//! | a directory that does not respond | "May have changed": the notice fits both outcomes, sessions end, the same password may be sent again |
//! | a clock that steps back | Nothing becomes valid again and nothing is refilled |
//! | a clock days ahead | Nothing is purged until it has lasted a day; a notice that it postponed is due once `maintain` runs with the correct clock |
//! | no randomness | Every operation fails |
//! | a seal that does not respond | Codes of authenticators return a fault, counted and not compared; other methods work |
//! | a host-verified service that does not respond | Its method is not offered, or the attempt is lost; other methods work |
//!
//! # What only the reply floor hides
//!
//! Each step before the first proof makes the same port calls for an unknown name and for an account
//! without recent activity, also after a flood of unknown names. A reply can still be faster or slower:
//!
//! - **A spent budget saves commits.** For an account whose own budgets are spent the engine replies as
//!   usual and commits nothing: not the challenge, not the guesses at it, not its end. An unknown name
//!   that is requested again and again, with no other unknown names, falls silent in the same way.
//! - **Bodies differ in length**, by about a kilobyte. An account has a code in its outbox and may have
//!   more methods; the decoy of an unknown name may still hold the flow of the previous name.
//! - **A name probed between floods.** Unknown names share 1 024 records in a tenant. A flood of
//!   several thousand other names between two probes takes the record from the probed name. That name
//!   then never falls silent, whereas an account would. Each such flood spends the tenant's limit and
//!   raises an alarm.
//! - **Questions before the first proof.** A set that was hashed at another cost takes a different time than a
//!   decoy until its owner answers it. The questions of unknown names are drawn evenly; owners prefer some
//!   questions, and theirs change once they are answered.
//!
//! [`Stats::silenced_decoys`](crate::maintenance::Stats::silenced_decoys) counts the silent replies for unknown
//! names: alert if it grows quickly.
//!
//! # Limits across accounts
//!
//! | Limit | Who spends it | When it is spent |
//! |---|---|---|
//! | source; source and identifier | that source alone | the request is refused; nothing else is reserved, nothing is written |
//! | destination; number prefix | any caller who requests a code for it | a reset gets a code with two attempts; a registration is refused, with the time |
//! | tenant | all callers who request codes | codes grow by `escalated_length`; every caller must pass the human check, if the engine has one (`escalated_human_check`); an event raises an alarm |
//!
//! A window counts an entry for up to an eighth of its length too long, never too short. The first kinds
//! shown are those of the policy for users: an administrator needs one of them for the first proof and is
//! shown the others after it. If the two sets share no kind, both are shown for all names.
//!
//! # What the engine cannot exclude
//!
//! - A hijacked number or mailbox, if one method is enough.
//! - A user who types or reads out a code for an attacker.
//! - Days of failures: forty failures of a method in a row, ten a day, close it to all callers except
//!   known devices and familiar sources. Ten more failures from those disable it until it is registered
//!   again or an administrator unblocks it. The owner is notified at half of the fifty, and any success in
//!   between ends the run.
//! - A botnet against an owner in an unknown place without a known device: the owner waits until it
//!   ends.
//! - Guessing: budgets make it unlikely, and the review says how unlikely.
//! - [`Disclosure::Masked`](crate::policy::Disclosure::Masked) towards callers who know the address, and
//!   [`Disclosure::Reasoned`](crate::policy::Disclosure::Reasoned) towards all callers.
//! - A thief of the keys, or a reader of the process's memory.
//! - A forged source: if clients choose the address, limits by source have no effect.
//! - A directory or a delivery that returns wrong results.
//!
//! The review reports the first of these for a policy:
//!
//! ```
//! use sspr::Policy;
//!
//! let review = Policy::with(|settings| settings.users.required = 1)?.review();
//! assert!(review.finding("one-gate").is_some());
//! # Ok::<(), sspr::policy::PolicyError>(())
//! ```
