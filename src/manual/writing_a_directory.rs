//! Writing a directory, and testing it.
//!
//! The [`Directory`](crate::port::Directory) connects the engine to the host's users. It has seven methods:
//! four that read facts, and three that write or check a password and clear a lockout. A wrong fact gives an
//! account away, and a wrong outcome changes a password without a notice. The sessions that a password has
//! opened are a port of their own, [`Sessions`](crate::port::Sessions), with one method: a host whose directory
//! keeps them implements both.
//!
//! For Active Directory and OpenLDAP there is `adapters::ldap`, with the feature `ldap`; for a table of users in
//! SQLite or PostgreSQL `adapters::sql_directory`, with the feature `sql-directory`. If your users live in
//! several places, write or take a directory for each, and join them with
//! [`adapters::chain`](crate::adapters::chain).
//!
//! # The contract in plain words
//!
//! - **A name is compared, not matched.** Look it up with `=`: in a `LIKE` or an LDAP filter, `*`, `%`, `_`
//!   and parentheses are part of the name. Decide in one place which spellings are one name, and use it at
//!   sign-in too. If several users have the name, return all of them, at most 50: the engine then treats it
//!   as unknown, and sends their sign-in names to the mailbox if the name is one.
//! - **Tenants are separate.** Each query has the tenant in its condition, even a query by id.
//! - **Facts have no convenient default.** [`UserFacts::new`](crate::facts::UserFacts::new) is an enabled
//!   member without roles: set `enabled`, `kind`, `password_home`, `protected` and `roles` from your rows. A
//!   field that is an `Option` may stay `None` if you do not track it; its documentation says what the engine
//!   then assumes: without `restricted_management`, for example, no help desk may act on the user. All methods
//!   that return users report the same facts.
//! - **Groups** are asked for by id. Return those of them that contain the user, through other groups too.
//! - **Every character of a password counts.** The engine hands it over in Unicode's composed form (NFC).
//!   Store it as it is: `bcrypt` reads 72 bytes and ends at a NUL, so hash first or use another hash. Refuse a
//!   password that you cannot store with [`PolicyViolation`](crate::facts::WriteOutcome::PolicyViolation).
//!   Normalise to NFC at your own sign-in as well, or some keyboards cannot enter the password.
//! - **A write has the effects that it names**, and no others: `must_change`, `clears`, `risk_remediated`. Its
//!   `purpose` tells by which of your rules to judge the password. No write enables a user, and an unlock changes
//!   no password.
//! - **An outcome is definite or it is not.** Return `Written` after your transaction has committed,
//!   `PolicyViolation`, `AdminActionRequired` or `Unreachable` if certainly nothing was written, and
//!   [`Indeterminate`](crate::facts::WriteOutcome::Indeterminate) or an error `Unknown` for everything
//!   between, such as a timeout after the statement was sent. The engine then treats the password as possibly
//!   changed, tells the owner and tries again under the same number. What the directory says about a refusal goes
//!   into [`with_detail`](crate::facts::WriteOutcome::with_detail), for the audit trail.
//! - **Contact data are text.** Return addresses and numbers as they are stored. The policy's
//!   [`phone_format`](crate::policy::ContactSources::phone_format) decides what is well formed, and
//!   [`Admin::explain`](crate::Admin::explain) names what is not.
//! - **The same write number may come again.** Return the outcome of the first call if it was done. Do not
//!   let your password history refuse the repetition.
//! - **An unknown user is no error and no success.** The engine also asks for ids that no user has, so that
//!   callers cannot tell them apart. `find` returns no user, `verify_password` returns `false` after the same
//!   work, the writes return `AdminActionRequired`.
//! - **Sessions end by the time of authentication.** Keep it with each session and through each renewal. A
//!   refresh token that was issued later, for an older sign-in, ends too.
//! - **`verify_password` applies no throttle of the sign-in**: the engine counts its own attempts first.
//!
//! # Where it usually goes wrong
//!
//! | Mistake | Caught by | What it costs |
//! |---|---|---|
//! | a name in a `LIKE` or an LDAP filter | `find_knows_users_by_name_and_id` | one user's proof opens another's account |
//! | facts from `UserFacts::new` alone | `find_reports_facts_as_added` | disabled and protected users and administrators reset like any other |
//! | the first of two matches | `find_returns_all_who_share_a_name` | a chosen name takes over an account |
//! | an id without its tenant | `find_keeps_tenants_apart` | a tenant's page resets another's users |
//! | `bcrypt` as it is | `set_password_keeps_every_character` | the end of a long password does not count |
//! | a trimmed password | `set_password_keeps_every_character` | a password that does not open the account |
//! | two normal forms | `verify_password_knows_the_password` | a keyboard that cannot type the password |
//! | `must_change` dropped | `set_password_has_its_effects` | the administrator's password stays in use |
//! | a reset that enables the user | `writes_leave_a_disabled_user_disabled` | a person who has left comes back |
//! | `Written` when no row was changed | `unlock_of_an_unknown_user_is_not_written`, `set_password_of_an_unknown_user_is_not_written` | a success that did not happen |
//! | a password history that refuses a repetition | `set_password_made_again_is_one_write` | an owner locked out by a crash |
//! | `Unavailable` after a timeout | `set_password_out_of_reach_writes_nothing` | a password changed without a notice |
//! | sessions revoked by their time of issue | `revoke_goes_by_the_time_of_authentication`, in the kit `sessions` | an attacker renews a session and stays |
//!
//! # A directory over a table, step by step
//!
//! `src/adapters/sql_directory` is a complete directory for two databases, in under two thousand lines. Your own
//! directory has to make the same decisions:
//!
//! - **Statements are fixed at the start** (`statements.rs`). What was typed is a parameter, never a part of
//!   the statement. Each statement is run once when the directory is built, so a mistyped column or a missing
//!   right fails there and not at the first reset.
//! - **A name is folded in one place** (`folded` in `facts.rs`): composed, and in lower case. The database looks
//!   it up by an index on `lower(column)`, and the rows are compared again, since a collation may be looser.
//! - **A missing value is read as the stricter one** (`user_row`): `NULL` for "enabled" is false, `NULL` for
//!   "protected" is true, and any other value is an error. A hash in an unknown form is also an error, not a wrong
//!   password.
//! - **The stamp is a digest** of the hash, the state, the names and the addresses, so every program that
//!   changes a row changes it. Lockouts are left out: an attacker who guesses passwords could otherwise end
//!   the owner's reset.
//! - **An unknown user costs a hash too** (`hash.rs`): of a random text, with the current parameters.
//! - **Hashing has its own threads** (`worker.rs`) and a bounded queue. A job whose caller has gone is not begun.
//! - **A write is read, hash, compare-and-set** (`write.rs`). The hash takes long, so no transaction is open
//!   meanwhile. The change is made under the condition that the stored hash is still the one that was read. If
//!   it is not, another write came first, perhaps an earlier try of this one, and the outcome is not known.
//! - **Only the commit can have an unknown outcome** (`postgres.rs`, `sqlite.rs`). A failure before it has written
//!   nothing: `Unreachable`, or `AdminActionRequired` if the database refuses. Once the commit is sent, only the
//!   server's reply tells: without one the outcome is `Indeterminate`. The hash is read back in the same transaction, so a
//!   trigger or a short column cannot turn `Written` into a lie.
//! - **A repetition is recognised by its number** (`write_number`). Without that column a change to the present
//!   password looks like the second try of a write, and both count as written.
//! - **Pages are ordered by identifier**, and a cursor names the listing that it belongs to.
//!
//! Its tests are of three kinds: the kit on both databases (`tests/support/sql_users.rs` is the fixture, with
//! names that need quotes), what the kit does not check (`tests/stores/sql_directory`), and a server that fails
//! before or during the commit (`tests/servers/sql_directory.rs`).
//!
//! # Testing it
//!
//! With the feature `conformance`, which only your tests need, a fixture sets the directory up and one line
//! makes a named test of each property. Each property gets a fixture of its own: a fresh schema, or a transaction
//! that is rolled back. The repository's `examples/custom_directory.rs` is a complete directory with its
//! fixture, and runs the kit.
//!
//! ```
//! # #[cfg(feature = "conformance")]
//! # mod example {
//! use std::sync::Arc;
//! use sspr::adapters::memory::MemoryDirectory;
//! use sspr::conformance::{DirectoryFact, DirectoryUnderTest, check_port};
//! use sspr::facts::{TenantFacts, UserFacts};
//! use sspr::port::{Directory, PortResult, async_trait};
//! use sspr::TenantId;
//!
//! /// Your directory, and your own way to add to it. Here it is the memory directory.
//! #[derive(Default)]
//! struct Users(MemoryDirectory);
//!
//! #[async_trait]
//! impl DirectoryUnderTest for Users {
//!     fn directory(&self) -> Arc<dyn Directory> {
//!         Arc::new(self.0.clone())
//!     }
//!
//!     async fn add_tenant(&self, tenant: &TenantId, facts: TenantFacts) -> PortResult<()> {
//!         self.0.add_tenant(tenant.clone(), facts);
//!         Ok(())
//!     }
//!
//!     async fn add_user(
//!         &self,
//!         tenant: &TenantId,
//!         facts: UserFacts,
//!         names: &[&str],
//!         password: &str,
//!     ) -> PortResult<()> {
//!         self.0.add_user(tenant, facts, names, password)
//!     }
//!
//!     /// Facts that your directory has for no user.
//!     fn lacks(&self) -> Vec<DirectoryFact> {
//!         vec![DirectoryFact::Protected]
//!     }
//! }
//!
//! sspr::conformance_tests!(directory: my_directory, Users::default);
//!
//! # pub(super) fn run() {
//! let report = check_port::<dyn DirectoryUnderTest>(Users::default);
//! assert!(report.violations.is_empty(), "{report}");
//! # }
//! # }
//! # #[cfg(feature = "conformance")]
//! # example::run();
//! ```
//!
//! What the fixture lacks, such as groups or a way to cut the directory off, is skipped and printed.
//! If your client needs a runtime, implement [`PortHarness::drive`](crate::conformance::PortHarness::drive).
//!
//! No kit can test how long a call takes: make `verify_password` take as long for a user who does not exist, for
//! example by hashing a fixed password. Nor does the kit see your own pages: one that changes a password, an
//! address or the state of a user must also change [`change_stamp`](crate::facts::UserFacts::change_stamp).
