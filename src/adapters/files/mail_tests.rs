use super::*;

fn quoted(text: &str) -> String {
    let mut out = String::new();
    quoted_printable(text, &mut out);
    out
}

/// Decodes quoted-printable, as in RFC 2045.
fn unquoted(text: &str) -> String {
    let joined = text.replace("=\r\n", "").replace("\r\n", "\n");
    let mut bytes = Vec::new();
    let mut rest = joined.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'=' {
            let hex = [rest.next().expect("hex"), rest.next().expect("hex")];
            let hex = std::str::from_utf8(&hex).expect("ascii");
            bytes.push(u8::from_str_radix(hex, 16).expect("hex"));
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).expect("utf-8")
}

#[test]
fn quoted_printable_keeps_every_text() {
    for text in [
        "plain\n".to_owned(),
        "a = b\ntrailing \ntab\t\n\nä€😀\n".to_owned(),
        format!("{}\n", "ä".repeat(200)),
        format!("{} \n", "x".repeat(75)),
        format!("{}\n", "x".repeat(500)),
    ] {
        let encoded = quoted(&text);
        assert!(encoded.lines().all(|line| line.len() <= 76), "{encoded}");
        assert!(encoded.is_ascii());
        assert!(!encoded.contains(" \r\n") && !encoded.contains("\t\r\n"), "{encoded}");
        assert_eq!(unquoted(&encoded), text);
    }
}

#[test]
fn a_subject_is_one_line() {
    assert_eq!(header::text("a\r\nBcc: b"), "a  Bcc: b");
    assert!(header::text("=?UTF-8?B?eA==?=").starts_with("=?UTF-8?B?PT9"));
    assert_eq!(bare("a@b>\r\nBcc: <c@d"), "a@bBcc:c@d");
}
