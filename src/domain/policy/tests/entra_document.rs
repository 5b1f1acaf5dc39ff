//! Microsoft's documents: seven variants of the portal's, misspelt keys, and Graph's switch.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::domain::identity::contact::EmailAddress;
use crate::domain::identity::ids::{GroupId, RoleId};
use crate::domain::method::MethodKind;
use crate::domain::policy::{EntraImport, HelpDesk, NotifyRule, Policy, PolicySettings, Scope};

/// What the portal writes for a tenant with two gates and every user in scope.
fn document() -> Value {
    json!({
        "objectId": "default",
        "enablementType": 2,
        "numberOfAuthenticationMethodsRequired": 2,
        "emailOptionEnabled": true,
        "emailOptionAllowed": true,
        "mobilePhoneOptionEnabled": true,
        "officePhoneOptionEnabled": false,
        "securityQuestionsOptionEnabled": false,
        "mobileAppNotificationEnabled": false,
        "mobileAppCodeEnabled": false,
        "numberOfQuestionsToRegister": 5,
        "numberOfQuestionsToReset": 3,
        "securityQuestions": [],
        "registrationRequiredOnSignIn": true,
        "registrationReconfirmIntevalInDays": 180,
        "skipRegistrationAllowed": true,
        "skipRegistrationMaxAllowedDays": 7,
        "customizeHelpdeskLink": false,
        "customHelpdeskEmailOrUrl": "",
        "notifyUsersOnPasswordReset": true,
        "notifyOnAdminPasswordReset": false,
        "registrationConditionalAccessPolicies": [],
    })
}

fn with(changes: &Value) -> String {
    let mut document = document();
    let (Value::Object(whole), Value::Object(changes)) = (&mut document, changes) else {
        panic!("objects");
    };
    whole.extend(changes.clone());
    document.to_string()
}

fn read(text: &str) -> EntraImport {
    PolicySettings::from_entra_document(text).expect("a document of the portal")
}

/// Imports the portal's document with these changes, and checks that an export means the same: the keys of
/// the document that were taken have the values that they had.
fn variant(changes: &Value) -> EntraImport {
    let before = with(changes);
    let import = read(&before);
    let (written, lost) = import.settings.to_entra_document();
    assert!(lost.is_empty(), "everything that was read can be written: {lost:?}");
    assert_eq!(read(&written).settings, import.settings, "{written}");
    let [before, written] =
        [&before, &written].map(|text| serde_json::from_str::<Value>(text).expect("json"));
    for (key, value) in before.as_object().expect("an object") {
        let dropped = paths(&import).contains(&key.as_str()) || key.ends_with("OptionAllowed");
        let unused = match key.as_str() {
            "skipRegistrationMaxAllowedDays" => before["skipRegistrationAllowed"] == false,
            "registrationConditionalAccessPolicies" => value == &json!([]),
            _ => value == "" && written[key].is_null(),
        };
        assert!(dropped || unused || written.get(key) == Some(value), "{key}: {written}");
    }
    Policy::new(import.settings.clone()).expect("a policy");
    import
}

fn kinds(kinds: &[MethodKind]) -> BTreeSet<MethodKind> {
    kinds.iter().copied().collect()
}

fn paths(import: &EntraImport) -> Vec<&str> {
    import.not_taken.iter().map(|part| part.path.as_str()).collect()
}

#[test]
fn all_users_with_two_methods() {
    let import = variant(&json!({}));
    let settings = &import.settings;
    assert_eq!(settings.scope, Scope::All);
    assert_eq!(settings.users.required, 2);
    assert_eq!(settings.users.methods, kinds(&[MethodKind::Email, MethodKind::MobilePhone]));
    let registration = &settings.registration;
    assert!(registration.enforced);
    assert_eq!((registration.skip_days, registration.reconfirm_days), (Some(7), 180));
    assert!(!settings.notifications.administrators);
    assert_eq!(settings.desk.help, HelpDesk::Administrators);
    assert!(import.not_taken.is_empty(), "{:?}", import.not_taken);
}

