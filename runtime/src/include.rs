//! Including what a build script compiled.

/// Defines a module with the model of this name, which the build script compiled by `tilewright::configure()`.
///
/// ```ignore
/// tilewright_runtime::include_model!(digits);        // or: include_model!(pub digits)
///
/// const _: () = assert!(digits::ARENA_BYTES <= 1 << 20);
/// let model = digits::Model::new()?;
/// ```
///
/// The name is that of the model's file, or what `.out_name(..)` said. Lints of the crate do not apply to the module.
#[macro_export]
macro_rules! include_model {
    ($visibility:vis $name:ident) => {
        #[doc = concat!("The model `", stringify!($name), "`, compiled ahead of time.")]
        #[allow(
            dead_code,
            missing_debug_implementations,
            missing_docs,
            unreachable_pub,
            unsafe_code,
            unused,
            clippy::all,
            clippy::nursery,
            clippy::pedantic,
            clippy::restriction
        )]
        $visibility mod $name {
            include!(concat!(
                env!(
                    "OUT_DIR",
                    "include_model! needs a build script (build.rs) that compiles the model by tilewright::configure()"
                ),
                "/tilewright/",
                stringify!($name),
                "/model.rs"
            ));
        }
    };
}
