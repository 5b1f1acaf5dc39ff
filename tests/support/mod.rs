//! Short names for what most tests use of [`World`]: its account's addresses, requests, policies.
#![allow(unreachable_pub, reason = "shared by several test binaries")]
#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod content;

use sspr::method::{ChallengeOption, Channel};
use sspr::policy::{Deviation, Scope};
pub use sspr::testing::World;
use sspr::{
    Actor, Attempt, Identifier, Keys, MethodKind, PolicySettings, Refusal, Request, Source,
    TenantId, UserId,
};

pub const MAIL: &str = World::MAIL;
pub const MOBILE: &str = World::MOBILE;
pub const OLD: &str = World::PASSWORD;
pub const NEW: &str = "plum tractor violet candle";
pub const START: i64 = World::START;

pub fn tenant() -> TenantId {
    World::tenant()
}

pub fn user() -> UserId {
    World::user()
}

pub fn keys() -> Keys {
    World::keys()
}

pub fn admin() -> Actor {
    World::root()
}

/// The default policy for every user.
pub fn settings() -> PolicySettings {
    let mut settings = PolicySettings::default();
    settings.scope = Scope::All;
    settings
}

/// Every kind that a policy may count without an acknowledgement: all but security questions.
pub fn accepted_kinds() -> std::collections::BTreeSet<MethodKind> {
    MethodKind::ALL.into_iter().filter(|kind| *kind != MethodKind::SecurityQuestions).collect()
}

/// A policy that counts every kind and requires this many.
pub fn every_kind(required: u8) -> PolicySettings {
    let mut settings = settings();
    settings.users.methods = MethodKind::ALL.into();
    settings.questions.first = true;
    // Answers can be guessed, so questions count only where that is acknowledged.
    settings.acknowledged.extend([
        Deviation::SecurityQuestions,
        Deviation::QuestionsFirst,
        Deviation::GuessingAboveThreshold,
    ]);
    settings.users.required = required;
    settings
}

pub fn one_gate() -> PolicySettings {
    let mut settings = settings();
    settings.users.required = 1;
    settings
}

pub fn request() -> Request {
    request_from("203.0.113.7")
}

pub fn request_from(source: &str) -> Request {
    Request::new(tenant(), Source::parse(source))
}

pub fn ada() -> Identifier {
    Identifier::parse(World::NAME).expect("valid")
}

pub fn code(text: &str) -> Attempt {
    Attempt::code(text).expect("well formed")
}

pub fn email() -> sspr::Selection {
    ChallengeOption::preferred(MethodKind::Email).into()
}

pub fn sms() -> sspr::Selection {
    ChallengeOption::preferred(MethodKind::MobilePhone).into()
}

pub fn voice() -> sspr::Selection {
    ChallengeOption::new(MethodKind::MobilePhone, Channel::Voice).expect("reached").into()
}

pub fn refusal<T: std::fmt::Debug>(result: Result<T, sspr::Error>) -> Refusal {
    match result {
        Err(sspr::Error::Refused(refusal)) => refusal,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// A code that is not this one.
pub fn other_than(right: &str) -> String {
    let first = if right.starts_with('1') { '2' } else { '1' };
    format!("{first}{}", &right[1..])
}
