//! Helpers that these tests share besides the fixture.

use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use sspr::adapters::memory::{Delivered, MemoryInbox};
use sspr::facts::{Destination, EmailAddress, PhoneNumber, UserFacts};
use sspr::method::Channel;
use sspr::port::{Delivery, Envelope, FaultScope, PortError, PortResult, RiskSignal, RiskSignals};
use sspr::{Error, MethodKind, PolicySettings, Refusal, RoleId, SecretText, TenantId, UserId};

use sspr::testing::forward;

use crate::support::*;

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3_600);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);
pub(crate) const PRIMARY: &str = "ada@contoso.example";

/// The number of notices of this kind to an address.
pub(crate) fn told(inbox: &MemoryInbox, to: &str, kind: &str) -> usize {
    inbox.messages_to(to).iter().filter(|message| message.kind == kind).count()
}

pub(crate) fn notices(inbox: &MemoryInbox) -> Vec<Delivered> {
    inbox.all().into_iter().filter(|message| message.notice.is_some()).collect()
}

pub(crate) fn mail(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("valid")
}

pub(crate) fn phone(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text).expect("valid")
}

/// Adds the user with this number, with this role if any, and with a mail address if `mailed`.
pub(crate) fn add_user(world: &World, number: u32, role: Option<&str>, mailed: bool) -> String {
    let name = format!("person-{number:04}@contoso.example");
    let id = UserId::parse(&format!("person-{number:04}")).expect("valid");
    let mut facts = UserFacts::new(id);
    facts.user_principal_name = Some(name.clone());
    facts.primary_mail = mailed.then(|| name.clone());
    facts.roles = role.map(|role| RoleId::parse(role).expect("valid")).into_iter().collect();
    world.directory.add_user(&world.tenant, facts, &[&name], OLD).expect("new user");
    name
}

/// Changes Ada's password. Returns the refusal if it was refused.
pub(crate) async fn change(world: &World, from: &str, to: &str) -> Result<(), Refusal> {
    let (change, user) = (world.engine.change(), world.signed_in());
    let done = async {
        let reply = change.start(&request(), &user, &SecretText::from(from)).await?;
        change.complete(&request(), &reply.ticket, &SecretText::from(to)).await?;
        Ok(())
    };
    match done.await {
        Ok(()) => Ok(()),
        Err(Error::Refused(refusal)) => Err(refusal),
        Err(other) => panic!("{other:?}"),
    }
}

/// Changes the password once a second. Returns the number of successful changes.
pub(crate) async fn changes(world: &World, tries: u32) -> u32 {
    let (mut present, mut done) = (OLD.to_owned(), 0);
    for number in 0..tries {
        let next = format!("plum tractor violet {number:05} candle");
        if change(world, &present, &next).await.is_ok() {
            (present, done) = (next, done + 1);
        }
        world.deliver().await;
        world.clock.advance(Duration::from_secs(1));
    }
    done
}

/// Denies one number.
pub(crate) struct Denies(pub(crate) &'static str);

#[async_trait]
impl RiskSignals for Denies {
    async fn before_send(
        &self,
        _tenant: &TenantId,
        _channel: Channel,
        to: &Destination,
    ) -> PortResult<RiskSignal> {
        let denied = to.normalised() == Destination::Phone(phone(self.0)).normalised();
        Ok(if denied { RiskSignal::Deny } else { RiskSignal::Clear })
    }
}

/// A delivery that temporarily refuses mail to some recipients, with or without a fault scope.
pub(crate) struct Refuses {
    pub(crate) inbox: MemoryInbox,
    pub(crate) refused: fn(&str) -> bool,
    pub(crate) scope: Option<FaultScope>,
    pub(crate) tries: Mutex<u32>,
}

#[async_trait]
impl Delivery for Refuses {
    forward!(self.inbox => channels);

    async fn deliver(&self, envelope: &Envelope) -> PortResult<()> {
        *self.tries.lock().expect("whole") += 1;
        if (self.refused)(&envelope.destination.normalised()) {
            let error = PortError::unavailable().because("452 mailbox full");
            return Err(match self.scope {
                Some(scope) => error.of(scope),
                None => error,
            });
        }
        self.inbox.deliver(envelope).await
    }
}

/// Two gates, an app and recovery codes: the record has no address.
pub(crate) fn without_addresses() -> PolicySettings {
    let mut settings = settings();
    settings.users.methods = [MethodKind::AuthenticatorApp, MethodKind::RecoveryCode].into();
    settings
}
