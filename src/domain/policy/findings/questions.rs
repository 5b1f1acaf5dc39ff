//! Findings about security questions.

use crate::domain::policy::deviation::Deviation;
use crate::domain::policy::finding::Severity::{Note, Recommendation, Requirement};
use crate::domain::policy::finding::Standard::{Asvs, Entra, Nist};
use crate::domain::policy::finding::{Row, row};
use crate::domain::policy::settings::PolicySettings;

pub(super) fn questions(settings: &PolicySettings, found: &mut Vec<Row>) {
    let counted = settings.counts_questions();
    let questions = &settings.questions;
    found.extend([
        row(counted, "users.methods", "security-questions")
            .cites(Requirement, Asvs, "OWASP ASVS 5.0.0, 6.4.2")
            .text(
                "Security questions count as a method. Their answers can be guessed, found and \
                 shared.",
            )
            .covered_by(Deviation::SecurityQuestions),
        row(counted, "users.methods", "questions-no-recovery-method")
            .cites(Requirement, Nist, "NIST SP 800-63B-4, 4.2.1")
            .text(
                "Security questions are none of the four recovery methods: the owner must analyse \
                 and document the risk.",
            )
            .covered_by(Deviation::SecurityQuestions),
        row(counted && questions.first, "questions.first", "questions-before-proof")
            .cites(
                Requirement,
                Asvs,
                "OWASP ASVS 5.0.0, 6.4.2; OWASP Forgot Password Cheat Sheet",
            )
            .text(
                "Questions may be asked before any other proof. An attacker may guess without having \
                 anything of the owner's, and questions that change tell which names have an account.",
            )
            .covered_by(Deviation::QuestionsFirst),
        row(counted && settings.users.required == 1, "users.required", "questions-alone")
            .cites(Requirement, Asvs, "OWASP Forgot Password Cheat Sheet")
            .text("Answers alone suffice for a reset.")
            .covered_by(Deviation::QuestionsFirst),
        row(counted && !questions.sticky, "questions.sticky", "questions-redrawn")
            .cites(
                Recommendation,
                Asvs,
                "OWASP Choosing and Using Security Questions Cheat Sheet",
            )
            .text("After a wrong set others are asked: a stranger can wait for easy ones."),
        row(counted, "users.methods", "entra-questions-end")
            .cites(Note, Entra, "Microsoft Entra ID, security questions")
            .text("Entra ends security questions in March 2027."),
    ]);
}
