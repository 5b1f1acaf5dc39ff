//! The audit trail in the terms of Entra and of OWASP.

use std::collections::BTreeSet;

use sspr::MethodKind;
use sspr::audit::{ActivityStatus, AuditRow, EventKind};
use sspr::testing::block_on;

use crate::support::*;

async fn rows(world: &World) -> Vec<AuditRow> {
    let events = world.admin().events(None, 1000).await.expect("events").items;
    events.iter().flat_map(AuditRow::of).collect()
}

/// E8.1, E8.3: the steps and the result of a reset, with one correlation id and the methods in the
/// order in which they were proven.
#[test]
fn e8_1_a_reset_is_told_in_activities_with_one_correlation() {
    block_on(async {
        let world = World::builder().settings(settings()).registered().open().await;
        let ticket = world.granted().await;
        world.complete(&ticket, NEW).await.expect("reset");
        let rows = rows(&world).await;
        let told: Vec<String> = rows
            .iter()
            .filter(|row| row.correlation.is_some())
            .filter_map(|row| Some(format!("{}: {}", row.activity?, row.reason?)))
            .collect();
        let step = |text: &str| {
            format!("Self-service password reset flow activity progress: User {text} option")
        };
        assert_eq!(
            told,
            [
                step("started the email verification"),
                step("completed the email verification"),
                step("started the mobile SMS verification"),
                step("completed the mobile SMS verification"),
                "Reset password (self-service): User successfully reset password".to_owned(),
            ]
        );
        let done = rows.iter().find(|row| row.code == "password_reset").expect("reset");
        assert_eq!(done.methods, [MethodKind::Email, MethodKind::MobilePhone]);
        assert_eq!(done.status, Some(ActivityStatus::Success));
        assert_eq!(done.log.as_deref(), Some(&*format!("authn_password_change:{}", user())));
        let of_flow = rows.iter().filter(|row| row.activity.is_some() && row.correlation.is_some());
        let flows: BTreeSet<_> = of_flow.map(|row| row.correlation).collect();
        assert_eq!(flows.len(), 1, "{flows:?}");
        // A row as JSON has every column, with the time in RFC 3339.
        let json = serde_json::to_value(done).expect("plain data");
        for (column, value) in [
            ("at", "2027-01-17T08:00:00.000Z"),
            ("service", "Self-service Password Management"),
            ("category", "UserManagement"),
            ("status", "success"),
            ("source", "203.0.113.7"),
            ("actor", "user"),
            ("user", user().as_str()),
        ] {
            assert_eq!(json[column], value, "{column}");
        }
    });
}

/// E8.1: the event of a policy lists each setting with its old and its new value.
#[test]
fn e8_1_a_change_of_the_policy_lists_what_it_changes() {
    block_on(async {
        let world = World::builder().settings(settings()).open().await;
        let mut stricter = settings();
        stricter.attempts = 3;
        stricter.users.required = 1;
        world.put_policy(stricter).await;
        let events = world.admin().events(None, 1000).await.expect("events").items;
        let changes: Vec<Vec<String>> = events
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::PolicyChanged { changes, .. } => Some(changes),
                _ => None,
            })
            .map(|changes| {
                let text = |change: &sspr::audit::ChangedSetting| {
                    let [before, after] = [&change.before, &change.after]
                        .map(|value| value.as_deref().unwrap_or("nothing"));
                    format!("{}: {before} -> {after}", change.setting)
                };
                changes.settings.iter().map(text).collect()
            })
            .collect();
        assert_eq!(
            changes,
            [vec![r#"scope: "none" -> "all""#], vec!["attempts: 5 -> 3", "users.required: 2 -> 1"]],
            "the first policy is compared with the default one"
        );
    });
}
