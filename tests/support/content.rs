//! What an account's record holds, whatever its text leaves out.

use serde_json::{Value, json};
use sspr::port::Record;

/// The body of an account, with the fields that are left out at their default.
pub fn content(record: &Record) -> Value {
    let mut body: Value = serde_json::from_str(record.body()).expect("json");
    let pools = json!({"anonymous": [], "proven": []});
    let lists = ["flows", "budgets", "outbox", "told", "devices", "sources", "settled"];
    for list in lists {
        fill(&mut body, &json!({list: []}));
    }
    let acts = json!({"user": [], "administrators": []});
    fill(&mut body, &json!({"sends": pools, "in_hand": pools, "acts": acts, "forgotten": false}));
    fill(&mut body, &json!({"registration": {"ever_active": false}}));
    for flow in body["flows"].as_array_mut().expect("a list") {
        fill(flow, &json!({"challenges": [], "proofs": [], "source": 0}));
        fill(flow, &json!({"by_administrator": false, "known_device": false, "familiar": false}));
    }
    for budget in body["budgets"].as_array_mut().expect("a list") {
        let window = json!({"times": []});
        fill(budget, &json!({"anonymous": window, "proven": window, "consecutive": 0}));
        fill(budget, &json!({"closed": false, "disabled": false, "told": false, "sign_in": 0}));
    }
    for entry in body["outbox"].as_array_mut().expect("a list") {
        fill(entry, &json!({"tries": 0}));
    }
    body
}

/// Adds the fields that are not there, also within those that are.
fn fill(value: &mut Value, defaults: &Value) {
    let (Value::Object(fields), Value::Object(defaults)) = (value, defaults) else { return };
    for (name, default) in defaults {
        match fields.get_mut(name) {
            Some(field) => fill(field, default),
            None => {
                fields.insert(name.clone(), default.clone());
            }
        }
    }
}
