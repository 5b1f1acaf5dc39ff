//! What holds for every request: its origin, the time of the reply, the headers of the page.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use sspr::web::PAGE_HEADERS;

use crate::Portal;

/// Refuses forms of other sites, holds every reply back until the engine's reply floor, and adds the
/// headers of a page.
pub(crate) async fn guard(
    State(portal): State<Arc<Portal>>,
    request: Request,
    next: Next,
) -> Response {
    let arrived = portal.engine.now();
    let mut response = if is_own(&portal, &request) {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "This form was sent by another site.").into_response()
    };
    // Otherwise the time of a reply would tell which accounts exist.
    tokio::time::sleep(portal.engine.floor_left(arrived)).await;
    let headers = response.headers_mut();
    for (name, value) in PAGE_HEADERS {
        headers
            .entry(HeaderName::from_static(name))
            .or_insert_with(|| HeaderValue::from_static(value));
    }
    response
}

fn is_own(portal: &Portal, request: &Request) -> bool {
    let (method, headers) = (request.method().as_str(), request.headers());
    portal.same_origin.allows(method, text(headers, "sec-fetch-site"), text(headers, "origin"))
}

pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The value of a header `Set-Cookie`.
pub(crate) fn set_cookie(cookie: &str) -> [(HeaderName, String); 1] {
    [(header::SET_COOKIE, cookie.to_owned())]
}
