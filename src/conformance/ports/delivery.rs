//! Properties of a delivery.

use std::sync::Arc;

use crate::SecretText;
use crate::conformance::kit::{PropertyResult, Stop, ensure, require};
use crate::conformance::ports::{DeliveryUnderTest, PortHarness};
use crate::conformance::sample::tenant;
use crate::facts::{Destination, EmailAddress, PhoneNumber};
use crate::message::{CodeMessage, CodePurpose, LinkMessage, Locale, Message, Notice};
use crate::method::Channel;
use crate::port::{Clock as _, Envelope, PortErrorKind, SystemClock};

type Subject<'a> = &'a dyn PortHarness<dyn DeliveryUnderTest>;

/// An idempotency key, of the shape that an engine makes.
fn key(n: u8) -> String {
    format!("{n:02x}").repeat(32)
}

fn malformed(error: crate::InvalidInput) -> Stop {
    Stop::Seen(error.to_string())
}

/// A message by this channel; `kind` selects a notice, a code or a link.
fn envelope(n: u8, kind: usize, channel: Channel, owner: &str) -> PropertyResult<Envelope> {
    let now = SystemClock.now();
    let until = now.plus(std::time::Duration::from_secs(600));
    let code = SecretText::new("12345678".to_owned());
    let url = SecretText::new("https://reset.contoso.example/#a-token".to_owned());
    let message = match kind % 3 {
        0 => Message::Notice(Notice::PasswordReset { at: now }),
        1 => Message::Code(CodeMessage::new(CodePurpose::Reset, code, until)),
        _ => Message::Link(LinkMessage::new(CodePurpose::Unlock, url, until)),
    };
    let destination = match channel {
        Channel::Email => {
            Destination::Email(EmailAddress::parse("ada@contoso.example").map_err(malformed)?)
        }
        _ => Destination::Phone(PhoneNumber::parse("+14255550100").map_err(malformed)?),
    };
    let organisation = "Contoso \u{1f5dd} \"&<b>' Zo\u{eb}".to_owned();
    let locale = Locale::default();
    let owner = tenant(owner);
    Ok(Envelope::new(key(n), owner, organisation, channel, destination, locale, message, until))
}

/// The channels that the delivery names for a tenant.
async fn channels(
    fixture: &Arc<dyn DeliveryUnderTest>,
    owner: &str,
) -> PropertyResult<Vec<Channel>> {
    let provided = fixture.delivery().channels(&tenant(owner)).await?;
    let mut channels: Vec<_> = provided.into_iter().map(|provided| provided.channel).collect();
    channels.dedup();
    Ok(channels)
}

async fn accepted(fixture: &Arc<dyn DeliveryUnderTest>, n: u8) -> PropertyResult<usize> {
    Ok(fixture.accepted(&key(n)).await?)
}

pub(super) async fn deliver_hands_over_what_it_takes(harness: Subject<'_>) -> PropertyResult {
    let fixture = harness.make();
    let delivery = fixture.delivery();
    let mut n = 0;
    for channel in channels(&fixture, "kit").await? {
        for kind in 0..3 {
            n += 1;
            delivery.deliver(&envelope(n, kind, channel, "kit")?).await?;
            let many = accepted(&fixture, n).await?;
            ensure!(
                many == 1,
                "accepted {many} times by {channel}, though `deliver` returned `Ok`"
            );
        }
    }
    ensure!(n > 0, "the tenant has no channel, so nothing can be tested");
    Ok(())
}

pub(super) async fn deliver_of_one_key_is_one_message(harness: Subject<'_>) -> PropertyResult {
    let fixture = harness.make();
    let delivery = fixture.delivery();
    let channels = channels(&fixture, "kit").await?;
    for (n, channel) in (1..).zip(channels) {
        for _ in 0..2 {
            delivery.deliver(&envelope(n, 0, channel, "kit")?).await?;
        }
        let many = accepted(&fixture, n).await?;
        ensure!((1..=2).contains(&many), "accepted {many} times, after a message and its repeat");
    }
    Ok(())
}

