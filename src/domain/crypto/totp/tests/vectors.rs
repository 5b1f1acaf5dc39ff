//! The test vectors of RFC 4226 and RFC 6238, and of known mistakes.

use super::*;
use crate::domain::crypto::totp::check::truncated;

/// R-190, RFC 4226 appendix D.
#[test]
fn codes_are_those_of_rfc_4226() {
    let codes = [
        "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
        "520489",
    ];
    let numbers = [
        1_284_755_224,
        1_094_287_082,
        137_359_152,
        1_726_969_429,
        1_640_338_314,
        868_254_676,
        1_918_287_922,
        82_162_583,
        673_399_871,
        645_520_489,
    ];
    for (step, (code, number)) in (0_u64..).zip(codes.into_iter().zip(numbers)) {
        assert_eq!(shown(SHA1_SEED, six(), step), code);
        let mut mac = Hmac::<sha1::Sha1>::new_from_slice(SHA1_SEED).expect("any length");
        mac.update(&step.to_be_bytes());
        assert_eq!(truncated(&mac.finalize().into_bytes()), number);
    }
}

/// R-190, RFC 4226 section 5.4.
#[test]
fn truncation_takes_the_four_bytes_that_the_last_one_names() {
    let mac = data_encoding::HEXLOWER.decode(b"1f8698690e02ca16618550ef7f19da8e945b555a");
    assert_eq!(truncated(&mac.expect("hex")), 0x50ef_7f19);
    assert_eq!(0x50ef_7f19 % 1_000_000, 872_921);
    // The topmost bit is dropped, and no offset is beyond the end.
    assert_eq!(truncated(&[0xff; 20]), 0x7fff_ffff);
    assert_eq!(truncated(&[]), 0);
}

/// R-197, RFC 6238 appendix B, each algorithm with its own seed (erratum 2866).
#[test]
fn codes_are_those_of_rfc_6238() {
    let vectors = [
        (59, 0x1, ["94287082", "46119246", "90693936"]),
        (1_111_111_109, 0x0235_23EC, ["07081804", "68084774", "25091201"]),
        (1_111_111_111, 0x0235_23ED, ["14050471", "67062674", "99943326"]),
        (1_234_567_890, 0x0273_EF07, ["89005924", "91819424", "93441116"]),
        (2_000_000_000, 0x03F9_40AA, ["69279037", "90698825", "38618901"]),
        (20_000_000_000, 0x27BC_86AA, ["65353130", "77737706", "47863826"]),
    ];
    for (seconds, step, codes) in vectors {
        assert_eq!(step_at(at(seconds), 30), step);
        let seeds = [SHA1_SEED, SHA256_SEED, SHA512_SEED];
        for ((algorithm, seed), code) in ALGORITHMS.into_iter().zip(seeds).zip(codes) {
            let eight = parameters(algorithm, 8);
            assert_eq!(shown(seed, eight, step), code);
            let typed = Some(code.parse().expect("digits"));
            let matched = matching_step(seed, eight, Drift::default(), at(seconds), typed);
            assert_eq!(matched, Some(step), "{algorithm:?} at {seconds}");
            // a shorter code has the last digits.
            for digits in [6, 7] {
                let shorter = shown(seed, parameters(algorithm, digits), step);
                assert_eq!(shorter, code[8 - usize::from(digits)..]);
            }
        }
    }
}

/// Appendix A.4: the results of a wrong seed, a lost zero or a narrow counter.
#[test]
fn known_mistakes_are_not_made() {
    assert_eq!(shown(SHA1_SEED, six(), step_at(at(1_234_567_890), 30)), "005924");
    let wrong_seed = |algorithm| shown(SHA1_SEED, parameters(algorithm, 8), 1);
    assert_eq!(wrong_seed(OathAlgorithm::Sha256), "32247374");
    assert_eq!(wrong_seed(OathAlgorithm::Sha512), "69342147");
    assert_eq!(shown(SHA1_SEED, six(), 1 << 32), "999456");
    assert_eq!(shown(SHA1_SEED, six(), 1 << 40), "445672");
    assert_eq!(shown(SHA1_SEED, six(), 0), "755224");
}
