//! Sequences that once found a mistake. They are run each time.

use crate::command::{Act, Command, How, Span, What, With};

use Command::{
    Admin, Advance, Challenge, Complete, Gate, Guess, OldTicket, Prove, Redeem, Register, Remove,
    Require, SignIn, Start, StartChange,
};

/// Each sequence with the rule that it tests.
pub(crate) const FOUND: &[(&str, &[Command])] = &[
    (
        "one method does not count as two gates",
        &[START, Gate { flow: 0, option: 0 }, Challenge { flow: 0, option: 204 }],
    ),
    (
        "a removed method voids everything outstanding",
        &[START, Remove { who: 0, method: 0 }, Challenge { flow: 0, option: 0 }],
    ),
    (
        "a time step that proved a method does not sign in",
        &[START, Gate { flow: 0, option: 2 }, SignIn { who: 0, how: How::Late }],
    ),
    ("every address is told of a removed method", &[Remove { who: 0, method: 0 }]),
    (
        "the strictest policy seen applies",
        &[START, Gate { flow: 0, option: 0 }, Require(2), COMPLETE],
    ),
    (
        "an app that is enrolled again replaces the pending one",
        &[APP, APP, Prove { flow: 200, how: How::Right }, Prove { flow: 0, how: How::Right }],
    ),
    (
        "a replaced address counts until the hold of the new one is over",
        &[
            Register { who: 0, what: What::ReplaceEmail(0) },
            Prove { flow: 0, how: How::Right },
            START,
            Gate { flow: 0, option: 0 },
            Advance(Span::Hour),
            START,
            Gate { flow: 0, option: 0 },
        ],
    ),
    (
        "a replaced address is removed after the hold, even if nothing else wakes the record",
        &[
            Register { who: 0, what: What::ReplaceEmail(0) },
            Prove { flow: 0, how: How::Right },
            Register { who: 0, what: What::RecoveryCodes },
            Advance(Span::Hour),
        ],
    ),
    (
        "a reset drops an address on hold",
        &[
            Register { who: 0, what: What::ReplaceEmail(0) },
            Prove { flow: 0, how: How::Right },
            START,
            Gate { flow: 0, option: 0 },
            COMPLETE,
            Advance(Span::Hour),
            START,
            Gate { flow: 0, option: 0 },
        ],
    ),
    (
        "a recovery code opens nothing twice",
        &[
            START,
            Gate { flow: 0, option: 3 },
            OldTicket { flow: 0, how: How::Seen(0) },
            START,
            Challenge { flow: 0, option: 3 },
            Prove { flow: 0, how: How::Seen(0) },
        ],
    ),
    (
        "a code is compared as often as allowed",
        &[
            Register { who: 0, what: What::Email(0) },
            Prove { flow: 0, how: How::Wrong },
            Prove { flow: 0, how: How::Wrong },
            Prove { flow: 0, how: How::Wrong },
            Prove { flow: 0, how: How::Right },
        ],
    ),
    (
        "a link is redeemed without the ticket",
        &[START, Challenge { flow: 0, option: 5 }, Redeem { link: 0, who: 0 }],
    ),
    (
        "an account that was changed outside voids a grant",
        &[START, Gate { flow: 0, option: 0 }, Admin { who: 0, act: Act::ChangedOutside }, COMPLETE],
    ),
    ("a change is told of", &[StartChange { who: 0, right: true }, COMPLETE]),
    (
        "an unknown outcome voids other flows",
        &[
            START,
            StartChange { who: 0, right: true },
            Complete { flow: 0, with: With::LostBefore },
            Challenge { flow: 200, option: 0 },
        ],
    ),
    (
        "a code that has proven a method is consumed",
        &[START, Require(2), Gate { flow: 0, option: 0 }, Prove { flow: 0, how: How::Right }],
    ),
    (
        "a success does not change the window",
        &[
            START,
            Guess { flow: 0, option: 1 },
            Gate { flow: 0, option: 2 },
            Require(2),
            Gate { flow: 0, option: 0 },
            START,
            Guess { flow: 0, option: 1 },
            Prove { flow: 0, how: How::Wrong },
        ],
    ),
    (
        "flows together take no more from a window than it has",
        &[
            START,
            Guess { flow: 0, option: 1 },
            START,
            Guess { flow: 0, option: 1 },
            START,
            Guess { flow: 0, option: 1 },
        ],
    ),
    (
        "under a raised policy a user with too few methods is treated as unknown",
        &[
            Admin { who: 0, act: Act::RevokeMethods },
            START,
            Require(2),
            Gate { flow: 0, option: 4 },
        ],
    ),
    (
        "questions that a reply has asked are answered after another challenge was suppressed",
        &[
            Start { who: 21, unlock: false },
            START,
            START,
            Start { who: 7, unlock: false },
            Gate { flow: 0, option: 200 },
            Start { who: 7, unlock: false },
            Challenge { flow: 235, option: 170 },
            Challenge { flow: 0, option: 68 },
            Advance(Span::HalfStep),
            Gate { flow: 215, option: 134 },
        ],
    ),
    (
        "an invitation is redeemed once, and its reset is completed",
        &[INVITE, Advance(Span::Day), REDEEM, REDEEM, COMPLETE, REDEEM],
    ),
    (
        "another invitation replaces the one before",
        &[INVITE, INVITE, Redeem { link: 64, who: 0 }, REDEEM],
    ),
    ("a revoked invitation is worthless", &[INVITE, REVOKE, REDEEM, REVOKE]),
    ("an invitation that was redeemed is not revoked", &[INVITE, REDEEM, REVOKE, COMPLETE]),
    (
        "a password that was set elsewhere voids an invitation",
        &[INVITE, Admin { who: 0, act: Act::ChangedOutside }, REDEEM],
    ),
    (
        "a temporary password voids a grant and an invitation",
        &[INVITE, START, Gate { flow: 0, option: 1 }, TEMPORARY, COMPLETE, REDEEM],
    ),
    (
        "a temporary password whose reply was lost voids a grant",
        &[
            START,
            Gate { flow: 0, option: 1 },
            Admin { who: 0, act: Act::TemporaryPassword(With::LostAfter) },
            COMPLETE,
        ],
    ),
    (
        "a temporary password drops an address on hold",
        &[
            Register { who: 0, what: What::ReplaceEmail(0) },
            Prove { flow: 0, how: How::Right },
            TEMPORARY,
            Advance(Span::Hour),
            START,
            Gate { flow: 0, option: 0 },
        ],
    ),
    (
        "a temporary password that was not written voids nothing",
        &[
            START,
            Gate { flow: 0, option: 1 },
            Admin { who: 0, act: Act::TemporaryPassword(With::Unreachable) },
            COMPLETE,
        ],
    ),
];

const INVITE: Command = Admin { who: 0, act: Act::Invite };
const REVOKE: Command = Admin { who: 0, act: Act::RevokeInvitation };
const TEMPORARY: Command = Admin { who: 0, act: Act::TemporaryPassword(With::Good(0)) };
/// The last link that was sent.
const REDEEM: Command = Redeem { link: 0, who: 0 };

const START: Command = Start { who: 0, unlock: false };
const APP: Command = Register { who: 0, what: What::App };
const COMPLETE: Command = Complete { flow: 0, with: With::Good(0) };