#[test]
fn a_group_with_one_method() {
    let import = variant(&json!({
        "enablementType": 1,
        "passwordResetEnabledGroupIds": ["6e7b768e-07e2-4810-8459-485f84f8f204"],
        "passwordResetEnabledGroupName": "SSPR pilot",
        "numberOfAuthenticationMethodsRequired": 1,
    }));
    let group = GroupId::parse("6e7b768e-07e2-4810-8459-485f84f8f204").expect("an id");
    assert_eq!(import.settings.scope, Scope::Selected([group].into()));
    assert_eq!(import.settings.users.required, 1);
    assert_eq!(paths(&import), ["passwordResetEnabledGroupName"]);
}

#[test]
fn no_user() {
    let import = variant(&json!({"enablementType": 0, "passwordResetEnabledGroupIds": ["old"]}));
    assert_eq!(import.settings.scope, Scope::None);
    assert_eq!(paths(&import), ["passwordResetEnabledGroupIds"], "the unused group is listed");
}

/// Each switch of a method stands for its kind and no other.
#[test]
fn each_method_alone_beside_mail() {
    for (key, kind) in [
        ("mobilePhoneOptionEnabled", MethodKind::MobilePhone),
        ("officePhoneOptionEnabled", MethodKind::OfficePhone),
        ("mobileAppNotificationEnabled", MethodKind::AppNotification),
        ("mobileAppCodeEnabled", MethodKind::AuthenticatorApp),
    ] {
        let mut changes = json!({"mobilePhoneOptionEnabled": false});
        changes[key] = json!(true);
        let import = variant(&changes);
        assert_eq!(import.settings.users.methods, kinds(&[MethodKind::Email, kind]), "{key}");
    }
    let import = variant(&json!({"emailOptionEnabled": false, "mobileAppCodeEnabled": true}));
    let expected = kinds(&[MethodKind::MobilePhone, MethodKind::AuthenticatorApp]);
    assert_eq!(import.settings.users.methods, expected, "mail is off");
    let forbidden = json!({"officePhoneOptionEnabled": true, "officePhoneOptionAllowed": false});
    let import = variant(&forbidden);
    assert!(!import.settings.users.methods.contains(&MethodKind::OfficePhone));
    assert_eq!(paths(&import), ["officePhoneOptionEnabled"]);
}

#[test]
fn a_help_desk_of_ones_own() {
    let desk =
        |text: &str| json!({"customizeHelpdeskLink": true, "customHelpdeskEmailOrUrl": text});
    let import = variant(&desk("desk@contoso.example"));
    let mail = EmailAddress::parse("desk@contoso.example").expect("an address");
    assert_eq!(import.settings.desk.help, HelpDesk::Mail(mail));
    let import = variant(&desk("https://help.contoso.example/password"));
    assert!(matches!(import.settings.desk.help, HelpDesk::Url(_)));
    let error = PolicySettings::from_entra_document(&with(&desk("call us"))).unwrap_err();
    assert_eq!(error.faults()[0].path(), "customHelpdeskEmailOrUrl");
}

#[test]
fn days_and_notices() {
    let import = variant(&json!({
        "registrationRequiredOnSignIn": false,
        "registrationReconfirmIntevalInDays": 0,
        "skipRegistrationAllowed": true,
        "skipRegistrationMaxAllowedDays": 14,
        "notifyOnAdminPasswordReset": true,
    }));
    let registration = &import.settings.registration;
    assert!(!registration.enforced);
    assert_eq!((registration.skip_days, registration.reconfirm_days), (Some(14), 0));
    let notifications = &import.settings.notifications;
    assert!(notifications.administrators);
    let role = RoleId::parse("Global Administrator").expect("a role");
    assert!(notifications.administrator_roles.contains(&role), "the notice has a recipient");
    assert_eq!(notifications.rule, NotifyRule::PrimaryAndAlternate);
    let never = variant(&json!({"skipRegistrationAllowed": false}));
    assert_eq!(never.settings.registration.skip_days, Some(0));
    let silent = read(&with(&json!({"notifyUsersOnPasswordReset": false})));
    assert_eq!(paths(&silent), ["notifyUsersOnPasswordReset"]);
}

