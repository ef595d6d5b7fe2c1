//! libfuzzer on a target of `tilewright_tests::fuzz::targets`, the one that the variable TILEWRIGHT_FUZZ names, or `compile`.

#![no_main]

use std::sync::LazyLock;
use tilewright_tests::fuzz::targets::{Target, find};

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("TILEWRIGHT_FUZZ").unwrap_or_else(|_| "compile".to_owned());
    find(&name).unwrap_or_else(|| panic!("there is no target {name}"))
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    (TARGET.run)(bytes);
});
