//! Arguments that say how much a program may take.

use crate::schedule::budget::Budget;
use std::fmt::Write;

/// Arguments that say how much a program may take.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct BudgetArgs {
    /// Most memory for activations of a run on one thread, as 16MiB: algorithms are chosen to fit
    #[arg(long, value_name = "BYTES", value_parser = size)]
    max_arena: Option<Size>,
    /// Largest program, with the weights that are embedded in it, as 100MB: algorithms are chosen to fit
    #[arg(long, value_name = "BYTES", value_parser = size)]
    max_binary: Option<Size>,
}

/// A number of bytes, and how it was typed.
#[derive(Clone, Debug)]
struct Size {
    bytes: u64,
    typed: String,
}

impl BudgetArgs {
    /// The budget of the pipeline.
    pub fn budget(&self) -> Budget {
        let bytes = |size: &Option<Size>| size.as_ref().map(|size| size.bytes);
        Budget { arena: bytes(&self.max_arena), binary: bytes(&self.max_binary), ..Budget::default() }
    }

    /// The arguments as they were typed.
    pub fn words(&self) -> String {
        let mut words = String::new();
        for (option, size) in [("arena", &self.max_arena), ("binary", &self.max_binary)] {
            if let Some(size) = size {
                let _ = write!(words, " --max-{option} {}", size.typed);
            }
        }
        words
    }
}

/// Parses `4096`, `16MiB`, `1.5 GB`; the case of units does not matter.
fn size(text: &str) -> Result<Size, String> {
    const UNITS: [(&str, f64); 8] = [
        ("kib", 1024.0),
        ("mib", 1048576.0),
        ("gib", 1073741824.0),
        ("kb", 1e3),
        ("mb", 1e6),
        ("gb", 1e9),
        ("b", 1.0),
        ("", 1.0),
    ];
    let lower = text.trim().to_lowercase();
    let found = UNITS.iter().find_map(|(unit, factor)| Some((lower.strip_suffix(unit)?.trim(), factor)));
    let number = found.filter(|(number, _)| number.bytes().all(|c| c.is_ascii_digit() || c == b'.'));
    let bytes = number.and_then(|(number, factor)| Some(number.parse::<f64>().ok()? * factor));
    match bytes {
        // Far beyond any memory, and exact in f64.
        Some(bytes) if (1.0..=1e15).contains(&bytes) => {
            Ok(Size { bytes: bytes as u64, typed: text.split_whitespace().collect() })
        }
        _ => Err("say a number of bytes, as 65536, 64KiB, 16MiB or 1.5GB".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in [
            ("4096", 4096),
            ("16MiB", 16 << 20),
            ("16mib", 16 << 20),
            ("64 KiB", 65536),
            ("1.5GB", 1_500_000_000),
            ("7 B", 7),
            ("2gib", 2 << 30),
        ] {
            assert_eq!(size(text).map(|size| size.bytes), Ok(bytes), "{text}");
        }
        for text in ["", "MiB", "-1", "0", "1e9", "16 bytes", "0.1", "1.2.3MB", "NaN", "inf", "9999999999GiB"]
        {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
