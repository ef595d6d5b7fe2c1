//! Everything that reads what others wrote, as functions of bytes that must return, and files to change at random.
//!
//! [`targets`] are driven in three ways: by libfuzzer (`tests/fuzz`), by the ordinary tests for some thousands of seeded
//! cases, and by the example `fuzz` for any number of them, in processes that it watches ([`watch`]).

pub mod bytes;
pub mod corpus;
pub mod structure;
pub mod targets;
pub mod watch;

use crate::numbers::Numbers;
use corpus::Seed;
use targets::Target;

/// One case: the seeds of the target, changed in a way that depends on the two numbers alone.
pub fn case(target: &Target, seeds: &[Seed], seed: u64, number: u64) -> Vec<u8> {
    let mut numbers = Numbers::new(seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    numbers.bits();
    // Whole networks are few, small graphs many: each kind gets its share.
    let whole = seeds.iter().take_while(|file| file.whole).count();
    let first = if whole < seeds.len() && numbers.between(0, 2) == 0 { whole } else { 0 };
    let last = if first == 0 && whole > 0 { whole } else { seeds.len() };
    let file = &seeds[numbers.between(first, last - 1)];
    changed(target, file, &mut numbers)
}

/// A file, changed.
pub fn changed(target: &Target, file: &Seed, numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = match &file.model {
        // Bytes of a model seldom get past the decoder.
        Some(model) if numbers.between(0, 9) > 0 => structure::changed(model, numbers),
        _ => {
            let mut bytes = file.bytes.clone();
            bytes::change(&mut bytes, numbers);
            bytes
        }
    };
    if file.model.is_some() && numbers.between(0, 9) == 0 {
        bytes::change(&mut bytes, numbers);
    }
    if (target.repair)(&mut bytes) && numbers.between(0, 1) == 0 {
        bytes::change(&mut bytes, numbers);
    }
    bytes
}
