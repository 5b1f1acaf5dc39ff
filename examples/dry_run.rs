//! What a change of the policy would do to each user of a directory, with a progress bar.
//!
//! Run it with `cargo run --features testing --example dry_run`. [`dry_run`] is the part to copy: keep the
//! cursor of the last page, and a run that is interrupted continues from it, in any process.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};

use sspr::admin::{Contacts, DryRunEffect};
use sspr::facts::{EmailAddress, GroupId, UserFacts};
use sspr::policy::Scope;
use sspr::testing::{World, block_on};
use sspr::{Error, Policy, PolicySettings, UserId};

const PEOPLE: usize = 2_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pilot = GroupId::parse("pilot")?;
    let mut present = PolicySettings::default();
    (present.scope, present.users.required) = (Scope::All, 1);
    let world = block_on(World::builder().settings(present.clone()).open());
    for number in 0..PEOPLE {
        let id = UserId::parse(&format!("p-{number:05}"))?;
        let mut facts = UserFacts::new(id.clone());
        facts.restricted_management = Some(false);
        if number.is_multiple_of(3) {
            facts.groups.insert(pilot.clone());
        }
        let name = format!("p-{number:05}@contoso.example");
        world.directory.add_user(&world.tenant, facts, &[&name], "a password")?;
        if number.is_multiple_of(2) {
            let mut contacts = Contacts::default();
            contacts.email = Some(EmailAddress::parse(&format!("p{number}@home.example"))?);
            block_on(world.admin().supply_contacts(&id, &contacts))?;
        }
    }

    // The proposal: the pilot group only.
    present.scope = Scope::Selected([pilot].into());
    let counts = block_on(dry_run(&world, &Policy::new(present)?, PEOPLE + 1))?;
    for (effect, count) in &counts {
        println!("{effect:?}: {count} users");
    }
    assert_eq!(counts.values().sum::<usize>(), PEOPLE + 1, "each user once");
    assert_eq!(counts[&DryRunEffect::Loses], PEOPLE / 2 - PEOPLE.div_ceil(6));
    Ok(())
}

/// Counts the users by what the proposal changes for them.
async fn dry_run(
    world: &World,
    proposed: &Policy,
    expected: usize,
) -> Result<BTreeMap<DryRunEffect, usize>, Error> {
    let (admin, mut cursor) = (world.admin(), None);
    let mut counts = BTreeMap::new();
    let mut done = 0;
    loop {
        let page = admin.dry_run(proposed, cursor.as_ref(), 250).await?;
        for user in &page.items {
            *counts.entry(user.effect()).or_default() += 1;
        }
        done += page.items.len();
        progress(done, expected);
        // Store this cursor to continue after an interruption.
        cursor = page.next;
        if cursor.is_none() {
            return Ok(counts);
        }
    }
}

/// A bar on a terminal; nothing where the output is a file.
fn progress(done: usize, expected: usize) {
    let mut out = std::io::stdout();
    if out.is_terminal() {
        let filled = done * 40 / expected.max(1);
        let end = if done == expected { "\n" } else { "" };
        let bar = "#".repeat(filled);
        // A closed terminal is no reason to stop.
        let _ = write!(out, "\r[{bar:<40}] {done} of {expected} users{end}");
        let _ = out.flush();
    }
}
