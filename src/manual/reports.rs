//! Reports for administrators and operators: which one answers which question, how it is read, and what is
//! not collected.
//!
//! | Question | Report | From |
//! |---|---|---|
//! | Who has registered, may reset, can? With which methods? | [`registration_report`](crate::Admin::registration_report), summed by [`RegistrationSummary`](crate::report::RegistrationSummary) | the directory's users, their records, the policy of now |
//! | How many resets are begun, proven, completed, abandoned, refused, and why? | [`usage_report`](crate::Admin::usage_report), summed by [`UsageSummary`](crate::report::UsageSummary) | the audit events |
//! | How many names are typed, and how many flows end there? | [`usage_counts`](crate::Admin::usage_counts) | counters of replies |
//! | Who is blocked, by what, until when? | [`blocked_report`](crate::Admin::blocked_report) | the records |
//! | Whose password expires? Who loses a method or a provider? Who must confirm the registration? | [`expiring_report`](crate::Admin::expiring_report) | the directory's users, their records, the policy of now |
//! | Which administrator did what to whom? | [`desk_report`](crate::Admin::desk_report) | the audit events |
//! | What would another policy change? | [`dry_run`](crate::Admin::dry_run) | the directory's users, their records |
//!
//! All need a role of [`AdminRoles::read`](crate::admin::AdminRoles::read), as the other reads of
//! administrators, and are not recorded. No row has an address or number: a user is an id and the
//! user principal name.
//!
//! # Pages
//!
//! A report is read page by page, and memory does not grow with the directory. Keep
//! [`ReportPage::next`](crate::report::ReportPage::next) and your sums after each page: another process goes on
//! from there, and the result is that of an unbroken run, for the time at which the report was begun. A page that
//! fails is an error; ask for it again. `examples/reports.rs` is a report that survives being killed.
//!
//! Only a page without a position is the last. A page may have no rows and still a position, if the filter
//! left out all that it has read. [`scanned`](crate::report::ReportPage::scanned) is for a progress bar.
//!
//! Records and users are read as they are now. A user who registers between two pages is in the report as of the page
//! that lists the user.
//!
//! # Files
//!
//! [`adapters::rows`](crate::adapters::rows) writes rows as JSON lines and, with the feature `csv`, as
//! comma-separated values. Names of columns are stable; a later release adds columns at the end only. In the
//! tables a `'` stands before a name that a spreadsheet would run as a formula; the JSON lines have the exact
//! text. Treat both as personal data: they say who uses what.
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
//! `started` less `asked` are flows that were abandoned after the name
//! ([`abandoned_after_name`](crate::report::UsageSummary::abandoned_after_name)). `suppressed` are challenges
//! that send nothing, by reason: an unknown name, a user out of scope, too few methods. Wrong secrets are in the
//! events `attempt_counted`; the report counts what was proven.
//!
//! # What is counted without an event, and what that tells
//!
//! A start writes nothing, so that a flood of starts costs nothing. Each engine counts replies in memory, by
//! tenant, day in UTC, request and outcome, and its own `maintain` writes the sums every ten seconds at most:
//! one call of the store for all of them, and none in a request. **Each process that serves requests must call
//! `maintain`**, and [`write_counts`](crate::Engine::write_counts) before it ends. A process that is killed
//! loses up to ten seconds; after a lost reply of the store, counts may be written twice.
//!
//! A counter is named by the reply that the caller got, and by nothing else. So the counters of an unknown
//! name are those of a user, also for a reader who looks after each request; under
//! [`Disclosure::Reasoned`](crate::policy::Disclosure::Reasoned), where callers are told the reason of a refused
//! start, it is counted. The true reason of a challenge that sent nothing is in the events.
//!
//! # What is not collected, and since when
//!
//! - Events and counts are kept for [`event_retention`](crate::EngineBuilder::event_retention) (30 days), and are
//!   collected from the first day of the store. [`ReportView`](crate::report::ReportView) says since when.
//!   Export them if you need them longer: days that have passed do not change.
//! - A [copy](crate::transfer) of a store has the events, and not the counters: they begin again.
//! - Sign-ins, and passwords that the directory changes by itself, are the host's to report.
//! - Locks of the directory's own sign-in are not in the blocked report.
//! - Whose password expires is told only if the directory reports when it was changed, and that it may expire.
//! - At most ten refused acts of administrators in an hour are recorded for an account.
