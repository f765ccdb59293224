#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| opentelemetry_browser::fuzzing::spool_record(bytes));
