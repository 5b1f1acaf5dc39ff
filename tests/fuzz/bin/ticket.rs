//! See `sspr_fuzz::ticket`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    sspr_fuzz::ticket(data);
});
