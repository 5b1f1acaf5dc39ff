//! Security questions: a set in the security info, and their answers in a reset.

use std::time::Duration;

use sspr::method::QuestionId;
use sspr::words::Catalogue;
use sspr_portal::demo::PASSWORD;
use sspr_portal::words::{Language, texts};

use crate::browser::{Page, in_browser};
use crate::security::BEN;
use crate::site::NEW;

/// Ben's answer to the question with this text, which is his own for each.
pub fn answer(question: &str) -> String {
    let sum: u32 = question.chars().map(u32::from).sum();
    format!("my answer {sum}")
}

impl Page {
    /// The texts of the questions that a reset asks, with the names of their fields.
    pub async fn asked(&self) -> Vec<(String, String)> {
        let script = "return [...document.querySelectorAll('main form label[for^=answer-]')] \
            .map(label => [label.htmlFor, label.textContent])";
        serde_json::from_value(self.run(script, vec![]).await).expect("pairs of texts")
    }

    /// Chooses the first five questions, which the page has chosen, and answers them.
    pub async fn answer_five(&self) {
        for number in 1..=5 {
            let script = "return document.getElementById(arguments[0]).selectedOptions[0].text";
            let id = format!("question-{number}");
            let text = self.run(script, vec![id.into()]).await;
            let text = text.as_str().expect("a chosen question").to_owned();
            self.fill(&format!("answer-{number}"), &answer(&text)).await;
        }
    }

    /// Ben with a mail address and a set of questions.
    async fn with_questions(&self) {
        self.sign_in(BEN, PASSWORD).await;
        self.add_mail().await;
        self.press("Security questions").await;
        self.answer_five().await;
        self.press("Save the answers").await;
        assert_eq!(self.path().await, "/security");
    }

    async fn begin_with_mail(&self) {
        self.open("/reset").await;
        self.fill("name", BEN).await;
        self.press("Next").await;
        self.prove("Code by mail", "ben@private.example").await;
    }
}

#[test]
fn a_set_of_questions_is_the_second_proof_of_a_reset() {
    in_browser(async |page| {
        page.with_questions().await;
        page.shows("You can reset a forgotten password with these methods.").await;
        page.begin_with_mail().await;
        page.press("My security questions").await;
        let asked = page.asked().await;
        assert_eq!(asked.len(), 3, "{asked:?}");
        for (field, _) in &asked {
            page.fill(field, "a wrong answer").await;
        }
        page.press("Next").await;
        page.shows("This was not accepted.").await;
        assert!(page.title().await.starts_with("Error: "));
        // Typed in another case, as people do.
        for (field, text) in page.asked().await {
            page.fill(&field, &answer(&text).to_uppercase()).await;
        }
        page.press("Next").await;
        page.new_password(NEW).await;
        assert!(page.site.password_is("u-ben", NEW));
    });
}

#[test]
fn questions_need_no_script() {
    in_browser(async |page| {
        page.scripts(false).await;
        page.with_questions().await;
        page.begin_with_mail().await;
        page.press("My security questions").await;
        for (field, text) in page.asked().await {
            page.fill(&field, &answer(&text)).await;
        }
        page.press("Next").await;
        assert_eq!(page.heading().await, "Choose a new password");
    });
}

#[test]
fn questions_are_not_asked_before_another_proof() {
    in_browser(async |page| {
        page.with_questions().await;
        page.open("/reset").await;
        page.fill("name", BEN).await;
        page.press("Next").await;
        assert!(!page.text().await.contains("My security questions"));
    });
}

#[test]
fn a_set_that_is_not_accepted_is_explained_and_keeps_what_was_chosen() {
    in_browser(async |page| {
        page.sign_in(BEN, PASSWORD).await;
        page.press("Security questions").await;
        page.answer_five().await;
        // The same question twice.
        page.run(
            "document.getElementById('question-2').value = \
             document.getElementById('question-1').value",
            vec![],
        )
        .await;
        page.press("Save the answers").await;
        page.shows("The set was not accepted.").await;
        let same = "return document.getElementById('question-1').value === \
            document.getElementById('question-2').value";
        assert_eq!(page.run(same, vec![]).await, true);
        assert_eq!(page.attribute("#answer-1", "value").await.unwrap_or_default(), "");
        let described = page.attribute("#answer-1", "aria-describedby").await;
        assert_eq!(described.as_deref(), Some("rules alert"));
    });
}

#[test]
fn a_second_set_replaces_the_first() {
    in_browser(async |page| {
        page.sign_in(BEN, PASSWORD).await;
        let app = page.enrol_app().await;
        page.press("Sign out").await;
        page.sign_in_with(&app).await;
        for _ in 0..2 {
            page.open("/questions").await;
            page.answer_five().await;
            page.press("Save the answers").await;
            assert_eq!(page.path().await, "/security");
        }
        let rows = page.text().await.matches("Security questions").count();
        assert_eq!(rows, 2, "one set, and the link that replaces it");
    });
}

#[test]
fn questions_are_set_and_asked_in_each_language() {
    for language in Language::ALL {
        let words = texts(language);
        let catalogue = Catalogue::new();
        let phrases = catalogue.phrases(&language.locale());
        in_browser(async |page| {
            page.with_questions().await;
            page.site.clock.advance(Duration::from_secs(120));
            page.begin_with_mail().await;
            page.press("My security questions").await;
            page.press(language.name()).await;
            let asked = page.asked().await;
            for (field, text) in &asked {
                let id = field.strip_prefix("answer-").expect("the field of an answer");
                let topic =
                    QuestionId::parse(id).expect("valid").topic().expect("of the catalogue");
                assert_eq!(*text, phrases.topic(topic));
            }
            page.open("/questions").await;
            assert_eq!(page.heading().await, words["questions.title"]);
        });
    }
}

#[test]
fn a_set_that_is_sent_twice_is_one_set() {
    in_browser(async |page| {
        page.sign_in(BEN, PASSWORD).await;
        page.add_mail().await;
        page.open("/questions").await;
        let chosen = "return [1, 2, 3, 4, 5].map(number => \
            document.getElementById('question-' + number).value)";
        let chosen: Vec<String> =
            serde_json::from_value(page.run(chosen, vec![]).await).expect("ids");
        let fields = chosen.iter().zip(1..).map(|(id, number)| {
            format!("question-{number}={id}&answer-{number}=answer+of+{number}")
        });
        let body = fields.collect::<Vec<_>>().join("&");
        let cookies = page.cookies().await;
        // The second one would replace a set that counts, for which Ben's sign-in lacks a second factor.
        for status in ["303", "403"] {
            let response = page.post("/questions", &cookies, &body).await;
            assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{response}");
        }
        page.open("/security").await;
        let sets = "return [...document.querySelectorAll('main li > strong')] \
            .filter(kind => kind.textContent === 'Security questions').length";
        assert_eq!(page.run(sets, vec![]).await, 1);
        page.back().await;
        assert_eq!(page.heading().await, "Security questions");
        page.reload().await;
        assert_eq!(page.heading().await, "Security questions");
    });
}
