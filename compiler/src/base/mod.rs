//! Vocabulary shared by every level: problems, numbers, tensors, feature maps, instruction sets.
//!
//! Nothing here knows about networks, loops or files; this module uses the standard library and, for what that lacks, libm.

pub mod binary;
pub mod diag;
pub mod epilogue;
pub mod feature_map;
pub mod functions;
pub mod limits;
pub mod memory;
pub mod real;
pub mod reduce;
pub mod shown;
pub mod target;
pub mod tensor;
