//! A request, as the handlers read it: its language, cookies and source.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use sspr::recovery::{DeviceSecret, FlowTicket};
use sspr::web::SecretCookie;
use sspr::{Request, Source, TenantId};

use crate::Portal;
use crate::guard::text;
use crate::words::Language;

pub(crate) struct Visit {
    pub(crate) language: Language,
    /// The path, for the form that changes the language.
    pub(crate) path: String,
    cookies: String,
    source: Source,
    tenant: TenantId,
}

impl Visit {
    /// The request as the engine reads it.
    pub(crate) fn request(&self) -> Request {
        let request =
            Request::new(self.tenant.clone(), self.source).with_locale(self.language.locale());
        match self.cookie(&SecretCookie::new("device")).map(DeviceSecret::parse) {
            Some(Ok(device)) => request.with_device(device),
            _ => request,
        }
    }

    /// The request with the answer to the human check, if there is one.
    pub(crate) fn answered(&self, human: &str) -> Request {
        match human {
            "" => self.request(),
            answer => self.request().with_human_answer(answer.into()),
        }
    }

    pub(crate) fn cookie(&self, cookie: &SecretCookie) -> Option<&str> {
        cookie.read(&self.cookies)
    }

    /// The ticket in this cookie. One that is no ticket is treated as none: the user starts again.
    pub(crate) fn ticket<T: FlowTicket>(&self, cookie: &SecretCookie) -> Option<T> {
        T::parse(self.cookie(cookie)?).ok()
    }
}

impl FromRequestParts<Arc<Portal>> for Visit {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(
        parts: &mut Parts,
        portal: &Arc<Portal>,
    ) -> Result<Self, Self::Rejection> {
        let no_peer = |_| (StatusCode::INTERNAL_SERVER_ERROR, "the server passes no peer address");
        let ConnectInfo(peer) =
            ConnectInfo::<SocketAddr>::from_request_parts(parts, portal).await.map_err(no_peer)?;
        let forwarded = parts.headers.get_all("x-forwarded-for").iter();
        let forwarded: Vec<&str> = forwarded.map(|value| value.to_str().unwrap_or("")).collect();
        let cookies = text(&parts.headers, header::COOKIE.as_str()).unwrap_or("").to_owned();
        let accepted = text(&parts.headers, header::ACCEPT_LANGUAGE.as_str()).unwrap_or("");
        Ok(Self {
            language: Language::chosen(&cookies)
                .unwrap_or_else(|| Language::accepted_first(accepted)),
            path: parts.uri.path().to_owned(),
            cookies,
            source: portal.proxies.source(peer.ip(), forwarded),
            tenant: portal.tenant.clone(),
        })
    }
}
