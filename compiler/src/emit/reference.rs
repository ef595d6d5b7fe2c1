//! The test and the bench of a generated crate, on request: programs of their own, which need nothing but the runtime.

use super::format::pretty;
use super::{EmitOptions, File, Header, WEIGHTS_FILE, Weights, bug};
use crate::base::diag::Error;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use std::fmt::Write;

/// The recorded outputs, beside the test; [`crate::Compiled::reference_file`] makes them.
pub const REFERENCE_FILE: &str = "tests/reference.bin";

/// The sections of the manifest.
pub fn manifest(options: &EmitOptions) -> String {
    let mut text = String::new();
    for (wanted, kind, name) in [(options.tests, "test", "reference"), (options.benches, "bench", "time")] {
        if wanted {
            let _ = write!(text, "\n[[{kind}]]\nname = \"{name}\"\nharness = false\n");
        }
    }
    text
}

/// The files, as far as they are wanted.
///
/// # Errors
/// What cannot be printed: a bug of the compiler.
pub fn files(options: &EmitOptions, head: &Header) -> Result<Vec<File>, Error> {
    let name = Ident::new(&options.name, Span::call_site());
    let weights = match options.weights {
        Weights::Embed => quote!(None),
        Weights::External => {
            let file = format!("/{WEIGHTS_FILE}");
            quote!(Some(concat!(env!("CARGO_MANIFEST_DIR"), #file)))
        }
    };
    let check = quote!(check::<#name::Model>(include_bytes!("reference.bin"), #weights));
    let bench = quote!(bench::<#name::Model>(#weights));
    let wanted = [
        (options.tests, "tests/reference.rs", "The model against outputs of the reference evaluator.", check),
        (options.benches, "benches/time.rs", "The time of a run on each instruction set.", bench),
    ];
    let wanted = wanted.into_iter().filter(|(wanted, ..)| *wanted);
    wanted.map(|(_, path, first, call)| file(path, first, &call, head)).collect()
}

fn file(path: &str, first: &str, call: &TokenStream, head: &Header) -> Result<File, Error> {
    let items = pretty(quote! {
        fn main() -> std::process::ExitCode {
            tilewright_runtime::reference::#call
        }
    });
    let items = items.map_err(|fault| bug(&fault))?;
    Ok(File { path: path.to_owned(), text: format!("{}\n{items}", head.doc(first)) })
}
