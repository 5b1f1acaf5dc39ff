//! The check of a typed code, against the least work of any such check.
//!
//! The limit is two SHA-256 compressions from stored states of a prepared block, and a comparison
//! of machine words in constant time. The crate's check also joins the halves of the block, reduces the
//! MAC to a code and brings the typed code into its format. The second half was prepared when the
//! attempt was reserved, before the commit. For comparison: RustCrypto's HMAC with a prepared key, a clone,
//! 55 bytes and `verify_slice`.
//!
//! Targets: at most 1.1 of the limit, at most 1.1 of RustCrypto's HMAC. (That a check allocates
//! nothing is a test: `tests/no_alloc.rs`.)

mod support;

use std::hint::black_box;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use sha2::block_api::compress256;
use sspr::testing::internals::CodeCheck;
use subtle::ConstantTimeEq as _;

/// Two compressions and a comparison.
struct Limit {
    inner: [u32; 8],
    outer: [u32; 8],
    block: [u8; 64],
    expected: [u64; 4],
}

impl Limit {
    fn check(&self) -> bool {
        let mut state = self.inner;
        compress256(&mut state, &[self.block]);
        let mut block = [0; 64];
        for (bytes, word) in block.as_chunks_mut::<4>().0.iter_mut().zip(state) {
            *bytes = word.to_be_bytes();
        }
        block[32] = 0x80;
        block[62] = 3;
        let mut state = self.outer;
        compress256(&mut state, &[block]);
        let mut difference = 0;
        for (index, lane) in self.expected.iter().enumerate() {
            let high = u64::from(state[2 * index]) << 32;
            difference |= lane ^ (high | u64::from(state[2 * index + 1]));
        }
        difference.ct_eq(&0).into()
    }
}

fn main() {
    let check = CodeCheck::new(&[3; 32], "12345678");
    let limit = Limit {
        inner: [0x1234_5678; 8],
        outer: [0x8765_4321; 8],
        block: [7; 64],
        expected: [5; 4],
    };
    let keyed = Hmac::<Sha256>::new_from_slice(&[3; 32]).expect("any length");
    let (message, tag) = ([7_u8; 55], [5_u8; 32]);
    assert!(CodeCheck::new(&[3; 32], &check.right(7)).check(7) && !check.check(7));

    let prepared = check.prepare(7);
    let mut code_check = || {
        black_box(black_box(&check).compare(black_box(&prepared)));
    };
    let mut raw = || {
        black_box(black_box(&limit).check());
    };
    let mut hmac = || {
        let mut mac = black_box(&keyed).clone();
        mac.update(black_box(&message));
        black_box(mac.verify_slice(black_box(&tag)).is_ok());
    };

    let mut criterion = support::criterion();
    let mut group = criterion.benchmark_group("code_check");
    group.bench_function("sspr", |bencher| bencher.iter(&mut code_check));
    group.bench_function("limit", |bencher| bencher.iter(&mut raw));
    group.bench_function("rustcrypto_hmac", |bencher| bencher.iter(&mut hmac));
    group.finish();
    criterion.final_summary();

    let rounds = support::rounds(401, 5_000, &mut [&mut code_check, &mut raw, &mut hmac]);
    support::figure("code_check", support::column(&rounds, 0), "ns");
    support::figure("code_check_limit", support::column(&rounds, 1), "ns");
    support::figure("code_check_hmac", support::column(&rounds, 2), "ns");
    support::ratio("code_check_vs_raw", support::ratio_of(&rounds, 0, 1));
    support::ratio("code_check_vs_hmac", support::ratio_of(&rounds, 0, 2));
}
