//! See `sspr_fuzz::identifier`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    sspr_fuzz::identifier(data);
});
