use super::*;
use crate::domain::account::{ChallengeNumber, FlowNumber};
use proptest::prelude::*;

const DIGITS6: CodeFormat = CodeFormat::new(CodeAlphabet::Digits, 6);

fn context<'a>(account: &'a RecordKey, nonce: &'a [u8; 12]) -> CodeContext<'a> {
    CodeContext {
        account,
        flow: FlowNumber(1),
        challenge: ChallengeNumber(2),
        purpose: CodePurpose::Reset,
        method: MethodKind::Email,
        nonce,
    }
}

fn typed(text: &str) -> TypedCode {
    TypedCode::parse(text).expect("well formed")
}

proptest! {
    #[test]
    fn the_derived_code_passes_its_own_check(key: [u8; 32], account: [u8; 32], nonce: [u8; 12], strong: bool, length in 6_u8..=12) {
        let alphabet = if strong { CodeAlphabet::Strong } else { CodeAlphabet::Digits };
        let format = CodeFormat::new(alphabet, length);
        let (key, account) = (CodeKey::new(&key), RecordKey::from_bytes(account));
        let context = context(&account, &nonce);
        let code = key.derive(&context, format);
        prop_assert_eq!(code.expose_secret().len(), usize::from(length));
        prop_assert!(key.check(&account, &context.code_input(), format, &typed(code.expose_secret())));
        let grouped = code.expose_secret().chars().flat_map(|c| [c.to_ascii_lowercase(), ' ']).collect::<String>();
        prop_assert!(key.check(&account, &context.code_input(), format, &typed(&grouped)));
    }
}

/// V18: a code is bound to each part of its context.
#[test]
fn every_part_of_the_context_gives_another_code() {
    let (account, nonce) = (RecordKey::from_bytes([1; 32]), [2; 12]);
    let key = CodeKey::new(&[3; 32]);
    let format = CodeFormat::new(CodeAlphabet::Strong, 12);
    let base = || context(&account, &nonce);
    let (other_account, other_nonce) = (RecordKey::from_bytes([9; 32]), [9; 12]);
    let variants = [
        base(),
        CodeContext { account: &other_account, ..base() },
        CodeContext { flow: FlowNumber(9), ..base() },
        CodeContext { challenge: ChallengeNumber(9), ..base() },
        CodeContext { purpose: CodePurpose::Register, ..base() },
        CodeContext { method: MethodKind::MobilePhone, ..base() },
        CodeContext { nonce: &other_nonce, ..base() },
    ];
    let codes: std::collections::BTreeSet<String> = variants
        .iter()
        .map(|context| key.derive(context, format).expose_secret().to_owned())
        .collect();
    assert_eq!(codes.len(), variants.len());
    let other_key = CodeKey::new(&[4; 32]).derive(&base(), format);
    assert!(!codes.contains(other_key.expose_secret()));
}

/// V15: every symbol appears equally often at every place. Chi-squared over 200 000 codes.
#[test]
fn no_symbol_is_favoured() {
    let key = CodeKey::new(&[5; 32]);
    let account = RecordKey::from_bytes([6; 32]);
    for (alphabet, length, critical) in [
        // 99.99th percentile for 9 and 19 degrees of freedom; the inputs are fixed.
        (CodeAlphabet::Digits, 6_u8, 33.72),
        (CodeAlphabet::Strong, 8, 49.58),
    ] {
        let format = CodeFormat::new(alphabet, length);
        let base = base(format) as usize;
        let mut counts = vec![vec![0_u32; base]; usize::from(length)];
        let rounds = 200_000_u32;
        for round in 0..rounds {
            let mut nonce = [0; 12];
            nonce[..4].copy_from_slice(&round.to_be_bytes());
            let mut value = key.value(&account, &context(&account, &nonce).code_input(), format);
            for place in &mut counts {
                place[(value % base as u64) as usize] += 1;
                value /= base as u64;
            }
        }
        let expected = f64::from(rounds) / base as f64;
        for (place, counts) in counts.iter().enumerate() {
            let chi: f64 =
                counts.iter().map(|&seen| (f64::from(seen) - expected).powi(2) / expected).sum();
            assert!(chi < critical, "{alphabet:?} place {place}: {chi}");
        }
    }
}

#[test]
fn leading_zeros_count() {
    let key = CodeKey::new(&[5; 32]);
    let account = RecordKey::from_bytes([6; 32]);
    let (nonce, code) = (0_u32..)
        .map(|round| {
            let mut nonce = [0; 12];
            nonce[..4].copy_from_slice(&round.to_be_bytes());
            (nonce, key.derive(&context(&account, &nonce), DIGITS6))
        })
        .find(|(_, code)| code.expose_secret().starts_with("00"))
        .expect("one code in a hundred starts with two zeros");
    let context = context(&account, &nonce);
    assert!(key.check(&account, &context.code_input(), DIGITS6, &typed(code.expose_secret())));
    assert!(!key.check(
        &account,
        &context.code_input(),
        DIGITS6,
        &typed(&code.expose_secret()[2..])
    ));
    assert!(!key.check(
        &account,
        &context.code_input(),
        DIGITS6,
        &typed(&format!("0{}", code.expose_secret()))
    ));
}

