//! The JSON Schema of a policy document: generated with `schemars` and the table of settings, compared with
//! `schemas/policy.json`, and held against a validator.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::PolicySettings;
use crate::domain::crypto::link_base::LinkBase;
use crate::domain::identity::contact::{NumberPrefix, PhoneFormat};
use crate::domain::identity::facts::Plan;
use crate::domain::identity::ids::{GroupId, RoleId};
use crate::domain::method::MethodKind;
use crate::domain::password::BannedPasswords;
use crate::domain::policy::table::{SETTINGS, Setting};
use crate::domain::policy::{
    AsvsLevel, Breaker, CodeAlphabet, Deviation, Disclosure, DomainExpiry, HelpContact, HelpDesk,
    MethodPolicies, NotifyRule, Policy, PolicyDocument, Retirement, Scope, SettingValue, Throttle,
};
use crate::domain::questions::{QuestionId, QuestionTopic};
use crate::domain::schema_forms::WrittenSpan;

const FILE: &str = "schemas/policy.json";
/// What the settings are called.
const LABELS: &str = include_str!("../../words/texts/en/policy.ftl");
/// Lists that a policy never leaves empty.
const NEVER_EMPTY: [&str; 3] =
    ["users.methods", "administrators.roles", "administrators.gates.methods"];

/// The form of a setting whose default does not show it.
fn form(path: &str, generator: &mut SchemaGenerator) -> Option<Schema> {
    fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
    let form = match path {
        "scope" => of::<Scope>,
        "required_entitlement" => of::<Option<String>>,
        "users.methods" | "administrators.gates.methods" => of::<BTreeSet<MethodKind>>,
        "administrators.roles" | "notifications.administrator_roles" => of::<BTreeSet<RoleId>>,
        "notifications.rule" => of::<NotifyRule>,
        "desk.help" => of::<HelpDesk>,
        "desk.contact" => of::<Option<HelpContact>>,
        "desk.help_tiers" => of::<Vec<BTreeSet<RoleId>>>,
        "desk.repudiation_link" | "link" => of::<Option<LinkBase>>,
        "codes.email.alphabet" | "codes.sms.alphabet" | "codes.voice.alphabet" => {
            of::<CodeAlphabet>
        }
        "numbers.allowed" => of::<BTreeSet<NumberPrefix>>,
        "numbers.breaker" => of::<Option<Breaker>>,
        "questions.topics" => of::<BTreeSet<QuestionTopic>>,
        "questions.custom" => of::<BTreeMap<QuestionId, String>>,
        "throttles" => of::<Vec<Throttle>>,
        "password.banned" => of::<BannedPasswords>,
        "password.banned_words" => of::<Vec<String>>,
        "password_expiry.domains" => of::<Vec<DomainExpiry>>,
        "contacts.phone_format" => of::<PhoneFormat>,
        "disclosure" => of::<Disclosure>,
        "plans.reset" | "plans.on_premises" | "plans.voice" => of::<BTreeSet<Plan>>,
        "method_policies" => of::<Option<MethodPolicies>>,
        "retirements" => of::<Vec<Retirement>>,
        "acknowledged" => of::<BTreeSet<Deviation>>,
        _ => return None,
    };
    Some(form(generator))
}

fn property(setting: &Setting, default: &Value, generator: &mut SchemaGenerator) -> Value {
    let (path, is_span) = (setting.path, matches!(setting.range, Some((SettingValue::Span(_), _))));
    let min = setting.range.map(|(min, _)| size(min));
    let max = setting.range.and_then(|(_, max)| max).map(size);
    let number = |kinds: Value| {
        let mut schema = json!({"type": kinds, "minimum": min});
        if let Some(max) = max {
            schema["maximum"] = json!(max);
        }
        schema
    };
    let mut unit = "";
    let mut schema = match form(path, generator) {
        Some(schema) => ranged(schema.to_value(), path, min, max),
        None if is_span => {
            unit = " A span such as `15m` or `2h 30m`, or milliseconds.";
            json!({"anyOf": [number(json!("integer")), {"type": "string", "pattern": WrittenSpan::PATTERN}]})
        }
        None => match default {
            Value::Bool(_) => json!({"type": "boolean"}),
            Value::Number(_) => number(json!("integer")),
            Value::Null if min.is_some() => number(json!(["integer", "null"])),
            _ => panic!("no form for {path}: add it to `form`"),
        },
    };
    if matches!(setting.range, Some((SettingValue::Percent(_), _))) {
        unit = " In percent.";
    }
    schema["title"] = json!(label(path));
    schema["description"] = json!(format!("Default: {}{unit}", setting.source));
    schema["default"] = default.clone();
    schema
}

/// A list or a text with the bounds of its length.
fn ranged(mut schema: Value, path: &str, min: Option<u64>, max: Option<u64>) -> Value {
    let is_list = schema["type"] == "array";
    let [least, most] = if is_list { ["minItems", "maxItems"] } else { ["minLength", "maxLength"] };
    let least_entries = if NEVER_EMPTY.contains(&path) { Some(1) } else { min };
    if let Some(min) = least_entries.filter(|_| is_list) {
        schema[least] = json!(min);
    }
    // Bytes, of which a character has at least one: the schema refuses what is surely too long.
    if let Some(max) = max {
        schema[most] = json!(max);
    }
    schema
}

