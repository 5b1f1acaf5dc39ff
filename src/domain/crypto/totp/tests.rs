//! Tests of the window, the parameters and the work of a check.

use super::work::{self, Work};
use super::*;
use hmac::{Hmac, KeyInit as _, Mac as _};
use proptest::prelude::*;

mod vectors;

const SHA1_SEED: &[u8] = b"12345678901234567890";
const SHA256_SEED: &[u8] = b"12345678901234567890123456789012";
const SHA512_SEED: &[u8] = b"1234567890123456789012345678901234567890123456789012345678901234";

const ALGORITHMS: [OathAlgorithm; 3] =
    [OathAlgorithm::Sha1, OathAlgorithm::Sha256, OathAlgorithm::Sha512];

fn parameters(algorithm: OathAlgorithm, digits: u8) -> OathParameters {
    OathParameters { algorithm, digits, period: 30 }
}

fn six() -> OathParameters {
    OathParameters::default()
}

fn shown(seed: &[u8], parameters: OathParameters, step: u64) -> String {
    code_at(seed, parameters, step).expose_secret().to_owned()
}

fn number(seed: &[u8], parameters: OathParameters, step: u64) -> Option<u32> {
    Some(shown(seed, parameters, step).parse().expect("digits"))
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(seconds)
}

/// R-197: steps are matched in their full width.
#[test]
fn steps_beyond_32_bits_are_matched_as_they_are() {
    for step in [1_u64 << 32, 1 << 40] {
        let now = at(step as i64 * 30 + 29);
        let matches = |typed| matching_step(SHA1_SEED, six(), Drift::default(), now, typed);
        assert_eq!(matches(number(SHA1_SEED, six(), step)), Some(step));
        assert_eq!(matches(Some(755_224)), None);
    }
}

/// R-199, appendix A.5.
#[test]
fn the_window_is_the_present_step_and_the_one_before() {
    let codes = [150_727, 731_029, 81_804, 50_471, 266_759, 306_183, 466_594];
    let steps = 37_037_034..;
    // The window's first and last step as offsets.
    let windows = [
        (Drift::default(), -1, 0),
        (Drift { back: 0, forward: 0 }, 0, 0),
        (Drift { back: 0, forward: 1 }, 0, 1),
        (Drift { back: 1, forward: 1 }, -1, 1),
        (Drift { back: 2, forward: 0 }, -2, 0),
        (Drift { back: 2, forward: 1 }, -2, 1),
        // R-201: the drift is bounded.
        (Drift { back: 3, forward: 2 }, -2, 1),
        (Drift { back: u8::MAX, forward: u8::MAX }, -2, 1),
    ];
    for now in [1_111_111_110, 1_111_111_111, 1_111_111_139] {
        for (drift, first, last) in windows {
            for ((offset, step), code) in (-3..).zip(steps.clone()).zip(codes) {
                let expected = (first..=last).contains(&offset).then_some(step);
                let matched = matching_step(SHA1_SEED, six(), drift, at(now), Some(code));
                assert_eq!(matched, expected, "{drift:?}, offset {offset}");
            }
        }
    }
}

/// R-049: with the default window, a code is accepted for at most two periods, to the millisecond.
#[test]
fn a_code_lives_for_two_periods() {
    for period in [30, 60] {
        let parameters = OathParameters { period, ..six() };
        let millis = i64::from(period) * 1000;
        let typed = number(SHA1_SEED, parameters, 100);
        let matches = |now| {
            let now = Timestamp::from_unix_millis(now);
            matching_step(SHA1_SEED, parameters, Drift::default(), now, typed)
        };
        assert_eq!(matches(100 * millis - 1), None);
        assert_eq!(matches(100 * millis), Some(100));
        assert_eq!(matches(102 * millis - 1), Some(100));
        assert_eq!(matches(102 * millis), None);
    }
}

#[test]
fn a_minute_has_one_step_or_two() {
    for (seconds, short, long) in [(59, 1, 0), (60, 2, 1), (119, 3, 1), (120, 4, 2)] {
        assert_eq!((step_at(at(seconds), 30), step_at(at(seconds), 60)), (short, long));
    }
}

