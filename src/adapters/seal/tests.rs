use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use proptest::prelude::*;

use super::*;
use crate::port::PortErrorKind;

fn secret(byte: u8) -> SecretBytes {
    SecretBytes::new(vec![byte; 32])
}

fn with(id: u16, byte: u8) -> KeySeal {
    KeySeal::new(id, secret(byte)).expect("long enough")
}

/// Polls a future that never waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future waits"),
    }
}

fn sealed(seal: &KeySeal, plain: &[u8], bound: &[u8]) -> Vec<u8> {
    now(seal.seal(plain, bound)).expect("sealed")
}

fn opened(seal: &KeySeal, sealed: &[u8], bound: &[u8]) -> Result<Vec<u8>, PortErrorKind> {
    let plain = now(seal.open(sealed, bound)).map_err(|error| error.kind())?;
    Ok(plain.expose_secret().to_vec())
}

const CORRUPT: Result<Vec<u8>, PortErrorKind> = Err(PortErrorKind::Corrupt);

/// A source of a nonce chosen by the test.
struct Fixed(u8);

impl Entropy for Fixed {
    fn fill(&self, buffer: &mut [u8]) -> PortResult<()> {
        buffer.fill(self.0);
        Ok(())
    }
}

struct Dry;

impl Entropy for Dry {
    fn fill(&self, _: &mut [u8]) -> PortResult<()> {
        Err(PortError::unavailable())
    }
}

/// draft-irtf-cfrg-xchacha-03, A.3.1.
#[test]
fn the_cipher_is_xchacha20_poly1305() {
    let key: [u8; 32] = std::array::from_fn(|index| 0x80 + index as u8);
    let nonce: [u8; 24] = std::array::from_fn(|index| 0x40 + index as u8);
    let bound = [0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7];
    let mut text = *b"Ladies and Gentlemen of the class of '99: If I could offer you only one \
                      tip for the future, sunscreen would be it.";
    let tag = XChaCha20Poly1305::new(&key.into())
        .encrypt_inout_detached(&nonce.into(), &bound, text.as_mut_slice().into())
        .expect("short");
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
    assert_eq!(hex(&text[..16]), "bd6d179d3e83d43b9576579493c0e939");
    assert_eq!(hex(&tag), "c0875924c1c7987947deafd8780acf49");
}

/// Every later release must open what this release sealed.
#[test]
fn bytes_sealed_by_this_release_stay_readable() {
    const SEALED: &str = "010102\
        090909090909090909090909090909090909090909090909\
        92f7d0935de716a1a4f9cb07e1380415cc6bc692\
        d62744ceff9e4dc59f7237d8c28aca46";
    let (seal, plain, bound) = (with(0x0102, 7), b"12345678901234567890", b"contoso u-1");
    let bytes = data_encoding::HEXLOWER.decode(SEALED.as_bytes()).expect("hex");
    assert_eq!(opened(&seal, &bytes, bound), Ok(plain.to_vec()));
    assert_eq!(seal.sealed(&Fixed(9), plain, bound).expect("sealed"), bytes);
}

/// the sealed bytes reveal only the length of the seed.
#[test]
fn sealed_bytes_reveal_only_the_length() {
    let seal = with(1, 1);
    let seed = b"12345678901234567890";
    let (one, two) = (sealed(&seal, seed, b"a"), sealed(&seal, seed, b"a"));
    assert_eq!(one.len(), OVERHEAD + seed.len());
    assert_eq!(one[..HEAD], [1, 0, 1]);
    assert!(!one.windows(4).any(|window| window == &seed[..4]));
    assert_ne!(one[HEAD..][..NONCE], two[HEAD..][..NONCE], "a nonce is used once");
    assert_ne!(one[HEAD + NONCE..], two[HEAD + NONCE..]);
}

#[test]
fn a_change_of_any_bit_is_detected() {
    let mut seal = with(1, 1).also_open(0, secret(2)).expect("valid");
    // The secret of key 1 under another id, which `also_open` refuses, so that only the id differs.
    seal.keys.push(SealKey::new(3, &secret(1)).expect("valid"));
    let whole = sealed(&seal, b"12345678901234567890", b"a");
    for index in 0..whole.len() {
        for bit in 0..8 {
            let mut changed = whole.clone();
            changed[index] ^= 1 << bit;
            assert_eq!(opened(&seal, &changed, b"a"), CORRUPT, "byte {index}, bit {bit}");
        }
    }
    assert!(opened(&seal, &whole, b"a").is_ok());
}

#[test]
fn a_part_is_not_opened() {
    let seal = with(1, 1);
    let whole = sealed(&seal, b"12345678901234567890", b"a");
    for length in 0..whole.len() {
        assert_eq!(opened(&seal, &whole[..length], b"a"), CORRUPT, "{length} bytes");
        assert_eq!(opened(&seal, &whole[whole.len() - length..], b"a"), CORRUPT);
    }
    assert_eq!(opened(&seal, &[whole.as_slice(), &[0]].concat(), b"a"), CORRUPT);
}

