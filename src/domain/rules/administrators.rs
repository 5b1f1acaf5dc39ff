//! Notices to administrators: one entry of the outbox, from which a page of notices at a time is made.

use std::collections::BTreeSet;

use super::tell::{MAX_ADDRESSED, NOTICE_LIFE};
use super::{Address, MAX_OUTBOX, Transition};
use crate::domain::account::{MessageNumber, Pending, PendingBody, WriteNumber};
use crate::domain::event::EventKind;
use crate::domain::identity::ids::{RoleId, UserId};
use crate::domain::message::Notice;
use crate::domain::method::Channel;
use crate::domain::policy::{HelpDesk, Policy};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

/// Notices to administrators fill the outbox up to this size.
const MAX_FOR_ADMINISTRATORS: usize = MAX_OUTBOX - 4;
/// Administrators on one page.
pub(crate) const PAGE: usize = 4;
/// The most administrators who get one request for help (Entra's cap).
const MAX_HELPERS: u32 = 100;
/// The longest name of an account in a notice, in characters.
const MAX_NAME: usize = 256;

impl Transition<'_> {
    /// Queues a notice to the administrators whom the policy names for it, except `actor`.
    ///
    /// # Errors
    ///
    /// [`Refusal::Busy`] if too many notices still wait to be delivered.
    pub(super) fn tell_administrators(
        &mut self,
        notice: Notice,
        about: &str,
        actor: Option<&UserId>,
        due: Timestamp,
        write: Option<WriteNumber>,
    ) -> Result<(), Refusal> {
        if self.account.outbox.len() >= MAX_ADDRESSED {
            return Err(self.outbox_full());
        }
        self.queue_for_administrators(notice, about, actor, due, write);
        Ok(())
    }

    /// Queues the notice even if the outbox is full: for one that is sent once in a state that only
    /// an administrator ends.
    pub(super) fn queue_for_administrators(
        &mut self,
        notice: Notice,
        about: &str,
        actor: Option<&UserId>,
        due: Timestamp,
        write: Option<WriteNumber>,
    ) {
        let body = PendingBody::Administrators {
            notice,
            about: about.chars().take(MAX_NAME).collect(),
            actor: actor.cloned(),
            tier: 0,
            after: None,
            told: 0,
        };
        self.queue(body, due, due.plus(NOTICE_LIFE), write);
    }
}

/// One page of administrators.
pub(crate) struct AdministratorPage {
    /// The tier of roles that the page belongs to.
    pub(crate) tier: u8,
    /// The cursor that the page was asked for with.
    pub(crate) after: Option<String>,
    pub(crate) next: Option<String>,
    /// The administrators and their addresses; those without a mail address are left out.
    pub(crate) holders: Vec<(UserId, Address)>,
}

/// Queues the notices to one page of administrators, and moves the cursor past it. Returns whether
/// anything changed.
pub(crate) fn tell_page(
    transition: &mut Transition<'_>,
    number: MessageNumber,
    page: &AdministratorPage,
) -> bool {
    transition.sweep();
    let now = transition.now;
    let waits = |pending: &Pending| {
        pending.number == number && pending.wake_at() <= now && pending.write.is_none()
    };
    let Some(place) = transition.account.outbox.iter().position(waits) else {
        return false;
    };
    let pending = transition.account.outbox[place].clone();
    let PendingBody::Administrators { notice, about, actor, tier, after, told } =
        pending.body.clone()
    else {
        return false;
    };
    if (tier, &after) != (page.tier, &page.after) {
        return false;
    }
    if transition.account.outbox.len() + page.holders.len() > MAX_FOR_ADMINISTRATORS {
        transition.try_later(place);
        return true;
    }
    let most = match notice {
        Notice::HelpRequested { .. } | Notice::OwnerRepudiated { .. } => MAX_HELPERS,
        _ => u32::MAX,
    };
    let recipients: Vec<_> = page
        .holders
        .iter()
        .filter(|(id, _)| Some(id) != actor.as_ref())
        .take(most.saturating_sub(told) as usize)
        .collect();
    let reached = told.saturating_add(u32::try_from(recipients.len()).unwrap_or(u32::MAX));
    for (_, address) in recipients {
        let body = address.notice(notice, Some(about.clone()), false);
        transition.queue(body, now, pending.not_after, None);
    }
    let next_page = page.next.is_some() && reached < most;
    let next_tier = tier.saturating_add(1);
    if next_page || (reached == 0 && roles_told(transition.policy, notice, next_tier).is_some()) {
        let (tier, after) = if next_page { (tier, page.next.clone()) } else { (next_tier, None) };
        let body = PendingBody::Administrators { notice, about, actor, tier, after, told: reached };
        let pending = &mut transition.account.outbox[place];
        (pending.body, pending.tries) = (body, 0);
        return true;
    }
    transition.account.outbox.remove(place);
    if reached == 0 {
        // The directory names no administrator who can be reached.
        let failed = pending.failed(notice.id(), Channel::Email, false);
        transition.record(failed);
    }
    true
}

/// The roles whose holders get this notice to administrators, by tier: `None` if the policy names
/// none, or no further tier.
pub(crate) fn roles_told(policy: &Policy, notice: Notice, tier: u8) -> Option<&BTreeSet<RoleId>> {
    let tier = usize::from(tier);
    let roles = match notice {
        Notice::HelpRequested { .. } | Notice::OwnerRepudiated { .. }
            if policy.desk.help == HelpDesk::Administrators =>
        {
            policy.desk.help_tiers.get(tier)
        }
        Notice::HelpRequested { .. } => None,
        _ => Some(&policy.notifications.administrator_roles).filter(|_| tier == 0),
    };
    roles.filter(|roles| !roles.is_empty())
}

/// Gives up this message, since the policy names no roles. Returns whether it exists.
pub(crate) fn give_up(transition: &mut Transition<'_>, number: MessageNumber) -> bool {
    let position = transition.account.outbox.iter().position(|pending| pending.number == number);
    let Some(place) = position else {
        return false;
    };
    let pending = transition.account.outbox.remove(place);
    if let PendingBody::Administrators { notice, .. } = &pending.body {
        let failed: EventKind = pending.failed(notice.id(), Channel::Email, false);
        transition.record(failed);
    }
    true
}
