use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use super::*;
use crate::facts::{
    ContactFacts, MustChange, PasswordHome, Plan, PolicyReason, SessionKinds, TimeZone, UserKind,
    UserQuery, UserSelector, WriteOutcome, WritebackState,
};
use crate::message::Locale;
use crate::port::{Directory, PasswordWrite, PortErrorKind, Sessions, UnlockWrite};
use crate::{Identifier, RoleId, SecretText, Timestamp};

mod writes;

struct ManualClock(AtomicI64);

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_seconds(self.0.load(Ordering::Relaxed))
    }
}

struct World {
    directory: MemoryDirectory,
    clock: Arc<ManualClock>,
    tenant: TenantId,
    ada: UserId,
}

fn user(id: &str) -> UserId {
    UserId::parse(id).expect("user id")
}

fn group(id: &str) -> GroupId {
    GroupId::parse(id).expect("group id")
}

/// A tenant and Ada, whose password is `old password`.
fn world() -> World {
    let clock = Arc::new(ManualClock(AtomicI64::new(1_000)));
    let directory = MemoryDirectory::new().with_clock(Arc::clone(&clock));
    let tenant = TenantId::parse("contoso").expect("tenant id");
    directory.add_tenant(tenant.clone(), TenantFacts::new("Contoso"));
    let ada = user("u-ada");
    let world = World { directory, clock, tenant, ada: ada.clone() };
    world.add(&ada, &["ada@contoso.example", "ADA"]);
    world
}

impl World {
    fn add(&self, id: &UserId, identifiers: &[&str]) {
        let facts = UserFacts::new(id.clone());
        let added = self.directory.add_user(&self.tenant, facts, identifiers, "old password");
        added.expect("added");
    }

    fn update(&self, change: impl FnOnce(&mut UserFacts)) {
        let updated = self.directory.update_user(&self.tenant, &self.ada, change);
        updated.expect("updated");
    }

    async fn find(&self, typed: &str) -> Option<UserFacts> {
        let identifier = Identifier::parse(typed).expect("identifier");
        let groups = BTreeSet::new();
        let query = UserQuery::new(UserSelector::Identifier(&identifier), &groups);
        let found = self.directory.find(&self.tenant, &query).await.expect("up");
        assert!(found.len() < 2, "several users");
        found.into_iter().next()
    }

    async fn ada(&self) -> UserFacts {
        let groups = BTreeSet::new();
        let query = UserQuery::new(UserSelector::Id(&self.ada), &groups);
        let found = self.directory.find(&self.tenant, &query).await.expect("up");
        found.into_iter().next().expect("there")
    }

    async fn write(&self, number: u32, password: &str) -> WriteOutcome {
        let password = SecretText::from(password);
        let write = PasswordWrite::new(&self.tenant, &self.ada, &password, number);
        self.directory.set_password(&write).await.expect("an outcome").outcome
    }

    fn password_is(&self, password: &str) -> bool {
        self.directory.password_is(&self.tenant, &self.ada, password)
    }

    fn writes(&self) -> Vec<u32> {
        let writes = self.directory.writes(&self.tenant, &self.ada);
        writes.iter().map(|write| write.number).collect()
    }
}

#[tokio::test]
async fn every_fact_of_a_user_can_be_set_and_is_found() {
    let world = world();
    let at = Timestamp::from_unix_seconds(77);
    // A full literal, so that a new field must be set here.
    let wanted = UserFacts {
        id: world.ada.clone(),
        incarnation: Some("second".to_owned()),
        enabled: false,
        kind: UserKind::LocalGuest,
        password_home: PasswordHome::OnPremises,
        writeback: Some(WritebackState::NotConfigured),
        protected: true,
        restricted_management: Some(true),
        entitlements: Some(BTreeSet::from(["premium".to_owned()])),
        roles: BTreeSet::from([RoleId::parse("helpdesk").expect("role")]),
        groups: BTreeSet::from([group("staff")]),
        names: vec!["Ada".to_owned(), "Lovelace".to_owned()],
        display_name: Some("Ada Lovelace".to_owned()),
        primary_mail: Some("ada@contoso.example".to_owned()),
        user_principal_name: Some("ada@contoso.example".to_owned()),
        locale: Some(Locale::parse("de").expect("locale")),
        time_zone: Some(TimeZone::parse("Europe/Berlin").expect("zone")),
        contacts: ContactFacts {
            mail: vec!["b@x.example".to_owned(), "a@x.example".to_owned()],
            mobile_phone: Some("+4915112345678".to_owned()),
            alternate_mobile: Some("+49 151 1".to_owned()),
            office_phone: Some("+493012345678".to_owned()),
        },
        password_changed_at: Some(at),
        password_expired: Some(true),
        must_change: Some(MustChange::Compromised),
        password_never_expires: Some(true),
        strong_password_required: Some(false),
        locked_out: Some(true),
        second_factor: Some(true),
        change_stamp: Some("mine".to_owned()),
    };
    world.update(|facts| *facts = wanted.clone());
    let groups = BTreeSet::from([group("staff"), group("other")]);
    let query = UserQuery::new(UserSelector::Id(&world.ada), &groups);
    let found = world.directory.find(&world.tenant, &query).await.expect("up");
    assert_eq!(found, std::slice::from_ref(&wanted));
    assert_eq!(world.directory.facts(&world.tenant, &world.ada), Some(wanted));
}

