//! Rows that the list of attacks wants with large samples: V3, V15, V17, V36.

use std::collections::HashSet;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha224, Sha256, Sha384, Sha512};
use sspr::Step;
use sspr::facts::EmailAddress;
use sspr::policy::Rate;
use sspr::testing::internals::CodeCheck;

use crate::codes::dump;
use crate::people::*;
use crate::stores::StoreKind;
use crate::support::*;

in_memory!(
    v03_a_spray_over_ten_thousand_accounts_is_bounded,
    v15_ten_million_digits_are_uniform,
    v17_a_million_codes_are_not_found_in_a_dump,
    v36_two_hundred_pairs_of_spellings,
);

/// V3: one guess at each of 10 000 accounts, each from another source. The tenant's limit makes
/// codes two digits longer and alarms; a single source is stopped.
async fn v03_a_spray_over_ten_thousand_accounts_is_bounded(_kind: &StoreKind) {
    const ACCOUNTS: u32 = 10_000;
    let mut settings = one_gate();
    settings.limits.tenant = Rate::new(100, DAY);
    settings.limits.source = Rate::new(60, HOUR);
    let world = World::builder().settings(settings).open().await;
    let mut short = 0;
    for n in 0..ACCOUNTS {
        let person = settle(&world, n).await;
        let reply = opened(&world.engine, &source(n), &person.name, &sms()).await.expect("opened");
        let Step::Enter { format, .. } = reply.step else { panic!("{:?}", reply.step) };
        short += u32::from(format.length < 8);
        guess(&world.engine, &source(n), &reply.ticket, 1).await;
    }
    assert_eq!(short, 100, "guesses that had one chance in a million");
    assert_eq!(world.engine.stats().comparisons, u64::from(ACCOUNTS));
    let mut opened_by_one = 0;
    for n in 0..200 {
        let person = named(&format!("person{n}@contoso.example"));
        opened_by_one +=
            u32::from(opened(&world.engine, &source(0xFF_0000), &person, &email()).await.is_some());
    }
    assert_eq!(opened_by_one, 60);
}

/// V15: chi-square over ten million digits by position, and over pairs of positions.
async fn v15_ten_million_digits_are_uniform(_kind: &StoreKind) {
    const CODES: u32 = 1_250_000;
    let check = CodeCheck::new(&[42; 32], "00000000");
    let (mut digits, mut pairs) = ([[0_u32; 10]; 8], [0_u32; 100]);
    for challenge in 0..CODES {
        let derived = check.right(challenge);
        let code = derived.as_bytes();
        assert_eq!(code.len(), 8);
        for (position, digit) in code.iter().enumerate() {
            digits[position][usize::from(digit - b'0')] += 1;
        }
        pairs[usize::from(code[0] - b'0') * 10 + usize::from(code[7] - b'0')] += 1;
    }
    let chi = |counts: &[u32]| -> f64 {
        let expected = f64::from(CODES) / counts.len() as f64;
        counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum()
    };
    // The 0.999 quantiles with 9 and with 99 degrees of freedom.
    for (position, counts) in digits.iter().enumerate() {
        assert!(chi(counts) < 27.88, "position {position}: {}", chi(counts));
    }
    assert!(chi(&pairs) < 148.23, "first and last: {}", chi(&pairs));
}

/// The first bytes of every part of a text that could be a hash, in hex or Base64.
fn hashes_in(text: &str) -> HashSet<[u8; 8]> {
    let mut found = HashSet::new();
    let words = |c: char| !(c.is_ascii_alphanumeric() || "+/-_".contains(c));
    for word in text.split(words).filter(|word| word.len() >= 11) {
        let bytes = word.as_bytes();
        for start in 0..bytes.len().min(4) {
            for encoding in [
                &data_encoding::HEXLOWER_PERMISSIVE,
                &data_encoding::BASE64_NOPAD,
                &data_encoding::BASE64URL_NOPAD,
            ] {
                for end in (start + 8..=bytes.len()).rev().take(4) {
                    let decoded = encoding.decode(&bytes[start..end]).unwrap_or_default();
                    if let Some(first) = decoded.first_chunk::<8>() {
                        found.insert(*first);
                    }
                }
            }
        }
    }
    found
}