fn size(value: SettingValue) -> u64 {
    u64::try_from(value.size()).expect("a limit in milliseconds")
}

fn label(path: &str) -> &'static str {
    let key = format!("policy-{} = ", path.replace(['.', '_'], "-"));
    let label = LABELS.lines().find_map(|line| line.strip_prefix(&key));
    label.unwrap_or_else(|| panic!("no label for {path}"))
}

/// Adds a property at this path, with the groups that lead to it.
fn insert(schema: &mut Value, path: &str, property: Value) {
    let (name, rest) = path.split_once('.').unwrap_or((path, ""));
    let properties = schema["properties"].as_object_mut().expect("an object");
    if rest.is_empty() {
        properties.insert(name.to_owned(), property);
    } else {
        insert(properties.entry(name).or_insert_with(group), rest, property);
    }
}

fn group() -> Value {
    json!({"type": "object", "additionalProperties": false, "properties": {}})
}

/// A rate and a format of codes have no default for a part of them.
fn require_whole(schema: &mut Value) {
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
        return;
    };
    properties.values_mut().for_each(require_whole);
    let names: Vec<String> = properties.keys().cloned().collect();
    if names == ["max", "window"] || names == ["alphabet", "length"] {
        schema["required"] = json!(names);
    }
}

fn generated() -> Value {
    let mut generator = SchemaGenerator::default();
    let defaults = PolicySettings::default().written();
    let mut schema = group();
    for setting in SETTINGS {
        let default = defaults.pointer(&pointer(setting.path)).expect("a row has a setting");
        insert(&mut schema, setting.path, property(setting, default, &mut generator));
    }
    require_whole(&mut schema);
    let version = json!({"const": PolicyDocument::VERSION, "title": "the version of the document"});
    insert(&mut schema, "version", version);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("A policy of self-service password reset");
    let definitions: Map<String, Value> = generator.take_definitions(true);
    schema["$defs"] = definitions.into();
    without_links(&mut schema);
    schema
}

/// Doc comments are the descriptions of the definitions: links to items have no target in a schema.
fn without_links(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if name == "description" => *text = plain(text),
                    _ => without_links(value),
                }
            }
        }
        Value::Array(entries) => entries.iter_mut().for_each(without_links),
        _ => {}
    }
}

/// The text before its first example, with `[x](y)` and `[x]` as `x`.
fn plain(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text.split("```").next().unwrap_or_default().trim();
    while let Some((before, link)) = rest.split_once('[') {
        shown.push_str(before);
        let (name, after) = link.split_once(']').unwrap_or((link, ""));
        shown.push_str(name);
        let target = after.strip_prefix('(').and_then(|target| target.split_once(')'));
        rest = target.map_or(after, |(_, after)| after);
    }
    shown + rest
}

fn pointer(path: &str) -> String {
    format!("/{}", path.replace('.', "/"))
}

/// `SSPR_RECUT_GOLDEN=1 cargo test --lib golden::schema` writes the file.
#[test]
fn the_schema_is_that_of_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let schema = format!("{:#}\n", generated());
    if std::env::var_os("SSPR_RECUT_GOLDEN").is_some() {
        std::fs::write(&path, &schema).expect("a writable file");
    }
    let committed = std::fs::read_to_string(&path).expect("the schema");
    assert!(committed == schema, "{FILE} differs from the table");
}

/// A validator of other people, with the schema as it is in the package.
struct Validator {
    schemas: boon::Schemas,
    place: boon::SchemaIndex,
}

impl Validator {
    fn new() -> Self {
        let schema = serde_json::from_str(PolicyDocument::JSON_SCHEMA).expect("JSON");
        let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
        compiler.add_resource("policy.json", schema).expect("a schema");
        let place = compiler.compile("policy.json", &mut schemas).expect("a schema");
        Self { schemas, place }
    }

    fn accepts(&self, document: &Value) -> Result<(), String> {
        self.schemas.validate(document, self.place).map_err(|error| format!("{error:#}"))
    }
}

fn presets() -> [PolicySettings; 7] {
    let [one, two, three] = [AsvsLevel::L1, AsvsLevel::L2, AsvsLevel::L3].map(PolicySettings::asvs);
    let nist = (PolicySettings::nist_aal1(), PolicySettings::nist_aal2());
    [PolicySettings::entra(), PolicySettings::pci(), nist.0, nist.1, one, two, three]
}

fn is_refused(document: &Value) -> bool {
    let read = PolicySettings::from_json(&document.to_string());
    read.map_or(true, |settings| Policy::new(settings).is_err())
}

