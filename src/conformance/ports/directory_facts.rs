//! Properties of the facts that a directory reports.

use std::collections::BTreeSet;

use super::directory::{SharedDirectory, Subject, known, malformed, named, open, user};
use crate::conformance::kit::{PropertyResult, ensure, listing};
use crate::conformance::ports::DirectoryFact;
use crate::conformance::sample::{at, tenant};
use crate::facts::UserFacts;
use crate::{RoleId, UserId};

pub(super) async fn find_reports_facts_as_added(harness: Subject<'_>) -> PropertyResult {
    let fixture = open(harness).await?;
    let lacks = fixture.lacks();
    let all = users(&lacks)?;
    for facts in &all {
        add(&fixture, facts).await?;
    }
    for facts in &all {
        let by_id = known(&fixture, &tenant("kit"), &facts.id, &BTreeSet::new()).await?;
        reported(facts, by_id.as_ref(), &lacks, "`find` by id")?;
        let by_name = named(&fixture, "kit", &name(&facts.id)).await?;
        reported(facts, by_name.as_ref(), &lacks, "`find` by name")?;
    }
    let directory = fixture.directory();
    let mut listed = Vec::new();
    listing!(_page, |after| {
        let page = directory.users(&tenant("kit"), &BTreeSet::new(), after, 3).await?;
        listed.extend(page.items);
        page.next
    });
    for facts in &all {
        let found = listed.iter().find(|found| found.id == facts.id);
        reported(facts, found, &lacks, "`users`")?;
    }
    Ok(())
}

fn name(id: &UserId) -> String {
    format!("{}@kit.example", id.as_str())
}

pub(super) async fn add(fixture: &SharedDirectory, facts: &UserFacts) -> PropertyResult {
    let names = name(&facts.id);
    let password = "Password of many facts 1!";
    Ok(fixture.add_user(&tenant("kit"), facts.clone(), &[&names], password).await?)
}

/// Users who differ in one fact each, in an order in which a fact that sticks is seen.
fn users(lacks: &[DirectoryFact]) -> PropertyResult<Vec<UserFacts>> {
    let role = RoleId::parse("admin").map_err(malformed)?;
    let mut all = vec![UserFacts::new(user("u-1")?)];
    for (n, fact) in (2..).zip(DirectoryFact::ALL) {
        if lacks.contains(fact) {
            continue;
        }
        let mut facts = UserFacts::new(user(&format!("u-{n}"))?);
        match fact {
            DirectoryFact::Disabled => facts.enabled = false,
            DirectoryFact::Protected => facts.protected = true,
            DirectoryFact::Roles => facts.roles = BTreeSet::from([role.clone()]),
            DirectoryFact::Lockout => facts.locked_out = Some(true),
            DirectoryFact::PasswordExpiry => facts.password_expired = Some(true),
        }
        all.push(facts);
    }
    for n in 20..22 {
        let mut facts = UserFacts::new(user(&format!("u-{n}"))?);
        let mail = |box_of: &str| format!("{box_of}.{n}@contoso.example");
        let phone = |digit| format!("+142555501{digit}{}", n % 10);
        facts.names = vec![format!("Name {n}")];
        facts.display_name = Some(format!("Display name {n}"));
        facts.primary_mail = Some(mail("primary"));
        facts.user_principal_name = Some(name(&facts.id));
        facts.contacts.mail = vec![mail("first"), mail("second")];
        facts.contacts.mobile_phone = Some(phone(0));
        facts.contacts.alternate_mobile = Some(phone(2));
        facts.contacts.office_phone = Some(phone(1));
        facts.password_changed_at = Some(at(-i64::from(n)));
        all.push(facts);
    }
    all.push(UserFacts::new(user("u-30")?));
    Ok(all)
}

/// Checks that a user has the facts that were given. What a directory does not hold may be absent,
/// but never another user's.
fn reported(
    given: &UserFacts,
    found: Option<&UserFacts>,
    lacks: &[DirectoryFact],
    by: &str,
) -> PropertyResult {
    let id = given.id.as_str();
    let Some(found) = found else {
        ensure!(false, "{by} does not find {id}");
        return Ok(());
    };
    let had = |fact: DirectoryFact| !lacks.contains(&fact);
    let required = [
        ("enabled", given.enabled == found.enabled),
        ("protected", given.protected == found.protected),
        ("roles", given.roles == found.roles),
        ("locked_out", same_flag(given.locked_out, found.locked_out, had(DirectoryFact::Lockout))),
        (
            "password_expired",
            same_flag(
                given.password_expired,
                found.password_expired,
                had(DirectoryFact::PasswordExpiry),
            ),
        ),
    ];
    let optional = [
        ("primary_mail", own(&given.primary_mail, &found.primary_mail)),
        ("contacts.mobile_phone", own(&given.contacts.mobile_phone, &found.contacts.mobile_phone)),
        (
            "contacts.alternate_mobile",
            own(&given.contacts.alternate_mobile, &found.contacts.alternate_mobile),
        ),
        ("contacts.office_phone", own(&given.contacts.office_phone, &found.contacts.office_phone)),
        (
            "contacts.mail",
            found.contacts.mail.is_empty() || found.contacts.mail == given.contacts.mail,
        ),
        (
            "display_name",
            given.display_name.is_none() || own(&given.display_name, &found.display_name),
        ),
    ];
    for (fact, right) in required.into_iter().chain(optional) {
        ensure!(right, "{by} reports a wrong `{fact}` of {id}: {found:?}, added as {given:?}");
    }
    Ok(())
}

/// A flag that was given comes back; one that was not given is absent or false.
fn same_flag(given: Option<bool>, found: Option<bool>, had: bool) -> bool {
    match given {
        Some(flag) if had => found == Some(flag),
        _ => found != Some(true),
    }
}

fn own<T: PartialEq>(given: &Option<T>, found: &Option<T>) -> bool {
    found.is_none() || found == given
}
