//! The headers of pages, and a path that password managers know.

/// The headers of every page of a flow: no script, nothing from another site, no frame, no copy in a
/// cache.
///
/// A page that needs a script of its own adds `script-src 'self'` to the policy. The referrer policy
/// keeps the path, which may contain the secret of a link, from every other page; unlike `no-referrer` it
/// lets browsers name the origin of a form, which [`SameOrigin`](super::SameOrigin) reads.
///
/// ```
/// use sspr::web::PAGE_HEADERS;
///
/// let names: Vec<&str> = PAGE_HEADERS.iter().map(|(name, _)| *name).collect();
/// assert!(names.contains(&"content-security-policy"));
/// ```
pub const PAGE_HEADERS: [(&str, &str); 6] = [
    ("cache-control", "no-store"),
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'",
    ),
    ("cross-origin-opener-policy", "same-origin"),
    ("referrer-policy", "strict-origin"),
    ("x-content-type-options", "nosniff"),
    ("x-robots-tag", "noindex"),
];

/// The path at which password managers look for the page of a password change
/// (W3C, *A Well-Known URL for Changing Passwords*). Redirect it to that page with status 303.
///
/// ```
/// assert_eq!(sspr::web::CHANGE_PASSWORD_PATH, "/.well-known/change-password");
/// ```
pub const CHANGE_PASSWORD_PATH: &str = "/.well-known/change-password";
