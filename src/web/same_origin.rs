//! Requests that another site makes in the name of its visitor (CSRF).

/// Decides whether a request that changes something comes from a page of this host.
///
/// Browsers say so in `Sec-Fetch-Site`, and older ones in `Origin`; neither can be set by a page. So
/// forms need no token, and work without a script and from a page that was opened before a restart. A
/// cookie with `SameSite=Strict` alone does not protect a form that needs no cookie, such as the first one
/// of a reset, and does not tell hosts of one domain apart.
///
/// ```
/// use sspr::web::SameOrigin;
///
/// let own = SameOrigin::new(["https://id.contoso.example"]);
/// assert!(own.allows("POST", Some("same-origin"), None));
/// assert!(own.allows("POST", None, Some("https://id.contoso.example")));
/// assert!(!own.allows("POST", Some("same-site"), Some("https://blog.contoso.example")));
/// assert!(own.allows("GET", Some("cross-site"), None));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SameOrigin {
    origins: Vec<String>,
}

impl SameOrigin {
    /// Accepts requests from these origins, each with scheme and port as a browser writes it
    /// (`https://id.contoso.example`, `http://localhost:8080`).
    #[must_use]
    pub fn new<'a>(origins: impl IntoIterator<Item = &'a str>) -> Self {
        Self { origins: origins.into_iter().map(str::to_ascii_lowercase).collect() }
    }

    /// Whether a request with this method and these headers may change something. Without both headers
    /// it may not: every browser since 2020 sends one of them with a form, and other programs can.
    #[must_use]
    pub fn allows(&self, method: &str, sec_fetch_site: Option<&str>, origin: Option<&str>) -> bool {
        let is_own = |origin: &str| self.origins.iter().any(|own| own.eq_ignore_ascii_case(origin));
        match (method, sec_fetch_site) {
            ("GET" | "HEAD" | "OPTIONS", _) | (_, Some("same-origin")) => true,
            // To the browser another listed origin is another site: only `Origin` tells which one.
            (..) => origin.is_some_and(is_own),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_of_the_listed_origins_may_change_something() {
        let own = SameOrigin::new(["https://id.example", "https://ID.example:8443"]);
        for (site, origin, allowed) in [
            (Some("same-origin"), None, true),
            (Some("same-origin"), Some("null"), true),
            (None, Some("https://id.example"), true),
            (None, Some("https://id.example:8443"), true),
            (Some("cross-site"), Some("https://id.example"), true),
            (Some("none"), None, false),
            (Some("same-site"), Some("https://www.id.example"), false),
            (Some("cross-site"), Some("https://evil.example"), false),
            (None, Some("http://id.example"), false),
            (None, Some("https://id.example.evil.example"), false),
            (None, Some("null"), false),
            (Some("Same-Origin "), None, false),
            (None, None, false),
        ] {
            for method in ["POST", "PUT", "DELETE", "post", "get"] {
                assert_eq!(
                    own.allows(method, site, origin),
                    allowed,
                    "{method} {site:?} {origin:?}"
                );
            }
            for method in ["GET", "HEAD", "OPTIONS"] {
                assert!(own.allows(method, site, origin), "{method} {site:?} {origin:?}");
            }
        }
    }
}
