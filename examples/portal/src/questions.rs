//! The security questions of a signed-in user: a whole set is chosen and answered at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use minijinja::context;
use sspr::adapters::argon2::Argon2Hash;
use sspr::method::QuestionId;
use sspr::port::{PortError, PortResult, SlowHash, async_trait};
use sspr::{Error, InvalidInput, SecretText};

use crate::Portal;
use crate::pages::value;
use crate::problem::Alert;
use crate::sign_in::Session;
use crate::visit::Visit;

/// Argon2id on threads that may block.
pub struct AnswerHash(Argon2Hash);

impl AnswerHash {
    /// The hash at this cost.
    #[must_use]
    pub const fn new(hash: Argon2Hash) -> Self {
        Self(hash)
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> PortResult<T> + Send + 'static,
) -> PortResult<T> {
    let lost = |_| PortError::unavailable().because("the thread of a hash has ended");
    tokio::task::spawn_blocking(work).await.map_err(lost)?
}

#[async_trait]
impl SlowHash for AnswerHash {
    async fn hash(&self, secret: &SecretText) -> PortResult<String> {
        let (hash, secret) = (self.0.clone(), SecretText::from(secret.expose_secret()));
        blocking(move || hash.hash_now(&secret)).await
    }

    async fn verify(&self, secret: &SecretText, text: &str) -> PortResult<bool> {
        let (hash, secret) = (self.0.clone(), SecretText::from(secret.expose_secret()));
        let text = text.to_owned();
        blocking(move || hash.verify_now(&secret, &text)).await
    }

    fn is_current(&self, text: &str) -> bool {
        self.0.is_current(text)
    }
}

/// `question-1` and `answer-1`, and so on. No `Debug`: it holds answers.
type Fields = BTreeMap<String, String>;

pub(crate) async fn page(State(portal): State<Arc<Portal>>, visit: Visit) -> Response {
    match portal.session(&visit) {
        Some(session) => portal.questions_page(&visit, &session, &Fields::new(), None).await,
        None => Redirect::to("/sign-in").into_response(),
    }
}

pub(crate) async fn form(
    State(portal): State<Arc<Portal>>,
    visit: Visit,
    Form(fields): Form<Fields>,
) -> Response {
    let Some(session) = portal.session(&visit) else {
        return Redirect::to("/sign-in").into_response();
    };
    let (request, user) = (visit.request(), session.signed_in(&portal.tenant));
    let set = match answers(&fields) {
        Ok(set) => portal
            .registration(&session)
            .set_security_questions(&request, &user, &set)
            .await
            .map(drop),
        Err(invalid) => Err(Error::from(invalid)),
    };
    match set {
        Ok(()) => Redirect::to("/security").into_response(),
        Err(error) => {
            let alert = match &error {
                Error::Invalid(_) => Alert::text("questions.refused"),
                _ => portal.alert(&visit, &error),
            };
            let page = portal.questions_page(&visit, &session, &fields, Some(alert)).await;
            portal.failed(&error, page)
        }
    }
}

/// The chosen questions with their answers.
fn answers(fields: &Fields) -> Result<Vec<(QuestionId, SecretText)>, InvalidInput> {
    let chosen = fields.iter().filter_map(|(name, id)| Some((name.strip_prefix("question-")?, id)));
    chosen
        .map(|(number, id)| {
            let answer = fields.get(&format!("answer-{number}"));
            let answer = answer.ok_or(InvalidInput::Empty { what: "answer" })?;
            Ok((QuestionId::parse(id)?, answer.as_str().into()))
        })
        .collect()
}

impl Portal {
    /// The questions to choose from, with those that were chosen before. Answers are typed again.
    async fn questions_page(
        &self,
        visit: &Visit,
        session: &Session,
        fields: &Fields,
        alert: Option<Alert>,
    ) -> Response {
        let (request, user) = (visit.request(), session.signed_in(&self.tenant));
        let registration = self.registration(session);
        let (offered, count) = match registration.security_questions(&request, &user).await {
            Ok(found) => found,
            Err(error) => return self.problem(visit, &error, "/security"),
        };
        let rows = (1..=usize::from(count)).map(|number| {
            let first = offered.get(number - 1).map_or("", |view| view.question.as_str());
            fields.get(&format!("question-{number}")).map_or(first, String::as_str)
        });
        let rows: Vec<&str> = rows.collect();
        let phrases = self.phrases(visit);
        let questions = offered.iter().map(|view| {
            context! { id => view.question.as_str(), text => phrases.question(view) }
        });
        let page = context! {
            rows => value(rows),
            questions => questions.collect::<Vec<_>>(),
            alert => value(alert),
        };
        self.page("questions.html", visit, page)
    }
}