#[tokio::test]
async fn every_fact_of_a_tenant_can_be_set_and_is_found() {
    let world = world();
    let wanted = TenantFacts {
        display_name: "Fabrikam".to_owned(),
        plan: Some(Plan::Trial),
        trial_since: Some(Timestamp::EPOCH),
        custom_domain: Some(false),
        synchronised: Some(false),
        education: Some(true),
        cloud: Some("government".to_owned()),
        locale: Some(Locale::parse("fr").expect("locale")),
        time_zone: Some(TimeZone::parse("Europe/Paris").expect("zone")),
    };
    let changed = wanted.clone();
    let updated = world.directory.update_tenant(&world.tenant, |facts| *facts = changed);
    updated.expect("there");
    let found = world.directory.tenant(&world.tenant).await.expect("up");
    assert_eq!(found, Some(wanted));
    let other = TenantId::parse("other").expect("tenant id");
    assert_eq!(world.directory.tenant(&other).await.expect("up"), None);
    let add = |tenant| {
        let facts = UserFacts::new(user("u-1"));
        world.directory.add_user(tenant, facts, &[], "x")
    };
    assert_eq!(add(&other).expect_err("no tenant").kind(), PortErrorKind::Denied);
    add(&world.tenant).expect("added");
    assert_eq!(add(&world.tenant).expect_err("twice").kind(), PortErrorKind::Denied);
}

#[tokio::test]
async fn an_identifier_finds_all_who_share_it() {
    let world = world();
    world.add(&user("u-bob"), &["bob@contoso.example", "ada"]);
    let found = world.find("Ada@Contoso.Example").await.expect("found");
    assert_eq!(found.id, world.ada);
    let (ada, groups) = (Identifier::parse("ada").expect("identifier"), BTreeSet::new());
    let query = UserQuery::new(UserSelector::Identifier(&ada), &groups);
    let found = world.directory.find(&world.tenant, &query).await.expect("up");
    let ids: Vec<_> = found.into_iter().map(|facts| facts.id).collect();
    assert_eq!(ids, [world.ada.clone(), user("u-bob")]);
    // A dotless i is another letter, despite Unicode's case mapping.
    world.add(&user("u-iris"), &["iris"]);
    assert!(world.find("\u{131}ris").await.is_none());
    assert!(world.find("IRIS").await.is_some());
    assert!(world.directory.remove_user(&world.tenant, &user("u-bob")));
    assert!(!world.directory.remove_user(&world.tenant, &user("u-bob")));
    assert!(world.find("ada").await.is_some());
    assert!(world.find("bob@contoso.example").await.is_none());
}

#[tokio::test]
async fn nested_groups_are_resolved_and_cycles_end() {
    let world = world();
    let add = |name, members: &[GroupMember]| {
        let added = world.directory.add_group(&world.tenant, group(name), members.to_vec());
        added.expect("added");
    };
    let within = |name| GroupMember::Group(group(name));
    add("team", &[GroupMember::User(world.ada.clone())]);
    add("department", &[within("team"), within("company")]);
    add("company", &[within("department")]);
    add("others", &[GroupMember::User(user("u-bob"))]);
    add("direct-parent", &[within("direct")]);
    world.update(|facts| facts.groups = BTreeSet::from([group("direct")]));
    let asked: BTreeSet<_> = ["company", "others", "direct-parent"].map(group).into();
    let query = UserQuery::new(UserSelector::Id(&world.ada), &asked);
    let found = world.directory.find(&world.tenant, &query).await.expect("up");
    let expected: BTreeSet<_> = ["company", "direct-parent"].map(group).into();
    assert_eq!(found[0].groups, expected);
    let all = world.directory.users(&world.tenant, &asked, None, 9).await.expect("up");
    assert_eq!(all.items[0].groups, expected);

    world.directory.remove_user(&world.tenant, &world.ada);
    world.add(&world.ada, &[]);
    assert!(world.ada().await.groups.is_empty(), "no inherited membership");
}

