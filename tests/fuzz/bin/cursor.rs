//! See `sspr_fuzz::cursor`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    sspr_fuzz::cursor(data);
});
