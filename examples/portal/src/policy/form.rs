//! The draft of a policy, and the fields of its form.

use std::collections::BTreeSet;

use minijinja::{Value, context};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use sspr::MethodKind;
use sspr::PolicySettings;
use sspr::policy::{DocumentFault, PolicyFault, PolicyProblem};
use sspr::words::Phrases;

/// The settings that the form shows. The document has all of them.
const FIELDS: [&str; 29] = [
    "scope",
    "users.required",
    "users.methods",
    "administrators.enabled",
    "lifetimes.flow",
    "lifetimes.grant",
    "lifetimes.email_code",
    "lifetimes.email_link",
    "lifetimes.phone_code",
    "attempts",
    "failures.anonymous.max",
    "failures.proven.max",
    "failures.lock",
    "failures.consecutive",
    "sends.resend_after",
    "sends.per_hour",
    "sends.per_day",
    "recovery_codes",
    "known_device_days",
    "password.min_length",
    "typed_number",
    "desk.temporary_password_hours",
    "desk.invitation_life",
    "disclosure",
    "human_check",
    "registration.enforced",
    "registration.reconfirm_days",
    "unlock_without_reset",
    "acknowledged",
];

/// A draft as it was typed, readable or not.
pub(super) struct Draft {
    pub(super) as_document: bool,
    pub(super) verb: String,
    /// The revision that the page began with.
    pub(super) revision: Option<u64>,
    document: Result<Json, String>,
}

/// What is wrong with a setting, in English.
#[derive(Serialize)]
pub(super) struct Fault {
    path: String,
    text: String,
    /// The deviation that has to be acknowledged.
    needs: Option<&'static str>,
}

impl Fault {
    pub(super) fn of_document(fault: &DocumentFault) -> Self {
        Self { path: fault.path().to_owned(), text: fault.to_string(), needs: None }
    }

    pub(super) fn of_policy(fault: &PolicyFault) -> Self {
        let needs = match fault.problem() {
            PolicyProblem::NeedsDeviation(deviation) => Some(deviation.as_str()),
            _ => None,
        };
        Self { path: fault.field().to_owned(), text: fault.to_string(), needs }
    }

    /// Whether it is a fault of this field, of a part of it, or of the setting that it is a part of.
    fn is_of(&self, field: &str) -> bool {
        let is_part = |path: &str, of: &str| {
            path.strip_prefix(of)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        is_part(&self.path, field) || is_part(field, &self.path)
    }
}

impl Draft {
    pub(super) fn of_settings(settings: &PolicySettings, as_document: bool) -> Self {
        // Plain data, which serde_json always writes.
        let document = serde_json::to_value(settings).unwrap_or_default();
        Self { as_document, verb: String::new(), revision: None, document: Ok(document) }
    }

    pub(super) fn of_document(fields: &[(String, String)]) -> Self {
        let text = last(fields, "document");
        let document = serde_json::from_str(text).map_err(|_| text.to_owned());
        Self { as_document: true, ..Self::sent(fields, document) }
    }

    /// The document of the page with the fields of the form put into it.
    pub(super) fn of_form(fields: &[(String, String)]) -> Self {
        let text = last(fields, "document");
        let mut document: Json = serde_json::from_str(text).unwrap_or_else(|_| json!({}));
        for path in FIELDS {
            let typed = fields.iter().filter(|(name, _)| name == path).map(|(_, typed)| &**typed);
            let typed: Vec<&str> = typed.filter(|typed| !typed.is_empty()).collect();
            let groups = last(fields, "groups").split(',').map(str::trim);
            let written = match (path, typed.as_slice()) {
                ("users.methods" | "acknowledged", chosen) => json!(chosen),
                ("scope", ["selected"]) => {
                    json!({ "selected": groups.filter(|group| !group.is_empty()).collect::<Vec<_>>() })
                }
                (_, []) => Json::Null,
                (_, [typed, ..]) => scalar(typed),
            };
            put(&mut document, path, written);
        }
        Self::sent(fields, Ok(document))
    }

    fn sent(fields: &[(String, String)], document: Result<Json, String>) -> Self {
        let revision = last(fields, "revision").parse().ok();
        Self { as_document: false, verb: last(fields, "verb").to_owned(), revision, document }
    }

    /// The document as a text.
    pub(super) fn text(&self) -> String {
        match &self.document {
            Ok(document) => serde_json::to_string_pretty(document).unwrap_or_default(),
            Err(text) => text.clone(),
        }
    }

    /// The document without the settings that have these faults; empty if it is no document.
    pub(super) fn without(&self, faults: &[Fault]) -> String {
        let Ok(mut document) = self.document.clone() else { return String::new() };
        for fault in faults {
            let path = fault.path.split('[').next().unwrap_or_default();
            let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
            let parent = parent.split('.').filter(|part| !part.is_empty());
            let pointer: String = parent.flat_map(|part| ["/", part]).collect();
            if let Some(Json::Object(settings)) = document.pointer_mut(&pointer) {
                settings.remove(name);
            }
        }
        document.to_string()
    }

    fn at(&self, path: &str) -> Json {
        let document = self.document.as_ref().unwrap_or(&Json::Null);
        document.pointer(&format!("/{}", path.replace('.', "/"))).cloned().unwrap_or_default()
    }
}

fn last<'a>(fields: &'a [(String, String)], name: &str) -> &'a str {
    fields.iter().rev().find(|(known, _)| known == name).map_or("", |(_, typed)| typed)
}