/// The first two consecutive steps of this seed with the same code.
#[test]
fn of_two_steps_with_one_code_the_newest_matches() {
    let step = 910_738;
    assert_eq!(shown(SHA1_SEED, six(), step), "911617");
    assert_eq!(shown(SHA1_SEED, six(), step - 1), "911617");
    let wide = Drift { back: 2, forward: 0 };
    for (drift, later) in [(Drift::default(), 0), (wide, 0), (wide, 1)] {
        let now = at((step as i64 + later) * 30);
        assert_eq!(matching_step(SHA1_SEED, six(), drift, now, Some(911_617)), Some(step));
    }
}

#[test]
fn what_is_not_of_the_form_matches_nothing() {
    let (now, step) = (at(1_111_111_111), 37_037_037);
    let matches =
        |parameters, typed| matching_step(SHA1_SEED, parameters, Drift::default(), now, typed);
    for typed in [None, Some(u32::MAX), Some(1_000_000), Some(1_050_471)] {
        assert_eq!(matches(six(), typed), None, "{typed:?}");
    }
    // A code of eight digits does not match as one of six, nor the reverse.
    assert_eq!(matches(six(), Some(14_050_471)), None);
    assert_eq!(matches(parameters(OathAlgorithm::Sha1, 8), Some(50_471)), None);
    assert_eq!(matches(parameters(OathAlgorithm::Sha1, 8), Some(14_050_471)), Some(step));
}

/// R-047, R-202: parameters from a damaged record do not make a code easier to guess.
#[test]
fn parameters_out_of_range_are_refused_and_match_nothing() {
    for (digits, period) in [(0, 30), (5, 30), (9, 30), (255, 30), (6, 0), (6, 1), (6, 121)] {
        let unsound = OathParameters { digits, period, ..six() };
        assert!(unsound.check().is_err(), "{unsound:?}");
        let now = at(1_111_111_111);
        let typed = number(SHA1_SEED, unsound, step_at(now, period));
        assert_eq!(matching_step(SHA1_SEED, unsound, Drift::default(), now, typed), None);
    }
    for algorithm in ALGORITHMS {
        for (digits, period) in [(6, 30), (7, 30), (8, 30), (6, 60), (8, 60)] {
            assert_eq!(OathParameters { algorithm, digits, period }.check(), Ok(()));
        }
    }
}

#[test]
fn no_time_panics_or_wraps() {
    let wide = Drift { back: 2, forward: 1 };
    let times = [i64::MIN, -1, 0, 1, 29_999, 30_000, i64::MAX - 1, i64::MAX];
    for now in times.map(Timestamp::from_unix_millis) {
        for period in [0, 1, 30, 60, 255] {
            let parameters = OathParameters { period, ..six() };
            let step = step_at(now, period);
            let typed = number(SHA1_SEED, parameters, step);
            let matched = matching_step(SHA1_SEED, parameters, wide, now, typed);
            assert_eq!(matched, parameters.check().is_ok().then_some(step));
        }
    }
    // There is no step below 0: neither the last step of all nor a second step 0.
    for now in [i64::MIN, -1, 0, 29_999].map(Timestamp::from_unix_millis) {
        assert_eq!(step_at(now, 30), 0);
        let matches =
            |step| matching_step(SHA1_SEED, six(), wide, now, number(SHA1_SEED, six(), step));
        let steps = [0, 1, 2, u64::MAX, u64::MAX - 1];
        assert_eq!(steps.map(matches), [Some(0), Some(1), None, None, None]);
    }
}

/// R-252: the number of HMACs and comparisons depends on the window only. `benches/totp_check.rs`
/// measures that the time does too.
#[test]
fn the_work_of_a_check_does_not_depend_on_the_step_that_matches() {
    let now = at(1_111_111_111);
    for algorithm in ALGORITHMS {
        for back in 0..=2 {
            for forward in 0..=1 {
                let (drift, parameters) = (Drift { back, forward }, parameters(algorithm, 6));
                let steps = u32::from(1 + back + forward);
                let typed = (37_037_034..=37_037_039)
                    .map(|step| number(SHA512_SEED, parameters, step))
                    .chain([None, Some(u32::MAX)]);
                let mut matched = 0;
                for typed in typed {
                    let check = || matching_step(SHA512_SEED, parameters, drift, now, typed);
                    let (step, work) = work::of(check);
                    assert_eq!(work, Work { macs: steps, comparisons: steps }, "{step:?}");
                    matched += u32::from(step.is_some());
                }
                assert_eq!(matched, steps, "each step of the window was seen to match");
            }
        }
    }
    let first = Timestamp::EPOCH;
    let (_, work) = work::of(|| matching_step(SHA1_SEED, six(), Drift::default(), first, None));
    assert_eq!(work, Work { macs: 2, comparisons: 2 });
}

