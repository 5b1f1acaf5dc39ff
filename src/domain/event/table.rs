//! The macro that makes [`EventKind`](super::EventKind) from a table of kinds, codes and fields.

/// The documentation of a field: its own, or that of a field which many kinds have.
macro_rules! field_doc {
    ([] flow) => {
        "The flow."
    };
    ([] purpose) => {
        "What the flow is for."
    };
    ([] method) => {
        "The method."
    };
    ([] channel) => {
        "The channel."
    };
    ([] write) => {
        "The number of the write."
    };
    ([] message) => {
        "The number of the message within the account."
    };
    ([] kind) => {
        "The kind of message."
    };
    ([$(#[$own:meta])+] $field:ident) => {
        ""
    };
}
pub(super) use field_doc;

macro_rules! event_kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal { $($(#[$own:meta])* $field:ident : $type:ty),* $(,)? }),+ $(,)?) => {
        /// What happened, with the true reason.
        #[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
        #[serde(tag = "code", rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum EventKind {
            $($(#[$doc])* #[serde(rename = $code)] #[non_exhaustive] $name {
                $($(#[$own])* #[doc = field_doc!([$(#[$own])*] $field)] $field: $type),*
            },)+
            /// An event of a newer release that this release cannot read.
            #[serde(untagged)]
            Other(OtherEvent),
        }

        impl EventKind {
            /// The stable code, for filters and reports.
            #[must_use]
            pub const fn code(&self) -> &str {
                match self { $(Self::$name { .. } => $code,)+ Self::Other(other) => other.code() }
            }

            /// Every code that an event of this release can have.
            pub const CODES: &'static [&'static str] = &[$($code),+];
        }
    };
}
pub(super) use event_kinds;