#[test]
fn a_validator_accepts_every_preset() {
    let validator = Validator::new();
    for settings in presets().into_iter().chain([PolicySettings::default()]) {
        let document: Value = serde_json::from_str(&settings.to_json_document()).expect("JSON");
        assert_eq!(validator.accepts(&document), Ok(()));
        // As `serde` writes it, with milliseconds.
        let stored = serde_json::to_value(&settings).expect("plain data");
        assert_eq!(validator.accepts(&stored), Ok(()));
    }
    for text in ["{}", r#"{"version": 2, "lifetimes": {"flow": "PT20M"}}"#] {
        assert_eq!(validator.accepts(&serde_json::from_str(text).expect("JSON")), Ok(()));
    }
    let group = GroupId::parse("sspr-pilot").expect("an id");
    let pilot =
        PolicySettings { scope: Scope::Selected([group].into()), ..PolicySettings::entra() };
    let document = serde_json::from_str(&pilot.to_json_document()).expect("JSON");
    assert_eq!(validator.accepts(&document), Ok(()));
}

/// The whole default with another value at this path, since a rate is read as a whole.
fn with(path: &str, value: Value) -> Value {
    let mut document = PolicySettings::default().written();
    *document.pointer_mut(&pointer(path)).expect("a setting") = value;
    document
}

#[test]
fn a_validator_refuses_what_a_policy_refuses_for_its_form() {
    let validator = Validator::new();
    let refuse = |path: &str, value: Value| {
        let document = with(path, value);
        assert!(
            validator.accepts(&document).is_err(),
            "{path}: {}",
            document.pointer(&pointer(path)).expect("set")
        );
        assert!(is_refused(&document), "{path}");
    };
    let mut bounds = 0;
    for setting in SETTINGS {
        let Some((min, max)) = setting.range else { continue };
        let default = with("attempts", json!(5)).pointer(&pointer(setting.path)).cloned();
        let beyond = max.map(|max| size(max) + 1);
        match default.expect("a setting") {
            Value::Array(_) => {
                let roles = |count: u64| -> Value {
                    (0..count).map(|n| json!(format!("role-{n}"))).collect()
                };
                if let Some(beyond) = beyond
                    .filter(|_| setting.path.ends_with("roles") || setting.path.ends_with("words"))
                {
                    refuse(setting.path, roles(beyond));
                    bounds += 1;
                }
            }
            Value::Null if setting.path == "required_entitlement" => {
                refuse(setting.path, json!("x".repeat(129)));
                bounds += 1;
            }
            _ => {
                let below = i64::try_from(size(min)).expect("small") - 1;
                for value in [Some(json!(below)), beyond.map(Value::from)].into_iter().flatten() {
                    refuse(setting.path, value);
                    bounds += 1;
                }
                refuse(setting.path, json!("many"));
                refuse(setting.path, json!(1.5));
            }
        }
    }
    assert!(bounds > 100, "{bounds}");
}

#[test]
fn a_validator_refuses_what_is_no_value_of_a_setting() {
    let validator = Validator::new();
    let refuse = |path: &str, value: Value| {
        let document = with(path, value);
        assert!(validator.accepts(&document).is_err() && is_refused(&document), "{path}");
    };
    for path in NEVER_EMPTY {
        refuse(path, json!([]));
    }
    for (path, value) in [
        ("scope", json!("everyone")),
        ("scope", json!({"selectd": ["a"]})),
        ("users.methods", json!(["pigeon"])),
        ("human_check", json!("yes")),
        ("throttles", json!([{"counts": "mail_sent", "rate": {"max": 3}, "lock": "1h"}])),
        ("retirements", json!([{"what": {"method": "email"}, "at": "soon"}])),
        ("acknowledged", json!(["short_password"])),
        ("failures.anonymous", json!({"max": 5})),
    ] {
        refuse(path, value);
    }
    let mut newer = with("attempts", json!(5));
    newer["version"] = json!(PolicyDocument::VERSION + 1);
    assert!(validator.accepts(&newer).is_err() && is_refused(&newer));
}

#[test]
fn a_validator_refuses_an_unknown_name_wherever_it_is() {
    let validator = Validator::new();
    let mut groups: BTreeSet<&str> = [""].into();
    for setting in SETTINGS {
        groups.extend(setting.path.match_indices('.').map(|(end, _)| &setting.path[..end]));
    }
    assert!(groups.len() > 20, "{groups:?}");
    for group in groups {
        let mut document = PolicySettings::default().written();
        let place = if group.is_empty() { String::new() } else { pointer(group) };
        document.pointer_mut(&place).expect("a group")["reqired"] = json!(1);
        assert!(validator.accepts(&document).is_err(), "{group}");
        assert!(is_refused(&document), "{group}");
    }
}

/// What this version writes. Every later release reads these files.
#[test]
fn the_present_version_of_documents_is_written_as_it_always_was() {
    let same = |name: &str, written: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain/policy/document");
        if std::env::var_os("SSPR_RECUT_GOLDEN").is_some() {
            std::fs::write(folder.join(name), written).expect("a writable file");
        }
        let committed = std::fs::read_to_string(folder.join(name)).expect(name);
        assert!(committed == written, "{name} differs");
    };
    let entra = PolicySettings::entra();
    same("golden_v2.json", &entra.to_json_document());
    #[cfg(feature = "toml")]
    same("golden_v2.toml", &entra.to_toml_document());
}