/// V17: the dump contains no plain hash of any code of six digits, and no hash of the correct code
/// under many keys.
async fn v17_a_million_codes_are_not_found_in_a_dump(_kind: &StoreKind) {
    let stores = StoreKind::Memory;
    let under_test = stores.empty();
    let world = World::builder().store(under_test.open()).settings(one_gate()).open().await;
    let person = settle(&world, 1).await;
    opened(&world.engine, &source(1), &person.name, &sms()).await.expect("opened");
    let before = dump(&*under_test.open()).await;
    world.deliver().await;
    let right = world.inbox.last_code_to(&person.mobile_phone).expect("a code");
    assert_eq!(right.len(), 6);
    let all = format!("{before}{}", dump(&*under_test.open()).await);
    let stored = hashes_in(&all);
    assert!(stored.len() > 5, "{}", stored.len());
    let planted = data_encoding::HEXLOWER.encode(&Sha256::digest(&right));
    assert!(
        hashes_in(&planted).contains(&Sha256::digest(&right)[..8]),
        "the search finds a planted hash"
    );
    // The first two bytes exclude most hashes.
    let mut likely = vec![false; 1 << 16];
    for hash in &stored {
        likely[usize::from(u16::from_be_bytes([hash[0], hash[1]]))] = true;
    }
    let is_kept = |hash: &[u8]| {
        likely[usize::from(u16::from_be_bytes([hash[0], hash[1]]))] && stored.contains(&hash[..8])
    };
    for code in 0..1_000_000 {
        let code = format!("{code:06}");
        assert!(!is_kept(&Sha256::digest(&code)) && !is_kept(&Sha512::digest(&code)), "{code}");
    }
    assert!(!is_kept(&Sha224::digest(&right)) && !is_kept(&Sha384::digest(&right)));
    for key in 0..=255 {
        let wrong = Hmac::<Sha256>::new_from_slice(&[key; 32]).expect("a key");
        assert!(!is_kept(&wrong.chain_update(&right).finalize().into_bytes()), "{key}");
    }
}

/// How a spelling compares with the plain one.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Rule {
    Same,
    Other,
    Refused,
}

