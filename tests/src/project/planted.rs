//! Kernels whose text was changed after the proof: an access behind the end of its array, of each kind that there is. Debug
//! builds must notice each.

use super::call;
use crate::case::Case;
use std::fmt::Write;
use tilewright::base::target::Isa;
use tilewright::emit::kernel_source;

/// What loads and stores, and how far behind the end of an array it begins, so that its last element is the first behind.
const ACCESSES: [(&str, &str); 8] = [
    ("load", "+ 1 - v::LANES"),
    ("load_part", ""),
    ("splat", ""),
    ("store", "+ 1 - v::LANES"),
    ("store_part", ""),
    ("read", "+ 1 - v::LANES"),
    ("read_part", ""),
    ("read_splat", ""),
];

/// The arm of the program that runs one of them.
pub const ARM: &str = "        #[cfg(debug_assertions)]\n        other if planted::run(other, io) => {}\n";

/// A kernel with a fault.
#[derive(Clone, Debug)]
pub struct Planted {
    /// Its name, by which a program runs it.
    pub name: String,
    /// Its instruction set.
    pub isa: Isa,
    case: Case,
    text: String,
}

/// For each instruction set and kind of access, the first case that has one.
pub fn all(cases: &[Case], isas: &[Isa]) -> Vec<Planted> {
    let mut list = Vec::new();
    for isa in isas {
        let text = |case: &Case| kernel_source(&case.kernel(isa), isa, &[]);
        let texts: Vec<String> =
            cases.iter().map(|case| text(case).unwrap_or_else(|error| panic!("{error}"))).collect();
        for (access, by) in ACCESSES {
            let mut found =
                cases.iter().zip(&texts).filter_map(|(case, text)| Some((case, moved(text, access, by)?)));
            list.extend(found.next().map(|(case, text)| {
                let name = format!("{}_{access}", isa.module);
                Planted { name, isa: *isa, case: case.clone(), text }
            }));
        }
    }
    list
}

/// The text with its first access of a kind moved behind the end of its array.
fn moved(text: &str, access: &str, by: &str) -> Option<String> {
    let (before, rest) = text.split_once(&format!("v::{access}("))?;
    let (array, index) = rest.split_once(',')?;
    Some(format!(
        "{before}v::{access}({array}, {} {by} + {}",
        array.trim().to_uppercase(),
        index.trim_start()
    ))
}

/// The module `planted` of a program.
pub fn files(list: &[Planted]) -> Vec<(String, String)> {
    let (mut files, mut modules, mut arms) = (Vec::new(), String::new(), String::new());
    for Planted { name, case, text, .. } in list {
        let _ = writeln!(modules, "mod {name};");
        let _ = writeln!(arms, "        \"{name}\" => {{\n{}        }}", call(case, name));
        files.push((format!("src/planted/{name}.rs"), text.clone()));
    }
    let text = format!(
        "//! Kernels that must fail.\n\nuse super::Io;\nuse tilewright_runtime::Out;\n\n{modules}\n\
         pub fn run(name: &str, io: &mut Io) -> bool {{\n    match name {{\n{arms}        _ => return false,\n    }}\n    \
         true\n}}\n"
    );
    files.push(("src/planted/mod.rs".to_owned(), text));
    files
}
