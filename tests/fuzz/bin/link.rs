//! See `sspr_fuzz::link`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    sspr_fuzz::link(data);
});
