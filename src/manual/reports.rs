//! Reports for administrators and operators: which report answers which question, how to read one, and what
//! is not collected.
//!
//! | Question | Report | From |
//! |---|---|---|
//! | Who has registered, with which methods? Who may reset, and who can? | [`registration_report`](crate::Admin::registration_report), summed by [`RegistrationSummary`](crate::report::RegistrationSummary) | the directory's users, their records, the present policy |
//! | How many resets are begun, proven, completed, abandoned, refused, and why? | [`usage_report`](crate::Admin::usage_report), summed by [`UsageSummary`](crate::report::UsageSummary) | the audit events |
//! | How many names are typed, and how many flows end there? | [`usage_counts`](crate::Admin::usage_counts) | counters of replies |
//! | Who is blocked, by what, until when? | [`blocked_report`](crate::Admin::blocked_report) | the records |
//! | Whose password expires? Who loses a method or a provider? Who must confirm the registration? | [`expiring_report`](crate::Admin::expiring_report) | the directory's users, their records, the present policy |
//! | Which administrator did what to whom? | [`desk_report`](crate::Admin::desk_report) | the audit events |
//! | What would another policy change? | [`dry_run`](crate::Admin::dry_run) | the directory's users, their records |
//!
//! A report requires a role of [`AdminRoles::read`](crate::admin::AdminRoles::read), like everything that
//! administrators read, and is not recorded. No row contains an address or a number; users are named by id and
//! user principal name.
//!
//! # Pages
//!
//! A report is read page by page, so memory does not grow with the directory. After each page keep
//! [`ReportPage::next`](crate::report::ReportPage::next) and your sums. Any process can continue from there and gets
//! the result of an uninterrupted run, as of the time at which the report began. If a page returns an error, request
//! it again. `examples/reports.rs` is a report that survives being killed.
//!
//! The last page is the one whose `next` is `None`. An earlier page may be empty, if the filter left out everything
//! that it read. [`scanned`](crate::report::ReportPage::scanned) is for a progress bar.
//!
//! Each page reads records and users as they are at that moment. A user who registers between two pages is reported
//! as registered if a later page lists the user.
//!
//! # Files
//!
//! [`adapters::rows`](crate::adapters::rows) writes rows as JSON lines and, with the feature `csv`, as
//! comma-separated values. Names of columns are stable; a later release adds columns at the end only. The
//! comma-separated values have a `'` before a name that a spreadsheet would run as a formula; the JSON lines have the
//! exact text. Treat both as personal data: they show who uses which methods.
//!
//! # The funnel
//!
//! | Stage | Means | From |
//! |---|---|---|
//! | `started` | a name was typed and accepted, whether or not an account has it | counters |
//! | `asked` | the first code of a flow was asked for | counters |
//! | `begun` | the flow exists: its first challenge was opened | events |
//! | `granted` | as many methods as required are proven | events |
//! | `completed` | the password was written, or the account unlocked | events |
//!
//! The difference between `started` and `asked` is the number of flows abandoned after the name
//! ([`abandoned_after_name`](crate::report::UsageSummary::abandoned_after_name)). `suppressed` counts the challenges
//! that send nothing, by reason: an unknown name, a user out of scope, too few methods. The report counts proofs;
//! wrong secrets are only in the events `attempt_counted`.
//!
//! # What is counted without an event, and what that tells
//!
//! A start writes nothing, so that a flood of starts costs no write. Instead each engine counts replies in memory, by
//! tenant, day in UTC, request and outcome. Its `maintain` writes the sums at most every ten seconds, in one call of
//! the store; no request waits for that. **Each process that serves requests must call
//! `maintain`**, and [`write_counts`](crate::Engine::write_counts) before it ends. A process that is killed
//! loses up to ten seconds; after a lost reply of the store, counts may be written twice.
//!
//! The key of a counter depends only on the reply that the caller got. So a reader who looks at the counters after
//! each request cannot tell an unknown name from a user. Under
//! [`Disclosure::Reasoned`](crate::policy::Disclosure::Reasoned) callers are told why a start is refused, and that
//! reason is counted. The true reason why a challenge sent nothing is in the events.
//!
//! # What is not collected, and since when
//!
//! - Events and counts are kept for [`event_retention`](crate::builder::EngineBuilder::event_retention) (30 days), and are
//!   collected from the first day of the store. [`ReportView`](crate::report::ReportView) says since when.
//!   Export them if you need them longer: days that have passed do not change.
//! - A [copy](crate::transfer) of a store has the events but not the counters, which begin at zero.
//! - Sign-ins, and passwords that the directory changes by itself, are not seen by the engine.
//! - Locks of the directory's own sign-in are not in the blocked report.
//! - The expiry of a password is known only if the directory reports when the password was changed and that it may
//!   expire.
//! - At most ten refused acts of administrators in an hour are recorded for an account.
