//! How long a message waits after a failed try.

use std::time::Duration;

use crate::domain::account::Pending;
use crate::domain::time::Timestamp;

/// How long a worker holds a message that it has claimed.
pub(super) const LEASE: Duration = Duration::from_secs(60);
/// The wait after the first failed try; it doubles up to [`LONGEST_RETRY`].
const FIRST_RETRY: Duration = Duration::from_secs(5);
const LONGEST_RETRY: Duration = Duration::from_secs(3_600);
/// A code waits for at most this part of the life that it has left: a code that arrives after its
/// life is useless, so the tries get closer towards the end.
const PART_OF_LIFE: u32 = 4;
/// How long before the end of its life any other message gets a last try.
const LAST_CALL: Duration = LEASE;

/// How long a message waits after a failed try. The wait doubles, and never reaches the end of the
/// message's life unless less than [`FIRST_RETRY`] of it is left. After the end of its life a
/// notice keeps the long waits: with short ones, a clock that is days ahead would spend its last
/// tries within minutes.
pub(super) fn retry_wait(pending: &Pending, now: Timestamp) -> Duration {
    let doubled = FIRST_RETRY.saturating_mul(1 << pending.tries.min(10)).min(LONGEST_RETRY);
    let left = pending.not_after.since(now);
    let most = if pending.is_code() {
        left / PART_OF_LIFE
    } else if left.is_zero() || doubled < left {
        doubled
    } else {
        left.saturating_sub(LAST_CALL)
    };
    doubled.min(most.max(FIRST_RETRY))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::{
        ChallengeNumber, Counted, FlowNumber, MessageNumber, PendingBody,
    };
    use crate::domain::identity::contact::{Destination, EmailAddress};
    use crate::domain::identity::locale::Locale;
    use crate::domain::message::Notice;
    use crate::domain::method::Channel;

    const START: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

    fn pending(life: u64, body: PendingBody) -> Pending {
        Pending {
            number: MessageNumber(1),
            queued_at: START,
            due: START,
            not_after: START.plus(Duration::from_secs(life)),
            claimed_until: None,
            tries: 0,
            from: None,
            write: None,
            body,
            unknown: Default::default(),
        }
    }

    /// When each try of a message is made if every one fails, in milliseconds of its life.
    fn tries(mut message: Pending) -> Vec<u128> {
        let mut tries = Vec::new();
        while message.due < message.not_after {
            let now = message.due;
            tries.push(now.since(START).as_millis());
            message.due = now.plus(retry_wait(&message, now));
            message.tries = message.tries.saturating_add(1);
        }
        tries
    }

    fn code(life: u64) -> Pending {
        pending(
            life,
            PendingBody::Code {
                flow: FlowNumber(1),
                challenge: ChallengeNumber(1),
                locale: Locale::default(),
            },
        )
    }

    fn notice(life: u64) -> Pending {
        let to = EmailAddress::parse("ada@example.org").expect("valid");
        let notice = Notice::PasswordReset { at: START };
        let destination = Destination::Email(to);
        let (channel, locale) = (Channel::Email, Locale::default());
        let (about, mail_too, counted) = (None, false, Counted::No);
        let body =
            PendingBody::Notice { notice, channel, destination, locale, about, mail_too, counted };
        pending(life, body)
    }

    /// T4: however long an outage lasts, a code is tried again before more than a quarter of its
    /// remaining life has passed.
    #[test]
    fn a_code_is_tried_again_while_it_has_a_life() {
        for life in [60, 90, 300, 600, 900, 1_200, 1_800, 3_600, 7_200, 86_400, 90_000] {
            let tries = tries(code(life));
            let life = u128::from(life) * 1_000;
            for pair in tries.windows(2) {
                let (from, to) = (pair[0], pair[1]);
                assert!(to - from <= ((life - from) / 4).max(5_000), "{life}: {from} to {to}");
                assert!(to - from >= 5_000, "{life}: {from} to {to}");
            }
            let last = *tries.last().expect("a try");
            assert!(life - last <= 5_000, "{life}: the last try is at {last}");
            assert!(tries.len() <= 60, "{life}: {} tries", tries.len());
        }
        // RFC 5321, 4.5.4.1, lets a relay wait half an hour, which is longer than most codes live.
        for (life, outage) in [
            (600, 316),
            (3_600, 2_700),
            (600, 580),
            (900, 640),
            (86_400, 80_000),
            (60, 54),
            (90, 80),
            (300, 290),
            (600, 1),
            (1_200, 1_190),
            (1_800, 1_350),
            (1_800, 1_794),
            (3_600, 1_800),
            (3_600, 3_594),
            (7_200, 5_400),
            (7_200, 7_190),
            (86_400, 86_390),
            (90_000, 89_000),
        ] {
            let sent = tries(code(life)).into_iter().find(|&at| at >= outage * 1_000);
            assert!(sent.is_some(), "{life} {outage}");
        }
    }

    /// T4: a notice waits up to an hour, and gets a last try a minute before the end of its life.
    #[test]
    fn a_notice_keeps_its_long_tail_and_gets_a_last_try() {
        for life in [3_600, 86_400, 7 * 86_400, 14 * 86_400] {
            let tries = tries(notice(life));
            let life = u128::from(life) * 1_000;
            let last = *tries.last().expect("a try");
            assert!(last < life && life - last <= 65_000, "{life}: the last try is at {last}");
            assert!(tries.len() as u128 <= 24 + life / 3_600_000, "{life}: {}", tries.len());
        }
    }

    /// V60: with a clock that is days ahead, a notice is given up only after fifteen hours of
    /// tries.
    #[test]
    fn a_notice_past_its_time_is_given_up_after_fifteen_hours_of_tries() {
        for days in [8, 800] {
            let mut message = notice(7 * 86_400);
            let ahead = START.plus(Duration::from_secs(days * 86_400));
            let mut now = ahead;
            while !message.is_dead(now) {
                now = now.plus(retry_wait(&message, now));
                message.tries += 1;
            }
            let took = now.since(ahead);
            assert!(took >= Duration::from_secs(15 * 3_600), "{days} days: {took:?}");
        }
    }
}
