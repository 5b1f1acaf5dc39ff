//! The addresses of a notice, and how it gets into the outbox.

use std::time::Duration;

use super::{MAX_OUTBOX, Transition};
use crate::domain::account::{
    Account, Counted, MessageNumber, Pending, PendingBody, Unknown, WriteNumber,
};
use crate::domain::identity::contact::{ContactSlot, Destination, EmailAddress};
use crate::domain::identity::facts::{TenantFacts, UserFacts};
use crate::domain::identity::locale::Locale;
use crate::domain::message::Notice;
use crate::domain::method::{Channel, MethodKind};
use crate::domain::policy::{NotifyRule, Policy};
use crate::domain::refusal::Refusal;
use crate::domain::rules::eligibility::from_directory;
use crate::domain::time::Timestamp;

/// How long the delivery of a notice is tried.
pub(super) const NOTICE_LIFE: Duration = Duration::from_secs(7 * 86_400);
/// The most addresses that get one notice.
const MAX_TOLD: usize = 10;
/// One place of the outbox is kept for an announcement, which needs no address.
pub(super) const MAX_ADDRESSED: usize = MAX_OUTBOX - 1;

/// An address that a notice goes to.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Address {
    pub(crate) channel: Channel,
    pub(crate) destination: Destination,
    pub(crate) locale: Locale,
}

impl Address {
    /// The outbox entry that sends this notice here.
    pub(super) fn notice(
        &self,
        notice: Notice,
        about: Option<String>,
        mail_too: bool,
    ) -> PendingBody {
        PendingBody::Notice {
            notice,
            channel: self.channel,
            destination: self.destination.clone(),
            locale: self.locale.clone(),
            about,
            mail_too,
            counted: Counted::No,
        }
    }
}

impl Transition<'_> {
    /// Puts a message into the outbox; with `write`, it waits until that write is settled.
    pub(super) fn queue(
        &mut self,
        body: PendingBody,
        due: Timestamp,
        not_after: Timestamp,
        write: Option<WriteNumber>,
    ) {
        self.account.outbox.push(Pending {
            number: self.account.numbers.message.advance(),
            queued_at: self.now,
            due,
            not_after,
            claimed_until: None,
            tries: 0,
            from: self.coarse,
            write,
            body,
            unknown: Unknown::NONE,
        });
    }

    /// Queues one notice to each of these addresses, which were valid before the change.
    /// Announcements that wait for addresses get the same ones, since the change may remove some.
    ///
    /// # Errors
    ///
    /// [`Refusal::Busy`] if too many notices still wait to be delivered.
    pub(super) fn notify(
        &mut self,
        notice: Notice,
        addresses: &[Address],
        due: Timestamp,
        write: Option<WriteNumber>,
    ) -> Result<(), Refusal> {
        // If there is no room, codes are dropped rather than notices: the user can ask for another
        // code.
        if self.account.outbox.len() + addresses.len() > MAX_ADDRESSED {
            self.account.outbox.retain(|pending| !pending.is_code());
        }
        if self.account.outbox.len() + addresses.len() > MAX_ADDRESSED {
            return Err(self.outbox_full());
        }
        self.queue_notices(notice, addresses, due, due.plus(NOTICE_LIFE), write);
        self.address_announcements(addresses);
        Ok(())
    }

    pub(super) fn outbox_full(&self) -> Refusal {
        Refusal::Busy { retry_at: self.now.plus(self.policy.lifetimes.directory_write) }
    }

    fn queue_notices(
        &mut self,
        notice: Notice,
        addresses: &[Address],
        due: Timestamp,
        not_after: Timestamp,
        write: Option<WriteNumber>,
    ) {
        let any_mail = addresses.iter().any(|address| address.channel == Channel::Email);
        for address in addresses {
            let mail_too = any_mail && address.channel != Channel::Email;
            self.queue(address.notice(notice, None, mail_too), due, not_after, write);
        }
    }

    /// Announces to the owner what happened while a secret was compared. The directory is not read
    /// then, so the addresses are looked up when the announcement is due.
    pub(super) fn tell_owner(&mut self, notice: Notice) {
        if self.account.user.is_none() {
            return;
        }
        let now = self.now;
        let full = self.account.outbox.len() >= MAX_ADDRESSED;
        let waiting =
            self.account.outbox.iter_mut().rev().find_map(|pending| match &mut pending.body {
                PendingBody::Announce { notice } if pending.write.is_none() => Some(notice),
                _ => None,
            });
        match waiting {
            // Without room for another announcement, the waiting one covers both. Codes are not
            // dropped: a stranger's failures must not cost the owner a code.
            Some(waiting) if full => {
                *waiting = waiting.and(notice);
            }
            _ => {
                let body = PendingBody::Announce { notice };
                self.queue(body, now, now.plus(NOTICE_LIFE), None);
            }
        }
    }

    /// Announces to the owner what a write has done, once that is known. Its addresses are looked up
    /// then.
    ///
    /// # Errors
    ///
    /// [`Refusal::Busy`] if too many notices still wait to be delivered.
    pub(super) fn announce_after(
        &mut self,
        notice: Notice,
        due: Timestamp,
        write: WriteNumber,
    ) -> Result<(), Refusal> {
        if self.account.outbox.len() >= MAX_ADDRESSED {
            return Err(self.outbox_full());
        }
        self.queue(PendingBody::Announce { notice }, due, due.plus(NOTICE_LIFE), Some(write));
        Ok(())
    }

    fn address_announcements(&mut self, addresses: &[Address]) {
        let announced = |pending: &Pending| {
            pending.write.is_none() && matches!(pending.body, PendingBody::Announce { .. })
        };
        while let Some(place) = self.account.outbox.iter().position(announced) {
            // Without an address, or without room, it keeps waiting.
            if addresses.is_empty()
                || self.account.outbox.len() + addresses.len() > MAX_OUTBOX
                || !self.address(place, addresses)
            {
                return;
            }
        }
    }

    /// Gives the announcement at this place its addresses.
    fn address(&mut self, place: usize, addresses: &[Address]) -> bool {
        let pending = self.account.outbox.get(place);
        let Some(&PendingBody::Announce { notice }) = pending.map(|pending| &pending.body) else {
            return false;
        };
        let Pending { queued_at, not_after, from, .. } = self.account.outbox.remove(place);
        let (first, now) = (self.account.outbox.len(), self.now);
        self.queue_notices(notice, addresses, now, not_after, None);
        // The notices have waited as long as the announcement, and have its cause.
        for pending in self.account.outbox.iter_mut().skip(first) {
            pending.queued_at = queued_at;
            pending.from = from;
        }
        true
    }
}

