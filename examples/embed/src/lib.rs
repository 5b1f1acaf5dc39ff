//! A password reset in a web handler: POST, cookie, redirect, `view`, and one `match` on the step.

use axum::extract::{ConnectInfo, Form, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::{Router, routing};
use sspr::method::OptionView;
use sspr::*;

type Host = State<(Engine, TenantId)>;
type Peer = ConnectInfo<std::net::SocketAddr>;
type Fields = Form<Vec<(String, String)>>; // each form has one, named after the method it calls
type Outcome<E> = Result<Reply<ResetTicket>, E>;

pub fn router(engine: Engine, tenant: TenantId) -> Router {
    Router::new().route("/reset", routing::get(show).post(take)).with_state((engine, tenant))
}

async fn take(host: Host, peer: Peer, headers: HeaderMap, form: Fields) -> impl IntoResponse {
    let State((engine, tenant)) = host;
    let now = engine.now();
    let (request, reset) = (Request::new(tenant, Source::Trusted(peer.ip())), engine.reset());
    let (verb, value) = form.first().map_or(("", ""), |(verb, value)| (verb, value));
    let ticket = || ticket(&headers);
    let step = async {
        match verb {
            "start" => reset.start(&request, &Identifier::parse(value)?).await,
            "challenge" => reset.challenge(&request, &ticket()?, &Selection::parse(value)?).await,
            "prove" => reset.prove(&request, &ticket()?, &Attempt::code(value)?).await,
            "complete" => reset.complete(&request, &ticket()?, &value.into()).await,
            _ => Err(InvalidInput::Malformed { what: "form" }.into()),
        }
    };
    let reply = floored(&engine, now, step.await).await?;
    Ok::<_, Response>((cookie(reply.ticket.expose_secret()), Redirect::to("/reset")))
}

async fn show(host: Host, peer: Peer, headers: HeaderMap) -> Result<Html<String>, Response> {
    let State((engine, tenant)) = host;
    let now = engine.now();
    let Ok(ticket) = ticket(&headers) else { return Ok(Html(page(None))) };
    let request = Request::new(tenant, Source::Trusted(peer.ip()));
    let step = engine.reset().view(&request, &ticket).await;
    Ok(Html(page(Some(&floored(&engine, now, step).await?.step))))
}

/// Delays a response, so that its time does not tell which accounts exist.
async fn floored(engine: &Engine, arrived: Timestamp, step: Outcome<Error>) -> Outcome<Response> {
    tokio::time::sleep(engine.floor_left(arrived)).await;
    step.map_err(|error| problem(&error))
}

fn ticket(headers: &HeaderMap) -> Result<ResetTicket, InvalidInput> {
    let cookies = headers.get(header::COOKIE).and_then(|all| all.to_str().ok()).unwrap_or_default();
    let value = cookies.split("; ").find_map(|cookie| cookie.strip_prefix("__Host-reset="));
    ResetTicket::parse(value.unwrap_or_default())
}

fn cookie(value: &str) -> [(HeaderName, String); 1] {
    let attributes = "; Path=/; HttpOnly; Secure; SameSite=Strict";
    [(header::SET_COOKIE, format!("__Host-reset={value}{attributes}"))]
}

fn problem(error: &Error) -> Response {
    let (status, text) = match error {
        Error::Refused(Refusal::Password(why)) => (422, why.guidance().join(", ")),
        ended if ended.ends_flow() => (410, ended.to_string()),
        Error::Refused(why) => (422, why.to_string()),
        Error::Invalid(what) => (400, what.to_string()),
        _ => (503, "Try again later.".to_owned()), // and log the error
    };
    let drop_cookie = (status == 410).then(|| cookie("; Max-Age=0")); // the user starts again
    let status = StatusCode::from_u16(status).unwrap_or_default();
    (status, drop_cookie, Html(format!("<p>{text}</p><a href=/reset>Back</a>"))).into_response()
}

fn page(step: Option<&Step>) -> String {
    let form = |html: String| format!("<form method=post>{html}</form>");
    let field = |input, label| form(format!("{label} <input name={input}><button>Go</button>"));
    let button = |option| form(format!("<button name=challenge value={option}>{option}</button>"));
    let choices =
        |all: &[OptionView]| all.iter().map(|view| button(view.option)).collect::<String>();
    match step {
        Some(Step::Choose { options }) => choices(options),
        Some(Step::Enter { options, .. }) => field("prove", "The code") + &choices(options),
        Some(Step::NewPassword { .. }) => field("complete type=password", "A new password"),
        Some(Step::Done { .. }) => "<p>Your password is changed.</p>".to_owned(),
        _ => field("start", "Your sign-in name"),
    }
}
