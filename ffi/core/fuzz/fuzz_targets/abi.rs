#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cwts_fuzz::abi::run(bytes));