pub(super) async fn deliver_tells_messages_apart_by_their_key(
    harness: Subject<'_>,
) -> PropertyResult {
    let fixture = harness.make();
    let delivery = fixture.delivery();
    let channels = channels(&fixture, "kit").await?;
    for (n, channel) in (0..).zip(channels) {
        // Two equal messages to one person, and one for another tenant.
        let keys = [10 * n + 1, 10 * n + 2, 10 * n + 3];
        for (n, owner) in keys.into_iter().zip(["kit", "kit", "kit-other"]) {
            delivery.deliver(&envelope(n, 0, channel, owner)?).await?;
        }
        for n in keys {
            let many = accepted(&fixture, n).await?;
            ensure!(many == 1, "one of three equal messages was accepted {many} times");
        }
    }
    Ok(())
}

pub(super) async fn deliver_says_when_it_was_not_accepted(harness: Subject<'_>) -> PropertyResult {
    let fixture = harness.make();
    let delivery = fixture.delivery();
    let Some(channel) = channels(&fixture, "kit").await?.pop() else {
        return Err(Stop::Seen("the tenant has no channel".to_owned()));
    };
    require(fixture.cut_off(true).await?)?;
    let outcome = delivery.deliver(&envelope(1, 0, channel, "kit")?).await;
    fixture.cut_off(false).await?;
    let many = accepted(&fixture, 1).await?;
    ensure!(outcome.is_err(), "`Ok` for a message that was refused, accepted {many} times");
    delivery.deliver(&envelope(1, 0, channel, "kit")?).await?;
    let many = accepted(&fixture, 1).await?;
    ensure!((1..=2).contains(&many), "accepted {many} times after a second try");
    Ok(())
}

pub(super) async fn deliver_is_tried_again_after_an_outage(harness: Subject<'_>) -> PropertyResult {
    let fixture = harness.make();
    let delivery = fixture.delivery();
    require(fixture.cut_off(true).await?)?;
    for (n, channel) in (1..).zip(channels(&fixture, "kit").await?) {
        let outcome = delivery.deliver(&envelope(n, 0, channel, "kit")?).await;
        let last = outcome.is_err_and(|error| {
            matches!(error.kind(), PortErrorKind::Denied | PortErrorKind::Corrupt)
        });
        ensure!(
            !last,
            "a final error while the next system is down: the message by {channel} is never tried \
             again"
        );
    }
    fixture.cut_off(false).await?;
    Ok(())
}

pub(super) async fn deliver_drops_what_has_expired(harness: Subject<'_>) -> PropertyResult {
    let fixture = harness.make();
    require(fixture.drops_expired())?;
    let delivery = fixture.delivery();
    let hour = std::time::Duration::from_secs(3600);
    for (n, channel) in (1..).zip(channels(&fixture, "kit").await?) {
        let mut late = envelope(n, 1, channel, "kit")?;
        late.not_after = SystemClock.now().minus(hour);
        // It may be refused or dropped.
        let _ = delivery.deliver(&late).await;
        let many = accepted(&fixture, n).await?;
        ensure!(many == 0, "a message by {channel} that expired an hour ago was accepted");
    }
    Ok(())
}

pub(super) async fn channels_are_those_of_the_tenant(harness: Subject<'_>) -> PropertyResult {
    let fixture = harness.make();
    let sets = [("kit", vec![Channel::Email]), ("kit-other", vec![Channel::Sms, Channel::Voice])];
    for (owner, channels) in &sets {
        require(fixture.provide(&tenant(owner), channels).await?)?;
    }
    for (owner, right) in &sets {
        let mut found = channels(&fixture, owner).await?;
        found.sort_unstable();
        ensure!(found == *right, "{found:?} for a tenant with {right:?}");
    }
    fixture.provide(&tenant("kit"), &[]).await?;
    let none = channels(&fixture, "kit").await?;
    ensure!(none.is_empty(), "{none:?} for a tenant without a provider");
    Ok(())
}
