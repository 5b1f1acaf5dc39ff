use super::*;
use proptest::prelude::*;

/// The parts that a browser reads from a message: the page's host, the frame's host, the code.
pub(in crate::adapters::render) type Parsed = Option<(String, Option<String>, String)>;

/// Follows the steps of the specification.
pub(in crate::adapters::render) fn parse_message(message: &str) -> Parsed {
    let line: Vec<char> = last_line(message).chars().collect();
    let mut position = 0;
    let host = marked_token(&line, &mut position, '@')?;
    if *line.get(position)? != ' ' {
        return None;
    }
    position += 1;
    let code = marked_token(&line, &mut position, '#')?;
    let mut embedded = None;
    if line.get(position) == Some(&' ') {
        position += 1;
        embedded = marked_token(&line, &mut position, '@');
    }
    Some((host, embedded, code))
}

fn marked_token(line: &[char], position: &mut usize, marker: char) -> Option<String> {
    if *line.get(*position)? != marker {
        return None;
    }
    *position += 1;
    let white = |c: &char| matches!(c, '\t' | '\n' | '\u{c}' | '\r' | ' ');
    let token: String = line[*position..].iter().take_while(|c| !white(c)).collect();
    *position += token.chars().count();
    (!token.is_empty()).then_some(token)
}

/// Normalises newlines, splits the text at LF, and returns the last part.
fn last_line(message: &str) -> String {
    let normal = message.replace("\r\n", "\n").replace('\r', "\n");
    normal.split('\n').next_back().unwrap_or_default().to_owned()
}

fn found(host: &str, embedded: Option<&str>, code: &str) -> Parsed {
    Some((host.to_owned(), embedded.map(str::to_owned), code.to_owned()))
}

/// the examples of the specification.
#[test]
fn the_parser_of_these_tests_reads_the_examples_of_the_specification() {
    let human = "747723 is your ExampleCo authentication code.\n\n";
    let one = found("example.com", None, "747723");
    let two = found("example.com", Some("ecommerce.example"), "747723");
    for (message, expected) in [
        (format!("{human}@example.com #747723"), one.clone()),
        (format!("{human}@example.com #747723 @ecommerce.example"), two.clone()),
        ("@example.com #747723 @ecommerce.example $future".to_owned(), two),
        ("x\r\n@example.com #747723".to_owned(), one.clone()),
        ("@example.com #747723 %ecommerce.example".to_owned(), one),
        ("something @example.com #747723".to_owned(), None),
        ("#747723 @ecommerce.example @example.com".to_owned(), None),
        ("@example.com code #747723".to_owned(), None),
        ("@example.com  #747723".to_owned(), None),
        ("@example.com #747723\n".to_owned(), None),
        ("@ #747723".to_owned(), None),
        ("@example.com #".to_owned(), None),
        ("@example.com #747 723".to_owned(), found("example.com", None, "747")),
        ("@example.com #747723.".to_owned(), found("example.com", None, "747723.")),
        (String::new(), None),
        ("@example.com".to_owned(), None),
        ("@example.com ".to_owned(), None),
    ] {
        assert_eq!(parse_message(&message), expected, "{message:?}");
    }
}

/// only a host name is accepted.
#[test]
fn only_a_host_name_is_an_origin() {
    let long = format!("{}.example", "a.".repeat(122).trim_end_matches('.'));
    let label = format!("{}.example", "a".repeat(63));
    assert!((250..=253).contains(&long.len()));
    for good in ["contoso.example", "a-b.c1.example", "xn--bcher-kva.example", "localhost"] {
        assert!(SmsOrigin::parse(good).is_ok(), "{good}");
    }
    for good in [&long, &label] {
        assert!(SmsOrigin::parse(good).is_ok(), "{good}");
    }
    for bad in [
        "https://contoso.example",
        "contoso.example:443",
        "contoso.example/",
        "contoso.example.",
        ".contoso.example",
        "contoso..example",
        "-contoso.example",
        "contoso-.example",
        "Contoso.example",
        "contoso .example",
        " contoso.example",
        "contoso.example\n",
        "@contoso.example",
        "a@contoso.example",
        "contoso_.example",
        "bücher.example",
        "192.0.2.1",
        "host.0x7f",
        "[2001:db8::1]",
    ] {
        let malformed = Err(InvalidInput::Malformed { what: WHAT });
        assert_eq!(SmsOrigin::parse(bad), malformed, "{bad:?}");
        let origin = SmsOrigin::parse("contoso.example").expect("a host");
        assert_eq!(origin.with_embedded(bad), malformed, "{bad:?}");
    }
    assert_eq!(SmsOrigin::parse(""), Err(InvalidInput::Empty { what: WHAT }));
    let too_long = Err(InvalidInput::TooLong { what: WHAT, max: 253 });
    assert_eq!(SmsOrigin::parse(&"a".repeat(254)), too_long);
    assert!(SmsOrigin::parse(&format!("{}.example", "a".repeat(64))).is_err());
}

proptest! {
    /// the line of every origin is parsed back to its parts.
    #[test]
    fn a_line_is_parsed_back_to_its_parts(
        host in "[a-z0-9-]{1,12}(\\.[a-z0-9-]{1,12}){0,2}",
        embedded in proptest::option::of("[a-z0-9-]{1,12}\\.[a-z]{2,4}"),
        code in "[0-9]{6,12}|[BCDFGHJKLMNPQRSTVWXZ]{6,12}",
    ) {
        let Ok(mut origin) = SmsOrigin::parse(&host) else { return Ok(()) };
        if let Some(embedded) = &embedded {
            let Ok(both) = origin.with_embedded(embedded) else { return Ok(()) };
            origin = both;
        }
        let line = format!("Words.\n{}", origin.line(&code));
        prop_assert_eq!(parse_message(&line), Some((host, embedded, code)));
    }
}
