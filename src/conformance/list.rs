//! The one list of properties; the registry and the generated tests both come from it.

/// Passes the list to [`__sspr_store_kit`](crate::__sspr_store_kit): module, name, the sentence
/// of the contract word for word, and the cost of breaking it.
#[doc(hidden)]
#[macro_export]
macro_rules! __sspr_store_properties {
    ($($what:tt)*) => { $crate::__sspr_store_kit! { { $($what)* }

    load::load_absent_is_none
        "The record under this key; `None` if there is none."
        "Another account's record opens this one.";
    load::load_sees_applied_commits
        "Linearizable: it returns the record of a commit that had returned `Applied` before this call began, or of a later one"
        "A spent attempt or a used code looks unspent.";
    wholes::load_returns_one_committed_whole
        "A record is one committed whole: its body is the one that the commit of its version wrote."
        "A change is built on an old body and committed over a new one: reserved attempts vanish unseen.";
    load::load_never_goes_back
        "Linearizable: it returns the record of a commit that had returned `Applied` before this call began, or of a later one"
        "A spent attempt or a used code looks unspent again.";
    handles::load_sees_commits_of_other_handles
        "also through another handle. No cache, no replica."
        "A spent attempt or a used code looks unspent on the next server.";
    load::load_returns_bodies_byte_for_byte
        "Keys, bodies and events are returned byte for byte as they were written."
        "A record no longer states what was decided: an account is closed or opened by mistake.";
    load::load_returns_versions_as_given
        "Versions are equal only if both count and nonce are."
        "The engine does not recognise its own write and does it again.";
    load::load_tells_keys_apart
        "Keys, bodies and events are returned byte for byte as they were written."
        "Two accounts share budgets and codes.";
    load::load_tells_damaged_from_absent
        "`Corrupt` if the record exists and cannot be read."
        "Damaging a record resets its budgets: \"none\" starts afresh.";

    commit::commit_writes_record_and_events
        "Replaces the record if its version is the expected one, and appends the events: both or neither."
        "A change without its audit event, or a used code that stays usable.";
    commit::commit_inserts_only_what_is_absent
        "`expected: None` requires that there is no record: it never overwrites one."
        "Of two first requests at once, the second erases the attempts that the first has reserved.";
    commit::commit_replaces_only_what_is_there
        "Replaces the record if its version is the expected one"
        "A purged record comes back with a used code in it.";
    commit::commit_compares_the_count
        "Versions are equal only if both count and nonce are."
        "An attempt goes uncounted.";
    commit::commit_compares_the_nonce
        "Versions are equal only if both count and nonce are."
        "Two engines mistake each other's write for their own: one code succeeds twice.";
    commit::commit_stale_changes_nothing
        "On `Stale` nothing has happened, and no event was appended."
        "A refused commit leaves events, alarms or expiries behind.";
    commit::commit_dropped_is_whole_or_nothing
        "A dropped future is a lost reply: the call may have happened or not, but never in part."
        "Hanging up at the right moment leaves a change without its audit event.";
    commit::commit_survives_reopening
        "Atomic and durable when it returns."
        "After a restart a used code is valid again and spent budgets are full.";
    contest::commit_has_one_winner
        "Of any number of concurrent commits that expect one version, exactly one is applied."
        "One code is redeemed twice; guesses in parallel are counted once.";
    contest::commit_insert_has_one_winner
        "Of any number of concurrent commits that expect one version, exactly one is applied."
        "First requests in parallel each get a full budget.";
    contest::commit_has_one_winner_across_handles
        "Of any number of concurrent commits that expect one version, exactly one is applied."
        "Two servers redeem one code.";
    contest::commit_losers_leave_nothing
        "On `Stale` nothing has happened, and no event was appended."
        "The audit trail shows successes that never happened.";
    contest::commit_retries_make_progress
        "with a store that always returns stale records the engine makes no progress."
        "Reserved attempts are overwritten, or the owner's commits never succeed.";
    faults::commit_of_unknown_outcome_is_settled_by_its_version
        "if the record has the commit's version, it was applied."
        "After a lost reply an attempt goes uncounted, or an owner is locked out of a write that happened.";
    faults::commit_made_again_is_stale
        "A commit that is repeated after it was applied is `Stale`."
        "Two callers both take one write for their own: one code succeeds twice.";
    faults::commit_held_up_is_judged_when_it_arrives
        "Replaces the record if its version is the expected one"
        "A delayed request undoes a later decision.";
    commit::commit_spares_what_cannot_be_read
        "`expected: None` requires that there is no record: it never overwrites one."
        "Damaging a record resets its budgets.";
    handles::commit_compares_with_what_other_handles_wrote
        "Replaces the record if its version is the expected one"
        "A server with a cache of its own writes undoes another server's decision.";
    size::commit_takes_the_largest_records
        "bodies of 16 KiB and events of 4 KiB are ordinary."
        "A busy account can no longer be written, or the end of its record is lost.";
    size::commit_takes_many_events
        "It has up to 32 events"
        "A busy account can no longer be written, or its audit trail has gaps.";
    cluster::commit_survives_the_loss_of_a_node
        "Atomic and durable when it returns."
        "An attacker who stops one node makes used codes valid again.";

    add::add_starts_at_zero_and_sums
        "A missing counter starts at zero."
        "A limit that is never reached, or that is spent from the start.";
    add::add_of_zero_reads
        "An amount of zero only reads"
        "Looking at a limit spends it.";
    add::add_of_zero_writes_nothing
        "it creates no counter and extends none"
        "Requests that are refused fill the store.";
    add::add_answers_in_the_order_given
        "Adds to counters and returns their values after the addition, in the order of the arguments."
        "A limit is compared with another counter's value.";
    add::add_counts_a_repeated_key_each_time
        "a key that is twice in the batch is incremented twice, in order."
        "Two attempts count as one.";
    add::add_does_not_wrap
        "*a lost addition* gives an attacker more messages than the limit allows"
        "A counter that overflows starts at zero again.";
    add::add_keeps_counters_apart_from_records
        "Keys, bodies and events are returned byte for byte as they were written."
        "Counting changes an account.";
    add::add_loses_nothing_in_a_race
        "Each addition is atomic on its own"
        "Requests in parallel pass a limit that they should have spent.";
    add::add_keeps_the_latest_expiry
        "A counter keeps the latest `expires_at` of its additions"
        "A limit is purged, and starts at zero, while its window runs.";
    add::add_starts_at_zero_after_a_purge
        "after it was purged it starts at zero again."
        "The count of a past window locks a user out.";
    faults::add_of_unknown_outcome_counts
        "If the outcome is uncertain, counting twice is right"
        "An attacker who makes replies get lost is never limited.";

    due::due_finds_alarms_that_have_come
        "Keys of records whose `wake_at` is at or before `now`, at most `limit`."
        "A notice of a changed password is never sent.";
    due::due_finds_alarms_of_every_tenant_and_kind
        "Keys of records whose `wake_at` is at or before `now`, at most `limit`."
        "One tenant's notices are never sent.";
    due::due_follows_each_commit
        "a record whose `wake_at` has come is found by [`due`](Self::due) as soon as the commit has returned."
        "A notice of a changed password is never sent.";
    due::due_lets_go_of_cleared_alarms
        "A key whose `wake_at` was cleared or postponed before the listing began is not returned."
        "Finished work is listed for ever, and pending work waits behind it.";
    due::due_is_complete_while_others_change
        "Following the cursor to its end returns every such record that is not changed meanwhile"
        "A busy stranger keeps the owner's notice from being sent.";
    due::due_is_complete_while_alarms_are_cleared
        "An engine clears the alarms of a page before it asks for the next, so a cursor does not count rows."
        "With enough work at once, notices are skipped and never sent.";
    due::due_finds_what_a_race_commits
        "The columns are stored in the same step"
        "A notice of a changed password is never sent.";
    due::due_takes_any_limit
        "more keys than these are allowed."
        "A notice of a changed password is never sent.";
    faults::due_finds_what_a_caller_left_behind
        "*A record left out* is a notice that is never sent and a write that is never settled."
        "A server that crashes loses the notices that it was about to send.";

    scan::scan_hands_out_records_as_given
        "Records of one tenant and kind, at most `limit`."
        "Reports and revocations miss accounts.";
    scan::scan_hands_out_each_once_while_they_change
        "Every record that exists from the first page to the last is returned exactly once, also while others are added and removed."
        "An account that is busy at the right moment is left out of a revocation.";
    wholes::scan_returns_committed_wholes
        "Each is one committed whole, as `load` returns it."
        "A report or a new seal is built on an old body under a new version.";
    scan::scan_keeps_tenants_apart
        "No record of another tenant or kind is returned."
        "One tenant's administrator reads and revokes another tenant's accounts.";
    scan::scan_keeps_similar_tenants_apart
        "No record of another tenant or kind is returned."
        "A customer who chooses their tenant's name reads another tenant's accounts.";
    size::listings_keep_long_tenants_apart
        "No record of another tenant or kind is returned."
        "A customer who chooses their tenant's name reads another tenant's accounts.";
    size::listings_are_complete_at_any_size
        "Following the cursor to its end returns every such record that is not changed meanwhile"
        "With enough accounts, some are left out of reports, revocations and notices.";
    scan::scan_keeps_kinds_apart
        "No record of another tenant or kind is returned."
        "Decoys of unknown identifiers are listed as accounts, and reveal which users exist.";
    scan::scan_tells_damaged_from_absent
        "`Corrupt` if a record cannot be read."
        "A damaged account is left out without an error.";

    events::events_come_back_as_given
        "Keys, bodies and events are returned byte for byte as they were written."
        "The audit trail states something that did not happen.";
    events::events_of_a_record_are_in_order
        "Events, at most `limit`; those of one record in the order of their ids."
        "The audit trail shows an effect before its cause.";
    events::events_keep_owners_apart
        "Those of one tenant, in an order in which none is skipped."
        "One tenant's administrator reads another tenant's audit trail.";
    events::events_can_be_read_on_from_the_end
        "A page with items always has a cursor, so that a reader can continue there when there are more events"
        "A reader that follows the trail misses what comes next.";
    events::events_skip_none_while_writers_commit
        "None is skipped while writers commit: a cursor is never after a position that a commit in progress may still take."
        "An attacker who keeps the store busy hides an event from the reader who follows the trail.";
    handles::events_skip_none_of_other_handles
        "None is skipped while writers commit: a cursor is never after a position that a commit in progress may still take."
        "With two servers, events are hidden from a reader who follows the trail.";
    events::events_tell_damaged_from_absent
        "`Corrupt` if an event cannot be read."
        "Damaging an event removes it from the trail without an error.";

    purge::purge_removes_expired_records_only
        "It removes nothing else."
        "A live row removed revives a spent budget or a used code.";
    purge::purge_follows_the_latest_commit
        "It removes records whose stored `expires_at` is at or before `cutoff.expired` at the time of removal"
        "A live row removed revives a spent budget or a used code.";
    purge::purge_removes_expired_counters_only
        "counters by the same rule"
        "A limit starts at zero while its window runs.";
    purge::purge_removes_older_events_only
        "and events older than `cutoff.events_before`."
        "A gap in the audit trail.";
    purge::purge_keeps_to_its_limit
        "Removes expired rows, at most `limit`, and returns how many it removed."
        "A purge blocks all other calls, or never ends.";
    purge::purge_leaves_room_for_a_new_record
        "Removes expired rows"
        "Leftovers of an old record affect a new one.";
    purge_race::purge_spares_what_a_commit_extends
        "so that a record that a concurrent commit extends stays"
        "A reserved attempt is purged: a spent budget is full again.";
    purge_race::purge_spares_counters_that_are_extended
        "counters by the same rule"
        "A reserved limit is purged: it starts at zero again.";
    handles::purge_spares_what_other_handles_extend
        "so that a record that a concurrent commit extends stays"
        "A reserved attempt is purged by another server: a spent budget is full again.";

    cursors::cursors_are_short
        "an opaque text of the store, at most 256 bytes."
        "A host that keeps cursors in a column of bounded size cannot continue a listing.";
    cursors::cursors_of_others_making_are_refused
        "A cursor of another origin is an error, preferably `Denied`, and never a panic"
        "A forged cursor from a web page causes a panic, an injection or a listing without end.";
    cursors::cursors_can_be_used_again
        "it can be used again, later and through another handle."
        "A report or a reader of the trail that continues after a restart leaves rows out.";
    cursors::limits_of_zero_return_nothing
        "A limit of zero is no error: nothing is returned or removed."
        "A caller that has no room left gets or removes everything.";
    cursors::cursors_of_another_tenant_open_nothing
        "No record of another tenant or kind is returned."
        "A cursor from a web page opens another tenant's listing.";

    processes::commit_has_one_winner_across_processes
        "Of any number of concurrent commits that expect one version, exactly one is applied."
        "Two servers redeem one code.";
    processes::add_loses_nothing_across_processes
        "Each addition is atomic on its own"
        "Requests to two servers pass a limit that they should have spent.";
    processes::commit_survives_a_killed_process
        "Atomic and durable when it returns."
        "A crash makes a used code valid again, or leaves a change without its audit event.";
    processes::due_finds_what_a_killed_process_had_claimed
        "a record whose `wake_at` has come is found by [`due`](Self::due) as soon as the commit has returned."
        "A server that crashes loses the notices that it was about to send.";
    processes::processes_see_one_history
        "All handles on one store, in one process or many, have one history."
        "Each server has budgets of its own.";

    general::no_method_reads_the_time
        "No method reads the time; every time that counts is an argument."
        "A wrong clock on a database server revives budgets, or hides records that still count.";
    handles::times_are_those_of_the_arguments
        "every time that counts is an argument."
        "One server with a wrong clock makes all others purge budgets or send notices early.";
    general::what_has_not_expired_stays
        "A system that removes rows by itself follows the same rule."
        "A database that tidies up by itself revives a spent budget or a used code.";
    general::handles_see_one_history
        "All handles on one store, in one process or many, have one history."
        "Each server has budgets of its own.";
    } };
}
