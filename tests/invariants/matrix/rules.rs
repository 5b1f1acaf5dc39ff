//! The expected outcome and cost of a secret in another cell than its own.

use sspr::method::QuestionId;

use crate::matrix::cells::{Cell, Flow, Way};
use crate::matrix::play::{Secret, Stage, door_of, stages};

/// Whose secret is tried on which account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Whose {
    Own,
    Neighbours,
    OtherTenants,
}

/// The expected outcome of a secret in another cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Rule {
    /// It is refused.
    Refused,
    /// Both cells use one device or list: accepted once, and then nowhere.
    Once,
    /// The cell of links accepts its own link, which opens its own flow.
    OwnDoor,
}

pub(crate) fn rule(from: Cell, at: Cell, whose: Whose) -> Rule {
    let links = |cell: Cell| cell.way == Way::EmailLink;
    let reset = |cell: Cell| {
        matches!(cell.flow, Flow::Reset | Flow::Initiated | Flow::Invited | Flow::Elsewhere)
    };
    // A new device or list is another one.
    let old = |cell: Cell| cell.flow != Flow::Registration;
    let authenticator = matches!(from.way, Way::App | Way::Token);
    // The questions change once they were answered.
    let in_hand = authenticator || matches!(from.way, Way::RecoveryCode | Way::Questions);
    // The sign-in accepts every authenticator of the user.
    let signs_in = authenticator && at.flow == Flow::SignIn;
    if whose != Whose::Own {
        Rule::Refused
    } else if links(from) && links(at) && reset(from) && redeems(at) && !voids_link(from, at) {
        Rule::OwnDoor
    } else if in_hand && old(from) && (signs_in || from.way == at.way && old(at)) {
        Rule::Once
    } else {
        Rule::Refused
    }
}

/// Whether the second cell voids the link of the first: an invitation voids every link that
/// administrators have sent before and that is not redeemed.
pub(crate) fn voids_link(first: Cell, second: Cell) -> bool {
    let sent = matches!(first.flow, Flow::Initiated | Flow::Invited);
    sent && first.way == Way::EmailLink && second.flow == Flow::Invited
}

pub(crate) fn redeems(cell: Cell) -> bool {
    stages(cell)[door_of(cell)] == Stage::Redeem
}

/// The numbers of comparisons and of reservations that this secret costs in this cell.
pub(crate) fn price(at: Cell, secret: &Secret) -> (u64, usize) {
    let code = matches!(secret, Secret::Code(_) | Secret::Password(_));
    match (stages(at)[door_of(at)], at.way) {
        (Stage::Present, _) => (1, 1),
        // An attempt is reserved for each of the two kinds of authenticators.
        (Stage::Verify, _) => (u64::from(code), if code { 2 } else { 0 }),
        // A link is found by its public part.
        (Stage::Redeem, _) => (0, 0),
        (_, Way::EmailLink) => match secret {
            Secret::Link(_) => (1, 1),
            _ => (0, 0),
        },
        (_, way) if way.external() => match secret {
            Secret::Response(_) => (1, 1),
            _ => (0, 0),
        },
        (_, Way::Questions) => match secret {
            Secret::Answers(_) => (1, 1),
            _ => (0, 0),
        },
        _ => (u64::from(code), usize::from(code)),
    }
}

/// The secret in its own form, and in every other form that the cell takes and the text allows:
/// for questions, as answers to those that are asked.
pub(crate) fn forms(at: Cell, secret: &Secret, asked: &[QuestionId]) -> Vec<Secret> {
    let text = secret.text().to_owned();
    let wanted = match at.way {
        Way::Questions => {
            let given: Vec<&str> = match secret {
                Secret::Answers(answers) => answers.iter().map(|(_, answer)| &**answer).collect(),
                other => vec![other.text()],
            };
            let texts = given.into_iter().cycle().map(str::to_owned);
            Secret::Answers(asked.iter().cloned().zip(texts).collect())
        }
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
