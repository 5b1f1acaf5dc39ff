//! Operations over every user of a directory: 100 000 of them with records or on an OpenLDAP server, a million without.
#![cfg(feature = "testing")]

mod crowd;
#[cfg(feature = "ldap")]
mod ldap;
mod reports;
#[cfg(feature = "ldap")]
#[path = "../support/servers/mod.rs"]
mod servers;

use sspr::admin::{Contacts, DryRunUser};
use sspr::facts::{EmailAddress, GroupId, PhoneNumber};
use sspr::policy::Scope;
use sspr::port::Cursor;
use sspr::testing::{World, block_on};
use sspr::{Policy, PolicySettings};

use crowd::{Crowd, id};

/// The policy of today: one gate, for every user.
fn today() -> PolicySettings {
    let mut settings = PolicySettings::default();
    settings.scope = Scope::All;
    settings.users.required = 1;
    settings
}

/// A proposal for which users gain, lose and fall below.
fn proposed() -> PolicySettings {
    let mut settings = today();
    settings.users.required = 2;
    settings.scope = Scope::Selected([GroupId::parse("pilot").expect("valid")].into());
    settings.contacts.directory = true;
    settings.acknowledged.insert(sspr::policy::Deviation::UnverifiedDirectoryContacts);
    settings
}

async fn world(users: usize) -> World {
    let crowd = move |directory| Crowd { directory, users };
    World::builder().settings(today()).directory(crowd).open().await
}

/// Another engine over the same store and directory.
async fn restarted(world: &World, users: usize) -> World {
    let crowd = move |directory| Crowd { directory, users };
    world.beside().directory(crowd).seed(11).open().await
}

async fn page(
    world: &World,
    proposed: &Policy,
    after: Option<&Cursor>,
    limit: usize,
) -> (Vec<DryRunUser>, Option<Cursor>) {
    let page = world.admin().dry_run(proposed, after, limit).await.expect("a page");
    (page.items, page.next)
}

/// A dry run that stops half-way and goes on in another process equals the unbroken one, and each
/// user's explanation under both policies.
#[test]
fn a_dry_run_of_a_hundred_thousand_users_is_resumed_and_equals_each_explanation() {
    const USERS: usize = 100_000;
    block_on(async {
        let world = world(USERS).await;
        for number in (0..USERS).step_by(10) {
            let mut contacts = Contacts::default();
            contacts.email = EmailAddress::parse(&format!("p{number}@home.example")).ok();
            if number.is_multiple_of(20) {
                contacts.mobile_phone = PhoneNumber::parse(&format!("+142544{number:05}")).ok();
            }
            world.admin().supply_contacts(&id(number), &contacts).await.expect("supplied");
        }
        let policy = Policy::new(proposed()).expect("sound");
        let (mut whole, mut at) = page(&world, &policy, None, 1_000).await;
        while at.is_some() {
            let (items, next) = page(&world, &policy, at.as_ref(), 1_000).await;
            whole.extend(items);
            at = next;
        }
        assert_eq!(whole.len(), USERS);

        let (mut resumed, mut at) = page(&world, &policy, None, 700).await;
        while resumed.len() < USERS / 2 {
            let (items, next) = page(&world, &policy, at.as_ref(), 700).await;
            resumed.extend(items);
            at = next;
        }
        // The cursor is all that the second process has.
        let kept = at.expect("half of the users are left").as_str().to_owned();
        let other = restarted(&world, USERS).await;
        let mut at = Some(Cursor::new(kept));
        while at.is_some() {
            let (items, next) = page(&other, &policy, at.as_ref(), 333).await;
            resumed.extend(items);
            at = next;
        }
        assert!(resumed == whole, "the resumed run differs");

        let mut changed = [0; 2];
        for (before, settings) in [(true, today()), (false, proposed())] {
            world.put_policy(settings).await;
            for user in &whole {
                let seen = world.admin().explain(&user.user).await.expect("explained").reason;
                let claimed = if before { user.before } else { user.after };
                assert_eq!(claimed, seen, "{:?}", user.user);
            }
        }
        for user in &whole {
            let (before, after) = (user.before.is_none(), user.after.is_none());
            changed[usize::from(after)] += usize::from(before != after);
        }
        assert!(changed.iter().all(|count| *count > 100), "{changed:?} lose and gain");
    });
}

/// The greatest number of bytes in use during a dry run of so many users, and how many it saw.
fn dry_run_peak(users: usize) -> (u64, usize) {
    let world = block_on(world(users));
    let policy = Policy::new(proposed()).expect("sound");
    let mut seen = 0;
    let measured = allocation_counter::measure(|| {
        block_on(async {
            let mut at: Option<Cursor> = None;
            loop {
                let (items, next) = page(&world, &policy, at.as_ref(), 1_000).await;
                seen += items.len();
                at = next;
                if at.is_none() {
                    return;
                }
            }
        });
    });
    (measured.bytes_max, seen)
}

#[test]
fn the_memory_of_a_dry_run_does_not_grow_with_the_directory() {
    let (small, few) = dry_run_peak(10_000);
    let (large, many) = dry_run_peak(1_000_000);
    assert_eq!((few, many), (10_000, 1_000_000));
    assert!(small > 0, "nothing was counted");
    println!("a dry run takes {small} bytes for 10 000 users and {large} for 1 000 000");
    assert!(large * 10 <= small * 12, "{large} bytes, {small} for a hundredth of the users");
}
