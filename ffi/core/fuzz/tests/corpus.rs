//! Every kept input through its target, without a fuzzer: what was once found stays mended. And some that are drawn, so that
//! a target that cannot run at all is noticed.
use cwts_fuzz::TARGETS;
use std::fs;
use std::path::Path;

#[test]
fn every_kept_input_is_harmless() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, run) in TARGETS {
        let folder = corpus.join(name);
        let mut inputs = 0;
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{name}: {error}")) {
            let path = entry.expect("an entry").path();
            run(&fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())));
            inputs += 1;
        }
        assert!(inputs > 0, "{name} has no inputs");
    }
}

#[test]
fn inputs_drawn_from_a_seed_are_harmless() {
    let inputs = std::env::var("CWTS_FUZZ_INPUTS").map_or(300, |text| {
        text.parse()
            .expect("the number of inputs is a whole number")
    });
    for (name, run) in TARGETS {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut draw = || {
            // xorshift64: Marsaglia, 2003.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        for input in 0..inputs {
            let length = draw() % 512;
            let bytes: Vec<u8> = (0..length).map(|_| draw() as u8).collect();
            let outcome = std::panic::catch_unwind(|| run(&bytes));
            assert!(outcome.is_ok(), "{name}, input {input}: {bytes:?}");
        }
    }
}
