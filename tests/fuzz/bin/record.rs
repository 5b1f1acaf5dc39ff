//! See `sspr_fuzz::record`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    sspr_fuzz::record(data);
});
