//! Graph text: one line per value, to read in a review and to write in a test.
//!
//! ```text
//! graph resnet {
//!   in %input: f32[1x3x8x8]
//!   con %w: f32[16x3x3x3]
//!   con %b: f32[16] = bn_bias(%gamma, %beta, %mean, %var) eps=0.00001
//!   %y: f32[1x16x8x8 nchw16 halo=1,1,1,1] = conv(%input, %w, %b) kernel=3x3 pads=1,1,1,1 +bias +relu   ; Conv_0, Relu_1
//!   out %y
//! }
//! ```
//!
//! - `in` is an input, `con` a constant (its recipe follows where it has one), `out` an output; every other line is a
//!   node: result, operator with operands, attributes, and behind `;` the ONNX nodes it stands for.
//! - Attributes at their default are left out: stride and dilation 1, no pads, one group, alpha 1. Pairs are
//!   `height x width`, pads and halos `top,left,bottom,right`. What the epilogue does is written in its order with `+`.
//! - A layout is written where it is not planar without a halo.
//! - Names that hold other characters than letters, digits and `_/.:-@` are in double quotes, with `\"`, `\\`, `\n` and
//!   `\r` escaped.
//!
//! Text has no numbers of constants: parsing gives [`Const::Absent`](super::graph::Const::Absent) for them. Values that
//! nothing refers to are not printed.

mod attributes;
mod op;
mod parse;
mod print;
mod scan;

pub use parse::parse;
pub use print::print;

#[cfg(test)]
mod tests;
