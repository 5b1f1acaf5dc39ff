//! Commands, generated from three bytes each, so that each part shrinks separately.
//!
//! An index in a command is taken modulo the number of existing items, so a sequence stays
//! meaningful when commands are removed from it.

use proptest::prelude::*;

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Command {
    Start {
        who: u8,
        unlock: bool,
    },
    Challenge {
        flow: u8,
        option: u8,
    },
    Prove {
        flow: u8,
        how: How,
    },
    /// A challenge and the correct secret.
    Gate {
        flow: u8,
        option: u8,
    },
    /// A challenge, and wrong secrets until it is spent.
    Guess {
        flow: u8,
        option: u8,
    },
    OldTicket {
        flow: u8,
        how: How,
    },
    Redeem {
        link: u8,
        who: u8,
    },
    Complete {
        flow: u8,
        with: With,
    },
    Cancel {
        flow: u8,
    },
    View {
        flow: u8,
    },
    StartChange {
        who: u8,
        right: bool,
    },
    SignIn {
        who: u8,
        how: How,
    },
    Register {
        who: u8,
        what: What,
    },
    Remove {
        who: u8,
        method: u8,
    },
    Admin {
        who: u8,
        act: Act,
    },
    Require(u8),
    Maintain,
    Advance(Span),
    Restart,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum How {
    Right,
    Wrong,
    /// The correct code of the time step before.
    Late,
    /// The n-th last secret that was correct before, of any user and challenge.
    Seen(u8),
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum With {
    Good(u8),
    Short,
    NotPropagated,
    Refused,
    Unreachable,
    AdministratorNeeded,
    LostBefore,
    LostAfter,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum What {
    Email(u8),
    Mobile(u8),
    ReplaceEmail(u8),
    App,
    RecoveryCodes,
    Questions(u8),
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Act {
    Unblock,
    RevokeMethods,
    RevokeFlows,
    Contacts(u8),
    ChangedOutside,
    Invite,
    RevokeInvitation,
    TemporaryPassword(With),
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Span {
    HalfStep,
    Minute,
    Minutes(u8),
    Hour,
    Day,
    HourBack,
}

const fn how(byte: u8) -> How {
    match byte % 8 {
        0..=2 => How::Right,
        3 | 4 => How::Wrong,
        5 => How::Late,
        _ => How::Seen(byte / 8),
    }
}

const fn with(byte: u8) -> With {
    match byte % 16 {
        0..=6 => With::Good(byte / 16),
        7 => With::Short,
        8 => With::NotPropagated,
        9 => With::Refused,
        10 => With::Unreachable,
        11 => With::AdministratorNeeded,
        12 | 13 => With::LostBefore,
        _ => With::LostAfter,
    }
}

const fn what(byte: u8) -> What {
    match byte % 6 {
        0 | 1 => What::Email(byte / 6),
        2 => What::Mobile(byte / 6),
        3 => What::ReplaceEmail(byte / 6),
        4 => What::App,
        _ if byte >= 128 => What::Questions(byte / 6),
        _ => What::RecoveryCodes,
    }
}

const fn act(byte: u8) -> Act {
    match (byte, byte % 5) {
        (160..=195, _) => Act::Invite,
        (196..=217, _) => Act::RevokeInvitation,
        (218.., _) => Act::TemporaryPassword(with(byte - 218)),
        (_, 0) => Act::Unblock,
        (_, 1) => Act::RevokeMethods,
        (_, 2) => Act::RevokeFlows,
        (_, 3) => Act::Contacts(byte / 5),
        _ => Act::ChangedOutside,
    }
}

const fn span(byte: u8) -> Span {
    match byte % 12 {
        0..=2 => Span::HalfStep,
        3..=5 => Span::Minute,
        6 | 7 => Span::Minutes(byte / 12),
        8 => Span::Hour,
        9 | 10 => Span::Day,
        _ => Span::HourBack,
    }
}

/// `kind` is below 100.
pub(crate) const fn decode((kind, a, b): (u8, u8, u8)) -> Command {
    match kind {
        0..=13 => Command::Start { who: a, unlock: b % 8 == 7 },
        14..=16 => Command::Require(1 + (b % 4).div_ceil(3)),
        17..=23 => Command::Challenge { flow: a, option: b },
        24..=36 => Command::Prove { flow: a, how: how(b) },
        37..=54 => Command::Gate { flow: a, option: b },
        55..=58 => Command::Guess { flow: a, option: b },
        59..=61 => Command::OldTicket { flow: a, how: how(b) },
        62..=65 => Command::Redeem { link: a, who: b },
        66..=79 => Command::Complete { flow: a, with: with(b) },
        80 => Command::Cancel { flow: a },
        81 => Command::View { flow: a },
        82 | 83 => Command::StartChange { who: a, right: b % 3 < 2 },
        84 | 85 => Command::SignIn { who: a, how: how(b) },
        86..=89 => Command::Register { who: a, what: what(b) },
        90 => Command::Remove { who: a, method: b },
        91 | 92 => Command::Admin { who: a, act: act(b) },
        93 | 94 => Command::Maintain,
        95..=98 => Command::Advance(span(b)),
        _ => Command::Restart,
    }
}

pub(crate) fn commands(most: usize) -> impl Strategy<Value = Vec<Command>> {
    let one = (0..100_u8, any::<u8>(), any::<u8>()).prop_map(decode);
    proptest::collection::vec(one, 1..=most)
}
