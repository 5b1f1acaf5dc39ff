//! The ways to be wrong.

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
    /// One way in which a store is wrong.
    Defect:
    /// `commit` compares, lets others go first, and then writes whatever is there by then (V1, V2).
    ReadIncrementWrite => "commit_has_one_winner",
    /// The same for the first version of a record: two of them are inserted (V1).
    ReadThenInsert => "commit_insert_has_one_winner",
    /// `commit` that expects no record overwrites the one that is there: an upsert (V2).
    UpsertOnInsert => "commit_inserts_only_what_is_absent",
    /// `commit` that expects a version inserts if there is none (V23).
    InsertWhenMissing => "commit_replaces_only_what_is_there",
    /// Versions with the same count are taken for equal (V1).
    CountOnlyVersion => "commit_compares_the_nonce",
    /// Versions with the same nonce are taken for equal (V1).
    NonceOnlyVersion => "commit_compares_the_count",
    /// A stale commit leaves its events behind.
    EventsThoughStale => "commit_stale_changes_nothing",
    /// The losers of a race leave their events behind.
    EventsOfLosers => "commit_losers_leave_nothing",
    /// An applied commit drops its events.
    EventsLost => "commit_writes_record_and_events",
    /// The record is written first and the events in a second step.
    EventsInASecondStep => "commit_dropped_is_whole_or_nothing",
    /// `commit` says `Applied` and does nothing (V51).
    SilentNoOp => "load_sees_applied_commits",
    /// After each commit, `load` once more hands out the record before it, as a cache does (V23).
    StaleRead => "load_sees_applied_commits",
    /// The body is parsed and printed again.
    BodyReencoded => "load_returns_bodies_byte_for_byte",
    /// The nonce is kept in a signed column, and its highest bit is lost.
    NonceLosesABit => "load_returns_versions_as_given",
    /// A record that cannot be read is answered as none (V23).
    CorruptAsNone => "load_tells_damaged_from_absent",
    /// A scan leaves out what it cannot read.
    CorruptLeftOut => "scan_tells_damaged_from_absent",
    /// `load` hides what the wall clock says has expired, as a time-to-live does (V23).
    HidesExpired => "no_method_reads_the_time",
    /// `load` of a key that is not there makes up a record, as an ORM's "get or create" does.
    LoadMakesUp => "load_absent_is_none",
    /// The first addition to a counter sets it up and is not counted.
    AddStartsAtNothing => "add_starts_at_zero_and_sums",
    /// An amount of zero is taken for one.
    AddOfZeroCounts => "add_of_zero_reads",
    /// An amount of zero creates the counter that it reads.
    AddOfZeroCreates => "add_of_zero_writes_nothing",
    /// A counter that was purged goes on from what it held.
    CounterOutlivesPurge => "add_starts_anew_after_a_purge",
    /// `due` finds an alarm a second after it has come.
    DueComesLate => "due_finds_alarms_that_have_come",
    /// The index of alarms is built behind the answer, while others commit.
    WakeIndexLags => "due_finds_what_a_race_commits",
    /// `scan` cuts off the last byte of each body.
    ScanCutsBodies => "scan_hands_out_records_as_given",
    /// Events from before 1970 come back as of 1970: the column is unsigned.
    EventsLoseTheirTime => "events_come_back_as_given",
    /// A key that stands twice in a batch is added to once.
    AddLosesOneOfBatch => "add_counts_a_repeated_key_each_time",
    /// `add` reads, lets others go first, and then writes (V2).
    AddReadsThenWrites => "add_loses_nothing_in_a_race",
    /// `add` answers in the order of the keys.
    AddAnswersInKeyOrder => "add_answers_in_the_order_given",
    /// Counters are kept in 32 bits.
    AddWraps => "add_does_not_wrap",
    /// A counter keeps the first expiry that it was given.
    CounterKeepsFirstExpiry => "add_keeps_the_latest_expiry",
    /// `due` misses a record whose `wake_at` has changed.
    WakeIndexLost => "due_follows_each_commit",
    /// `due` finds a record by each `wake_at` that it ever had.
    WakeIndexNeverCleared => "due_lets_go_of_cleared_alarms",
    /// `due` leaves out one record wherever one page ends and the next begins.
    DueSkips => "due_is_complete_while_others_change",
    /// `scan` hands out the records of all tenants.
    TenantIgnoredInScan => "scan_keeps_tenants_apart",
    /// `scan` takes the tenant for a prefix.
    TenantByPrefix => "scan_keeps_similar_tenants_apart",
    /// `scan` hands out the records of all kinds.
    KindIgnoredInScan => "scan_keeps_kinds_apart",
    /// `scan` goes by the time of the last change.
    ScanByLastChange => "scan_hands_out_each_once_while_they_change",
    /// `events` leaves out one event wherever one page ends and the next begins.
    CursorSkips => "events_of_a_record_are_in_order",
    /// Events take their position before they can be seen, and a cursor overtakes them.
    CursorOvertakes => "events_skip_none_while_writers_commit",
    /// The last page of events has no cursor to read on from.
    NoCursorAtTheEnd => "events_can_be_read_on_from_the_end",
    /// Positions of events start again when a purge has left none (the number of the last row, plus
    /// one).
    PositionsComeAgain => "events_can_be_read_on_from_the_end",
    /// `purge` removes what expires within the next hour (V23).
    PurgesLiveRows => "purge_removes_expired_records_only",
    /// `purge` removes events of the very time of the cutoff.
    PurgesEventsAtTheCutoff => "purge_removes_older_events_only",
    /// `purge` looks for what has expired, lets others go first, and then removes it (V23).
    PurgeReadThenDelete => "purge_spares_what_a_commit_extends",
    /// `purge` takes no notice of its limit.
    PurgeWithoutLimit => "purge_keeps_to_its_limit",
    /// `purge` says that it removed nothing.
    PurgeCountsNothing => "purge_keeps_to_its_limit",
    /// A cursor that cannot be read starts from the beginning.
    CursorRestarts => "cursors_of_others_making_are_refused",
    /// A cursor that cannot be read is a panic.
    CursorPanics => "cursors_of_others_making_are_refused",
    /// Cursors hold all that there is to know.
    CursorTooLong => "cursors_are_short",
    /// A commit is compared with what this handle wrote or read last, not with what is there (V1).
    AppliedFromACache => "commit_compares_with_what_other_handles_wrote",
    /// Each handle hands out what it wrote or read last (V23).
    CachePerHandle => "load_sees_commits_of_other_handles",
    /// A commit that is made again is applied again, as a driver does that tries twice.
    RepeatApplied => "commit_made_again_is_stale",
    /// `commit` inserts where a record is that cannot be read.
    CorruptIsOverwritten => "commit_spares_what_cannot_be_read",
    /// The alarm is written after the record, in a second step.
    WakeIndexInASecondStep => "commit_dropped_is_whole_or_nothing",
    /// An event of the same time and place as another is dropped: "on conflict do nothing".
    EventDroppedOnConflict => "commit_writes_record_and_events",
    /// Events of more than one KiB are dropped.
    LongEventsDropped => "commit_takes_the_largest_records",
    /// `commit` is answered before it is written; what was not written is gone with the node.
    WriteBehind => "commit_survives_the_loss_of_a_node",
    /// A counter starts again when the wall clock says that it has expired.
    CounterRefilledByTheClock => "no_method_reads_the_time",
    /// Records go a quarter of an hour before they expire, by the wall clock (V23).
    ExpiresEarly => "what_has_not_expired_stays",
    /// `add` remembers the number of the batch before and skips one that looks the same.
    AddSkipsARepeat => "add_of_unknown_outcome_counts",
    /// `due` finds the alarms of one tenant only.
    DueOfOneTenant => "due_finds_alarms_of_every_tenant_and_kind",
    /// `due` hands out an alarm once, as a queue does, whether it was seen to or not.
    DueHandsOutOnce => "due_finds_what_a_caller_left_behind",
    /// Listings end after 64 rows, whatever the limit.
    ListingEndsEarly => "listings_are_complete_at_any_size",
    /// Only the first 32 bytes of a tenant's name are kept.
    TenantCutShort => "listings_keep_long_tenants_apart",
    /// `events` hands out the events of all tenants.
    TenantIgnoredInEvents => "events_keep_owners_apart",
    /// `events` leaves out what it cannot read.
    CorruptEventLeftOut => "events_tell_damaged_from_absent",
    /// Each handle takes the positions of its events in blocks, as sequences with a cache do.
    PositionsInBlocks => "events_skip_none_of_other_handles",
    /// The latest time that anybody named is the time for everybody.
    RemembersTheLatestTime => "times_are_those_of_the_arguments",
    /// `purge` goes by the expiry that this handle wrote.
    PurgeRemembersExpiry => "purge_spares_what_other_handles_extend",
}
