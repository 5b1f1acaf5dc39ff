//! Reset, unlock and change in one handler: POST, cookie, redirect. `pages.rs` has the pages.

mod pages;

use axum::extract::{ConnectInfo, Extension, Form, Path, State};
use axum::http::{HeaderMap, Method, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::{Router, routing};
use sspr::{recovery::*, *};

type User = Option<Extension<SignedIn>>; // from the layer for sessions; only a change needs it
type Peer = ConnectInfo<std::net::SocketAddr>;
type Parts = (State<(Engine, TenantId)>, Path<String>, Method, Peer, User, HeaderMap);
type Fields = Form<Vec<(String, String)>>; // each form has one, named after the method it calls
type Outcome = Result<(String, Step), Error>; // the ticket for the cookie, and the page to show

pub fn router(engine: Engine, tenant: TenantId) -> Router {
    Router::new().route("/{flow}", routing::any(handle)).with_state((engine, tenant))
}

async fn handle(parts: Parts, form: Fields) -> Response {
    let (State((engine, tenant)), Path(flow), method, peer, user, headers) = parts;
    let (arrived, to) = (engine.now(), Request::new(tenant, Source::Trusted(peer.ip())));
    let cookies = headers.get(header::COOKIE).and_then(|all| all.to_str().ok()).unwrap_or_default();
    let name = format!("__Host-{flow}=");
    let ticket = cookies.split("; ").find_map(|cookie| cookie.strip_prefix(&*name));
    let (verb, value) = match form.first() {
        Some((verb, value)) if method == Method::POST => (&**verb, &**value),
        _ if ticket.is_none() => return Html(pages::page(&flow, None)).into_response(),
        _ => ("view", ""),
    };
    let outcome = call(&engine, &to, user, ticket.unwrap_or_default(), [&flow, verb, value]).await;
    // The response waits, so that its time does not tell which accounts exist.
    tokio::time::sleep(engine.floor_left(arrived)).await;
    let attributes = "; Path=/; HttpOnly; Secure; SameSite=Strict";
    let cookie = |value: &str| [(header::SET_COOKIE, format!("{name}{value}{attributes}"))];
    match outcome {
        Ok((_, step)) if verb == "view" => Html(pages::page(&flow, Some(&step))).into_response(),
        Ok((ticket, _)) => (cookie(&ticket), Redirect::to(&format!("/{flow}"))).into_response(),
        Err(ended) if ended.ends_flow() => {
            (cookie("; Max-Age=0"), pages::problem(&ended)).into_response()
        }
        Err(error) => pages::problem(&error).into_response(),
    }
}

async fn call(on: &Engine, to: &Request, user: User, ticket: &str, call: [&str; 3]) -> Outcome {
    fn parts<T: FlowTicket>(reply: Reply<T>) -> (String, Step) {
        (reply.ticket.expose_secret().to_owned(), reply.step)
    }
    let unknown = InvalidInput::Malformed { what: "form" };
    match call {
        ["reset", "complete", new] => {
            on.reset().complete(to, &ResetTicket::parse(ticket)?, &new.into()).await.map(parts)
        }
        ["reset", verb, value] => recover(on.reset(), to, ticket, verb, value).await.map(parts),
        ["unlock", "complete", _] => {
            on.unlock().complete(to, &UnlockTicket::parse(ticket)?).await.map(parts)
        }
        ["unlock", verb, value] => recover(on.unlock(), to, ticket, verb, value).await.map(parts),
        ["change", "start", current] => {
            on.change().start(to, &*user.ok_or(unknown)?, &current.into()).await.map(parts)
        }
        ["change", "complete", new] => {
            on.change().complete(to, &ChangeTicket::parse(ticket)?, &new.into()).await.map(parts)
        }
        ["change", ..] => on.change().view(to, &ChangeTicket::parse(ticket)?).await.map(parts),
        _ => Err(unknown.into()),
    }
}

async fn recover<T: FlowTicket>(
    on: Recovery<'_, T>,
    to: &Request,
    ticket: &str,
    verb: &str,
    value: &str,
) -> Result<Reply<T>, Error> {
    let ticket = T::parse(ticket);
    match verb {
        "start" => on.start(to, &Identifier::parse(value)?).await,
        "challenge" => on.challenge(to, &ticket?, &Selection::parse(value)?).await,
        "prove" => on.prove(to, &ticket?, &Attempt::code(value)?).await,
        _ => on.view(to, &ticket?).await,
    }
}