/// V20: a text that is no code is refused before any comparison, or does not match.
#[test]
fn junk_is_refused_or_wrong() {
    for junk in [
        "",
        "  ",
        "-",
        "\u{200B}\u{FEFF}",
        "12345\u{0}",
        "12345\u{7}6",
        "+123456",
        "12345%",
        "1=23456",
        "\u{202E}654321",
        "123\u{202D}456",
        "12345\u{B2}",
        "12345\u{2460}",
        "12345\u{BD}",
        "12345\u{6F}\u{301}",
        "\u{410}12345",
        "12345\u{4E09}",
        "1234567890123456789012345678 9",
    ] {
        assert!(TypedCode::parse(junk).is_err(), "{junk:?}");
    }
    assert!(TypedCode::parse(&"1".repeat(1 << 20)).is_err());
    let key = CodeKey::new(&[5; 32]);
    let account = RecordKey::from_bytes([6; 32]);
    let context = context(&account, &[0; 12]);
    for wrong in
        ["1e5", "1.0e6", "12345", "1234567", "ABCDEF", "0x1F40", "99999999999999999999999999"]
    {
        assert!(!key.check(&account, &context.code_input(), DIGITS6, &typed(wrong)), "{wrong}");
    }
}

/// Characters of the category `Zs` and line breaks.
const BLANKS: [&str; 15] = [
    "\u{A0}", "\t", "\n", "\r\n", "\u{B}", "\u{C}", "\u{85}", "\u{1680}", "\u{2003}", "\u{2009}",
    "\u{202F}", "\u{205F}", "\u{3000}", "\u{2028}", "\u{2029}",
];
/// Characters that show nothing, most of them `Cf`.
const INVISIBLE: [&str; 18] = [
    "\u{200B}",
    "\u{200C}",
    "\u{200D}",
    "\u{200E}",
    "\u{200F}",
    "\u{202A}",
    "\u{202C}",
    "\u{2060}",
    "\u{2066}",
    "\u{2069}",
    "\u{FEFF}",
    "\u{AD}",
    "\u{61C}",
    "\u{180E}",
    "\u{FE0F}",
    "\u{FFFC}",
    "\u{E0020}",
    "\u{2800}",
];
/// Characters that separate, of `Pd`, `Po` and the like.
const SIGNS: [&str; 31] = [
    "-", "\u{2010}", "\u{2011}", "\u{2012}", "\u{2013}", "\u{2014}", "\u{2212}", "\u{FE63}",
    "\u{FF0D}", "\u{30FC}", ".", ",", ":", ";", "_", "/", "|", "*", "'", "\"", "`", "\u{B7}",
    "\u{2022}", "\u{201C}", "\u{2019}", "\u{AB}", "\u{3002}", "\u{300C}", "(", "]", "<",
];
/// The zero of scripts with digits of their own (`Nd`).
const ZEROS: [char; 12] = [
    '\u{660}',
    '\u{6F0}',
    '\u{966}',
    '\u{9E6}',
    '\u{E50}',
    '\u{1040}',
    '\u{17E0}',
    '\u{FF10}',
    '\u{1D7CE}',
    '\u{1D7F6}',
    '\u{1FBF0}',
    '\u{1E950}',
];

/// T2: characters that are pasted along with a code, and digits of other scripts, by the categories
/// of UAX 44 (`Zs`, `Cf`, `Pd`, `Po`, `Nd`).
#[test]
fn a_pasted_code_is_the_code_whatever_only_separates_or_shows_nothing() {
    let key = CodeKey::new(&[5; 32]);
    let account = RecordKey::from_bytes([6; 32]);
    let context = context(&account, &[0; 12]);
    let format = CodeFormat::new(CodeAlphabet::Digits, 8);
    let derived = key.derive(&context, format);
    let right = derived.expose_secret();
    let (front, back) = right.split_at(4);
    for between in BLANKS.iter().chain(&INVISIBLE).chain(&SIGNS) {
        for text in [
            format!("{front}{between}{back}"),
            format!("{right}{between}"),
            format!("{between}{right}"),
            format!("{between} {front} {between}{back}{between}"),
        ] {
            let read = TypedCode::parse(&text);
            assert!(
                read.is_ok_and(|code| key.check(&account, &context.code_input(), format, &code)),
                "{text:?}"
            );
        }
    }
    for zero in ZEROS {
        let script = |c: char| char::from_u32(u32::from(zero) + u32::from(c) - 0x30);
        let text: String = right.chars().filter_map(script).collect();
        assert!(key.check(&account, &context.code_input(), format, &typed(&text)), "{text}");
        let mixed = format!("{front} {}", text.chars().skip(4).collect::<String>());
        assert!(key.check(&account, &context.code_input(), format, &typed(&mixed)), "{mixed}");
    }
    let strong = CodeFormat::new(CodeAlphabet::Strong, 12);
    let right = key.derive(&context, strong);
    let wide = |c: char| char::from_u32(u32::from(c) + 0xFEE0).expect("full width");
    let text: String = right.expose_secret().to_lowercase().chars().map(wide).collect();
    assert!(key.check(&account, &context.code_input(), strong, &typed(&text)), "{text}");
}