#[test]
fn algorithms_have_the_names_that_apps_know() {
    assert_eq!(ALGORITHMS.map(OathAlgorithm::as_str), ["SHA1", "SHA256", "SHA512"]);
    assert_eq!(ALGORITHMS.map(OathAlgorithm::seed_bytes), [20, 32, 64]);
}

/// A missing parameter has its default, so that a later release with more parameters reads today's
/// records.
#[test]
fn parameters_are_stored_by_name() {
    let text = serde_json::to_string(&six()).expect("serialises");
    assert_eq!(text, r#"{"algorithm":"sha1","digits":6,"period":30}"#);
    let read: OathParameters = serde_json::from_str(r#"{"algorithm":"sha512"}"#).expect("valid");
    assert_eq!(read, parameters(OathAlgorithm::Sha512, 6));
}

/// HOTP, written as in RFC 4226.
fn reference(seed: &[u8], parameters: OathParameters, step: u64) -> u64 {
    let message = step.to_be_bytes();
    macro_rules! mac {
        ($hash:ty) => {{
            let mut mac = Hmac::<$hash>::new_from_slice(seed).expect("any length");
            mac.update(&message);
            mac.finalize().into_bytes().to_vec()
        }};
    }
    let hs = match parameters.algorithm {
        OathAlgorithm::Sha1 => mac!(sha1::Sha1),
        OathAlgorithm::Sha256 => mac!(sha2::Sha256),
        OathAlgorithm::Sha512 => mac!(sha2::Sha512),
    };
    let offset = usize::from(hs[hs.len() - 1] % 16);
    let binary = u64::from(hs[offset] & 0x7f) << 24
        | u64::from(hs[offset + 1]) << 16
        | u64::from(hs[offset + 2]) << 8
        | u64::from(hs[offset + 3]);
    binary % 10_u64.pow(parameters.digits.into())
}

proptest! {
    #[test]
    fn codes_and_matches_are_those_of_the_reference(
        seed in prop::collection::vec(any::<u8>(), 16..=64),
        algorithm in prop::sample::select(ALGORITHMS.to_vec()),
        digits in 6_u8..=8,
        period in prop::sample::select(vec![30_u8, 60]),
        (back, forward) in (0_u8..=2, 0_u8..=1),
        millis in prop_oneof![any::<i64>(), 0..=i64::from(u32::MAX) * 2000, 0..=200_000_i64],
        offset in -4_i64..=4,
        other: u32,
    ) {
        let parameters = OathParameters { algorithm, digits, period };
        let now = Timestamp::from_unix_millis(millis);
        let present = i128::from(millis.max(0)) / 1000 / i128::from(period);
        prop_assert_eq!(i128::from(step_at(now, period)), present);
        let step = u64::try_from(present + i128::from(offset)).unwrap_or(0);
        let code = reference(&seed, parameters, step);
        let width = usize::from(digits);
        prop_assert_eq!(shown(&seed, parameters, step), format!("{code:0width$}"));

        let offsets = (present - i128::from(back)..=present + i128::from(forward)).rev();
        let window: Vec<u64> = offsets.filter_map(|step| step.try_into().ok()).collect();
        for typed in [code as u32, other, other % 1_000_000] {
            let expected = window.iter().copied().find(|&step| {
                reference(&seed, parameters, step) == u64::from(typed)
            });
            let drift = Drift { back, forward };
            let matched = matching_step(&seed, parameters, drift, now, Some(typed));
            prop_assert_eq!(matched, expected);
        }
    }
}
