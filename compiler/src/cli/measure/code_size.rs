//! How much machine code each kernel is, by the symbols of the program.

use crate::schedule::plan::Plan;
use anyhow::{Context, Result};
use object::{Object, ObjectSymbol};
use std::fs;
use std::path::Path;

/// Bytes of machine code of each kernel of the plan on one instruction set; those without a symbol are left out.
///
/// # Errors
/// A program that cannot be read.
pub fn of_kernels(program: &Path, plan: &Plan, isa: &str) -> Result<Vec<(String, u64)>> {
    let bytes = fs::read(program).with_context(|| program.display().to_string())?;
    let isa = plan.isas.iter().find(|of| of.name == isa);
    // Formats other than ELF do not tell the sizes of symbols.
    let (Some(isa), Ok(file)) = (isa, object::File::parse(bytes.as_slice())) else { return Ok(Vec::new()) };
    let symbols: Vec<(&str, u64)> =
        file.symbols().filter_map(|symbol| Some((symbol.name().ok()?, symbol.size()))).collect();
    let size = |name: &str| {
        let part = mangled(isa.module, name);
        symbols.iter().find(|(symbol, size)| *size > 0 && symbol.contains(&part)).map(|(_, size)| *size)
    };
    let kernels = plan.kernels.iter();
    Ok(kernels.filter_map(|kernel| Some((kernel.name.clone(), size(&kernel.name)?))).collect())
}

/// What the symbol of a kernel contains, whatever the mangling: the path `kernels::<module>::<name>::<name>`, each part
/// behind its length.
fn mangled(module: &str, name: &str) -> String {
    let parts = ["kernels", module, name, name];
    parts.iter().map(|part| format!("{}{part}", part.len())).collect()
}

#[cfg(test)]
mod tests {
    use super::mangled;

    #[test]
    fn symbols_are_paths_with_lengths() {
        let symbol = "_ZN8resnet507kernels4avx26pool_16pool_117h0123456789abcdefE";
        assert!(symbol.contains(&mangled("avx2", "pool_1")));
        assert!(!symbol.contains(&mangled("avx2", "pool_")));
    }
}
