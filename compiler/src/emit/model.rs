//! The type `Model` of generated code: loading, the typed `run`, and what all models have in common.

use super::Weights;
use super::format::comment;
use super::names::identifiers;
use super::table::variant;
use crate::schedule::plan::{BufferId, Place, Plan};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

fn number(value: usize) -> Literal {
    Literal::usize_unsuffixed(value)
}

/// The types, and what they do.
pub fn items(plan: &Plan, weights: Weights) -> TokenStream {
    let (inputs, outputs) =
        (Border::of(plan, &plan.inputs, "input"), Border::of(plan, &plan.outputs, "output"));
    let named_inputs = inputs.structure("Inputs", "What a run reads, row-major");
    let named_outputs =
        outputs.structure("Outputs", "What a run has computed, row-major; lies in its workspace");
    let constructors = constructors(weights);
    let run = run(&inputs, &outputs);
    let network = network(plan, weights);
    quote! {
        /// The network with its weights: shared by any number of threads, each with a [`Workspace`].
        pub struct Model {
            isa: Isa,
            kernels: &'static Kernels,
            weights: Weights,
            executor: Arc<dyn Executor>,
        }

        /// The memory of one run at a time, allocated once: `Workspace::new()`, or in memory of the caller's:
        /// `Workspace::over(memory)`.
        pub type Workspace<M = AlignedBuf> = tilewright_runtime::Workspace<Model, M>;

        #named_inputs
        #named_outputs

        impl Model {
            #constructors
            #run
        }

        #network
    }
}

/// The tensors on one side of the model.
struct Border {
    names: Vec<Ident>,
    docs: Vec<String>,
    lens: Vec<Literal>,
    starts: Vec<Literal>,
}

impl Border {
    fn of(plan: &Plan, ids: &[BufferId], word: &str) -> Self {
        let buffers: Vec<_> = ids.iter().map(|&id| plan.buffer(id)).collect();
        let docs = buffers.iter().map(|buffer| {
            let shape: Vec<String> = buffer.shape.iter().map(usize::to_string).collect();
            format!("`{}` [{}]", buffer.name.replace('`', "'"), shape.join(", "))
        });
        Border {
            names: identifiers(buffers.iter().map(|buffer| buffer.name.as_str()), word),
            docs: docs.collect(),
            lens: buffers.iter().map(|buffer| number(buffer.len)).collect(),
            starts: buffers.iter().map(|buffer| number(offset(buffer.place))).collect(),
        }
    }

    /// All tensors in words.
    fn describe(&self) -> String {
        self.docs.join(", ")
    }

    /// Several tensors as a struct, so that none is taken for another; nothing for a single one, or none.
    fn structure(&self, name: &str, doc: &str) -> TokenStream {
        if self.names.len() < 2 {
            return quote!();
        }
        let name = Ident::new(name, proc_macro2::Span::call_site());
        let doc = format!(" {doc}.");
        let Border { names, lens, .. } = self;
        let docs = self.docs.iter().map(|doc| format!(" {doc}."));
        quote! {
            #[doc = #doc]
            #[derive(Clone, Copy, Debug)]
            pub struct #name<'a> { #(#[doc = #docs] pub #names: &'a [f32; #lens],)* }
        }
    }
}

/// Where an output begins in the arena.
fn offset(place: Place) -> usize {
    match place {
        Place::Arena(at) => at,
        Place::Input(_) => 0,
    }
}

