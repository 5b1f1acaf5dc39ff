//! Records of a newer release: this release's records with more fields.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sspr::UserId;

use crate::records::stores::StoreUnderTest;

/// The name of the newer release's field.
const FIELD: &str = "of_a_newer_release";

/// A part of an account, by its place and id, so that it is recognised after its list has changed.
type Part = (&'static str, String);

/// The parts that persist from step to step, by their keys.
fn parts(body: &mut Value) -> BTreeMap<Part, &mut Value> {
    fn list<'a>(
        value: &'a mut Value,
        what: &'static str,
        by: &str,
        into: &mut BTreeMap<Part, &'a mut Value>,
    ) {
        for item in value.as_array_mut().into_iter().flatten() {
            let name = item[by].to_string();
            into.insert((what, name), item);
        }
    }
    let mut all = BTreeMap::new();
    for (name, value) in body.as_object_mut().expect("an account") {
        match name.as_str() {
            "registration" => drop(all.insert(("registration", String::new()), value)),
            "methods" => list(value, "methods", "id", &mut all),
            "budgets" => list(value, "budgets", "method", &mut all),
            "outbox" => list(value, "outbox", "number", &mut all),
            "devices" => list(value, "devices", "secret", &mut all),
            "write" => drop(all.insert(("write", value["number"].to_string()), value)),
            "flows" => {
                for flow in value.as_array_mut().into_iter().flatten() {
                    let number = flow["number"].to_string();
                    let flow = flow.as_object_mut().expect("a flow");
                    for (part, value) in flow {
                        match part.as_str() {
                            "challenges" => list(value, "challenges", "number", &mut all),
                            "proofs" => list(value, "proofs", "challenge", &mut all),
                            "grant" => drop(all.insert(("grant", number.clone()), value)),
                            _ => {}
                        }
                    }
                }
            }
            _ => {}
        }
    }
    all
}

/// Parts that have the field, flows and the account itself included.
fn marked(body: &Value) -> Vec<(String, Value)> {
    let mut copy = body.clone();
    let mut found = vec![(String::new(), body[FIELD].clone())];
    for flow in body["flows"].as_array().into_iter().flatten() {
        found.push((format!("flow {}", flow["number"]), flow[FIELD].clone()));
    }
    found.extend(
        parts(&mut copy)
            .into_iter()
            .map(|((what, which), value)| (format!("{what} {which}"), value[FIELD].clone())),
    );
    found
}

/// A node of a newer release, which writes a field of its own into every part.
#[derive(Default)]
pub(crate) struct Newer {
    /// The values written, by part.
    written: BTreeMap<String, Value>,
}

impl Newer {
    /// Writes its field, in a step of its own.
    pub(crate) async fn writes(&mut self, under_test: &StoreUnderTest, user: &UserId) {
        let said = json!({"since": 2, "list": [1, "two", {"z": null, "a": 0.5}]});
        under_test
            .edit(user, |body| {
                for (_, part) in parts(body) {
                    part[FIELD] = said.clone();
                }
                for flow in body["flows"].as_array_mut().into_iter().flatten() {
                    flow[FIELD] = said.clone();
                }
                body[FIELD] = said.clone();
                body["format"] = 2.into();
            })
            .await;
        self.written.clear();
        for (part, value) in marked(&under_test.body(user).await) {
            assert_eq!(value, said, "{}: {part}", under_test.name);
            self.written.insert(part, value);
        }
    }

    /// Checks that every remaining part still has the field; returns how many there are.
    pub(crate) async fn finds(
        &self,
        under_test: &StoreUnderTest,
        user: &UserId,
        after: &str,
    ) -> usize {
        let body = under_test.body(user).await;
        assert_eq!(body["format"], 2, "{}: after {after}", under_test.name);
        let mut found = 0;
        for (part, value) in marked(&body) {
            if let Some(written) = self.written.get(&part) {
                assert_eq!(value, *written, "{}: {part} lost it in {after}", under_test.name);
                found += 1;
            }
        }
        found
    }
}
