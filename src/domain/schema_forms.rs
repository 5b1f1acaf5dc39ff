//! Forms of values in JSON Schemas that no derive can know. Only the tests that generate the schemas use
//! them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// A span of time in a policy document.
pub(crate) struct WrittenSpan;

/// A date in a policy document.
pub(crate) struct WrittenDate;

impl WrittenSpan {
    /// The texts that [`PolicyDocument`](crate::policy::PolicyDocument) reads, whatever the order of their units.
    pub(crate) const PATTERN: &str =
        r"^\s*([0-9]+ *(d|h|m|min|s|ms) *)+$|^P([0-9]+[DW])*(T([0-9]+[HMS])+)?$";
}

impl JsonSchema for WrittenSpan {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "WrittenSpan".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [
            {"type": "integer", "minimum": 0},
            {"type": "string", "pattern": Self::PATTERN},
        ]})
    }
}

impl JsonSchema for WrittenDate {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "WrittenDate".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [
            {"type": "integer"},
            {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt].+)?$"},
        ]})
    }
}

/// The schema of a type that serde writes as a text.
macro_rules! text_form {
    ($name:ty) => {
        impl ::schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                ::schemars::json_schema!({"type": "string"})
            }
        }
    };
}
pub(crate) use text_form;