fn constructors(weights: Weights) -> TokenStream {
    let new = match weights {
        Weights::Embed => quote! {
            /// Loads the model with the best instruction set of this CPU, to run on the thread of its caller.
            ///
            /// # Errors
            /// A CPU that has none of the model's instruction sets; weights that were replaced by others after the build.
            pub fn new() -> Result<Self, Error> {
                Self::load(&LoadOptions::default())
            }
        },
        // Without a file there is nothing to load, and the compiler says so rather than the program.
        Weights::External => quote!(),
    };
    quote! {
        #new

        /// Loads the model with the weights of a file, else as by default: the best instruction set of this CPU, the thread
        /// of the caller.
        ///
        /// # Errors
        /// Weights that are missing, damaged or of another network.
        pub fn with_weights(file: impl Into<PathBuf>) -> Result<Self, Error> {
            Self::load(&LoadOptions { weights: Some(file.into()), ..LoadOptions::default() })
        }

        /// Loads the model with an instruction set, a number of threads, weights of one's choice.
        ///
        /// # Errors
        /// Weights that are missing, damaged or of another network; an instruction set or threads that are not to be had.
        pub fn with_options(options: &LoadOptions) -> Result<Self, Error> {
            Self::load(options)
        }
    }
}

/// The typed `run`.
fn run(inputs: &Border, outputs: &Border) -> TokenStream {
    let Border { names, lens, .. } = inputs;
    let (parameter, arguments) = match (names.as_slice(), lens.as_slice()) {
        ([], _) => (quote!(), quote!(())),
        ([name], [len]) => (quote!(#name: &[f32; #len],), quote!((#name,))),
        _ => (quote!(inputs: &Inputs<'_>,), quote!((#(inputs.#names,)*))),
    };
    let Border { names, lens, starts, .. } = outputs;
    let (result, values) = match (lens.as_slice(), starts.as_slice()) {
        ([len], [at]) => (quote!(&'w [f32; #len]), quote!(unsafe { arena.read(#at) })),
        _ => (quote!(Outputs<'w>), quote!(unsafe { Outputs { #(#names: arena.read(#starts),)* } })),
    };
    let doc = format!(" Runs the network: {} -> {}.", inputs.describe(), outputs.describe());
    let safety = comment(
        "SAFETY: outputs lie inside of the arena, and nothing writes to it while the workspace is borrowed.",
    );
    quote! {
        #[doc = #doc]
        ///
        /// Allocates nothing. On the threads of the model when the workspace has memory for them, else on one.
        pub fn run<'w, M: DerefMut<Target = [f32]>>(
            &self,
            workspace: &'w mut Workspace<M>,
            #parameter
        ) -> #result {
            let executor = workspace.executor(&*self.executor);
            let arena = workspace.arena();
            forward::forward(self.kernels, &self.weights, arena, #arguments, executor, &mut NoProbe);
            #safety
            #values
        }
    }
}

/// What all models have in common, for code that does not know which it has.
fn network(plan: &Plan, weights: Weights) -> TokenStream {
    let isas: Vec<Ident> = plan.isas.iter().map(variant).collect();
    let fallback = match weights {
        Weights::Embed => quote!(Weights::from_static(embedded_weights(), &EXPECTED)?),
        Weights::External => {
            let text = "this model was compiled without its weights; give the file that `tilewright compile` wrote as --weights FILE";
            quote!(return Err(Error::new(#text)))
        }
    };
    let inputs = (0..plan.inputs.len()).map(number);
    let outputs = plan.outputs.iter().enumerate().map(|(i, &id)| {
        let buffer = plan.buffer(id);
        let start = offset(buffer.place);
        let (i, from, to) = (number(i), number(start), number(start + buffer.len));
        quote!(#i => &arena[#from..#to],)
    });
    quote! {
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

            fn check_weights(&self) -> Result<(), Error> {
                self.weights.verify()
            }

            fn run_probed<P: Probe + ?Sized>(
                &self,
                arena: &mut [f32],
                inputs: &[&[f32]],
                probe: &mut P,
            ) -> Result<(), Error> {
                let arena = Arena::try_new(arena, INFO.arena_floats(self.threads()))?;
                let inputs = (#(tilewright_runtime::network::input(inputs, INFO.inputs, #inputs)?,)*);
                forward::forward(self.kernels, &self.weights, arena, inputs, &*self.executor, probe);
                Ok(())
            }

            fn output<'a>(&self, arena: &'a [f32], index: usize) -> &'a [f32] {
                match index { #(#outputs)* _ => &[] }
            }
        }
    }
}
