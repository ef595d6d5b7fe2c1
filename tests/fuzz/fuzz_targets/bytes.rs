//! libfuzzer on a target of `tilewright_tests::fuzz::targets`, the one that the variable TILEWRIGHT_FUZZ names, or `compile`.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use std::sync::LazyLock;
use tilewright_tests::fuzz::changed;
use tilewright_tests::fuzz::corpus::Seed;
use tilewright_tests::fuzz::targets::{Target, find};
use tilewright_tests::numbers::Numbers;

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("TILEWRIGHT_FUZZ").unwrap_or_else(|_| "compile".to_owned());
    find(&name).unwrap_or_else(|| panic!("there is no target {name}"))
});

/// The target reads models.
static MODELS: LazyLock<bool> =
    LazyLock::new(|| (TARGET.seeds)().first().is_some_and(|seed| seed.model.is_some()));

fuzz_target!(|bytes: &[u8]| {
    (TARGET.run)(bytes);
});

// A model is changed as a model, and checksums are repaired; every other time libfuzzer does as it thinks best.
fuzz_mutator!(|data: &mut [u8], size: usize, most: usize, seed: u32| {
    let mut numbers = Numbers::new(u64::from(seed));
    numbers.bits();
    if numbers.between(0, 1) == 1 {
        let bytes = data[..size].to_vec();
        let file = if *MODELS { Seed::found(bytes) } else { Seed::file("found", bytes) };
        let new = changed(&TARGET, &file, &mut numbers);
        if !new.is_empty() && new.len() <= most {
            data[..new.len()].copy_from_slice(&new);
            return new.len();
        }
    }
    fuzzer_mutate(data, size, most)
});
