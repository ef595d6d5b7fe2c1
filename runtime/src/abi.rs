//! The version lock between generated code and this crate.
//!
//! Generated code begins with `const _: () = tilewright_runtime::abi::V1;`. As long as that line compiles, the names,
//! signatures and meanings that generated code relies on (the `simd` modules, `Out`, `Arena`, `Weights` and its file
//! format, `Probe`, `Network`, the `info` structs) are those it was written against, whatever the crate's version. A
//! change that breaks them adds `V2` and removes `V1`, so that old code stops compiling with a message that names the
//! ABI instead of computing something else.

/// Generated code of ABI 1.
pub const V1: () = ();

/// The current ABI as a number, written into each weights file.
pub const VERSION: u32 = 1;
