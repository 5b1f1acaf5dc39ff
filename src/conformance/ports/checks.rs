//! Properties of a list of breached passwords, a check for humans and risk signals.

use crate::SecretText;
use crate::conformance::kit::{PropertyResult, ensure, require};
use crate::conformance::ports::directory::malformed;
use crate::conformance::ports::{
    BreachListUnderTest, HumanCheckUnderTest, PortHarness, RiskSignalsUnderTest,
};
use crate::conformance::sample::tenant;
use crate::facts::{Destination, PhoneNumber};
use crate::method::Channel;
use crate::port::RiskSignal;

fn secret(text: &str) -> SecretText {
    SecretText::new(text.to_owned())
}

pub(super) async fn contains_is_about_the_whole_password(
    harness: &dyn PortHarness<dyn BreachListUnderTest>,
) -> PropertyResult {
    let fixture = harness.make();
    let list = fixture.list();
    let listed = fixture.listed();
    ensure!(!listed.is_empty(), "the fixture names no password that is on the list");
    for text in &listed {
        let found = list.contains(&secret(text)).await?;
        ensure!(found, "{text:?} is on the list, and was not found");
        let longer = format!("{text} 5 unlisted grey herons");
        let found = list.contains(&secret(&longer)).await?;
        ensure!(!found, "{longer:?} was found, of which only a part is on the list");
    }
    for text in ["", "five unlisted grey herons \u{1f5dd}", &"herons ".repeat(200)] {
        let found = list.contains(&secret(text)).await?;
        ensure!(!found, "{} characters that are on no list were found", text.chars().count());
    }
    Ok(())
}

pub(super) async fn contains_fails_in_an_outage(
    harness: &dyn PortHarness<dyn BreachListUnderTest>,
) -> PropertyResult {
    let fixture = harness.make();
    require(fixture.cut_off(true).await?)?;
    let listed = fixture.listed().pop().unwrap_or_default();
    let found = fixture.list().contains(&secret(&listed)).await;
    fixture.cut_off(false).await?;
    ensure!(found.unwrap_or(true), "`false` during an outage, for a password on the list");
    Ok(())
}

pub(super) async fn passed_takes_an_answer_once(
    harness: &dyn PortHarness<dyn HumanCheckUnderTest>,
) -> PropertyResult {
    let fixture = harness.make();
    let (check, owner) = (fixture.check(), tenant("kit"));
    for turn in 0..2 {
        let answer = fixture.solve(&owner).await?;
        let passed = check.passed(&owner, &answer).await?;
        ensure!(passed, "a right answer does not pass, in turn {turn}");
        let again = check.passed(&owner, &answer).await.unwrap_or(false);
        ensure!(!again, "one answer passes twice");
    }
    Ok(())
}

pub(super) async fn passed_refuses_other_answers(
    harness: &dyn PortHarness<dyn HumanCheckUnderTest>,
) -> PropertyResult {
    let fixture = harness.make();
    let (check, owner) = (fixture.check(), tenant("kit"));
    let right = fixture.solve(&owner).await?;
    let cut: String = right.expose_secret().chars().skip(1).collect();
    for wrong in ["", " ", "true", "passed", &cut, &"7".repeat(5000)] {
        let passed = check.passed(&owner, &secret(wrong)).await.unwrap_or(false);
        ensure!(!passed, "an answer that no human gave passes");
    }
    Ok(())
}

pub(super) async fn passed_lets_no_one_through_in_an_outage(
    harness: &dyn PortHarness<dyn HumanCheckUnderTest>,
) -> PropertyResult {
    let fixture = harness.make();
    require(fixture.cut_off(true).await?)?;
    let passed = fixture.check().passed(&tenant("kit"), &secret("any answer")).await;
    fixture.cut_off(false).await?;
    ensure!(!passed.unwrap_or(false), "any answer passes during an outage");
    Ok(())
}

fn phone(number: &str) -> PropertyResult<Destination> {
    Ok(Destination::Phone(PhoneNumber::parse(number).map_err(malformed)?))
}

pub(super) async fn before_send_denies_known_risks(
    harness: &dyn PortHarness<dyn RiskSignalsUnderTest>,
) -> PropertyResult {
    let fixture = harness.make();
    let signals = fixture.signals();
    let (risky, safe) = (phone("+14255550100")?, phone("+14255550101")?);
    require(fixture.flag(&risky).await?)?;
    for owner in ["kit", "kit-other"] {
        for channel in [Channel::Sms, Channel::Voice] {
            let signal = signals.before_send(&tenant(owner), channel, &risky).await;
            let denied = signal.map_or(true, |signal| signal != RiskSignal::Clear);
            ensure!(denied, "`Clear` by {channel} for a number that is a known risk");
            let signal = signals.before_send(&tenant(owner), channel, &safe).await?;
            ensure!(signal == RiskSignal::Clear, "{signal:?} for a number without a known risk");
        }
    }
    Ok(())
}

pub(super) async fn before_send_is_not_clear_in_an_outage(
    harness: &dyn PortHarness<dyn RiskSignalsUnderTest>,
) -> PropertyResult {
    let fixture = harness.make();
    require(fixture.cut_off(true).await?)?;
    let number = phone("+14255550101")?;
    let signal = fixture.signals().before_send(&tenant("kit"), Channel::Sms, &number).await;
    fixture.cut_off(false).await?;
    let clear = signal.is_ok_and(|signal| signal == RiskSignal::Clear);
    ensure!(!clear, "`Clear` during an outage");
    Ok(())
}
