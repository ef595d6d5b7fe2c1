//! Unique names of kernels. Those of convolutions are numbered without regard to the algorithm, so that another algorithm
//! of one kernel renames no other.

use crate::kernel::name::{direct, name};
use crate::kernel::spec::KernelSpec;
use std::collections::{HashMap, HashSet};

/// The names given so far.
#[derive(Default)]
pub struct Names {
    /// What is behind the name of each spec, as a direct convolution where it is one: nothing, or `_v2`.
    suffixes: HashMap<KernelSpec, String>,
    used: HashSet<String>,
    counts: HashMap<String, usize>,
}

impl Names {
    /// The name of a spec, always the same; the first spec of a name gets it, later ones a number.
    pub fn of(&mut self, spec: &KernelSpec) -> String {
        let plain = direct(spec);
        if let Some(suffix) = self.suffixes.get(&plain) {
            return name(spec) + suffix;
        }
        let base = name(&plain);
        let mut suffix = String::new();
        while !self.used.insert(format!("{base}{suffix}")) {
            let count = self.counts.entry(base.clone()).or_insert(1);
            *count += 1;
            suffix = format!("_v{count}");
        }
        let unique = name(spec) + &suffix;
        self.suffixes.insert(plain, suffix);
        unique
    }
}
