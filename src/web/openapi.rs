//! The OpenAPI description of what this crate puts on the wire: generated from the types, compared with
//! `schemas/openapi.json`, and checked with values that the types write. It has no paths: the host chooses them.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::problem::tests::errors;
use super::{PROBLEM_CONTENT_TYPE, Problem};
use crate::method::{
    MethodView, Prompt, QuestionTopic, QuestionView, RegistrationReview, SignInPrompt,
};
use crate::password::{PasswordGuide, PasswordRules};
use crate::policy::PageFacts;
use crate::{Step, Timestamp};

const FILE: &str = "schemas/openapi.json";
static DESCRIPTION: LazyLock<Value> = LazyLock::new(generated);

fn generated() -> Value {
    let settings = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    fn add<T: JsonSchema>(generator: &mut SchemaGenerator) {
        generator.subschema_for::<T>();
    }
    add::<Problem>(&mut generator);
    add::<Step>(&mut generator);
    add::<PageFacts>(&mut generator);
    add::<MethodView>(&mut generator);
    add::<RegistrationReview>(&mut generator);
    add::<SignInPrompt>(&mut generator);
    let schemas: Map<String, Value> = generator.take_definitions(true);
    let mut schemas = Value::from(schemas);
    shorten(&mut schemas);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "sspr: the wire types of self-service password reset",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
            "description": "The paths are the host's. A later release may add fields, and values to lists of \
                values: a client ignores what it does not know.",
        },
        "components": {"schemas": schemas, "responses": responses()},
    })
}

/// The response of each status that an error has, with the codes that it may carry.
fn responses() -> Map<String, Value> {
    let mut responses = Map::new();
    let problems: Vec<Problem> = errors().iter().map(Problem::of).collect();
    let statuses: BTreeSet<u16> = problems.iter().map(|problem| problem.status).collect();
    for status in statuses {
        let mine = || problems.iter().filter(|problem| problem.status == status);
        let codes: BTreeSet<&str> = mine().map(|problem| &*problem.code).collect();
        let title = mine().map(|problem| &*problem.title).next().expect("a status of a problem");
        let schema = json!({
            "allOf": [{"$ref": "#/components/schemas/Problem"}],
            "properties": {"status": {"const": status}, "code": {"enum": codes}},
        });
        let mut content = Map::new();
        content.insert(PROBLEM_CONTENT_TYPE.to_owned(), json!({"schema": schema}));
        let mut response = json!({"description": title, "content": content});
        if mine().any(|problem| problem.retry_at.is_some()) {
            let seconds = json!({"type": "integer", "minimum": 0});
            let about = "The seconds until the request may succeed, if that is known.";
            let header = json!({"description": about, "schema": seconds});
            response["headers"] = json!({"Retry-After": header});
        }
        responses.insert(title.replace(' ', ""), response);
    }
    responses
}

/// Doc comments are the descriptions: only their first paragraph, and without links, which have no target here.
fn shorten(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if name == "description" => *text = first_paragraph(text),
                    _ => shorten(value),
                }
            }
        }
        Value::Array(entries) => entries.iter_mut().for_each(shorten),
        _ => {}
    }
}

fn first_paragraph(text: &str) -> String {
    let paragraph = text.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    // What stands between `](` and `)` is the target of a link.
    let mut parts = paragraph.split("](");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        shown.push_str(part.split_once(')').map_or(part, |(_, after)| after));
    }
    shown.replace(['[', ']'], "")
}

/// `SSPR_RECUT_GOLDEN=1 cargo test --all-features --lib openapi` writes the file.
#[test]
fn the_description_is_that_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let description = format!("{:#}\n", *DESCRIPTION);
    if std::env::var_os("SSPR_RECUT_GOLDEN").is_some() {
        std::fs::write(&path, &description).expect("a writable file");
    }
    let committed = std::fs::read_to_string(&path).expect("the description");
    assert!(committed == description, "{FILE} differs from the types");
}

/// Validates a value against this part of the description, with an independent validator.
fn accepts(place: &str, value: &Value) -> Result<(), String> {
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.add_resource("openapi.json", DESCRIPTION.clone()).expect("a resource");
    let place = format!("openapi.json#/components/{place}");
    let place = compiler.compile(&place, &mut schemas).expect("a schema");
    schemas.validate(value, place).map_err(|error| format!("{error:#}"))
}

fn written(value: &impl Serialize) -> Value {
    serde_json::to_value(value).expect("plain data")
}

#[test]
fn every_problem_is_one_of_its_response_and_of_no_other() {
    let names: Vec<String> = responses().keys().cloned().collect();
    assert!(names.len() > 6, "{names:?}");
    for error in errors() {
        let problem = written(&Problem::of(&error));
        assert_eq!(accepts("schemas/Problem", &problem), Ok(()), "{problem}");
        let media = PROBLEM_CONTENT_TYPE.replace('/', "~1");
        let taken = names.iter().filter(|name| {
            accepts(&format!("responses/{name}/content/{media}/schema"), &problem).is_ok()
        });
        let title = problem["title"].as_str().expect("a title").replace(' ', "");
        assert_eq!(taken.collect::<Vec<_>>(), [&title], "{problem}");
    }
}

#[test]
fn what_the_types_write_is_valid_and_other_things_are_not() {
    let at = Timestamp::from_unix_seconds(1_800_000_000);
    let guide = PasswordGuide::from(&PasswordRules::default());
    let question = QuestionView { question: QuestionTopic::FirstPet.into(), text: None };
    let option = json!({"option": "email.email.0", "masked": "a•••@c•••", "typed_number": false});
    let steps = [
        json!({"step": "choose", "options": [option]}),
        json!({"step": "answer", "option": option, "questions": [written(&question)],
            "resend_at": written(&at), "help_at": written(&at), "options": []}),
        written(&Step::NewPassword { rules: guide, until: at, unsettled: true }),
        written(&Step::Done { propagated: false }),
    ];
    for step in &steps {
        assert_eq!(accepts("schemas/Step", step), Ok(()), "{step}");
        // And read, so that a client of the same crate takes it.
        assert_eq!(&written(&serde_json::from_value::<Step>(step.clone()).expect("a step")), step);
    }
    let asked = json!({"ask": written(&Prompt::Nothing), "skip": {"skip": "until", "at": 9},
        "plan": null, "password": {"password": "nothing"}});
    assert_eq!(accepts("schemas/SignInPrompt", &asked), Ok(()));
    for (place, other) in [
        ("schemas/Step", json!({"step": "done"})),
        ("schemas/Step", json!({"step": "dance", "propagated": true})),
        ("schemas/Step", json!({"step": "choose", "options": [{"option": 3}]})),
        ("schemas/Problem", json!({"type": "about:blank", "status": 422})),
        ("schemas/SignInPrompt", json!({"ask": "dance", "skip": {"skip": "never"}})),
        ("schemas/PageFacts", json!({"human_check": "yes"})),
    ] {
        assert!(accepts(place, &other).is_err(), "{place}: {other}");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(entries) => entries.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    references(&DESCRIPTION, &mut found);
    assert!(found.len() > 10, "{found:?}");
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("a reference into the document");
        assert!(DESCRIPTION.pointer(pointer).is_some(), "{reference}");
    }
}
