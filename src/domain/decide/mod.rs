//! Decisions: pure functions on `(record, policy, facts, command, now, random bytes)`.
//!
//! Each takes a [`Turn`], changes the account in it and notes events, or refuses and changes
//! nothing that is kept. The engine commits what a turn holds, and asks again if the record has
//! changed meanwhile.

mod administer;
mod change;
mod complete;
mod contacts;
mod devices;
mod open;
mod outbox;
mod prove;
mod register;
mod review;
mod saved;
mod sweep;
#[cfg(test)]
mod tests;

pub(crate) use administer::{
    clear_budgets, forget, replace_seeds, request_help, request_reset, require_registration,
    revoke_flows, revoke_methods, supply_token,
};
pub(crate) use change::{Change, accept_sign_in, charge_password, charge_sign_in, grant_change};
pub(crate) use complete::{
    Begin, Begun, Unwritten, begin_write, may_complete, raise_required, reject_password,
    settle_unasked, settle_unknown, settle_unwritten, settle_written,
};
pub use contacts::Contacts;
pub(crate) use contacts::supply_contacts;
pub(crate) use devices::{Bearer, cancel, is_known_device, remember_bearer, remember_device};
pub(crate) use open::{
    Exceeded, NumberCharge, Open, Opened, SAVED_CODE, charge_number, code_format, code_life,
    open_challenge,
};
pub(crate) use outbox::{
    Claimed, Outcome, SentSecret, Work, claim, next_work, settle_message, tidy,
};
pub(crate) use prove::{Charge, Match, Proving, charge_attempt, consume, hand_over};
pub(crate) use register::{
    Add, Confirm, add_method, claim_method, confirm_method, is_alive, remove_method,
};
pub use review::Prompt;
pub(crate) use review::{Asked, postpone, prompt, reconfirm, reconfirm_at, set_default};
pub(crate) use saved::{
    acknowledge_replacement, acknowledge_saved_codes, put_replacement, put_saved_codes,
};

use std::time::Duration;

use super::account::{Account, Pending, PendingBody, Unknown};
use super::event::{ActorKind, Event, EventId, EventKind};
use super::facts::{TenantFacts, UserFacts};
use super::ids::UserId;
use super::message::{Locale, Notice};
use super::method::Channel;
use super::policy::{NotifyRule, Policy};
use super::record::Version;
use super::refusal::Refusal;
use super::time::Timestamp;

/// The most that two engines' clocks may differ.
pub(crate) const MAX_SKEW: Duration = Duration::from_secs(30);
/// Things that may wait in one record.
pub(crate) const MAX_OUTBOX: usize = 16;
/// How long a notice is tried.
const NOTICE_LIFE: Duration = Duration::from_secs(7 * 86_400);

/// One account, taken up to be changed.
pub(crate) struct Turn<'a> {
    pub(crate) account: Account,
    pub(crate) policy: &'a Policy,
    /// The deciding engine's time, never less than what the record has seen.
    pub(crate) now: Timestamp,
    pub(crate) actor: ActorKind,
    pub(crate) source: Option<String>,
    /// Whom a decoy stands in for, if that is somebody: for the audit trail.
    pub(crate) about: Option<UserId>,
    pub(crate) events: Vec<EventKind>,
    /// The record was stamped by a clock far ahead: what that voids is committed before anything
    /// is decided, or it would be voided anew at every visit.
    pub(crate) disobeyed: bool,
}

impl<'a> Turn<'a> {
    /// Takes up an account at this time.
    pub(crate) fn new(account: &Account, policy: &'a Policy, now: Timestamp) -> Self {
        let mut turn = Self {
            account: account.clone(),
            policy,
            now: time_of(account, now),
            actor: ActorKind::Anonymous,
            source: None,
            about: None,
            events: Vec::new(),
            disobeyed: false,
        };
        if turn.now < account.seen {
            turn.disobeyed = true;
            turn.disobey_the_future();
        }
        turn.account.seen = turn.now;
        turn
    }

    pub(crate) fn by(
        mut self,
        actor: ActorKind,
        source: Option<String>,
        about: Option<UserId>,
    ) -> Self {
        self.actor = actor;
        self.source = source;
        self.about = about;
        self
    }

    /// An account that was forgotten is known again once anybody but the engine changes it.
    pub(crate) fn remember(&mut self) {
        let forgets = self.events.contains(&EventKind::AccountForgotten {});
        if self.actor != ActorKind::Engine && !forgets {
            self.account.forgotten = false;
        }
    }

    pub(crate) fn note(&mut self, event: EventKind) {
        self.events.push(event);
    }

    fn number(counter: &mut u32) -> u32 {
        *counter = counter.saturating_add(1);
        *counter
    }

    /// Says whose record it is, where the directory gives an incarnation mark: from then on it
    /// opens for nobody else.
    pub(crate) fn belongs_to(&mut self, incarnation: Option<&str>) {
        if self.account.incarnation.is_none() {
            self.account.incarnation = incarnation.map(str::to_owned);
        }
    }

    /// Puts something into the outbox.
    fn queue(
        &mut self,
        body: PendingBody,
        due: Timestamp,
        not_after: Timestamp,
        write: Option<u32>,
    ) {
        let number = Self::number(&mut self.account.numbers.message);
        self.account.outbox.push(Pending {
            number,
            queued_at: self.now,
            due,
            not_after,
            claimed_until: None,
            tries: 0,
            write,
            body,
            unknown: Unknown::NONE,
        });
    }

