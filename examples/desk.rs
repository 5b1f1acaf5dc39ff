//! The help desk: an invitation, a temporary password, *it was not me*, and an unblock.
//!
//! Run it with `cargo run --features testing --example desk`. Grace is new and has no password; Ada has
//! two methods, and a thief has her session. The clock is manual and everything is in memory. After each
//! act the example shows the mails and the audit trail, and ends with an error if one of them is missing.

use std::error::Error;
use std::time::Duration;

use sspr::admin::Contacts;
use sspr::error::SsprReason;
use sspr::facts::{EmailAddress, PhoneNumber, UserFacts};
use sspr::method::NewMethod;
use sspr::policy::LinkBase;
use sspr::testing::{World, block_on};
use sspr::{Attempt, Identifier, RoleId, SecretText, UserId};

type Outcome<T> = Result<T, Box<dyn Error>>;

const DAY: Duration = Duration::from_secs(86_400);
const DESK: &str = "desk@contoso.example";
const GRACE: &str = "grace@contoso.example";
const GRACES_MAIL: &str = "grace@private.example";
const GRACES_PHONE: &str = "+14255550142";
const THIEF: &str = "thief@evil.example";

fn main() -> Outcome<()> {
    block_on(run())
}

async fn run() -> Outcome<()> {
    let reset = LinkBase::parse("https://id.contoso.example/reset#")?;
    let not_me = LinkBase::parse("https://id.contoso.example/not-me#")?;
    let world = World::builder()
        .policy(|settings| {
            settings.link = Some(reset);
            settings.desk.repudiation_link = Some(not_me);
            settings.desk.temporary_password_hours = Some(48);
        })
        .registered()
        .open()
        .await;
    let mut helper = UserFacts::new(UserId::parse("helper")?);
    helper.primary_mail = Some(DESK.to_owned());
    helper.roles = [RoleId::parse("Helpdesk Administrator")?].into();
    world.directory.add_user(&world.tenant, helper, &[DESK], "a password of the desk")?;

    let grace = invitation(&world).await?;
    temporary_password(&world, &grace).await?;
    repudiation(&world).await?;
    unblock(&world).await
}

async fn invitation(world: &World) -> Outcome<UserId> {
    heading("The desk invites Grace, who has no password yet");
    let grace = world.add_user("grace", GRACE);
    let mut contacts = Contacts::default();
    contacts.email = Some(EmailAddress::parse(GRACES_MAIL)?);
    contacts.mobile_phone = Some(PhoneNumber::parse(GRACES_PHONE)?);
    world.admin().supply_contacts(&grace, &contacts).await?;
    world.admin().invite(&grace).await?;
    mailed(world, "link.reset").await?;
    world.clock.advance(5 * DAY);
    let link = world.inbox.last_link_to(GRACES_MAIL).ok_or("no link")?;
    let (request, name) = (world.request(), Identifier::parse(GRACE)?);
    let reset = world.engine.reset();
    let reply = reset.redeem_link(&request, &name, &Attempt::link(&link)?).await?;
    say("five days later she presses the button of the page; her phone proves the rest");
    let reply = world.proven(&reply.ticket, &World::by_phone(), GRACES_PHONE).await;
    let first = SecretText::from("plum tractor violet candle");
    reset.complete(&request, &reply.ticket, &first).await?;
    mailed(world, "notice.password_reset").await?;
    recorded(world, &grace, &["contacts_supplied", "invited", "password_reset"]).await?;
    Ok(grace)
}

async fn temporary_password(world: &World, grace: &UserId) -> Outcome<()> {
    heading("Grace has lost her phone: the desk sets a temporary password");
    let set = world.admin().set_temporary_password(grace, None).await?;
    let password = set.password.ok_or("it is generated")?;
    let accepted = world.directory.password_is(&world.tenant, grace, password.expose_secret());
    check(accepted, "the directory has another password")?;
    let writes = world.directory.writes(&world.tenant, grace);
    check(writes.last().is_some_and(|write| write.must_change), "it need not be changed")?;
    say(&format!("{} signs her in once, within two days", password.expose_secret()));
    mailed(world, "notice.temporary_password").await?;
    recorded(world, grace, &["temporary_password_set", "sessions_revoked"]).await
}

async fn repudiation(world: &World) -> Outcome<()> {
    heading("A thief with Ada's session adds an address; Ada says that it was not her");
    world.register(NewMethod::email(EmailAddress::parse(THIEF)?), THIEF).await;
    mailed(world, "notice.method_added").await?;
    let link = world.inbox.last_repudiation_link_to(World::MAIL).ok_or("no link")?;
    say("a scanner opens the link: the page is shown, and nothing is called");
    let (request, link) = (world.request(), Attempt::link(&link)?);
    world.engine.repudiation().redeem(&request, &world.name, &link).await?;
    say("Ada enters her name and presses the button");
    mailed(world, "notice.repudiated").await?;
    check(told(world, DESK, "notice.owner_repudiated"), "the desk is not told")?;
    recorded(world, &world.user, &["method_removed", "repudiated", "sessions_revoked"]).await?;
    let again = world.engine.repudiation().redeem(&request, &world.name, &link).await;
    check(again.is_err(), "the link was accepted twice")
}

async fn unblock(world: &World) -> Outcome<()> {
    heading("The desk verifies Ada and unblocks her account");
    let explained = world.admin().explain(&world.user).await?;
    check(explained.reason == Some(SsprReason::Repudiated), "the account is not blocked")?;
    say(&format!("before: {}", SsprReason::Repudiated));
    world.admin().unblock(&world.user).await?;
    mailed(world, "notice.unblocked").await?;
    recorded(world, &world.user, &["unblocked"]).await?;
    world.clock.advance(DAY);
    let ticket = world.granted().await;
    world.complete(&ticket, "walnut ferry ribbon meadow").await?;
    say("Ada resets her password with the two methods that were always hers");
    Ok(())
}

/// Delivers, and shows who got the messages of this kind.
async fn mailed(world: &World, kind: &str) -> Outcome<()> {
    world.deliver().await;
    let all = world.inbox.all();
    let to: Vec<_> = all.iter().filter(|message| message.kind == kind).collect();
    for message in &to {
        say(&format!("{kind} to {}, by {}", message.destination.masked(), message.channel));
    }
    check(!to.is_empty(), kind)
}

fn told(world: &World, address: &str, kind: &str) -> bool {
    world.inbox.messages_to(address).iter().any(|message| message.kind == kind)
}

/// Checks that the user's trail has these events, and shows them.
async fn recorded(world: &World, user: &UserId, codes: &[&str]) -> Outcome<()> {
    let trail = world.admin().user_events(user, None, 1_000).await?.items;
    for code in codes {
        check(trail.iter().any(|event| event.code() == *code), code)?;
    }
    say(&format!("in the trail: {}", codes.join(", ")));
    Ok(())
}

fn check(holds: bool, otherwise: &str) -> Outcome<()> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}

fn heading(text: &str) {
    println!("\n{text}");
}

fn say(text: &str) {
    println!("  {text}");
}