/// E1.5.1, E1.5.2, E1.5.5: the switch, the numbers, and own questions in the form that can be read.
#[test]
fn questions_are_taken_with_their_numbers() {
    let import = variant(&json!({
        "securityQuestionsOptionEnabled": true,
        "numberOfQuestionsToRegister": 4,
        "securityQuestions": ["Where was your first desk?"],
    }));
    assert_eq!(paths(&import), Vec::<&str>::new());
    let settings = import.settings;
    assert!(settings.users.methods.contains(&MethodKind::SecurityQuestions));
    assert_eq!((settings.questions.register, settings.questions.reset), (4, 3));
    assert_eq!(settings.questions.custom.len(), 1);
    assert!(settings.questions.first && !settings.questions.sticky);
    assert!(Policy::new(settings.clone()).is_ok());
    let (document, lost) = settings.to_entra_document();
    assert!(lost.iter().all(|part| !part.path.starts_with("questions")), "{lost:?}");
    let again = read(&document).settings;
    assert_eq!((again.questions, again.users), (settings.questions, settings.users));
    let import = variant(&json!({"securityQuestions": [{"id": 1}]}));
    assert_eq!(paths(&import), ["securityQuestions"]);
}

#[test]
fn a_misspelt_key_is_named_with_the_nearest_right_one() {
    let faults = |changes: &Value| -> Vec<String> {
        let error = PolicySettings::from_entra_document(&with(changes)).unwrap_err();
        error.faults().iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        faults(&json!({"registrationReconfirmIntervalInDays": 90, "emailOptionEnabeld": true})),
        [
            "emailOptionEnabeld: unknown setting, did you mean `emailOptionEnabled`?",
            "registrationReconfirmIntervalInDays: unknown setting, did you mean \
             `registrationReconfirmIntevalInDays`?",
        ]
    );
    assert_eq!(
        faults(&json!({"emailOptionEnabled": "yes", "enablementType": 3})),
        [
            "enablementType: must be 0 (none), 1 (selected) or 2 (all)",
            "emailOptionEnabled: must be true or false",
        ]
    );
    assert!(PolicySettings::from_entra_document("[]").is_err());
    assert!(read(r#"{"@odata.context": "https://x", "enablementType": 2}"#).not_taken.is_empty());
}

/// What the portal cannot hold is listed by the path of the setting.
#[test]
fn an_export_lists_what_is_lost() {
    let mut settings = PolicySettings::entra();
    settings.attempts = 3;
    settings.desk.help = HelpDesk::Off;
    let (_, parts) = settings.to_entra_document();
    let lost: Vec<&str> = parts.iter().map(|part| part.path.as_str()).collect();
    assert_eq!(lost, ["desk.help", "attempts"]);
}

#[test]
fn graph_governs_administrators_only() {
    let mut settings = PolicySettings::entra();
    let before = settings.clone();
    for text in [r#"{"allowedToUseSspr": true}"#, r#"{"allowedToUseSSPR": 1}"#, "{}", "x"] {
        assert!(settings.apply_graph_authorization_policy(text).is_err(), "{text}");
        assert_eq!(settings, before, "{text}");
    }
    let graph = json!({
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#policies",
        "id": "authorizationPolicy",
        "allowInvitesFrom": "everyone",
        "allowedToUseSSPR": false,
    });
    let not_taken = settings.apply_graph_authorization_policy(&graph.to_string()).expect("read");
    assert!(!settings.administrators.enabled);
    let paths: Vec<&str> = not_taken.iter().map(|part| part.path.as_str()).collect();
    assert_eq!(paths, ["allowInvitesFrom", "id"]);
}
