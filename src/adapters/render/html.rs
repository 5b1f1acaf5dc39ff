//! HTML: escaping, and the addresses that may be links.

/// Appends a text, escaped for use between tags and in a quoted attribute.
///
/// All variable text must pass through this function.
pub(super) fn escape(text: &str, into: &mut String) {
    for character in text.chars() {
        match character {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '"' => into.push_str("&quot;"),
            '\'' => into.push_str("&#39;"),
            // No version of HTML allows control characters, and some readers misinterpret them.
            control if control.is_control() && control != '\n' => into.push(' '),
            other => into.push(other),
        }
    }
}

/// Whether an address may stand in an `href`: `https` in printable ASCII. Another address could be
/// a script, or lead elsewhere than it appears to.
pub(super) fn may_be_opened(url: &str) -> bool {
    let host = url.strip_prefix("https://");
    host.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_alphanumeric()))
        && url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Decodes [`escape`].
    pub(crate) fn unescaped(html: &str) -> String {
        let plain = html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
        plain.replace("&#39;", "'").replace("&amp;", "&")
    }

    proptest! {
        /// V45: a text opens no tag, ends no attribute, and is kept.
        #[test]
        fn an_escaped_text_is_only_text(text in any::<String>()) {
            let mut html = String::new();
            escape(&text, &mut html);
            prop_assert!(!html.contains(['<', '>', '"', '\'']), "{html}");
            let entities = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"];
            for (index, _) in html.match_indices('&') {
                prop_assert!(entities.iter().any(|entity| html[index..].starts_with(entity)));
            }
            let shown = |c: char| if c.is_control() && c != '\n' { ' ' } else { c };
            prop_assert_eq!(unescaped(&html), text.chars().map(shown).collect::<String>());
        }
    }

    #[test]
    fn only_a_plain_https_address_may_be_opened() {
        for good in ["https://id.example/reset#abc", "https://id.example:8443/r?a=1&link=x'y"] {
            assert!(may_be_opened(good), "{good}");
        }
        for bad in [
            "",
            "https://",
            "http://id.example/",
            "HTTPS://id.example/",
            "javascript:alert(1)",
            "data:text/html,x",
            "//id.example/",
            " https://id.example/",
            "https:///id.example/",
            "https://\\id.example/",
            "https://id.example/a b",
            "https://id.example/\n",
            "https://ıd.example/",
        ] {
            assert!(!may_be_opened(bad), "{bad}");
        }
    }
}
