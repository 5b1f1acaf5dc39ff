//! Decisions: what was chosen, why, and what was rejected.
//!
//! One paragraph each. The map of the code is `ARCHITECTURE.md` in the repository.
//!
//! # Opening an engine
//!
//! **`EngineBuilder::open().await` instead of a synchronous `build()`.** Opening reads the store. It
//! compares the lookup key with the one that the store was created with, and checks that the store
//! returns what was written to it. Without this check a wrong key would look like an empty store.
//!
//! **Opening and creating a store are separate calls.** If opening created a missing store, a wrong
//! path or database name would silently start an empty one, in which used codes are valid again.
//!
//! **At most 43 crates by default.** The tables for phone numbers, domain labels and language tags are
//! part of the crate for that reason; `idna` alone adds 26 crates.
//!
//! **Resets and unlocks are one handle that is generic over the ticket**
//! ([`Recovery`](crate::recovery::Recovery)). They differ in `complete` only. Two handles had the same ten methods,
//! and a host wrote each page twice. The ticket types stay apart, so a ticket of one is not accepted by the
//! other.
//!
//! **The engine's verbs are functions on one shared value**, the core, instead of methods of the engine
//! spread over many files: the name of a function tells its file.
//!
//! **The adapters, the test doubles and the kit name only what the crate exports**, apart from a few
//! listed functions. What the included stores need is therefore enough for the store of a host.
//!
//! **A [`Policy`](crate::Policy) dereferences to its settings.** It is a checked value that is only read, and
//! about a hundred places read one setting each. An accessor in all of them would say nothing more.
//!
//! # Records and commits
//!
//! **Columns are part of `Commit`, not of `Record`.** A loaded record has no columns, so no rule can
//! come to depend on them.
//!
//! **A new record counts its versions from the time in milliseconds**, and its directory writes from
//! the time in seconds. So versions, event ids, idempotency keys and the numbers by which a directory
//! recognises a write never repeat after a purge. Counting from one was rejected: a recreated record
//! would reuse all of them.
//!
//! **Unknown fields are kept where a part lives on from step to step.** A small part that is replaced
//! as a whole refuses unknown fields instead, which closes the account to this release. Dropping them
//! silently would undo a rule of the newer release.
//!
//! **Anonymous flows stop growing a record at 9 KiB, flows with a proof at 11 KiB.** The rest of the 16
//! KiB is for attempts, notices and leases, so a flood of flows cannot keep a notice out.
//!
//! **Each step reads its record.** A guess could decide on the account as the engine has last committed it: no version
//! is used twice, so a commit under a version that is over changes nothing. This was written and rejected. On a busy
//! machine guesses were 1.2 to 1.6 times as fast on PostgreSQL and etcd, with 1, 8 and 32 callers, and no faster on
//! SQLite. Attempts were counted and compared as before, in every order of the calls of two engines. But known and unknown
//! names no longer made the same calls. If another process has changed the record since, the guess takes a rejected
//! commit and a read more: for an account after its owner has used it, for an unknown name after other names have taken
//! its decoy. Three tests of `tests/attacks/uniformity` failed. After the first proof there is nothing to hide, but there
//! it would save one or two reads of a whole reset. Within one call, the second step does begin with the account that the
//! first one has committed.
//!
//! **`purge` runs at most once a minute in each engine**, so that an idle store is not written to.
//!
//! # Codes, links and tickets
//!
//! **A code is derived, not stored.** A challenge holds a nonce, and the code is computed from
//! `HMAC(code key, account, flow, challenge, purpose, method, nonce)` when it is sent and again when it
//! is checked. A copy of the store therefore contains no code, and a code without its challenge can be
//! neither sent nor accepted. The input has a fixed layout of 55 bytes, so different contexts have
//! different inputs.
//!
//! **HMAC over `sha2`'s compression function, for inputs of one block.** With a prepared key a check is
//! two compressions and no allocation. Measured against the `hmac` crate with a prepared key it takes
//! about three quarters of the time (`code_check` in the README). The `hmac` crate is the reference in
//! tests and is used for everything else.
//!
//! **Links are derived, not stored as digests.** A challenge already has a nonce. A derived link is not
//! in the store in any form, can be sent again under its idempotency key, and becomes invalid with the
//! short-lived key. Digests of random link secrets were rejected: they add a stored value and gain
//! nothing.
//!
//! **A ticket is a synthetic IV over a masked claim.** `tag = HMAC(ticket key, tenant, claim)`
//! authenticates the claim and is the nonce of its mask. Equal claims give equal tickets, so a lost
//! reply can be given again; different claims share no bytes. A forged ticket is refused without a
//! read. All tickets have one length. A block of the mask is the inner hash of HMAC alone, which is
//! enough for inputs of one length and halves the cost of a ticket.
//!
//! **`challenge` returns a new ticket that records what was requested**, including challenges that no
//! budget allowed to open. Until the first proof the reply is computed from the ticket alone: a reply
//! computed from the record would show which accounts exist. Without what the ticket records, a throttled
//! account would answer `view` or a second `challenge` differently, or anonymous callers would write to
//! records whose budgets are spent.
//!
//! **A recovery code has 28 letters from an alphabet of 20**, which is 121 bits. The alphabet has no
//! letter that is easily mistaken for another letter or a digit, and no vowel that would form words.
//! From 112 bits on a plain digest is enough; a slow hash was rejected as unnecessary.
//!
//! **A seal binds a seed to tenant, user and kind**, not to the method's id: the seed is sealed before
//! the commit that assigns the id.
//!
//! # Proofs and repeats
//!
//! **A correct code may be repeated with the previous ticket**, at most three times, and each repeat
//! uses one of the attempts that the code had left. A browser that lost the reply can continue, and no
//! code allows more comparisons than the policy says. A separate budget for repeats was rejected for
//! that reason.
//!
//! **A repeat must give the same secret.** The time step or recovery code that earned the proof is kept
//! with it. A different code of the same device that is also valid now does not count as a repeat, so
//! it is not used up.
//!
//! **A link without its ticket is valid once**, and a lost reply costs a new flow. If it could be
//! repeated, a link that leaks later from a browser history would be a second way into the flow.
//!
//! **A redeemed flow gets a new id instead of a new generation.** With a new generation the previous
//! ticket would return `TicketReplaced`, and so tell an attacker who began the flow that the owner has
//! the account and is active. A flow that already holds another proof is not handed over: the two
//! proofs could come from different persons.
//!
//! **A used-up set of recovery codes still counts for the flow that used its last code**, until that
//! flow ends. Otherwise the last recovery code could never be one of two proofs.
//!
//! **The replay mark serves all purposes.** A device keeps the newest time step that was accepted, and
//! no step up to it is accepted again, whether for enrolment, reset, unlock or the host's sign-in. A
//! sign-in consumes nothing but the step, so it fails if the outcome of its commit is unknown.
//!
//! **Before the first proof, faults of a seal or of a host-verified method become `NotAccepted`**, and
//! are counted in [`Stats::hidden_faults`](crate::maintenance::Stats::hidden_faults). Such a fault can
//! concern a single user, so reporting it would reveal that the account exists.
//!
//! # Budgets and limits
//!
//! **Opening a challenge sets its comparisons aside** from the failure budget: as many as are left,
//! less what other live challenges of the method have set aside. If none are left, the challenge is not
//! opened. Refusing when the code is typed was rejected: other callers' guesses could then refuse the
//! owner's correct code.
//!
//! **`blocked` is an event of the commit after the comparison**, not of the attempt: if the code is
//! correct, the event would be untrue. The lock itself acts from the attempt on.
//!
//! **Limits across accounts are reserved in two batches**, the caller's own first, so that a refused
//! request is not counted against the limits that callers share. Each window has eight slices: a limit
//! counts for at most an eighth of its window too long and never too short. The tenant's counter has 16
//! stripes, so no row is hot.
//!
//! **A spent destination or number range allows fewer attempts at a code** instead of longer codes. A
//! longer code is visible and would reveal whose number it is. Only the tenant's limit lengthens codes.
//!
//! **A wrong sign-in code counts in a separate run of failures.** The host's sign-in shares the window
//! of the proven pool and the replay mark with resets, but not their limit on failures in a row.
//! Anonymous callers can reach that limit with nothing but a name, and would lock users out of the
//! sign-in.
//!
//! **`MethodKind::Password` is the key of a budget and not a method.** Attempts at the current password
//! need their own count, and no policy may accept the password as a proof.
//!
//! # Unknown names and clocks
//!
//! **Unknown names share 1024 decoy records in a tenant, chosen by a keyed hash of the name.** Each
//! operation makes the same port calls on a decoy as on an account. A record for each unknown name was
//! rejected: a flood of names would fill the store. For a name other than its last one a decoy acts as
//! a new account, so the flood spends no budget of other names. A flow that was displaced is restored
//! from its ticket.
//!
//! **A name without a user gets a made-up user id** from its hash, so that the directory is asked by id
//! for unknown names too.
//!
//! **An engine with a trusted clock corrects records stamped more than 25 hours ahead**, 256 a minute.
//! Their alarms are as far ahead, so no listing of due work would show them.
//!
//! # Methods and registration
//!
//! **Kinds of method are a closed enum with three host-verified kinds**, instead of names chosen by
//! hosts. A policy, a budget and a class of method must mean the same in every process. A name that no
//! process has registered would be a requirement that no user can meet.
//!
//! **Each step that reads facts also asks `Delivery::channels`.** A method that can only be reached
//! through a missing channel is not offered, and does not count toward the methods that an account has.
//!
//! **Two tabs of one sign-in may confirm two methods.** A method that becomes active voids outstanding
//! flows, except registrations of other classes in the same session; each is checked again when it is
//! confirmed.
//!
//! **Removing methods never makes the next one "the first".** The first method of an account has no
//! hold. A thief of a session must not reach that state by removing all others.
//!
//! **A new authenticator or set of recovery codes has no hold; a new address has.** The secret was
//! shown on the user's own screen and is controlled by no third party. A thief who has a session with a
//! fresh second factor causes a notice to all addresses.
//!
//! **`forget` keeps a record with its numbers and its epoch**, without personal data, until it has been
//! idle for 31 days. If the record were removed, a new one would begin with an epoch of which old tickets
//! exist, and these would be valid again. If a change by a user or an administrator follows, the record
//! stays.
//!
//! **`unlock_without_reset` is a top-level setting of the policy**: cloud directories lock accounts
//! too.
//!
//! # The effective policy
//!
//! **Which rules apply to a user is computed in one place**, from the policy, facts of the tenant and the
//! user, and the time (`src/domain/rules/effective.rs`). Flows, registration, explanations and dry runs read
//! the same value, so they cannot disagree. What is shown before the first proof is a function of tenant and
//! time only, besides the policy.
//!
//! **The reasons have one order**, that of [`SsprReason`](crate::error::SsprReason): who the user is, what the
//! policy allows, what the directory can do, which methods there are. Microsoft's numbers suggest an order
//! and no document states one. A flow takes the first reason; an explanation lists all.
//!
//! **Where Microsoft's two lists for administrators overlap, two gates are required**, and an unreported
//! domain or synchronisation excuses no administrator from the second.
//!
//! **A name that several users share is treated as unknown.** Choosing one of them would let a user who
//! takes a name reach the account of another. If the name is their mailbox and a code by mail was chosen, the
//! mailbox gets one mail with their sign-in names. The challenge is a decoy in every other respect: it
//! costs the same calls and draws on the same budgets, and accepts nothing.
//!
//! **Sessions are a port beside the directory.** They often live in a token service that knows no facts.
//! The builder asks for the port, so that leaving it out is a decision ([`NoSessions`](crate::port::NoSessions)).
//!
//! **A dry run evaluates and writes nothing.** It ignores failure budgets, because a lock ends by
//! itself.
//!
//! # Directory writes and notices
//!
//! **A write is a saga, and its first commit already contains the notice.** The password is in another
//! system, so no transaction spans both. A notice that is added after the write would be lost in a
//! crash between the two.
//!
//! **No reset without a notice.** If the rule names no address, a channel that could have carried the
//! reset's own code is used; if there is none, nothing is written.
//!
//! **A change has no challenge.** The directory verifies the current password in `start`. A host with
//! one form calls `start` and `complete` in one handler.
//!
//! **Beyond an address's hourly budget a change is reported in a notice that counts several**, at most
//! an hour later. Dropping it was rejected, and so was an unlimited number of texts.
//!
//! **A request for help is recorded on the account that needs it**, even if the replies come from a
//! decoy: users who may not reset need help most.
//!
//! **Notices are delivered before codes**, and codes give way if the outbox is full. If the service of a
//! tenant's channel fails three times, the channel's other messages wait until the next call of
//! `maintain`; other channels continue.
//!
//! # Strength of passwords
//!
//! **The estimator is a port, and zxcvbn an adapter behind a feature.** zxcvbn is the one estimator in wide
//! use and has the MIT licence, but it does not belong in the core: it reads the year from the operating
//! system's clock, leaves copies of the password in memory, adds some 3 MB of English word lists, and can take
//! more than a second for a password of 100 characters. With a port a host can use another estimator,
//! or none: the default rules are those of NIST, which asks for a blocklist and no score. An estimator in
//! this crate was rejected, since its scores would mean nothing to an auditor.
//!
//! **The estimator gets at most 32 characters.** The slowest password found takes 40 ms at that length, and
//! more than half a second at 64. A passphrase of 32 characters already has the best score.
//!
//! **The score is computed last**, once all other rules accept the password. If a policy requires a score and
//! the engine has no estimator, no password is written.
//!
//! # PostgreSQL
//!
//! **A commit is one statement**: the record under its condition, the advance of its bucket's head, and
//! the events. With `BEGIN` and `COMMIT` a dropped future could leave a transaction behind, and a
//! repeated commit could append its events twice.
//!
//! **Events take their positions under the lock on the head**, which is held until the commit. A
//! visible position implies that all smaller ones are decided. A sequence was rejected: a reader can
//! overtake a slow writer.
//!
//! **16 buckets**, because a cursor over a tenant's events holds a position for each of them in 256
//! bytes.
//!
//! **Each read asks whether the session may write**, so a standby or a fenced primary is never read
//! from. If an operator cancels the wait for a synchronous standby, the server reports success with a
//! warning; the store reads the warning and returns `Unknown`.
//!
//! # etcd
//!
//! **A commit is one transaction that compares the record's `mod_revision`.** The revision and the old
//! index keys come from a cache of exactly that version. A stale entry of the cache costs one more round
//! trip: the else-branch of the transaction returns the present state.
//!
//! **The event log has an epoch instead of a head.** Commits compare it, and about one in 1024 changes
//! it. A head per bucket was rejected: every commit would change it, and writers would collide. Within
//! an epoch the log is sorted by etcd's create revision; an event of a later epoch proves the previous
//! one complete, so readers skip nothing.
//!
//! **The messages of etcd's interface are generated once and committed** beside their `.proto` file, so
//! that a build needs no protocol compiler.
//!
//! # Policy documents
//!
//! **The JSON Schema is a file, generated by tests.** `schemas/policy.json` comes from the table of settings (names,
//! ranges, defaults, sources) and from `schemars` (the forms of lists and choices), which only the tests depend
//! on. Deriving the whole schema was rejected: a derive knows neither ranges nor sources, and every host would
//! build it. An independent validator (`boon`) accepts every preset under this schema, and rejects the documents
//! whose form a policy rejects.
//!
//! **The OpenAPI description has no paths.** `schemas/openapi.json` comes from the wire types by the same generator and is
//! compared with what they write. The host decides on the paths, and on how a ticket travels.
//!
//! **Version 1 has the older names of four settings.** They are migrated, and each change is
//! listed. A document without a version is read as the present version. Guessing its version was rejected: a wrong
//! guess would drop settings.
//!
//! **A TOML document that is written back loses its comments.** To keep them, a host edits the text itself, for
//! example with `toml_edit`.
//!
//! # Memory and SQLite
//!
//! **The store in memory refuses when it is full.** Evicting records was rejected: a forgotten record
//! restores used attempts.
//!
//! **SQLite has one writer thread with group commit.** A commit returns after it is on the disk
//! (write-ahead log, `synchronous = FULL`). Several processes queue at two lock files: the process that
//! waits for the second lock holds the first, so none overtakes.
//!
//! # Moving a store
//!
//! **A record is copied as a chain of commits**, one for each version that has events, since a store
//! has no way to write an event without a commit. The versions in between are derived from the key and
//! the count, so any process can continue an interrupted copy.
//!
//! **The target is marked until a comparison has found no difference.** The mark takes the place of the
//! lookup key's check value, so no release opens a target that is incomplete.
//!
//! # Mail
//!
//! **`lettre` speaks SMTP, with this crate's pool and reader in place of its own.** Its own pool reuses a
//! connection whose call was dropped in the middle of a mail, so the next command would become text of
//! that mail; it also spawns tasks. The pool here keeps a connection only after a complete reply.
//! `STARTTLS` is spoken here and read byte by byte, so lines that were sent in clear behind its reply
//! break the handshake instead of being read as the server's.
//!
//! # LDAP
//!
//! **The adapter speaks LDAP itself.** The client `ldap3` 0.12 was reviewed and rejected. It panics on malformed
//! replies and parses them to any depth, even before TLS. It does not tell whether a request was sent, so a lost
//! write looks like one that never began. It copies passwords into buffers that it does not wipe, and its TLS adds
//! parsers for certificates and addresses. A directory needs little of the protocol: bind, search, modify, and two
//! extended operations.
//!
//! **A listing does not use the cookie of a paged search**, since it belongs to one connection. The cursor is the
//! last identifier. Each scan reads all identifiers and keeps the ten thousand that follow the cursor.
//!
//! # TLS
//!
//! **Each adapter makes its own `rustls` configuration with a named provider.** `lettre` and `tonic` can
//! encrypt by themselves, but take the process-wide default provider, or the one that their features compile
//! in. A feature of this crate that brought `ring` made a host with `aws-lc-rs` panic: with two providers
//! compiled in, `rustls` has no default for the host's own configurations. So an adapter brings none, and
//! the features `tls-aws-lc-rs` and `tls-ring` bring the one they name.
//!
//! # Security questions
//!
//! **Ids and hashes are stored, never texts.** A question is an id of the catalogue or of the policy, so that its
//! text exists once and in each language, and a set takes under a kilobyte of the record.
//!
//! **The hash is over a MAC of the answer**, made with the lookup key over the user, the question and the answer. A
//! hash that is copied to another account matches no answer there. A dump of the store cannot be searched for
//! likely answers without the key; with the key, only the cost of the hash protects them.
//!
//! **Counting an attempt draws the next questions.** The draw is a function of the challenge's nonce and the attempts
//! left, so nothing else is stored and no draw can be repeated. Sticky questions, the default, are a function of the
//! set and of how often it was answered: they stay the same until they are answered.
//!
//! **Questions come before the first proof only if the policy opts in**, and then they are sticky, unless reasons are
//! disclosed. A decoy record may be taken over by another name, which restores its attempts. Draws that depend on the
//! attempts would therefore reveal that the name is unknown.
