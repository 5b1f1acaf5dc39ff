//! Contact data that administrators supply.

use serde::{Deserialize, Serialize};

use super::register::MAX_METHODS;
use super::{Address, Transition};
use crate::domain::account::budget::PoolKind;
use crate::domain::account::{Account, Factor, Method, Provenance};
use crate::domain::event::EventKind;
use crate::domain::identity::contact::{Destination, EmailAddress, PhoneNumber};
use crate::domain::message::Notice;
use crate::domain::method::MethodKind;
use crate::domain::refusal::Refusal;

/// Contact data that an administrator supplies for a user (Entra: pre-populated data).
///
/// ```
/// use sspr::admin::Contacts;
/// use sspr::facts::EmailAddress;
///
/// let mut contacts = Contacts::default();
/// contacts.email = Some(EmailAddress::parse("ada@private.example")?);
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
///
/// Read from a document, an unknown field is an error: a mistyped name must not drop an address.
///
/// ```
/// use sspr::admin::Contacts;
///
/// let typo = r#"{ "emial": "ada@private.example" }"#;
/// assert!(serde_json::from_str::<Contacts>(typo).is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Contacts {
    /// A mail address.
    pub email: Option<EmailAddress>,
    /// A mobile phone.
    pub mobile_phone: Option<PhoneNumber>,
    /// An office phone.
    pub office_phone: Option<PhoneNumber>,
}

impl Contacts {
    fn entries(&self) -> impl Iterator<Item = (MethodKind, Destination)> {
        let email = self.email.clone().map(|to| (MethodKind::Email, Destination::Email(to)));
        let mobile =
            self.mobile_phone.clone().map(|to| (MethodKind::MobilePhone, Destination::Phone(to)));
        let office =
            self.office_phone.clone().map(|to| (MethodKind::OfficePhone, Destination::Phone(to)));
        [email, mobile, office].into_iter().flatten()
    }
}

/// Replaces the contact data that administrators have supplied before. Methods that the user
/// confirmed stay, and count first.
///
/// # Errors
///
/// [`Refusal::TooOften`], [`Refusal::LimitReached`] if the record has no room, [`Refusal::Busy`] if
/// too many notices still wait.
pub(crate) fn supply_contacts(
    transition: &mut Transition<'_>,
    contacts: &Contacts,
    incarnation: Option<&str>,
    tell: impl Fn(&Account) -> Vec<Address>,
) -> Result<(), Refusal> {
    transition.sweep();
    let now = transition.now;
    let tell = tell(&transition.account);
    let supplied = |method: &Method| {
        method.provenance == Provenance::Administrator && method.destination().is_some()
    };
    let wanted: Vec<(MethodKind, Destination)> = contacts.entries().collect();
    let stays = |method: &Method| {
        wanted.iter().any(|(kind, to)| *kind == method.kind && method.destination() == Some(to))
    };
    let removed =
        transition.account.methods.iter().any(|method| supplied(method) && !stays(method));
    transition.account.methods.retain(|method| !supplied(method) || stays(method));
    let mut new = Vec::new();
    for (kind, destination) in wanted {
        let known = transition.account.methods.iter().any(|method| {
            supplied(method) && method.kind == kind && method.destination() == Some(&destination)
        });
        if known {
            continue;
        }
        let id = transition.next_method_id()?;
        let (factor, provenance) = (Factor::Address(destination), Provenance::Administrator);
        transition.account.methods.push(Method::active_at(now, id, kind, factor, provenance));
        new.push(kind);
    }
    let added = !new.is_empty();
    if !added && !removed {
        return Ok(());
    }
    transition.count_act()?;
    if transition.account.is_large(PoolKind::Proven)
        || transition.account.methods.len() > MAX_METHODS
    {
        return Err(Refusal::LimitReached);
    }
    // A new address ends the kind's run of failures, and what that run had closed.
    for kind in new {
        transition.account.budget_mut(kind).reopen();
    }
    transition.void_others(None);
    transition.account.registration.ever_active |= added;
    transition.belongs_to(incarnation);
    // One notice for all addresses: they were changed together.
    transition.notify(Notice::ContactsChanged { at: now }, &tell, now, None)?;
    let count = contacts.entries().count() as u8;
    transition.record(EventKind::ContactsSupplied { count });
    Ok(())
}