#[test]
fn a_secret_is_opened_only_with_its_associated_data() {
    let seal = with(1, 1);
    let (ada, bob) = (sealed(&seal, b"ada's", b"ada"), sealed(&seal, b"bob's", b"bob"));
    assert_eq!(opened(&seal, &ada, b"bob"), CORRUPT);
    assert_eq!(opened(&seal, &bob, b"ada"), CORRUPT);
    for other in [&b""[..], b"ad", b"adaa", b"\x01\x00\x01ada"] {
        assert_eq!(opened(&seal, &ada, other), CORRUPT);
    }
    assert_eq!(opened(&seal, &ada, b"ada"), Ok(b"ada's".to_vec()));
}

#[test]
fn keys_rotate() {
    let old = sealed(&with(1, 1), b"seed", b"a");
    let rotated = with(2, 2).also_open(1, secret(1)).expect("valid");
    assert_eq!(opened(&rotated, &old, b"a"), Ok(b"seed".to_vec()));
    let new = sealed(&rotated, b"seed", b"a");
    assert_eq!(new[..HEAD], [1, 0, 2], "the first key seals");
    // An engine prepared for the new key opens it; any other reports an error.
    let prepared = with(1, 1).also_open(2, secret(2)).expect("valid");
    assert_eq!(opened(&prepared, &new, b"a"), Ok(b"seed".to_vec()));
    assert_eq!(opened(&with(1, 1), &new, b"a"), CORRUPT);
    // Another key under the same id opens nothing.
    assert_eq!(opened(&with(1, 3), &old, b"a"), CORRUPT);
}

#[test]
fn weak_secrets_and_repeated_ids_are_refused() {
    let of = |length| SecretBytes::new(vec![1; length]);
    assert!(KeySeal::new(1, of(31)).is_err() && KeySeal::new(1, of(0)).is_err());
    assert!(KeySeal::new(1, of(33)).is_ok());
    assert!(with(1, 1).also_open(2, of(31)).is_err());
    assert!(with(1, 1).also_open(1, secret(2)).is_err());
    let full = (1..KeySeal::MAX_KEYS as u16)
        .try_fold(with(0, 1), |seal, id| seal.also_open(id, secret(id as u8 + 1)))
        .expect("room");
    assert!(full.also_open(99, secret(99)).is_err());
}

/// A dropped key must not go on opening under another id.
#[test]
fn no_two_sealing_keys_have_one_secret() {
    let error = with(1, 1).also_open(2, secret(1)).unwrap_err();
    assert_eq!(error.to_string(), "sealing key must differ from every other sealing key");
    let two = with(1, 1).also_open(2, secret(2)).expect("another secret");
    assert!(two.also_open(3, secret(2)).is_err());
}

/// The whole secret counts, not only its first 32 bytes, and the key differs from the engine's
/// keys.
#[test]
fn a_secret_is_expanded_to_a_key_of_its_own() {
    let key = |bytes: &[u8]| seal_key(&SecretBytes::new(bytes.to_vec())).expect("long enough").key;
    let mut long = [1; 40];
    assert_ne!(*key(&long), *key(&long[..32]));
    let before = key(&long);
    long[39] = 2;
    assert_ne!(*before, *key(&long));
    assert_ne!(before.as_slice(), &long[..32]);
}

#[test]
fn without_randomness_nothing_is_sealed() {
    let error = with(1, 1).sealed(&Dry, b"seed", b"a").expect_err("no nonce");
    assert_eq!(error.kind(), PortErrorKind::Unavailable);
}

#[test]
fn keys_are_not_shown() {
    let seal = with(7, 1).also_open(3, secret(2)).expect("valid");
    assert_eq!(format!("{seal:?}"), "KeySeal { keys: [7, 3], .. }");
}

proptest! {
    #[test]
    fn what_is_sealed_is_opened(
        id: u16,
        secret in prop::collection::vec(any::<u8>(), 32..80),
        plain: Vec<u8>,
        bound: Vec<u8>,
        other: Vec<u8>,
    ) {
        let seal = KeySeal::new(id, SecretBytes::new(secret)).expect("long enough");
        let bytes = sealed(&seal, &plain, &bound);
        prop_assert_eq!(opened(&seal, &bytes, &bound), Ok(plain.clone()));
        let expected = if other == bound { Ok(plain) } else { CORRUPT };
        prop_assert_eq!(opened(&seal, &bytes, &other), expected);
    }

    #[test]
    fn junk_is_refused(junk in prop::collection::vec(any::<u8>(), 0..200), bound: Vec<u8>) {
        let seal = with(1, 1);
        prop_assert_eq!(opened(&seal, &junk, &bound), CORRUPT);
        // Junk after a valid head.
        let close = [&[FORMAT, 0, 1][..], &junk].concat();
        prop_assert_eq!(opened(&seal, &close, &bound), CORRUPT);
    }
}
