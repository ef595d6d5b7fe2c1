//! The kinds of steps: a row each, with the number of tickets that it has in the draw.

mod arithmetic;
mod layers;
mod movement;

use super::net::{Dice, Net};

/// A kind of step.
pub struct Kind {
    /// Name in reports.
    pub name: &'static str,
    /// How often it is drawn.
    pub tickets: usize,
    /// Adds it; `None` where it does not fit.
    pub add: fn(&mut Net, &mut Dice) -> Option<()>,
}

const fn kind(name: &'static str, tickets: usize, add: fn(&mut Net, &mut Dice) -> Option<()>) -> Kind {
    Kind { name, tickets, add }
}

/// Every kind, the simplest first: that is what proptest shrinks to.
pub const TABLE: &[Kind] = &[
    kind("relu", 4, arithmetic::relu),
    kind("clip", 2, arithmetic::clip),
    kind("function", 5, arithmetic::function),
    kind("constant", 4, arithmetic::constant),
    kind("computed", 2, arithmetic::computed),
    kind("binary", 3, arithmetic::binary),
    kind("residual", 4, arithmetic::residual),
    kind("conv", 10, layers::conv),
    kind("depthwise", 4, layers::depthwise),
    kind("grouped", 4, layers::grouped),
    kind("winograd", 5, layers::square),
    kind("batch_norm", 4, layers::batch_norm),
    kind("pool", 5, layers::pool),
    kind("global_pool", 2, layers::global_pool),
    kind("squeeze", 2, layers::squeeze),
    kind("gemm", 4, layers::gemm),
    kind("matmul", 3, layers::matmul),
    kind("softmax", 2, layers::softmax),
    kind("lrn", 1, layers::lrn),
    kind("normalise", 2, layers::normalise),
    kind("reduce", 4, arithmetic::reduce),
    kind("along", 2, arithmetic::along),
    kind("select", 2, arithmetic::select),
    kind("swish", 2, arithmetic::swish),
    kind("concat", 4, movement::concat),
    kind("slice", 3, movement::slice),
    kind("split", 3, movement::split),
    kind("gather", 2, movement::gather),
    kind("pad", 2, movement::pad),
    kind("transpose", 2, movement::transpose),
    kind("reshape", 2, movement::reshape),
    kind("shuffle", 2, movement::shuffle),
    kind("nearest", 2, movement::nearest),
    kind("linear", 2, movement::linear),
    kind("input", 1, movement::input),
];

/// All tickets.
pub fn tickets() -> usize {
    TABLE.iter().map(|kind| kind.tickets).sum()
}

/// The kind of a ticket.
pub fn of(mut ticket: usize) -> &'static Kind {
    let drawn = TABLE.iter().find(|kind| match ticket.checked_sub(kind.tickets) {
        Some(rest) => {
            ticket = rest;
            false
        }
        None => true,
    });
    drawn.unwrap_or(&TABLE[0])
}