/// A number or a truth value as such, and everything else as a text, of which the reader says what is
/// wrong with it.
fn scalar(typed: &str) -> Json {
    let typed = typed.trim();
    match typed {
        "true" | "false" => json!(typed == "true"),
        _ => typed.parse::<u64>().map_or_else(|_| json!(typed), |number| json!(number)),
    }
}

fn put(document: &mut Json, path: &str, written: Json) {
    let mut place = document;
    for part in path.split('.') {
        if !place.is_object() {
            *place = Json::Object(Map::new());
        }
        place = &mut place[part];
    }
    *place = written;
}

/// The fields of the form, with their labels, values and faults.
pub(super) fn fields(draft: &Draft, phrases: Phrases<'_>, faults: &[Fault]) -> Vec<Value> {
    let defaults = PolicySettings::default();
    let labels = phrases.describe(&defaults);
    let all = faults;
    let field = |path: &&'static str| {
        let label = labels.iter().find(|line| line.path == *path).map(|line| line.label.clone());
        let faults = faults.iter().filter(|fault| fault.is_of(path));
        let (kind, shown, choices) = match *path {
            "acknowledged" => ("several", String::new(), deviations(draft, all)),
            path => shape(draft, phrases, path, &defaults),
        };
        context! {
            path => *path,
            id => path.replace('.', "-"),
            label,
            kind,
            shown,
            choices,
            groups => groups(draft),
            faults => faults.map(|fault| Value::from(fault.text.as_str())).collect::<Vec<_>>(),
        }
    };
    FIELDS.iter().map(field).collect()
}

/// How a field is shown: as choices of which one or several are taken, or as a text.
fn shape(
    draft: &Draft,
    phrases: Phrases<'_>,
    path: &str,
    defaults: &PolicySettings,
) -> (&'static str, String, Vec<Value>) {
    let held = draft.at(path);
    let is_chosen = |name: &str| match &held {
        Json::Array(names) => names.iter().any(|held| held == name),
        Json::Object(parts) => parts.contains_key(name),
        Json::Bool(held) => (*held && name == "true") || (!*held && name == "false"),
        held => held == name,
    };
    let choice = |name: &str, word: String| context! { name, word, chosen => is_chosen(name) };
    let word = |name: &str| {
        let key = format!("policy-value-{}", name.replace('_', "-"));
        phrases.text(&key, &[]).unwrap_or_else(|| name.to_owned())
    };
    let names = |names: &[&str]| names.iter().map(|name| choice(name, word(name))).collect();
    match path {
        "users.methods" => {
            let kinds = MethodKind::ALL.iter();
            let kinds = kinds.map(|kind| choice(kind.as_str(), phrases.method(*kind)));
            ("several", String::new(), kinds.collect())
        }
        "scope" => {
            let mut scopes: Vec<Value> = names(&["none", "all"]);
            scopes.push(choice("selected", String::new()));
            ("scope", String::new(), scopes)
        }
        "disclosure" => ("one", String::new(), names(&["uniform", "masked", "reasoned"])),
        _ if draft_of(defaults, path).is_boolean() => {
            let words = [choice("true", word("on")), choice("false", word("off"))];
            ("one", String::new(), words.into())
        }
        _ => ("text", written(&held, path), Vec::new()),
    }
}

/// The deviations that the draft acknowledges, and those that its faults ask for.
fn deviations(draft: &Draft, faults: &[Fault]) -> Vec<Value> {
    let held = draft.at("acknowledged");
    let held = held.as_array().into_iter().flatten().filter_map(Json::as_str);
    let held: BTreeSet<String> = held.map(str::to_owned).collect();
    let asked = faults.iter().filter_map(|fault| fault.needs.map(str::to_owned));
    let all: BTreeSet<String> = asked.chain(held.iter().cloned()).collect();
    let choice = |name: String| {
        let chosen = held.contains(&name);
        context! { name => name.as_str(), word => name.as_str(), chosen }
    };
    all.into_iter().map(choice).collect()
}

fn draft_of(settings: &PolicySettings, path: &str) -> Json {
    Draft::of_settings(settings, false).at(path)
}

/// The value in the field: spans as people write them.
fn written(held: &Json, path: &str) -> String {
    const SPANS: [&str; 4] =
        ["lifetimes.", "failures.lock", "sends.resend_after", "desk.invitation_life"];
    const UNITS: [(u64, &str); 4] =
        [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    match held {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        held => match held.as_u64().filter(|_| SPANS.iter().any(|span| path.starts_with(span))) {
            Some(span) => {
                let unit = UNITS.iter().find(|(size, _)| span > 0 && span.is_multiple_of(*size));
                unit.map_or(span.to_string(), |(size, unit)| format!("{}{unit}", span / size))
            }
            None => held.to_string(),
        },
    }
}

/// The selected groups of the scope.
fn groups(draft: &Draft) -> String {
    let scope = draft.at("scope");
    let groups = scope.get("selected").and_then(Json::as_array);
    let groups = groups.into_iter().flatten().filter_map(Json::as_str);
    groups.collect::<Vec<_>>().join(", ")
}