/// Gives the announcement of this number the addresses that the policy's rule names now. Without an
/// address or without room it is tried again later. Returns whether anything changed.
pub(crate) fn address_announcement(
    transition: &mut Transition<'_>,
    number: MessageNumber,
    tell: impl Fn(&Account) -> Vec<Address>,
) -> bool {
    transition.sweep();
    let now = transition.now;
    let waits = |pending: &Pending| {
        pending.number == number
            && pending.write.is_none()
            && pending.wake_at() <= now
            && matches!(pending.body, PendingBody::Announce { .. })
    };
    let Some(place) = transition.account.outbox.iter().position(waits) else {
        return false;
    };
    let addresses = tell(&transition.account);
    let room = transition.account.outbox.len() - 1 + addresses.len() <= MAX_OUTBOX;
    if addresses.is_empty() || !room || !transition.address(place, &addresses) {
        transition.try_later(place);
    }
    true
}

/// The addresses that the policy's rule names among the valid ones.
///
/// An address counts even if its channel has no provider now: a notice waits for it. If no address
/// of the rule can be reached now, the addresses that the reset itself could have used are added.
pub(crate) fn addresses_to_tell(
    account: &Account,
    user: &UserFacts,
    tenant: Option<&TenantFacts>,
    policy: &Policy,
    channels: &[Channel],
) -> Vec<Address> {
    let locale = locale_of(user, tenant);
    let mut told: Vec<Address> = Vec::new();
    let all = policy.notifications.rule == NotifyRule::All;
    let held = |slot| user.usable_contact(slot, policy.contacts.phone_format);
    if let Some(mail) = held(ContactSlot::PrimaryMail) {
        tell(&mut told, Channel::Email, mail, &locale);
    }
    let by_rule = |kind| kind == MethodKind::Email || (all && kind == MethodKind::MobilePhone);
    for method in account.methods.iter().filter(|method| method.active() && by_rule(method.kind)) {
        if let Some(destination) = method.destination() {
            tell(&mut told, method.kind.channels()[0], destination.clone(), &locale);
        }
    }
    if let Some(mail) = held(ContactSlot::AlternateMail) {
        tell(&mut told, Channel::Email, mail, &locale);
    }
    let mobiles = [ContactSlot::MobilePhone, ContactSlot::AlternateMobile];
    for mobile in mobiles.into_iter().filter(|_| all).filter_map(held) {
        tell(&mut told, Channel::Sms, mobile, &locale);
    }
    // Entra: if there is no mail address, the user principal name is tried.
    let by_mail = told.iter().any(|address| address.channel == Channel::Email);
    if !by_mail
        && let Some(name) = &user.user_principal_name
        && let Ok(mail) = EmailAddress::parse(name)
    {
        tell(&mut told, Channel::Email, Destination::Email(mail), &locale);
    }
    if !told.iter().any(|address| channels.contains(&address.channel)) {
        for (channel, destination) in reset_addresses(account, user, policy, channels) {
            tell(&mut told, channel, destination, &locale);
        }
    }
    told
}

fn tell(told: &mut Vec<Address>, channel: Channel, destination: Destination, locale: &Locale) {
    let known = told.iter().any(|address| {
        address.channel == channel && address.destination.normalised() == destination.normalised()
    });
    if !known && told.len() < MAX_TOLD {
        told.push(Address { channel, destination, locale: locale.clone() });
    }
}

/// The addresses that the reset could have used: at least one, or there would be no reset.
fn reset_addresses(
    account: &Account,
    user: &UserFacts,
    policy: &Policy,
    channels: &[Channel],
) -> Vec<(Channel, Destination)> {
    let active = account
        .methods
        .iter()
        .filter(|method| method.active())
        .filter_map(|method| Some((method.kind, method.destination()?.clone())));
    let held = |kind| Some((kind, from_directory(kind, user, policy)?));
    let phones = [MethodKind::MobilePhone, MethodKind::OfficePhone].into_iter().filter_map(held);
    active
        .chain(phones)
        .filter_map(|(kind, destination)| {
            let channel = *kind.channels().iter().find(|channel| channels.contains(channel))?;
            Some((channel.carrier()?, destination))
        })
        .collect()
}

/// The language of a user: the user's own, else the tenant's, else English.
pub(crate) fn locale_of(user: &UserFacts, tenant: Option<&TenantFacts>) -> Locale {
    let tenants = || tenant.and_then(|tenant| tenant.locale.clone());
    user.locale.clone().or_else(tenants).unwrap_or_default()
}