/// V36: five addresses in forty spellings each. Two are equal only by the declared rule: ASCII
/// case, Unicode composition, IDNA of the domain.
async fn v36_two_hundred_pairs_of_spellings(_kind: &StoreKind) {
    let addresses = [
        ("kiss", "kissen"),
        ("fisk", "kisses"),
        ("mikas", "kissel"),
        ("isak", "kissing"),
        ("risk", "kissa"),
    ];
    type Spell = fn(&str, &str) -> String;
    let spellings: [(Rule, Spell); 40] = [
        (Rule::Same, |l, d| format!("{l}@{d}.example")),
        (Rule::Same, |l, d| format!("{}@{d}.example", l.to_uppercase())),
        (Rule::Same, |l, d| format!("{l}@{}.example", d.to_uppercase())),
        (Rule::Same, |l, d| format!("{l}@{d}.EXAMPLE")),
        (Rule::Same, |l, d| format!("{}@{d}.example", l.replacen('k', "K", 1))),
        (Rule::Same, |l, d| format!("{l}@{d}.example").to_uppercase()),
        (Rule::Same, |l, d| format!("{}@{d}.example", l.replacen('k', "\u{212A}", 1))),
        (Rule::Same, |l, d| format!("{l}@{}.example", d.replacen('k', "\u{212A}", 1))),
        (Rule::Other, |l, d| format!("{}@{d}.example", l.replacen('i', "\u{131}", 1))),
        (Rule::Other, |l, d| format!("{l}@{}.example", d.replacen('i', "\u{131}", 1))),
        (Rule::Other, |l, d| format!("{}@{d}.example", l.replacen('i', "\u{130}", 1))),
        (Rule::Other, |l, d| format!("{}@{d}.example", l.replacen('i', "i\u{301}", 1))),
        (Rule::Other, |l, d| format!("{}@{d}.example", l.replacen('s', "\u{17F}", 1))),
        (Rule::Refused, |l, d| format!("{l}@{}.example", d.replacen('s', "\u{17F}", 1))),
        (Rule::Other, |l, d| format!("{l}@{}.example", d.replacen("ss", "\u{DF}", 1))),
        (Rule::Other, |l, d| format!("{l}@{}.example", d.replacen("ss", "\u{1E9E}", 1))),
        (Rule::Other, |l, d| format!("{}@{d}.example", l.replacen('k', "\u{FF4B}", 1))),
        (Rule::Refused, |l, d| format!("{l}@{}.example", d.replacen('k', "\u{FF4B}", 1))),
        (Rule::Other, |l, d| format!("{}@{d}.example", l.replacen('i', "\u{456}", 1))),
        (Rule::Other, |l, d| format!("{l}@{}.example", d.replacen('i', "\u{456}", 1))),
        (Rule::Other, |l, d| format!("{l}+tag@{d}.example")),
        (Rule::Other, |l, d| format!("{}@{d}.example", l.replacen('i', "i.", 1))),
        (Rule::Refused, |l, d| format!("{}@{d}.example", l.replacen('s', "s\u{200D}", 1))),
        (Rule::Refused, |l, d| format!("{}@{d}.example", l.replacen('s', "s\u{200C}", 1))),
        (Rule::Refused, |l, d| format!("{}@{d}.example", l.replacen('s', "s\u{200B}", 1))),
        (Rule::Refused, |l, d| format!("{}@{d}.example", l.replacen('s', "s\u{A0}", 1))),
        (Rule::Refused, |l, d| format!("{}@{d}.example", l.replacen('s', "s\u{AD}", 1))),
        (Rule::Refused, |l, d| format!("{}@{d}.example", l.replacen('s', "s\u{FEFF}", 1))),
        (Rule::Refused, |l, d| format!("{}@{d}.example", l.replacen('s', "s\u{202E}", 1))),
        (Rule::Refused, |l, d| format!("{}@{d}.example", l.replacen('s', "s\u{0}", 1))),
        (Rule::Refused, |l, d| format!("{}@{d}.example", l.replacen('s', "s\u{9}", 1))),
        (Rule::Refused, |l, d| format!("{}@{d}.example", l.replacen('s', "s\u{20}", 1))),
        (Rule::Refused, |l, d| format!("{l}@{d}.example ")),
        (Rule::Refused, |l, d| format!(" {l}@{d}.example")),
        (Rule::Refused, |l, d| format!("{l}@{d}.example.")),
        (Rule::Refused, |l, d| format!("{l}.@{d}.example")),
        (Rule::Refused, |l, d| format!(".{l}@{d}.example")),
        (Rule::Refused, |l, d| format!("{l}\u{FF20}{d}.example")),
        (Rule::Refused, |l, d| format!("{l}\u{FE6B}{d}.example")),
        (Rule::Refused, |l, d| format!("{l}@{d}\u{3002}example")),
    ];
    let mut pairs = 0;
    for (local, domain) in addresses {
        let plain = mail(&format!("{local}@{domain}.example"));
        for (n, (rule, spell)) in spellings.iter().enumerate() {
            let text = spell(local, domain);
            let found = match EmailAddress::parse(&text) {
                Err(_) => Rule::Refused,
                Ok(one) if one.normalised() == plain.normalised() => Rule::Same,
                Ok(_) => Rule::Other,
            };
            assert_eq!(found, *rule, "{n}: {text:?}");
            pairs += 1;
        }
    }
    assert_eq!(pairs, 200);
}
