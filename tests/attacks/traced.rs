//! No secret in a trace: every attack runs under a subscriber that checks each value at every level.
//! A value is a name of the crate, a number, or 16 digits of a keyed hash; no text that a person, a
//! port or an error could have supplied has one of these forms in its field.

use crate::traces::install;

/// Checks every value that this process traces from now on.
pub(crate) fn check_every_value() {
    install(check);
}

const OUTCOMES: [&str; 5] = ["succeeded", "refused", "invalid", "failed", "abandoned"];

fn is_known(field: &str, value: &str) -> bool {
    let word = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    match field {
        "otel.name" | "operation" | "call" => {
            value.split_once('.').is_some_and(|(of, name)| word(of) && word(name))
        }
        "tenant" | "record" => {
            value.len() == 16 && value.bytes().all(|byte| byte.is_ascii_hexdigit())
        }
        "outcome" => OUTCOMES.contains(&value),
        "code" => word(value),
        "elapsed_us" => value.parse::<u64>().is_ok(),
        "message" => value == "port failed",
        _ => false,
    }
}

fn check(field: &str, value: &str) {
    assert!(is_known(field, value), "the engine traces {field} = {value:?}");
}

#[test]
fn secrets_and_names_have_no_form_of_a_traced_value() {
    for field in ["operation", "call", "tenant", "record", "outcome", "code", "message", "user"] {
        for secret in ["12345678", "ada@private.example", "+14255550100", "an old password of ada"]
        {
            assert!(!is_known(field, secret), "{field} = {secret}");
        }
    }
    assert!(is_known("operation", "reset.prove") && is_known("tenant", "0123456789abcdef"));
}
