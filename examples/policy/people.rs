//! A dry run over a list of people, for a host that has not connected its directory yet. With a directory,
//! see `examples/dry_run.rs`.

use std::collections::BTreeMap;
use std::error::Error;

use async_trait::async_trait;
use sspr::admin::{Contacts, DryRunEffect};
use sspr::facts::{EmailAddress, GroupId, PhoneNumber, UserFacts};
use sspr::port::{HumanCheck, PortResult};
use sspr::testing::{World, block_on};
use sspr::{Policy, PolicySettings, RoleId, SecretText, TenantId, UserId};

/// One user on each line: the name, then groups, roles, and the contact data that is on file.
pub(crate) const DEMO: &str = "
ada   group:6e7b768e-07e2-4810-8459-485f84f8f204 email:ada@home.example phone:+14255550100
ben   group:6e7b768e-07e2-4810-8459-485f84f8f204 email:ben@home.example
cleo  email:cleo@home.example phone:+14255550102
root  role:GlobalAdministrator email:root@home.example phone:+14255550103
";

/// An engine takes a policy that asks for a human check only if it has one. A dry run asks for none.
struct NoAnswer;

#[async_trait]
impl HumanCheck for NoAnswer {
    async fn passed(&self, _: &TenantId, _: &SecretText) -> PortResult<bool> {
        Ok(false)
    }
}

/// Prints what the proposal changes for each of these people.
pub(crate) fn dry_run(
    present: PolicySettings,
    proposed: PolicySettings,
    people: &str,
) -> Result<(), Box<dyn Error>> {
    let world = World::builder().settings(Policy::new(present)?.settings().clone());
    let world = block_on(world.engine(|engine| engine.human_check(NoAnswer)).open());
    let mut known = Vec::new();
    for line in people.lines().map(str::trim).filter(|line| !line.is_empty()) {
        known.push(add(&world, line)?);
    }
    let proposed = Policy::new(proposed)?;
    let (mut cursor, mut counts) = (None, BTreeMap::<DryRunEffect, usize>::new());
    loop {
        let page = block_on(world.admin().dry_run(&proposed, cursor.as_ref(), 250))?;
        // The world has a user of its own.
        for user in page.items.iter().filter(|user| known.contains(&user.user)) {
            *counts.entry(user.effect()).or_default() += 1;
            let reason = user.after.map_or_else(|| "may reset".to_owned(), |why| why.to_string());
            println!("{}: {:?}, {reason}", user.user, user.effect());
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    println!("{counts:?}");
    Ok(())
}

fn add(world: &World, line: &str) -> Result<UserId, Box<dyn Error>> {
    let mut parts = line.split_whitespace();
    let name = parts.next().ok_or("a line without a name")?;
    let id = UserId::parse(name)?;
    let (mut facts, mut contacts) = (UserFacts::new(id.clone()), Contacts::default());
    facts.restricted_management = Some(false);
    for part in parts {
        match part.split_once(':') {
            Some(("group", group)) => _ = facts.groups.insert(GroupId::parse(group)?),
            Some(("role", role)) => _ = facts.roles.insert(RoleId::parse(role)?),
            Some(("email", mail)) => contacts.email = Some(EmailAddress::parse(mail)?),
            Some(("phone", phone)) => contacts.mobile_phone = Some(PhoneNumber::parse(phone)?),
            _ => return Err(format!("{name}: {part} is no group:, role:, email: or phone:").into()),
        }
    }
    world.directory.add_user(&world.tenant, facts, &[name], "a password")?;
    block_on(world.admin().supply_contacts(&id, &contacts))?;
    Ok(id)
}
