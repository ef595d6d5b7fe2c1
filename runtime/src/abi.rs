//! The version lock between generated code and this crate.
//!
//! Generated code begins with `tilewright_runtime::check_abi!(1);`. As long as that line compiles, the names, signatures
//! and meanings that generated code relies on (the `simd` modules, `Out`, `Arena`, `Workspace`, `Weights` and its file
//! format, `Probe`, `Network`, the `info` structs) are those it was written against, whatever the crate's version. A
//! change that breaks them raises the number here and in the macro, so that old code stops compiling with a message that
//! says what to do instead of computing something else.

/// The current ABI, written into each weights file.
pub const VERSION: u32 = 1;

/// Compiles for code that was generated for the ABI of this crate, and says what to do otherwise.
///
/// ```
/// tilewright_runtime::check_abi!(1);
/// # assert_eq!(tilewright_runtime::abi::VERSION, 1);
/// ```
///
/// ```compile_fail
/// tilewright_runtime::check_abi!(0);
/// ```
#[macro_export]
macro_rules! check_abi {
    (1) => {};
    ($other:literal) => {
        ::core::compile_error!(::core::concat!(
            "this model was generated for ABI ",
            $other,
            " of tilewright-runtime, and this tilewright-runtime has ABI 1: give tilewright and tilewright-runtime the same \
             version, and compile the model again"
        ));
    };
}
