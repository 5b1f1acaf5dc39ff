//! The macro that makes [`EventKind`](super::EventKind) from a table of kinds, codes and fields.

macro_rules! event_kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal { $($(#[$field_doc:meta])* $field:ident : $type:ty),* $(,)? }),+ $(,)?) => {
        /// What happened, with the true reason.
        #[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
        #[serde(tag = "code", rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum EventKind {
            $($(#[$doc])* #[serde(rename = $code)] #[non_exhaustive] $name { $($(#[$field_doc])* $field: $type),* },)+
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
