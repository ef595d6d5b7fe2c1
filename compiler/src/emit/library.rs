//! The first file of a crate or module, and the standalone program.

use super::format::pretty;
use super::{EmitOptions, Form, Header, Weights, bug, hex, model, weights_variable};
use crate::base::diag::Error;
use crate::schedule::plan::Plan;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

/// `src/lib.rs` of a crate: the model as a type.
pub fn library(plan: &Plan, options: &EmitOptions, head: &Header) -> Result<String, Error> {
    let first = format!("`{}`, compiled ahead of time.", options.name);
    Ok(format!("{}\n#![allow(clippy::all)]\n\n{}", head.doc(&first), items(plan, options)?))
}

/// `model.rs` of a module: the same, for a file that `include_model!` includes. It has no inner doc or attribute, which an
/// included file may not have.
pub fn module(plan: &Plan, options: &EmitOptions, head: &Header) -> Result<String, Error> {
    let first = format!("`{}`, compiled ahead of time.", options.name);
    Ok(format!("{}\n{}", head.comment(&first), items(plan, options)?))
}

/// Everything but the head of the file.
fn items(plan: &Plan, options: &EmitOptions) -> Result<String, Error> {
    let hash = hex(&plan.graph_hash);
    let [arena, scratch, floats] =
        [plan.arena, plan.scratch, plan.weight_floats].map(Literal::usize_unsuffixed);
    let flops = Literal::u64_unsuffixed(plan.flops());
    let bytes = plan.weights_hash.iter().map(|byte| Literal::u8_unsuffixed(*byte));
    let weights = weights(options);
    let model = model::items(plan, options.weights);
    let c = if options.c_abi && options.form == Form::Crate {
        quote!(
            pub mod c;
        )
    } else {
        quote!()
    };
    let items = pretty(quote! {
        #c
        mod forward;
        mod info;
        mod kernels;
        pub use info::INFO;
        use kernels::Kernels;
        use std::ops::DerefMut;
        use std::path::PathBuf;
        use std::sync::Arc;
        use tilewright_runtime::{
            AlignedBuf, Arena, Error, Executor, Expected, Isa, LoadOptions, ModelInfo, Network, NoProbe, Probe, Weights,
        };

        tilewright_runtime::check_abi!(1);

        /// SHA-256 of the network's topology; weights of the same topology fit.
        pub const GRAPH_SHA256: &str = #hash;
        /// Bytes of the memory that a run on one thread needs.
        pub const ARENA_BYTES: usize = 4 * ARENA;
        /// Bytes that each further thread adds.
        pub const SCRATCH_BYTES: usize = 4 * SCRATCH;
        /// Bytes of the packed weights.
        pub const WEIGHT_BYTES: usize = 4 * WEIGHTS;
        /// Floating-point operations of one run, two per multiply-add.
        pub const FLOPS: u64 = #flops;

        const ARENA: usize = #arena;
        const SCRATCH: usize = #scratch;
        const WEIGHTS: usize = #floats;
        const EXPECTED: Expected = Expected { graph: [#(#bytes),*], floats: WEIGHTS };

        #weights
        #model
    });
    items.map_err(|fault| bug(&fault))
}

/// The weights in the program, or the place where the build left them.
fn weights(options: &EmitOptions) -> TokenStream {
    let path = match options.form {
        Form::Crate => quote!(concat!(env!("CARGO_MANIFEST_DIR"), "/weights.bin")),
        Form::Module => {
            let path = format!("/tilewright/{}/{}", options.name, super::WEIGHTS_FILE);
            quote!(concat!(env!("OUT_DIR"), #path))
        }
    };
    match (options.weights, options.form) {
        (Weights::Embed, _) => {
            let variable = weights_variable(options.form, &options.name);
            quote! {
                tilewright_runtime::embed_weights!(
                    embedded_weights, concat!("tilewright_weights_", env!(#variable)), #path
                );
            }
        }
        (Weights::External, Form::Module) => quote! {
            /// Where the build left the weights, for trying things out on the machine that built this.
            pub const WEIGHTS_FILE: &str = #path;
        },
        (Weights::External, Form::Crate) => quote!(),
    }
}

/// `src/main.rs`: the standalone program.
pub fn program(options: &EmitOptions, head: &Header) -> Result<String, Error> {
    let name = Ident::new(&options.name, Span::call_site());
    let items = pretty(quote! {
        fn main() -> std::process::ExitCode {
            tilewright_runtime::app::main::<#name::Model>()
        }
    });
    let items = items.map_err(|fault| bug(&fault))?;
    Ok(format!("{}\n{items}", head.doc("The standalone program; `--help` lists what it does.")))
}
