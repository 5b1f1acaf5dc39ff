//! The defects of a store, and the macro that lists defects.

macro_rules! defects {
    ($(#[$what:meta])* $defects:ident: $($(#[$doc:meta])* $name:ident => $property:literal,)+) => {
        $(#[$what])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[non_exhaustive]
        pub enum $defects {
            $($(#[$doc])* $name,)+
        }

        impl $defects {
            /// Every defect.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name of the property that must catch it.
            #[must_use]
            pub const fn caught_by(self) -> &'static str {
                match self {
                    $(Self::$name => $property),+
                }
            }
        }
    };
}
pub(super) use defects;

defects! {
    /// One defect of a store.
    Defect:
    /// `commit` compares, lets other commits go first, and then overwrites the record (V1, V2).
    ReadIncrementWrite => "commit_has_one_winner",
    /// The same for the first version of a record: two commits insert it (V1).
    ReadThenInsert => "commit_insert_has_one_winner",
    /// A `commit` that expects no record overwrites the stored one, as an upsert does (V2).
    UpsertOnInsert => "commit_inserts_only_what_is_absent",
    /// A `commit` that expects a version inserts if there is no record (V23).
    InsertWhenMissing => "commit_replaces_only_what_is_there",
    /// Versions with equal counts are treated as equal (V1).
    CountOnlyVersion => "commit_compares_the_nonce",
    /// Versions with equal nonces are treated as equal (V1).
    NonceOnlyVersion => "commit_compares_the_count",
    /// A stale commit leaves its events behind.
    EventsThoughStale => "commit_stale_changes_nothing",
    /// The losers of a race leave their events behind.
    EventsOfLosers => "commit_losers_leave_nothing",
    /// An applied commit drops its events.
    EventsLost => "commit_writes_record_and_events",
    /// The record is written first and the events in a second step.
    EventsInASecondStep => "commit_dropped_is_whole_or_nothing",
    /// `commit` returns `Applied` and does nothing (V51).
    SilentNoOp => "load_sees_applied_commits",
    /// After each commit, the first `load` returns the record before it, as a cache does (V23).
    StaleRead => "load_sees_applied_commits",
    /// `load` reads the body, lets commits go first, and then reads the version (V1).
    LoadTears => "load_returns_one_committed_whole",
    /// `scan` reads the bodies, lets commits go first, and then reads the versions (V1).
    ScanTears => "scan_returns_committed_wholes",
    /// The body is parsed and printed again.
    BodyReencoded => "load_returns_bodies_byte_for_byte",
    /// The nonce is kept in a signed column and loses its highest bit.
    NonceLosesABit => "load_returns_versions_as_given",
    /// An unreadable record is returned as none (V23).
    CorruptAsNone => "load_tells_damaged_from_absent",
    /// A scan leaves out unreadable records.
    CorruptLeftOut => "scan_tells_damaged_from_absent",
    /// `load` hides records that have expired by the wall clock, as a time-to-live does (V23).
    HidesExpired => "no_method_reads_the_time",
    /// `load` of an absent key creates a record, as an ORM's "get or create" does.
    LoadMakesUp => "load_absent_is_none",
    /// The first addition to a counter sets it up and is not counted.
    AddStartsAtNothing => "add_starts_at_zero_and_sums",
    /// An amount of zero is counted as one.
    AddOfZeroCounts => "add_of_zero_reads",
    /// An amount of zero creates the counter that it reads.
    AddOfZeroCreates => "add_of_zero_writes_nothing",
    /// A purged counter continues from its old value.
    CounterOutlivesPurge => "add_starts_at_zero_after_a_purge",
    /// `due` finds an alarm one second too late.
    DueComesLate => "due_finds_alarms_that_have_come",
    /// The index of alarms is updated after the reply, while others commit.
    WakeIndexLags => "due_finds_what_a_race_commits",
    /// `scan` returns each body without its last byte.
    ScanCutsBodies => "scan_hands_out_records_as_given",
    /// Events from before 1970 come back as of 1970, since the column is unsigned.
    EventsLoseTheirTime => "events_come_back_as_given",
    /// A key that occurs twice in a batch is added to once.
    AddLosesOneOfBatch => "add_counts_a_repeated_key_each_time",
    /// `increment` reads, lets other additions go first, and then writes (V2).
    AddReadsThenWrites => "add_loses_nothing_in_a_race",
    /// `increment` returns the values in the order of the keys.
    AddAnswersInKeyOrder => "add_answers_in_the_order_given",
    /// Counters are kept in 32 bits.
    AddWraps => "add_does_not_wrap",
    /// A counter keeps the first expiry that it was given.
    CounterKeepsFirstExpiry => "add_keeps_the_latest_expiry",
    /// `due` misses a record whose `wake_at` has changed.
    WakeIndexLost => "due_follows_each_commit",
    /// `due` finds a record by every `wake_at` that it ever had.
    WakeIndexNeverCleared => "due_lets_go_of_cleared_alarms",
    /// `due` leaves out one record at each page break.
    DueSkips => "due_is_complete_while_others_change",
    /// The cursor of `due` is the number of rows that were returned.
    DueCountsRows => "due_is_complete_while_alarms_are_cleared",
    /// The cursor of `scan` is one of sixteen partitions, and the number of its rows that were
    /// returned.
    ScanCountsRows => "scan_hands_out_each_once_while_they_change",
    /// `scan` returns the records of all tenants.
    TenantIgnoredInScan => "scan_keeps_tenants_apart",
    /// `scan` treats the tenant as a prefix.
    TenantByPrefix => "scan_keeps_similar_tenants_apart",
    /// `scan` returns the records of all kinds.
    KindIgnoredInScan => "scan_keeps_kinds_apart",
    /// `scan` lists in the order of the last change.
    ScanByLastChange => "scan_hands_out_each_once_while_they_change",
    /// `events` leaves out one event at each page break.
    CursorSkips => "events_of_a_record_are_in_order",
    /// Events take their position before they become visible, so a cursor overtakes them.
    CursorOvertakes => "events_skip_none_while_writers_commit",
    /// The same within each of sixteen partitions, which have positions of their own.
    CursorOvertakesInAShard => "events_skip_none_while_writers_commit",
    /// The last page of events has no cursor to continue from.
    NoCursorAtTheEnd => "events_can_be_read_on_from_the_end",
    /// Positions of events restart after a purge that leaves none (the position of the last row
    /// plus one).
    PositionsComeAgain => "events_can_be_read_on_from_the_end",
    /// `purge` removes what expires within the next hour (V23).
    PurgesLiveRows => "purge_removes_expired_records_only",
    /// `purge` removes events at exactly the cutoff.
    PurgesEventsAtTheCutoff => "purge_removes_older_events_only",
    /// `purge` finds expired rows, lets commits go first, and then removes the rows (V23).
    PurgeReadThenDelete => "purge_spares_what_a_commit_extends",
    /// `purge` ignores its limit.
    PurgeWithoutLimit => "purge_keeps_to_its_limit",
    /// `purge` reports that it removed nothing.
    PurgeCountsNothing => "purge_keeps_to_its_limit",
    /// A malformed cursor restarts the listing.
    CursorRestarts => "cursors_of_others_making_are_refused",
    /// A malformed cursor causes a panic.
    CursorPanics => "cursors_of_others_making_are_refused",
    /// A cursor of `scan` is a session of the store, and ends when it was used.
    CursorWorksOnce => "cursors_can_be_used_again",
    /// A limit of zero is no limit.
    ZeroIsNoLimit => "limits_of_zero_return_nothing",
    /// A listing begins again after its end.
    ListingNeverEnds => "scan_hands_out_records_as_given",
    /// Cursors exceed 256 bytes.
    CursorTooLong => "cursors_are_short",
    /// A commit is compared with the handle's last write or read, not with the stored record (V1).
    AppliedFromACache => "commit_compares_with_what_other_handles_wrote",
    /// Each handle returns its own last write or read (V23).
    CachePerHandle => "load_sees_commits_of_other_handles",
    /// A repeated commit is applied again, as by a driver that retries.
    RepeatApplied => "commit_made_again_is_stale",
    /// `commit` inserts over an unreadable record.
    CorruptIsOverwritten => "commit_spares_what_cannot_be_read",
    /// The alarm is written after the record, in a second step.
    WakeIndexInASecondStep => "commit_dropped_is_whole_or_nothing",
    /// An event with the time and index of another is dropped: "on conflict do nothing".
    EventDroppedOnConflict => "commit_writes_record_and_events",
    /// Events of more than one KiB are dropped.
    LongEventsDropped => "commit_takes_the_largest_records",
    /// Only the first twenty events of a commit are stored.
    ManyEventsDropped => "commit_takes_many_events",
    /// `commit` is acknowledged before it is written, so a node that stops loses it.
    WriteBehind => "commit_survives_the_loss_of_a_node",
    /// A counter restarts once it has expired by the wall clock.
    CounterRefilledByTheClock => "no_method_reads_the_time",
    /// Records disappear a quarter of an hour before they expire by the wall clock (V23).
    ExpiresEarly => "what_has_not_expired_stays",
    /// `increment` remembers the last batch and skips an equal one.
    AddSkipsARepeat => "add_of_unknown_outcome_counts",
    /// `due` finds the alarms of one tenant only.
    DueOfOneTenant => "due_finds_alarms_of_every_tenant_and_kind",
    /// `due` returns an alarm once, as a queue does, whether it was handled or not.
    DueHandsOutOnce => "due_finds_what_a_caller_left_behind",
    /// Listings end after 64 rows, whatever the limit.
    ListingEndsEarly => "listings_are_complete_at_any_size",
    /// Only the first 32 bytes of a tenant's name are stored.
    TenantCutShort => "listings_keep_long_tenants_apart",
    /// `events` returns the events of all tenants.
    TenantIgnoredInEvents => "events_keep_owners_apart",
    /// `events` leaves out unreadable events.
    CorruptEventLeftOut => "events_tell_damaged_from_absent",
    /// Each handle takes the positions of its events in blocks, as sequences with a cache do.
    PositionsInBlocks => "events_skip_none_of_other_handles",
    /// The latest time that any caller has passed applies to all callers.
    RemembersTheLatestTime => "times_are_those_of_the_arguments",
    /// `purge` uses the expiry that this handle wrote last.
    PurgeRemembersExpiry => "purge_spares_what_other_handles_extend",
}
