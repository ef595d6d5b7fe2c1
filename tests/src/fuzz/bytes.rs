//! Changes that know nothing of a file's format.

use crate::numbers::Numbers;

/// Changes some bytes, removes, repeats or inserts some, or cuts the file.
pub fn change(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
    for _ in 0..numbers.between(1, 4) {
        if bytes.is_empty() {
            bytes.push(numbers.bits() as u8);
        }
        let at = numbers.between(0, bytes.len() - 1);
        let some = numbers.between(1, 16).min(bytes.len() - at);
        match numbers.between(0, 11) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..at + some)),
            2 => {
                let again = bytes[at..at + some].to_vec();
                bytes.splice(at..at, again);
            }
            3 => {
                let other = numbers.between(0, bytes.len() - some);
                bytes.copy_within(at..at + some, other);
            }
            4 => bytes.insert(at, numbers.bits() as u8),
            5 => bytes[at..at + some].fill(numbers.pick(&[0, 0x7f, 0x80, 0xff])),
            6 | 7 => bytes[at] ^= 1 << numbers.between(0, 7),
            8 => bytes[at] = bytes[at].wrapping_add(numbers.pick(&[1, 0xff])),
            _ => bytes[at] = numbers.bits() as u8,
        }
    }
}
