//! The checks of the settings about security questions.

use super::Faults;
use crate::domain::method::MethodKind;
use crate::domain::policy::questions::QuestionPolicy;
use crate::domain::policy::settings::Disclosure;

pub(super) fn questions(faults: &mut Faults<'_>) {
    let settings = faults.settings;
    let questions = &settings.questions;
    faults.inconsistent(
        "questions.register",
        questions.register < questions.reset,
        "must not be below the number that is asked (`questions.reset`)",
    );
    let offered = questions.topics.len() + questions.custom.len();
    faults.inconsistent(
        "questions.topics",
        offered < usize::from(questions.register),
        "fewer questions than a user registers (`questions.register`)",
    );
    custom(faults, questions);
    let kind = MethodKind::SecurityQuestions;
    faults.inconsistent(
        "administrators.gates.methods",
        settings.administrators.gates.methods.contains(&kind),
        "`security_questions` never count for administrators: remove them",
    );
    let newer = settings.method_policies.as_ref();
    faults.inconsistent(
        "method_policies",
        newer.is_some_and(|newer| {
            newer.sign_in.contains(&kind) || newer.authentication.contains(&kind)
        }),
        "`security_questions` belong into `users.methods` only",
    );
    let counted = settings.counts_questions();
    faults.inconsistent(
        "questions.first",
        counted && settings.users.required == 1 && !questions.first,
        "must be true: one gate suffices, so that questions would never be asked (`users.required`)",
    );
    faults.inconsistent(
        "questions.sticky",
        counted
            && questions.first
            && !questions.sticky
            && settings.disclosure != Disclosure::Reasoned,
        "must be true: questions that change before the first proof tell which names have an account \
         (`disclosure`)",
    );
}

fn custom(faults: &mut Faults<'_>, questions: &QuestionPolicy) {
    let is_text = |text: &String| {
        (3..=200).contains(&text.trim().chars().take(201).count())
            && !text.chars().any(char::is_control)
    };
    faults.inconsistent(
        "questions.custom",
        !questions.custom.values().all(is_text),
        "each text must have 3 to 200 characters and no control character",
    );
    faults.inconsistent(
        "questions.custom",
        questions.custom.keys().any(|id| id.topic().is_some()),
        "an id is that of a topic of the catalogue: choose another",
    );
}
