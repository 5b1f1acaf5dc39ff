//! See `sspr_fuzz::commands`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    sspr_fuzz::commands(data);
});
