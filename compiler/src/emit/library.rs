//! `lib.rs` and `main.rs` of the generated crate.

use super::format::pretty;
use super::table::variant;
use super::{EmitOptions, Header, Weights, bug, hex};
use crate::base::diag::Error;
use crate::schedule::plan::{Place, Plan};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote};

fn number(value: usize) -> Literal {
    Literal::usize_unsuffixed(value)
}

/// `src/lib.rs`: the model as a type.
pub fn library(plan: &Plan, options: &EmitOptions, head: &Header) -> Result<String, Error> {
    let (arena, scratch, floats) = (number(plan.arena), number(plan.scratch), number(plan.weight_floats));
    let flops = Literal::u64_unsuffixed(plan.flops());
    let hash = hex(&plan.graph_hash);
    let bytes = plan.weights_hash.iter().map(|byte| Literal::u8_unsuffixed(*byte));
    let isas: Vec<Ident> = plan.isas.iter().map(variant).collect();
    let (embed, fallback) = match options.weights {
        Weights::Embed => {
            let symbol = format!("tilewright_weights_{}", &hash[..16]);
            let embed = quote! {
                tilewright_runtime::embed_weights!(
                    embedded_weights, #symbol, concat!(env!("CARGO_MANIFEST_DIR"), "/weights.bin")
                );
            };
            (embed, quote!(Weights::from_static(embedded_weights(), &EXPECTED)?))
        }
        Weights::External => {
            let text = "this model was compiled without its weights; give the file that `tilewright compile` wrote as --weights FILE";
            (quote!(), quote!(return Err(Error::new(#text))))
        }
    };
    let run = run(plan);
    let inputs: Vec<TokenStream> = (0..plan.inputs.len())
        .map(|i| {
            let i = number(i);
            quote!(tilewright_runtime::network::input(inputs, INFO.inputs, #i)?)
        })
        .collect();
    let outputs = plan.outputs.iter().enumerate().map(|(i, &id)| {
        let buffer = plan.buffer(id);
        let (i, from, to) =
            (number(i), number(offset(buffer.place)), number(offset(buffer.place) + buffer.len));
        quote!(#i => &arena[#from..#to],)
    });
    let items = pretty(quote! {
        mod forward;
        mod info;
        pub mod kernels;
        pub use info::INFO;
        use kernels::Kernels;
        use std::sync::Arc;
        use tilewright_runtime::{
            AlignedBuf, Arena, Error, Executor, Expected, Inline, Isa, LoadOptions, ModelInfo, Network, NoProbe, Probe, Weights,
        };

        /// The code and the runtime fit together.
        const _: () = tilewright_runtime::abi::V1;

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

        #embed

        /// The network with its weights: shared by any number of threads, each with a [`Workspace`].
        pub struct Model {
            isa: Isa,
            kernels: &'static Kernels,
            weights: Weights,
            executor: Arc<dyn Executor>,
        }

        /// The memory of one run at a time.
        pub struct Workspace {
            arena: AlignedBuf,
        }

        impl Workspace {
            /// Allocates the memory of a run on one thread, once and for all.
            ///
            /// # Errors
            /// Memory is short.
            pub fn new() -> Result<Self, Error> {
                Self::with_threads(1)
            }

            /// Allocates the memory of a run on the threads of a model.
            ///
            /// # Errors
            /// Memory is short.
            pub fn for_model(model: &Model) -> Result<Self, Error> {
                Self::with_threads(model.threads())
            }

            /// Allocates the memory of a run on so many threads.
            ///
            /// # Errors
            /// Memory is short.
            pub fn with_threads(threads: usize) -> Result<Self, Error> {
                Ok(Workspace { arena: AlignedBuf::try_new(INFO.arena_floats(threads))? })
            }
        }

        impl Model {
            /// Loads the model with the best instruction set of this CPU, to run on the thread of its caller.
            ///
            /// # Errors
            /// Weights that are missing, damaged or of another network.
            pub fn new() -> Result<Self, Error> {
                Self::load(&LoadOptions::default())
            }

            #run
        }

        impl Network for Model {
            const INFO: &'static ModelInfo = &INFO;

            fn load(options: &LoadOptions) -> Result<Self, Error> {
                let isa = Isa::select(options.isa, &[#(Isa::#isas),*])?;
                let Some(kernels) = kernels::of(isa) else {
                    return Err(Error::new("this build has no kernels for that instruction set"));
                };
                let weights = match &options.weights {
                    Some(path) => Weights::open(path, &EXPECTED)?,
                    None => #fallback,
                };
                Ok(Model { isa, kernels, weights, executor: options.executor()? })
            }

            fn isa(&self) -> Isa {
                self.isa
            }

            fn threads(&self) -> usize {
                self.executor.threads()
            }

            fn run_probed<P: Probe + ?Sized>(
                &self,
                arena: &mut [f32],
                inputs: &[&[f32]],
                probe: &mut P,
            ) -> Result<(), Error> {
                let arena = Arena::try_new(arena, INFO.arena_floats(self.threads()))?;
                let inputs = (#(#inputs,)*);
                forward::forward(self.kernels, &self.weights, arena, inputs, &*self.executor, probe);
                Ok(())
            }

            fn output<'a>(&self, arena: &'a [f32], index: usize) -> &'a [f32] {
                match index { #(#outputs)* _ => &[] }
            }
        }
    });
    let items = items.map_err(|fault| bug(&fault))?;
    let first = format!("`{}`, compiled ahead of time.", options.name);
    Ok(format!("{}\n#![allow(clippy::all)]\n\n{items}", head.doc(&first)))
}

fn offset(place: Place) -> usize {
    match place {
        Place::Arena(at) => at,
        Place::Input(_) => 0,
    }
}

/// The typed `run`: one argument per input, the outputs as references into the workspace.
fn run(plan: &Plan) -> TokenStream {
    let names: Vec<Ident> = (0..plan.inputs.len()).map(|i| format_ident!("input{i}")).collect();
    let lens = plan.inputs.iter().map(|&id| number(plan.buffer(id).len));
    let places = plan.outputs.iter().map(|&id| {
        let buffer = plan.buffer(id);
        (number(offset(buffer.place)), number(buffer.len))
    });
    let (starts, sizes): (Vec<_>, Vec<_>) = places.unzip();
    let (types, values) = match (starts.as_slice(), sizes.as_slice()) {
        ([at], [len]) => (quote!(&'w [f32; #len]), quote!(unsafe { arena.read(#at) })),
        _ => (quote!((#(&'w [f32; #sizes],)*)), quote!(unsafe { (#(arena.read(#starts),)*) })),
    };
    let describe = |ids: &[crate::schedule::plan::BufferId]| -> String {
        let list = ids.iter().map(|&id| {
            let buffer = plan.buffer(id);
            let shape: Vec<String> = buffer.shape.iter().map(usize::to_string).collect();
            format!("`{}` [{}]", buffer.name, shape.join(", "))
        });
        list.collect::<Vec<_>>().join(", ")
    };
    let doc = format!(" Runs the network: {} -> {}.", describe(&plan.inputs), describe(&plan.outputs));
    let safety = super::format::comment(
        "SAFETY: outputs lie inside of the arena, and nothing writes to it while the workspace is borrowed.",
    );
    quote! {
        #[doc = #doc]
        ///
        /// On the threads of the model when the workspace has memory for them, else on one.
        pub fn run<'w>(&self, workspace: &'w mut Workspace, #(#names: &[f32; #lens]),*) -> #types {
            let enough = workspace.arena.len() >= INFO.arena_floats(self.threads());
            let executor = if enough { &*self.executor } else { &Inline };
            let arena = Arena::new(&mut workspace.arena);
            forward::forward(self.kernels, &self.weights, arena, (#(#names,)*), executor, &mut NoProbe);
            #safety
            #values
        }
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