#[tokio::test]
async fn users_are_paged_and_role_holders_found() {
    let world = world();
    let role = RoleId::parse("admin").expect("role");
    for n in 0..5 {
        world.add(&user(&format!("u-{n}")), &[]);
    }
    world.update(|facts| {
        facts.roles.insert(role.clone());
    });
    let (mut seen, mut after, none) = (Vec::new(), None, BTreeSet::new());
    loop {
        let listed = world.directory.users(&world.tenant, &none, after.as_ref(), 2).await;
        let page = listed.expect("up");
        seen.extend(page.items.into_iter().map(|facts| facts.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let expected = ["u-0", "u-1", "u-2", "u-3", "u-4", "u-ada"].map(user);
    assert_eq!(seen, expected);
    let other = RoleId::parse("other").expect("role");
    let both = [other, role];
    for (roles, limit, expected) in [(&both[..], 9, 1), (&both[..1], 9, 0), (&both[1..], 0, 0)] {
        let found = world.directory.role_holders(&world.tenant, roles, None, limit).await;
        assert_eq!(found.expect("up").items.len(), expected);
    }
    let bad = crate::port::Cursor::new("");
    let denied = world.directory.users(&world.tenant, &none, Some(&bad), 2).await;
    assert_eq!(denied.expect_err("denied").kind(), PortErrorKind::Denied);
}

#[tokio::test]
async fn the_change_stamp_is_fresh_after_every_change() {
    let world = world();
    let mut stamps = BTreeSet::new();
    let mut fresh = async |what: &str| {
        let stamp = world.ada().await.change_stamp.expect("tracked");
        assert!(stamps.insert(stamp), "{what}");
    };
    fresh("new").await;
    world.update(|facts| facts.enabled = false);
    fresh("updated").await;
    world.directory.change_password(&world.tenant, &world.ada, "outside").expect("there");
    fresh("changed outside").await;
    assert_eq!(world.write(1, "by the engine").await, WriteOutcome::Written);
    fresh("written").await;
    let unlock = UnlockWrite::new(&world.tenant, &world.ada, 2);
    world.directory.unlock(&unlock).await.expect("an outcome");
    fresh("unlocked").await;
    world.update(|facts| facts.change_stamp = None);
    world.update(|facts| facts.enabled = true);
    assert_eq!(world.ada().await.change_stamp, None, "the stamp is not tracked");
}

#[tokio::test]
async fn revocations_are_recorded() {
    let world = world();
    let at = Timestamp::from_unix_seconds(5);
    let kinds = SessionKinds::PasswordBased;
    let revoke = world.directory.revoke(&world.tenant, &world.ada, at, kinds);
    revoke.await.expect("revoked");
    let log = world.directory.revocations(&world.tenant, &world.ada);
    assert_eq!(log, [Revocation { authenticated_before: at, kinds }]);
    let unknown = user("unknown");
    let revoke = world.directory.revoke(&world.tenant, &unknown, at, kinds);
    revoke.await.expect("nothing to revoke");
}

#[tokio::test]
async fn an_unknown_user_has_no_password() {
    let world = world();
    let unknown = user("unknown");
    let password = SecretText::from("old password");
    let verified = world.directory.verify_password(&world.tenant, &unknown, &password);
    assert!(!verified.await.expect("up"));
    let verified = world.directory.verify_password(&world.tenant, &world.ada, &password);
    assert!(verified.await.expect("up"));
    let write = PasswordWrite::new(&world.tenant, &unknown, &password, 1);
    let outcome = world.directory.set_password(&write).await.expect("an outcome");
    assert_eq!(outcome, WriteOutcome::AdminActionRequired.into());
}

#[test]
fn debug_shows_counts_only() {
    let world = world();
    let shown = format!("{:?}", world.directory);
    assert_eq!(shown, "MemoryDirectory { tenants: 1, users: 1, .. }");
}
