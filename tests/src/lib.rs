//! Helpers that several tests share.
//!
//! [`specs`] lists small kernels, one per feature; [`case`] gives each its operands and, by [`naive`], its result;
//! [`project`] builds generated code with cargo; [`coverage`] walks the stores of a kernel; [`mutants`] plants faults in one; [`import`] and [`refused`] read small models;
//! [`random`] grows random networks and bounds their rounding; [`nd`] has windows over any number of axes by definition; [`assembly`] reads what came of it; [`threads`] runs a network on several of them; [`conformance`] has the ONNX
//! package's cases; [`tidy`] judges source text.

pub mod assembly;
pub mod case;
pub mod conformance;
mod copies;
pub mod coverage;
pub mod fuzz;
pub mod import;
pub mod jobs;
pub mod kills;
pub mod long;
pub mod model;
pub mod mutants;
pub mod naive;
pub mod nd;
pub mod networks;
pub mod numbers;
pub mod plans;
pub mod project;
pub mod random;
pub mod readme;
mod reductions;
pub mod refused;
pub mod specs;
pub mod spread;
pub mod threads;
pub mod tidy;
