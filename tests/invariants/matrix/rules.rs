//! What the rules say of a secret at a door that is not its own, and what a try there costs.

use crate::matrix::cells::{Cell, Flow, Way};
use crate::matrix::play::{Secret, Stage, door_of, stages};

/// Whose secret is tried on whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Whose {
    Own,
    Neighbours,
    OtherTenants,
}

/// What the rules say of a secret at another door.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Rule {
    /// It is worthless there.
    Refused,
    /// One device or one list, whatever it is asked for: right once, and then nowhere.
    Once,
    /// The door of links: it is the rightful door of this link, and opens its own flow.
    OwnDoor,
}

pub(crate) fn rule(from: Cell, at: Cell, whose: Whose) -> Rule {
    let links = |cell: Cell| cell.way == Way::EmailLink;
    let reset = |cell: Cell| matches!(cell.flow, Flow::Reset | Flow::Initiated | Flow::Elsewhere);
    // A new device, or a new list, is another one.
    let old = |cell: Cell| cell.flow != Flow::Registration;
    let authenticator = matches!(from.way, Way::App | Way::Token);
    let in_hand = authenticator || from.way == Way::RecoveryCode;
    // The sign-in accepts whichever authenticator the user has.
    let signs_in = authenticator && at.flow == Flow::SignIn;
    if whose != Whose::Own {
        Rule::Refused
    } else if links(from) && links(at) && reset(from) && redeems(at) {
        Rule::OwnDoor
    } else if in_hand && old(from) && (signs_in || from.way == at.way && old(at)) {
        Rule::Once
    } else {
        Rule::Refused
    }
}

pub(crate) fn redeems(cell: Cell) -> bool {
    stages(cell)[door_of(cell)] == Stage::Redeem
}

/// How many comparisons, and how many reservations, this secret costs at this door.
pub(crate) fn price(at: Cell, secret: &Secret) -> (u64, usize) {
    let code = matches!(secret, Secret::Code(_) | Secret::Password(_));
    match (stages(at)[door_of(at)], at.way) {
        (Stage::Present, _) => (1, 1),
        // Whichever authenticator it is: each of the two kinds is reserved.
        (Stage::Verify, _) => (u64::from(code), if code { 2 } else { 0 }),
        // A link is found by the part of it that is no secret.
        (Stage::Redeem, _) => (0, 0),
        (_, Way::EmailLink) => match secret {
            Secret::Link(_) => (1, 1),
            _ => (0, 0),
        },
        (_, way) if way.external() => match secret {
            Secret::Response(_) => (1, 1),
            _ => (0, 0),
        },
        _ => (u64::from(code), usize::from(code)),
    }
}

/// The secret in its own form, and in every form that the door takes and the text allows.
pub(crate) fn forms(at: Cell, secret: &Secret) -> Vec<Secret> {
    let text = secret.text().to_owned();
    let wanted = match at.way {
        Way::EmailLink => Secret::Link(text),
        way if way.external() => Secret::Response(text),
        _ => Secret::Code(text),
    };
    let mut forms = vec![secret.clone()];
    if wanted != *secret && wanted.attempt().is_ok() {
        forms.push(wanted);
    }
    forms
}
