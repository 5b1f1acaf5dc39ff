//! The checks of the settings about security questions.

use crate::domain::method::MethodKind;
use crate::domain::policy::questions::QuestionPolicy;
use crate::domain::policy::settings::{Disclosure, PolicySettings};

/// The field of a rule, whether the settings break it, and the rule.
type Rule = (&'static str, bool, &'static str);

pub(super) fn rules(settings: &PolicySettings) -> [Rule; 8] {
    let questions = &settings.questions;
    let kind = MethodKind::SecurityQuestions;
    let offered = questions.topics.len() + questions.custom.len();
    let is_newer = settings
        .method_policies
        .as_ref()
        .is_some_and(|newer| newer.sign_in.contains(&kind) || newer.authentication.contains(&kind));
    let counted = settings.counts_questions();
    let is_told = counted
        && questions.first
        && !questions.sticky
        && settings.disclosure != Disclosure::Reasoned;
    [
        (
            "questions.register",
            questions.register < questions.reset,
            "must not be below the number that is asked (`questions.reset`)",
        ),
        (
            "questions.topics",
            offered < usize::from(questions.register),
            "fewer questions than a user registers (`questions.register`)",
        ),
        (
            "questions.custom",
            !are_texts(questions),
            "each text must have 3 to 200 characters and no control character",
        ),
        (
            "questions.custom",
            questions.custom.keys().any(|id| id.topic().is_some()),
            "an id is that of a topic of the catalogue: choose another",
        ),
        (
            "administrators.gates.methods",
            settings.administrators.gates.methods.contains(&kind),
            "`security_questions` never count for administrators: remove them",
        ),
        ("method_policies", is_newer, "`security_questions` belong into `users.methods` only"),
        (
            "questions.first",
            counted && settings.users.required == 1 && !questions.first,
            "must be true: one gate suffices, so that questions would never be asked \
             (`users.required`)",
        ),
        (
            "questions.sticky",
            is_told,
            "must be true: questions that change before the first proof tell which names have an \
             account (`disclosure`)",
        ),
    ]
}

fn are_texts(questions: &QuestionPolicy) -> bool {
    questions.custom.values().all(|text| {
        (3..=200).contains(&text.trim().chars().take(201).count())
            && !text.chars().any(char::is_control)
    })
}