    /// Queues one notice to each of the addresses that are to be told.
    ///
    /// # Errors
    ///
    /// [`Refusal::Busy`] if too many notices still wait to be delivered.
    fn notify(
        &mut self,
        notice: Notice,
        addresses: &[Address],
        due: Timestamp,
        write: Option<u32>,
    ) -> Result<(), Refusal> {
        // No notice is lost for want of room: codes give way, they can be asked for again.
        if self.account.outbox.len() + addresses.len() > MAX_OUTBOX {
            self.account.outbox.retain(|pending| !pending.is_code());
        }
        if self.account.outbox.len() + addresses.len() > MAX_OUTBOX {
            let retry_at = self.now.plus(self.policy.lifetimes.directory_write);
            return Err(Refusal::Busy { retry_at });
        }
        for address in addresses {
            let body = PendingBody::Notice {
                notice,
                channel: address.channel,
                destination: address.destination.clone(),
                locale: address.locale.clone(),
                about: address.about.clone(),
            };
            self.queue(body, due, due.plus(NOTICE_LIFE), write);
        }
        Ok(())
    }

    /// The events of this turn, as the commit of this version writes them.
    pub(crate) fn events(&self, version: Version) -> Vec<Event> {
        let events = self.events.iter().zip(0_u16..);
        events
            .map(|(kind, index)| Event {
                format: Event::FORMAT,
                id: EventId::new(self.account.key, version.count(), index),
                tenant: self.account.tenant.clone(),
                user: self.account.user.clone().or_else(|| self.about.clone()),
                actor: self.actor.clone(),
                at: self.now,
                source: self.source.clone(),
                kind: kind.clone(),
                text: None,
            })
            .collect()
    }
}

/// The time of a decision: the deciding engine's, never less than what the record has seen, unless
/// that is so far ahead that it is not obeyed.
pub(crate) fn time_of(account: &Account, now: Timestamp) -> Timestamp {
    if account.seen > now.plus(MAX_SKEW) { now } else { now.max(account.seen) }
}

/// Somebody to tell.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Address {
    pub(crate) channel: Channel,
    pub(crate) destination: super::contact::Destination,
    pub(crate) locale: Locale,
    /// Whom a notice to administrators is about.
    pub(crate) about: Option<String>,
}

/// At most this many addresses are told of one change.
const MAX_TOLD: usize = 10;

/// The addresses that the policy's rule names among those that are valid now.
pub(crate) fn addresses_to_tell(
    account: &Account,
    user: &UserFacts,
    tenant: Option<&TenantFacts>,
    policy: &Policy,
    channels: &[Channel],
) -> Vec<Address> {
    use super::contact::{Destination, EmailAddress};
    use super::method::MethodKind;

    let locale = locale_of(user, tenant);
    let mut told: Vec<Address> = Vec::new();
    let mut tell = |channel, destination: Destination| {
        let known = told.iter().any(|one| {
            one.channel == channel && one.destination.normalised() == destination.normalised()
        });
        if !known && channels.contains(&channel) && told.len() < MAX_TOLD {
            told.push(Address { channel, destination, locale: locale.clone(), about: None });
        }
    };
    if let Some(mail) = &user.primary_mail {
        tell(Channel::Email, Destination::Email(mail.clone()));
    }
    for method in account.methods.iter().filter(|method| method.active()) {
        let Some(destination) = method.destination() else { continue };
        match method.kind {
            MethodKind::Email => tell(Channel::Email, destination.clone()),
            MethodKind::MobilePhone if policy.notifications.rule == NotifyRule::All => {
                tell(Channel::Sms, destination.clone());
            }
            _ => {}
        }
    }
    if let Some(mail) = user.contacts.mail.first() {
        tell(Channel::Email, Destination::Email(mail.clone()));
    }
    if policy.notifications.rule == NotifyRule::All
        && let Some(mobile) = &user.contacts.mobile
    {
        tell(Channel::Sms, Destination::Phone(mobile.clone()));
    }
    // Entra: if there is no mail address, the user principal name is tried.
    let none_by_mail = !told.iter().any(|one| one.channel == Channel::Email);
    if none_by_mail
        && channels.contains(&Channel::Email)
        && let Some(name) = &user.user_principal_name
        && let Ok(mail) = EmailAddress::parse(name)
    {
        told.push(Address {
            channel: Channel::Email,
            destination: Destination::Email(mail),
            locale: locale.clone(),
            about: None,
        });
    }
    if told.is_empty() {
        told = any_way_to_tell(account, user, channels, &locale);
    }
    told
}

/// Whoever has no address that the rule names is told in the way that the reset itself went: some
/// way there is, or there would have been no reset.
fn any_way_to_tell(
    account: &Account,
    user: &UserFacts,
    channels: &[Channel],
    locale: &Locale,
) -> Vec<Address> {
    use super::contact::Destination;
    use super::method::MethodKind;

    let active = account.methods.iter().filter(|method| method.active());
    let active = active.filter_map(|method| Some((method.kind, method.destination()?.clone())));
    let contacts = &user.contacts;
    let mobile = contacts.mobile.iter().map(|to| (MethodKind::MobilePhone, to.clone()));
    let office = contacts.office.iter().map(|to| (MethodKind::OfficePhone, to.clone()));
    let phones = mobile.chain(office).map(|(kind, to)| (kind, Destination::Phone(to)));
    let reached = active.chain(phones).filter_map(|(kind, destination)| {
        let channel = *kind.channels().iter().find(|channel| channels.contains(channel))?;
        Some(Address { channel, destination, locale: locale.clone(), about: None })
    });
    reached.take(MAX_TOLD).collect()
}

/// The language of a user: their own, else the tenant's, else English.
pub(crate) fn locale_of(user: &UserFacts, tenant: Option<&TenantFacts>) -> Locale {
    let tenants = || tenant.and_then(|tenant| tenant.locale.clone());
    user.locale.clone().or_else(tenants).unwrap_or_default()
}
