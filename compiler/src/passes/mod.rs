//! The passes: a visible, ordered table from the graph as imported to the graph as scheduled.
//!
//! Every pass is a free function that rewrites the graph in place, says how many rewrites it made and records what it
//! would have liked to do but could not. A pass cannot fail: the runner verifies the graph after each, and what it finds
//! is a compiler bug. Every pass is linear in the size of the graph.
//!
//! The order, and why:
//! 1. **Fewer forms first.** `canonicalise` drops nodes that compute nothing, `fold_constants` moves what is known into
//!    recipes, `fold_pad` makes padding an attribute of what reads it, `eliminate_dead` removes what no one reads: later
//!    passes ask "is this its only use?", and a dead use would say no.
//! 2. **Then what several operators mean together**: `recognise`, before arithmetic with constants becomes scales and
//!    shifts.
//! 3. **Then into the weights**, nearest to the convolution first: `fold_batch_norm`, `fold_bias`, and, for arithmetic
//!    per channel that is neither, `affine` and `fold_affine`. They must precede activations, which end a chain of linear
//!    operations.
//! 4. **Then into the epilogue, in its order**: `place_activations` brings activations to where they can be absorbed,
//!    `fuse_residual` takes the addition, `fuse_activation` what follows it.
//! 5. **Fewer copies**: `collapse_transpose`, so that maps stay maps.
//! 6. **Image by image** where a batch would not stay in the cache: `split_batch`, when fusions have found their nodes.
//! 7. **Layout last**, when it is known which nodes remain: `assign_layout`. Then `eliminate_dead` once more.

mod affine;
mod assign_layout;
mod canonicalise;
mod channels;
mod collapse_transpose;
mod edit;
mod eliminate_dead;
pub mod equivalence;
mod fold_affine;
mod fold_batch_norm;
mod fold_bias;
mod fold_constants;
mod fold_pad;
mod fuse_activation;
mod fuse_residual;
mod layout_movement;
mod place_activations;
mod recognise;
mod split_batch;

use crate::base::diag::Error;
use crate::ir::graph::{Graph, Node};
use crate::ir::verify::verify;

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Pass {
    /// Name in reports and on the command line.
    pub name: &'static str,
    /// What it is for, in one line.
    pub why: &'static str,
    /// Rewrites the graph; returns the number of rewrites.
    pub run: fn(&mut Graph, &mut Misses) -> usize,
}

/// Every pass, in order.
pub const PASSES: &[Pass] = &[
    Pass {
        name: "canonicalise",
        why: "one form for what means the same, and nothing that computes nothing",
        run: canonicalise::run,
    },
    Pass {
        name: "fold_constants",
        why: "what depends on constants only is computed when weights are packed",
        run: fold_constants::run,
    },
    Pass {
        name: "fold_pad",
        why: "the window of a convolution or pool pads for nothing",
        run: fold_pad::run,
    },
    Pass {
        name: "eliminate_dead",
        why: "a result that no one reads must not count as a use of its operands",
        run: eliminate_dead::run,
    },
    Pass {
        name: "recognise",
        why: "an activation that is written as several operators is one function in a kernel",
        run: recognise::run,
    },
    Pass {
        name: "fold_batch_norm",
        why: "a normalisation after a convolution is other weights and another bias",
        run: fold_batch_norm::run,
    },
    Pass {
        name: "fold_bias",
        why: "a constant per output channel is where the sum can start",
        run: fold_bias::run,
    },
    Pass {
        name: "affine",
        why: "arithmetic with a constant per channel is one scale and shift",
        run: affine::run,
    },
    Pass {
        name: "fold_affine",
        why: "a scale and shift after a linear operation is other constants of it",
        run: fold_affine::run,
    },
    Pass {
        name: "place_activations",
        why: "an activation behind a max-pool or reshape can move to the kernel before it",
        run: place_activations::run,
    },
    Pass {
        name: "fuse_residual",
        why: "an addition costs nothing before a convolution's store",
        run: fuse_residual::run,
    },
    Pass {
        name: "fuse_activation",
        why: "an activation costs nothing before the store",
        run: fuse_activation::run,
    },
    Pass {
        name: "collapse_transpose",
        why: "a transpose between reshapes is one copy, which blocked maps survive",
        run: collapse_transpose::run,
    },
    Pass {
        name: "split_batch",
        why: "the maps of one image stay in the cache, those of a batch do not",
        run: split_batch::run,
    },
    Pass {
        name: "assign_layout",
        why: "kernels load whole vectors of channels and padding needs no masks",
        run: assign_layout::run,
    },
    Pass {
        name: "eliminate_dead",
        why: "what the passes left behind is not to be scheduled",
        run: eliminate_dead::run,
    },
];

/// A rewrite that did not happen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Miss {
    /// The pass.
    pub pass: &'static str,
    /// The node, as [`Node::label`] names it.
    pub node: String,
    /// Why not.
    pub reason: String,
}

/// Collects misses, for the pass that runs.
#[derive(Debug, Default)]
pub struct Misses {
    pass: &'static str,
    list: Vec<Miss>,
}

impl Misses {
    /// Records that the running pass could not rewrite `node`.
    pub fn push(&mut self, node: &Node, reason: impl Into<String>) {
        self.list.push(Miss { pass: self.pass, node: node.label(), reason: reason.into() });
    }
}

/// What the passes did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// Each pass that ran with its number of rewrites.
    pub rewrites: Vec<(&'static str, usize)>,
    /// What did not happen, in the order of passes and nodes.
    pub misses: Vec<Miss>,
}

/// When an observer sees the graph.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Moment {
    Before,
    After,
}

/// Runs every pass.
///
/// # Errors
/// A compiler bug that the verifier found, in the graph given or after one of the passes.
pub fn run(graph: Graph) -> Result<(Graph, Report), Error> {
    run_some(graph, PASSES, |_, _, _| ())
}

/// Runs the given passes; `observe` sees the graph before and after each, to dump or to compare it.
///
/// # Errors
/// As [`run`].
pub fn run_some(
    mut graph: Graph,
    passes: &[Pass],
    mut observe: impl FnMut(&Pass, Moment, &Graph),
) -> Result<(Graph, Report), Error> {
    verify(&graph, "import")?;
    let mut misses = Misses::default();
    let mut rewrites = Vec::new();
    for pass in passes {
        misses.pass = pass.name;
        observe(pass, Moment::Before, &graph);
        rewrites.push((pass.name, (pass.run)(&mut graph, &mut misses)));
        observe(pass, Moment::After, &graph);
        verify(&graph, pass.name)?;
    }
    Ok((graph, Report { rewrites, misses: misses.list }))
}
