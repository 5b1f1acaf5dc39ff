use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use super::*;
use crate::domain::contact::{EmailAddress, PhoneNumber};
use crate::domain::facts::{
    ContactFacts, PasswordHome, Plan, PolicyReason, SessionKinds, UserKind, UserQuery,
    UserSelector, WriteOutcome, WritebackState,
};
use crate::domain::ids::{Identifier, RoleId};
use crate::domain::message::Locale;
use crate::domain::secret::SecretText;
use crate::domain::time::Timestamp;
use crate::port::{Directory, PasswordWrite, PortErrorKind, UnlockWrite};

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
    let directory = MemoryDirectory::with_hash_cost(8, 1).with_clock(Arc::clone(&clock));
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
        self.directory.find(&self.tenant, &query).await.expect("up")
    }

    async fn ada(&self) -> UserFacts {
        let groups = BTreeSet::new();
        let query = UserQuery::new(UserSelector::Id(&self.ada), &groups);
        let found = self.directory.find(&self.tenant, &query).await.expect("up");
        found.expect("there")
    }

    async fn write(&self, number: u32, password: &str) -> WriteOutcome {
        let password = SecretText::from(password);
        let write = PasswordWrite::new(&self.tenant, &self.ada, &password, number);
        self.directory.set_password(&write).await.expect("an answer")
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
    let mail = |text| EmailAddress::parse(text).expect("mail");
    let phone = |text| PhoneNumber::parse(text).expect("phone");
    // A full literal: a new field does not compile until it is set here.
    let wanted = UserFacts {
        id: world.ada.clone(),
        incarnation: Some("second".to_owned()),
        enabled: false,
        kind: UserKind::LocalGuest,
        password_home: PasswordHome::OnPremises,
        writeback: Some(WritebackState::NotConfigured),
        protected: true,
        entitlements: Some(BTreeSet::from(["premium".to_owned()])),
        roles: BTreeSet::from([RoleId::parse("helpdesk").expect("role")]),
        groups: BTreeSet::from([group("staff")]),
        names: vec!["Ada".to_owned(), "Lovelace".to_owned()],
        display_name: Some("Ada Lovelace".to_owned()),
        primary_mail: Some(mail("ada@contoso.example")),
        user_principal_name: Some("ada@contoso.example".to_owned()),
        locale: Some(Locale::parse("de").expect("locale")),
        contacts: ContactFacts {
            mail: vec![mail("b@x.example"), mail("a@x.example")],
            mobile: Some(phone("+4915112345678")),
            office: Some(phone("+493012345678")),
        },
        password_changed_at: Some(at),
        password_expired: Some(true),
        locked_out: Some(true),
        second_factor: Some(true),
        change_stamp: Some("mine".to_owned()),
    };
    world.update(|facts| *facts = wanted.clone());
    let groups = BTreeSet::from([group("staff"), group("other")]);
    let query = UserQuery::new(UserSelector::Id(&world.ada), &groups);
    let found = world.directory.find(&world.tenant, &query).await.expect("up");
    assert_eq!(found.expect("there"), wanted);
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
async fn an_identifier_names_one_user_or_nobody() {
    let world = world();
    world.add(&user("u-bob"), &["bob@contoso.example", "ada"]);
    let found = world.find("Ada@Contoso.Example").await.expect("found");
    assert_eq!(found.id, world.ada);
    assert!(world.find("ada").await.is_none(), "two users match");
    // A dotless i is another letter, whatever Unicode's case mapping makes of it.
    world.add(&user("u-iris"), &["iris"]);
    assert!(world.find("\u{131}ris").await.is_none());
    assert!(world.find("IRIS").await.is_some());
    assert!(world.directory.remove_user(&world.tenant, &user("u-bob")));
    assert!(!world.directory.remove_user(&world.tenant, &user("u-bob")));
    assert!(world.find("ada").await.is_some());
    assert!(world.find("bob@contoso.example").await.is_none());
}

#[tokio::test]
async fn nested_groups_are_resolved_and_cycles_survived() {
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
    assert_eq!(found.expect("there").groups, expected);
    let all = world.directory.users(&world.tenant, None, 9).await.expect("up");
    assert_eq!(all.items[0].groups.len(), 5);

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
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = world.directory.users(&world.tenant, after.as_ref(), 2).await.expect("up");
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
    let denied = world.directory.users(&world.tenant, Some(&bad), 2).await;
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
    world.directory.unlock(&unlock).await.expect("an answer");
    fresh("unlocked").await;
    world.update(|facts| facts.change_stamp = None);
    world.update(|facts| facts.enabled = true);
    assert_eq!(world.ada().await.change_stamp, None, "not tracked any more");
}

#[tokio::test]
async fn a_write_changes_the_password_and_what_goes_with_it() {
    let world = world();
    world.update(|facts| {
        facts.locked_out = Some(true);
        facts.password_expired = Some(true);
    });
    assert!(world.password_is("old password"));
    assert_eq!(world.write(3, "new password").await, WriteOutcome::Written);
    assert!(world.password_is("new password") && !world.password_is("old password"));
    let facts = world.ada().await;
    assert_eq!(facts.locked_out, Some(false));
    assert_eq!(facts.password_expired, Some(false));
    assert_eq!(facts.password_changed_at, Some(world.clock.now()));

    let password = SecretText::from("third password");
    let mut write = PasswordWrite::new(&world.tenant, &world.ada, &password, 4);
    (write.must_change, write.clear_lockout, write.risk_remediated) = (true, false, false);
    world.update(|facts| facts.locked_out = Some(true));
    let answer = world.directory.set_password(&write).await;
    assert_eq!(answer.expect("an answer"), WriteOutcome::Written);
    let facts = world.ada().await;
    assert_eq!((facts.locked_out, facts.password_expired), (Some(true), Some(true)));
    let log = world.directory.writes(&world.tenant, &world.ada);
    assert_eq!(log.len(), 2);
    assert!(log[0].clear_lockout && log[0].risk_remediated && !log[0].must_change);
    assert!(!log[1].clear_lockout && !log[1].risk_remediated && log[1].must_change);
}

#[tokio::test]
async fn facts_that_are_not_tracked_stay_so() {
    let world = world();
    world.write(1, "new password").await;
    let facts = world.ada().await;
    assert_eq!((facts.locked_out, facts.password_expired), (None, None));
}

#[tokio::test]
async fn a_repetition_is_answered_as_the_first_time_and_changes_nothing() {
    let world = world();
    world.directory.script_outcome(WriteOutcome::WrittenButNotPropagated);
    let first = world.write(1, "one").await;
    assert_eq!(first, WriteOutcome::WrittenButNotPropagated);
    assert_eq!(world.write(1, "one").await, first);
    assert_eq!(world.writes(), [1]);
    assert_eq!(world.write(2, "two").await, WriteOutcome::Written);
    // A late repetition does not bring the former password back.
    assert_eq!(world.write(1, "one").await, first);
    assert!(world.password_is("two"));
    // The same number with another password is another write.
    assert_eq!(world.write(2, "three").await, WriteOutcome::Written);
    assert_eq!(world.writes(), [1, 2, 2]);
}

#[tokio::test]
async fn the_directory_refuses_by_its_own_rules() {
    let world = world();
    world.directory.set_history(2);
    let history = WriteOutcome::PolicyViolation(PolicyReason::History);
    assert_eq!(world.write(1, "old password").await, history);
    assert_eq!(world.write(2, "two").await, WriteOutcome::Written);
    assert_eq!(world.write(3, "old password").await, history);
    assert_eq!(world.write(4, "three").await, WriteOutcome::Written);
    assert_eq!(world.write(5, "old password").await, WriteOutcome::Written);
    world.directory.set_history(0);

    world.directory.set_password_rule(|new| new.contains('x').then_some(PolicyReason::Filter));
    let filter = WriteOutcome::PolicyViolation(PolicyReason::Filter);
    assert_eq!(world.write(6, "xyz").await, filter);
    world.directory.clear_password_rule();
    assert_eq!(world.write(7, "xyz").await, WriteOutcome::Written);

    world.directory.set_min_age(Duration::from_secs(60));
    let until = Some(world.clock.now().plus(Duration::from_secs(60)));
    let young = WriteOutcome::PolicyViolation(PolicyReason::TooYoung { until });
    world.clock.0.fetch_add(59, Ordering::Relaxed);
    assert_eq!(world.write(8, "later").await, young);
    world.clock.0.fetch_add(1, Ordering::Relaxed);
    assert_eq!(world.write(9, "later").await, WriteOutcome::Written);

    world.update(|facts| facts.protected = true);
    world.directory.set_min_age(Duration::ZERO);
    assert_eq!(world.write(10, "never").await, WriteOutcome::AdminActionRequired);
    assert_eq!(world.writes(), [2, 4, 5, 7, 9]);
    assert!(world.password_is("later"));
}

#[tokio::test]
async fn a_directory_out_of_reach_stops_those_on_premises_only() {
    let world = world();
    world.directory.set_unreachable(true);
    assert_eq!(world.ada().await.writeback, None);
    assert_eq!(world.write(1, "cloud").await, WriteOutcome::Written);
    world.update(|facts| facts.password_home = PasswordHome::OnPremises);
    assert_eq!(world.ada().await.writeback, Some(WritebackState::Unreachable));
    assert_eq!(world.write(2, "premises").await, WriteOutcome::Unreachable);
    let unlock = UnlockWrite::new(&world.tenant, &world.ada, 3);
    let answer = world.directory.unlock(&unlock).await.expect("an answer");
    assert_eq!(answer, WriteOutcome::Unreachable);
    let password = SecretText::from("cloud");
    let verified = world.directory.verify_password(&world.tenant, &world.ada, &password);
    let error = verified.await.expect_err("out of reach");
    assert_eq!(error.kind(), PortErrorKind::Unavailable);
    world.directory.set_unreachable(false);
    assert_eq!(world.write(2, "premises").await, WriteOutcome::Written);
    assert!(world.directory.unlocks(&world.tenant, &world.ada).is_empty());
}

#[tokio::test]
async fn scripted_outcomes_are_given_in_turn() {
    let world = world();
    world.directory.script_outcome(WriteOutcome::Unreachable);
    world.directory.script_outcome(WriteOutcome::Indeterminate);
    world.directory.script_indeterminate_written();
    assert_eq!(world.write(1, "one").await, WriteOutcome::Unreachable);
    assert_eq!(world.write(2, "two").await, WriteOutcome::Indeterminate);
    assert!(world.password_is("old password"));
    assert_eq!(world.write(3, "three").await, WriteOutcome::Indeterminate);
    assert!(world.password_is("three"));
    assert_eq!(world.write(3, "three").await, WriteOutcome::Written);
    assert_eq!(world.writes(), [3]);
    assert_eq!(world.write(4, "four").await, WriteOutcome::Written);
}

#[tokio::test]
async fn an_unlock_clears_the_lockout_and_keeps_the_password() {
    let world = world();
    world.update(|facts| facts.locked_out = Some(true));
    let unlock = UnlockWrite::new(&world.tenant, &world.ada, 7);
    let answer = world.directory.unlock(&unlock).await.expect("an answer");
    assert_eq!(answer, WriteOutcome::Written);
    assert_eq!(world.ada().await.locked_out, Some(false));
    assert_eq!(world.directory.unlocks(&world.tenant, &world.ada), [7]);
    assert!(world.password_is("old password") && world.writes().is_empty());
}

#[tokio::test]
async fn revocations_are_recorded() {
    let world = world();
    let at = Timestamp::from_unix_seconds(5);
    let kinds = SessionKinds::PasswordBased;
    let revoke = world.directory.revoke_sessions(&world.tenant, &world.ada, at, kinds);
    revoke.await.expect("revoked");
    let log = world.directory.revocations(&world.tenant, &world.ada);
    assert_eq!(log, [Revocation { authenticated_before: at, kinds }]);
    let nobody = user("nobody");
    let revoke = world.directory.revoke_sessions(&world.tenant, &nobody, at, kinds);
    revoke.await.expect("nothing to revoke");
}

#[tokio::test]
async fn nobody_has_no_password() {
    let world = world();
    let nobody = user("nobody");
    let password = SecretText::from("old password");
    let verified = world.directory.verify_password(&world.tenant, &nobody, &password);
    assert!(!verified.await.expect("up"));
    let verified = world.directory.verify_password(&world.tenant, &world.ada, &password);
    assert!(verified.await.expect("up"));
    let write = PasswordWrite::new(&world.tenant, &nobody, &password, 1);
    let answer = world.directory.set_password(&write).await.expect("an answer");
    assert_eq!(answer, WriteOutcome::AdminActionRequired);
}

#[test]
fn debug_shows_counts_only() {
    let world = world();
    let shown = format!("{:?}", world.directory);
    assert_eq!(shown, "MemoryDirectory { tenants: 1, users: 1, .. }");
}
