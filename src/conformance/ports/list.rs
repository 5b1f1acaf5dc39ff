//! The lists of properties of the other ports, in the form of the store's `list.rs`.

/// Passes a port's list to [`__sspr_port_kit`](crate::__sspr_port_kit): module, and for each
/// property its name, the sentence of the contract word for word, and the cost of breaking it.
#[doc(hidden)]
#[macro_export]
macro_rules! __sspr_port_properties {
    (clock $($what:tt)*) => { $crate::__sspr_port_kit! {
        { $($what)* } $crate::port::Clock;
        clock::now_never_fails
            "Never blocks and never fails"
            "A fault of the time source becomes a fault of every reset.";
        clock::now_is_near_the_time_of_others
            "The clocks of several engines may differ by up to 30 seconds"
            "A clock that runs ahead ends waits early, and one that lags keeps codes alive.";
    } };
    (entropy $($what:tt)*) => { $crate::__sspr_port_kit! {
        { $($what)* } $crate::port::Entropy;
        entropy::fill_fills_the_whole_buffer
            "Fills the whole buffer."
            "Part of each code and ticket is known in advance.";
        entropy::fill_never_repeats
            "With predictable bytes an attacker can compute codes and links."
            "Codes of another server, or from before a restart, open accounts.";
        entropy::fill_is_different_for_each_thread
            "With predictable bytes an attacker can compute codes and links."
            "Two people who ask at once are sent the same code.";
        entropy::fill_is_even
            "The bytes must come from a cryptographic generator seeded by the operating system"
            "Codes are guessed in fewer tries than the caps count on.";
    } };
    (seal $($what:tt)*) => { $crate::__sspr_port_kit! {
        { $($what)* } $crate::port::Seal;
        seal::open_gives_back_what_was_sealed
            "Opens bytes that were sealed with the same `associated`."
            "Authenticators stop working, or work on one server only.";
        seal::open_refuses_another_associated
            "`Corrupt` if the bytes were sealed by another seal or with another `associated`"
            "An attacker who can write to the store moves their own seed to another account.";
        seal::open_refuses_what_was_changed
            "Authenticated encryption for secrets that must be read again, such as TOTP seeds."
            "An attacker who can write to the store changes a seed into one that they know.";
        seal::open_refuses_what_was_not_sealed_here
            "`Corrupt` if the bytes were sealed by another seal or with another `associated`"
            "An attacker who can write to the store inserts a seed of their own.";
        seal::seal_hides_what_it_seals
            "Authenticated encryption for secrets that must be read again, such as TOTP seeds."
            "An attacker who can read the store has the seeds of all users.";
        seal::seal_never_seals_alike
            "Each call seals differently, in every instance with this key and after a restart."
            "With a nonce used twice, an attacker who can read the store computes seeds and forges others.";
        seal::is_current_is_about_the_sealed_bytes
            "*A wrong `true`* leaves an old key in use unnoticed."
            "A key that has leaked stays in use.";
    } };
    (slow_hash $($what:tt)*) => { $crate::__sspr_port_kit! {
        { $($what)* } $crate::port::SlowHash;
        slow_hash::verify_knows_the_secret
            "Whether the secret belongs to the hash"
            "A wrong answer passes, or a right answer does not.";
        slow_hash::hash_takes_a_fresh_salt
            "Hashes with a fresh salt"
            "One guess is tried against all accounts at once.";
        slow_hash::hash_says_how_it_was_made
            "The text contains the salt and the parameters."
            "Stronger parameters lock out all users with hashes of the old parameters.";
        slow_hash::verify_refuses_texts_of_others_making
            "`Corrupt` for text that is not such a hash."
            "A damaged row accepts any answer, or stops the server.";
    } };
    (delivery $($what:tt)*) => { $crate::__sspr_port_kit! {
        { $($what)* } $crate::conformance::DeliveryUnderTest;
        delivery::deliver_hands_over_what_it_takes
            "`Ok` means that the next system has accepted it, not that it was read."
            "The owner never sees the notice of a changed password.";
        delivery::deliver_of_one_key_is_one_message
            "may come again after a crash, with the same message: do not deliver it twice if you can avoid it."
            "A person receives a flood of messages after each crash.";
        delivery::deliver_tells_messages_apart_by_their_key
            "the same for every try of one message and different for each message."
            "The second notice of the day, about an attacker's reset, is dropped.";
        delivery::deliver_says_when_it_was_not_accepted
            "*A wrong `Ok`* is a notice that the owner never sees."
            "An attacker who fills the mail queue suppresses the notices.";
        delivery::deliver_is_tried_again_after_an_outage
            "`Unavailable` and `Unknown` are tried again until the message expires; `Denied` is final."
            "An outage of a minute removes the notices of that minute.";
        delivery::deliver_drops_what_has_expired
            "When the message expires. Do not deliver it afterwards."
            "A queue delivers codes and links that no longer work, or are read by the next owner of a number.";
        delivery::channels_are_those_of_the_tenant
            "The channels that this tenant has a provider for, each with the provider's name: one entry for each provider."
            "People are offered codes that never come.";
    } };
    (directory $($what:tt)*) => { $crate::__sspr_port_kit! {
        { $($what)* } $crate::conformance::DirectoryUnderTest;
        directory::tenant_tells_known_from_unknown
            "`None` if there is no such tenant."
            "One tenant's rules apply to another.";
        directory::find_knows_users_by_name_and_id
            "The users that the query names"
            "One user's proof opens another user's account.";
        directory_facts::find_reports_facts_as_added
            "Facts are those of the user in the directory"
            "A disabled user, a protected one or an administrator resets like any other.";
        directory::find_keeps_tenants_apart
            "The users that the query names"
            "One tenant's page resets another tenant's users.";
        directory::find_returns_all_who_share_a_name
            "If several users match a name, return them all"
            "A user who chooses a name that is taken takes over its account.";
        directory::find_resolves_groups
            "The result lists those of the query's groups that contain the user, with nesting resolved and cycles tolerated."
            "A user whom a group excludes can reset, or a cycle stops the server.";
        directory::users_lists_each_user_once
            "reports and dry runs also need users without a record."
            "People are left out of reports and revocations.";
        directory::role_holders_are_those_of_the_roles
            "The users who hold any of these roles, each once, at most `limit` in a page."
            "Notices to administrators reach other users, or no user.";
        directory_writes::set_password_replaces_it
            "Writes a new password."
            "The old password, which an attacker knows, still opens the account.";
        directory_writes::set_password_made_again_is_one_write
            "The write's number is the same for every try of one write; a directory that sees it twice may return its first outcome."
            "A crash at the wrong moment locks the owner out, or undoes a later change.";
        directory_effects::set_password_keeps_every_character
            "Every character counts"
            "A password is weaker than it was judged, or does not open the account.";
        directory_effects::set_password_has_its_effects
            "A password to write, with the effects of the write."
            "A user stays locked out after a reset, or keeps a password that an administrator knows.";
        directory_effects::writes_leave_a_disabled_user_disabled
            "It never enables a user who is disabled."
            "A person who has left opens the account again.";
        directory_writes::set_password_of_an_unknown_user_is_not_written
            "The write verbs return a definite outcome only if it is certain."
            "A user who was removed comes back with a password.";
        directory_writes::set_password_out_of_reach_writes_nothing
            "`Unavailable` only if certainly nothing was written"
            "A password is changed without a notice.";
        directory_writes::verify_password_knows_the_password
            "Whether this is the user's current password."
            "Any password proves a user, or another user's does.";
        directory_writes::unlock_clears_a_lockout_only
            "Clears the lockouts that the write names and keeps the password."
            "An unlock changes a password, or unlocks another user.";
        directory_effects::unlock_of_an_unknown_user_is_not_written
            "The write verbs return a definite outcome only if it is certain."
            "The owner is told that the account was unlocked, and it is not.";
    } };
    (sessions $($what:tt)*) => { $crate::__sspr_port_kit! {
        { $($what)* } $crate::conformance::SessionsUnderTest;
        sessions::revoke_may_come_again
            "The call may come long after the time that it names, and more than once."
            "Sessions stay open after a reset, since the revocation is never done.";
        sessions::revoke_goes_by_the_time_of_authentication
            "a session that was renewed, refreshed or reissued later without a new authentication ends too."
            "An attacker who knew the old password keeps access by renewing a session.";
        sessions::revoke_keeps_tenants_apart
            "Ends the user's sessions of these kinds"
            "One tenant's reset signs out another tenant's user.";
    } };
    (external_method $($what:tt)*) => { $crate::__sspr_port_kit! {
        { $($what)* } $crate::conformance::ExternalMethodUnderTest;
        external::kind_is_one_of_the_host
            "The kind of method: [`MethodKind::AppNotification`], [`MethodKind::Passkey`] or [`MethodKind::HostVerified`]."
            "Two methods of one kind: one of them is never offered.";
        external::available_is_about_this_user
            "Whether this user has the method: a registered key, a linked app."
            "A registration asks for a factor that the user has not, or for none.";
        external::available_is_an_error_in_an_outage
            "an outage does not make a user's method disappear."
            "During an outage a thief registers a method as if it was the user's first.";
        external::begin_shows_no_difference
            "*Page data that depends on the user* tells which accounts exist."
            "An attacker lists the accounts.";
        external::begin_made_again_prompts_once
            "return the same page data, and do not prompt the user again"
            "An attacker prompts the user until they approve.";
        external::verify_knows_the_response
            "*A wrong `true`* gives the account to an attacker."
            "One user's device opens another user's account.";
        external::verify_fails_in_an_outage
            "*A wrong `true`* gives the account to an attacker."
            "An outage opens every account.";
    } };
    (breach_list $($what:tt)*) => { $crate::__sspr_port_kit! {
        { $($what)* } $crate::conformance::BreachListUnderTest;
        checks::contains_is_about_the_whole_password
            "Whether the whole password is on the list."
            "A password that attackers try first is set, or a good one is refused.";
        checks::contains_fails_in_an_outage
            "An outage is an error and never `false`"
            "During an outage passwords that attackers try first are set.";
    } };
    (human_check $($what:tt)*) => { $crate::__sspr_port_kit! {
        { $($what)* } $crate::conformance::HumanCheckUnderTest;
        checks::passed_takes_an_answer_once
            "A correct answer must be usable once, and the check must happen on the server."
            "One person solves one puzzle for a program that starts a million resets.";
        checks::passed_refuses_other_answers
            "Whether this answer passes."
            "A program passes the check.";
        checks::passed_lets_no_one_through_in_an_outage
            "An outage is an error or `false`, and never `true`"
            "An outage of the service lets every program pass.";
    } };
    (risk_signals $($what:tt)*) => { $crate::__sspr_port_kit! {
        { $($what)* } $crate::conformance::RiskSignalsUnderTest;
        checks::before_send_denies_known_risks
            "Called before a code is sent over the telephone network (SIM swap, porting)."
            "Codes go to a thief who has taken over the number.";
        checks::before_send_is_not_clear_in_an_outage
            "An outage is an error and never `Clear`"
            "During an outage codes go to a thief who has taken over the number.";
    } };
}
