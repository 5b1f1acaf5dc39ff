//! A mail, built from paragraphs and rendered as text and as HTML with the same words.

use super::{Rendered, html};
use crate::SecretText;
use crate::message::Locale;

/// The width of the text, in characters.
const COLUMNS: usize = 72;

/// Enough capacity for either form of a mail, so that growing leaves no copy of a secret behind.
const ROOM: usize = 4096;

/// The paragraphs of a mail.
pub(crate) struct Mail<'a> {
    language: Locale,
    paragraphs: Vec<Paragraph<'a>>,
}

enum Paragraph<'a> {
    Words(String),
    Code(&'a str),
    Link(&'a str),
}

impl<'a> Mail<'a> {
    /// A mail in this language, without paragraphs.
    pub(crate) const fn new(language: Locale) -> Self {
        Self { language, paragraphs: Vec::new() }
    }

    /// Adds a paragraph.
    pub(crate) fn says(mut self, words: impl Into<String>) -> Self {
        self.paragraphs.push(Paragraph::Words(words.into()));
        self
    }

    /// Adds a code, set apart.
    pub(crate) fn code(mut self, code: &'a str) -> Self {
        self.paragraphs.push(Paragraph::Code(code));
        self
    }

    /// Adds an address to open. It is shown in full, so that readers see where it leads.
    pub(crate) fn link(mut self, url: &'a str) -> Self {
        self.paragraphs.push(Paragraph::Link(url));
        self
    }

    pub(crate) fn rendered(&self, subject: String) -> Rendered {
        let html = SecretText::new(self.html(&subject));
        let text = SecretText::new(self.text());
        let language = self.language.clone();
        Rendered { language, ..Rendered::new(subject, text).with_html(html) }
    }

    fn text(&self) -> String {
        let mut text = String::with_capacity(ROOM);
        for paragraph in &self.paragraphs {
            if !text.is_empty() {
                text.push_str("\n\n");
            }
            match paragraph {
                Paragraph::Words(words) => wrap(words, &mut text),
                Paragraph::Code(shown) | Paragraph::Link(shown) => {
                    text.push_str("    ");
                    text.push_str(shown);
                }
            }
        }
        text
    }

    /// The HTML fetches nothing and sets no colour, so that a dark mode stays dark. It is readable
    /// without its styles as well.
    fn html(&self, subject: &str) -> String {
        let mut page = String::with_capacity(ROOM);
        page.push_str(
            "<!DOCTYPE html>\n\
             <html lang=\"",
        );
        html::escape(self.language.as_str(), &mut page);
        page.push_str("\" dir=\"");
        page.push_str(direction(&self.language));
        page.push_str(
            "\">\n\
             <head>\n\
             <meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <meta name=\"format-detection\" content=\"telephone=no\">\n\
             <title>",
        );
        html::escape(subject, &mut page);
        page.push_str(
            "</title>\n\
             </head>\n\
             <body style=\"margin:0;padding:24px 16px\">\n\
             <div style=\"max-width:36em;margin:0 auto;\
             font:16px/1.5 Arial,Helvetica,sans-serif\">\n",
        );
        for paragraph in &self.paragraphs {
            set(paragraph, &mut page);
        }
        page.push_str("</div>\n</body>\n</html>");
        page
    }
}

/// The direction of the usual script of a language.
fn direction(language: &Locale) -> &'static str {
    const LEFTWARD: [&str; 9] = ["ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur"];
    let primary = language.as_str().split('-').next().unwrap_or_default();
    if LEFTWARD.contains(&primary) { "rtl" } else { "ltr" }
}

fn set(paragraph: &Paragraph<'_>, page: &mut String) {
    match paragraph {
        Paragraph::Words(words) => {
            page.push_str("<p style=\"margin:0 0 16px\">");
            html::escape(words, page);
        }
        Paragraph::Code(code) => {
            page.push_str(
                "<p style=\"margin:24px 0;font:bold 28px/1.3 monospace;letter-spacing:2px;user-select:all\">",
            );
            html::escape(code, page);
        }
        Paragraph::Link(url) => {
            page.push_str("<p style=\"margin:24px 0;word-break:break-all\">");
            let opened = html::may_be_opened(url);
            if opened {
                page.push_str("<a href=\"");
                html::escape(url, page);
                page.push_str("\" rel=\"noreferrer\">");
            }
            html::escape(url, page);
            if opened {
                page.push_str("</a>");
            }
        }
    }
    page.push_str("</p>\n");
}

/// Appends words in lines of at most [`COLUMNS`] characters. A longer word gets a line of its own.
fn wrap(words: &str, into: &mut String) {
    let mut column = 0;
    for word in words.split_whitespace() {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > COLUMNS {
            into.push('\n');
            column = 0;
        } else if column > 0 {
            into.push(' ');
            column += 1;
        }
        into.push_str(word);
        column += width;
    }
}

#[cfg(test)]
mod tests {
    use super::super::html::tests::unescaped;
    use super::*;
    use proptest::prelude::*;

    /// The tags of a page, without the text between them.
    fn tags(page: &str) -> Vec<&str> {
        let after = page.split('<').skip(1);
        after.map(|rest| rest.split('>').next().unwrap_or_default()).collect()
    }

    fn mail<'a>(words: &str, code: &'a str, url: &'a str) -> Mail<'a> {
        Mail::new(Locale::default()).says(words).code(code).link(url)
    }

    proptest! {
        /// V45: no text becomes a tag or an attribute, even if it was not sanitised before.
        #[test]
        fn variable_text_adds_no_tag_and_no_attribute(
            subject in any::<String>(),
            words in any::<String>(),
            code in any::<String>(),
            path in "[!-\\[\\]-~]{0,40}",
        ) {
            let url = format!("https://id.example/{path}");
            let plain = mail("x", "1", "https://id.example/").html("x");
            let page = mail(&words, &code, &url).html(&subject);
            let (plain, tags) = (tags(&plain), tags(&page));
            prop_assert_eq!(plain.len(), tags.len());
            for (plain, tag) in plain.iter().zip(&tags) {
                if !plain.starts_with("a ") {
                    prop_assert_eq!(plain, tag);
                    continue;
                }
                let rest = tag.strip_prefix("a href=\"").expect("an address");
                let inner = rest.strip_suffix("\" rel=\"noreferrer\"").expect("its end");
                prop_assert!(!inner.contains('"'), "{inner}");
                prop_assert_eq!(unescaped(inner), url.clone());
            }
        }

        #[test]
        fn lines_are_short_and_no_word_is_lost(words in "[a-zä ]{0,400}") {
            let mut text = String::new();
            wrap(&words, &mut text);
            prop_assert!(words.split_whitespace().eq(text.split_whitespace()));
            for line in text.lines() {
                prop_assert!(line.chars().count() <= COLUMNS || !line.contains(' '), "{line}");
                prop_assert!(line.trim() == line);
            }
        }
    }

    #[test]
    fn an_address_that_is_not_https_is_shown_but_is_no_link() {
        for url in ["http://id.example/", "javascript:alert(1)", "https://id.example/\" onload=\"x"]
        {
            let page = mail("x", "1", url).html("x");
            assert!(!page.contains("<a ") && !page.contains("href"), "{page}");
            assert!(unescaped(&page).contains(url), "{page}");
        }
    }
}
