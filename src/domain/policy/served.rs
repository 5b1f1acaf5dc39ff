//! The settings of a policy that an engine cannot serve.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::capabilities::Capabilities;
use crate::domain::method::{Channel, MethodKind, Verification};
use crate::domain::policy::{Gates, Policy, Scope};

/// A setting of a policy that an engine cannot serve, since it was built without what the setting
/// needs. Returned by [`Engine::check`](crate::Engine::check).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Unserved {
    /// The path of the setting, spelled as in stored policies: `users.methods`.
    pub path: String,
    /// The kind of method, if the setting is about one.
    pub method: Option<MethodKind>,
    /// What is missing.
    pub lacks: Lack,
}

/// What an engine needs to serve a setting.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Lack {
    /// A channel of the [`Delivery`](crate::port::Delivery) that reaches this kind of method.
    Channel,
    /// A [`seal`](crate::builder::EngineBuilder::seal) for the seeds of authenticators.
    Seal,
    /// A method that the host verifies: [`external_method`](crate::builder::EngineBuilder::external_method).
    ExternalMethod,
    /// A [`slow_hash`](crate::builder::EngineBuilder::slow_hash) for the answers to security questions.
    SlowHash,
    /// A longer [`reply_floor`](crate::builder::EngineBuilder::reply_floor): one that covers the hashes of the
    /// questions that are asked before the first proof.
    ReplyFloor,
    /// A [`strength_estimator`](crate::builder::EngineBuilder::strength_estimator).
    StrengthEstimator,
    /// A [`human_check`](crate::builder::EngineBuilder::human_check).
    HumanCheck,
    /// More kinds of method: the engine serves fewer than the gates require.
    Methods,
}

impl Unserved {
    pub(crate) fn new(path: &str, method: Option<MethodKind>, lacks: Lack) -> Self {
        Self { path: path.to_owned(), method, lacks }
    }

    /// Whether no user, or no administrator, can complete a reset because of it.
    #[must_use]
    pub const fn stops_every_reset(&self) -> bool {
        matches!(self.lacks, Lack::HumanCheck | Lack::Methods | Lack::StrengthEstimator)
    }
}

impl fmt::Display for Unserved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path)?;
        if let Some(method) = self.method {
            write!(f, "{method} ")?;
        }
        f.write_str(match self.lacks {
            Lack::Channel => "needs a channel of the delivery that reaches it",
            Lack::Seal => "needs a seal",
            Lack::ExternalMethod => "needs a method that the host verifies",
            Lack::SlowHash => "needs a slow hash",
            Lack::ReplyFloor => "needs a reply floor that covers the hashes of its answers",
            Lack::StrengthEstimator => "needs a strength estimator",
            Lack::HumanCheck => "needs a human check, and the engine was built without one",
            Lack::Methods => "requires more distinct methods than this engine serves",
        })
    }
}

/// The settings of the policy that cannot be served with these capabilities.
pub(crate) fn unserved(
    policy: &Policy,
    capabilities: &Capabilities,
    [human_check, estimator]: [bool; 2],
) -> Vec<Unserved> {
    let mut found = Vec::new();
    if policy.password.min_score > 0 && !estimator {
        found.push(Unserved::new("password.min_score", None, Lack::StrengthEstimator));
    }
    if policy.human_check && !human_check {
        found.push(Unserved::new("human_check", None, Lack::HumanCheck));
    }
    if policy.link.is_some() && !capabilities.channels.contains(&Channel::Email) {
        found.push(Unserved::new("link", None, Lack::Channel));
    }
    if policy.scope != Scope::None {
        gates(&policy.user_gates(), ["users.methods", "users.required"], capabilities, &mut found);
    }
    if policy.administrators.enabled {
        let paths = ["administrators.gates.methods", "administrators.gates.required"];
        gates(&policy.administrators.gates, paths, capabilities, &mut found);
    }
    found
}

fn gates(
    gates: &Gates,
    [methods, required]: [&str; 2],
    capabilities: &Capabilities,
    found: &mut Vec<Unserved>,
) {
    let mut served: Vec<MethodKind> = Vec::new();
    for kind in gates.methods.iter().copied() {
        if capabilities.channels_of(kind).next().is_some() {
            if !served.iter().any(|other| other.same_class(kind)) {
                served.push(kind);
            }
            continue;
        }
        let lacks = match kind.verification() {
            Verification::Oath => Lack::Seal,
            Verification::External => Lack::ExternalMethod,
            Verification::Knowledge => Lack::SlowHash,
            Verification::Contact | Verification::RecoveryCode | Verification::Password => {
                Lack::Channel
            }
        };
        found.push(Unserved::new(methods, Some(kind), lacks));
    }
    if served.len() < usize::from(gates.required) {
        found.push(Unserved::new(required, None, Lack::Methods));
    }
}
