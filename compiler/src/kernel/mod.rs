//! Kernels: what they compute ([`spec`]), how they are scheduled ([`tile`]), the loops ([`ir`]) and their builders.
//!
//! A kernel knows numbers, not networks.

pub mod build;
pub mod conv;
mod conv_frame;
pub mod epilogue;
pub mod halo;
pub mod interp;
pub mod ir;
pub mod layout;
pub mod map;
pub mod matmul;
pub mod name;
pub mod pool;
pub mod softmax;
pub mod spec;
pub mod text;
pub mod tile;
pub mod verify;

use crate::base::target::Isa;
use ir::Kernel;
use spec::KernelSpec;
use tile::ConvSchedule;

/// Builds the kernel of a spec for one instruction set. `tiles` is the schedule of a convolution; a convolution
/// without one, and any other spec, needs none.
pub fn build(name: String, spec: &KernelSpec, tiles: Option<&ConvSchedule>, isa: &Isa) -> Kernel {
    match (spec, tiles) {
        (KernelSpec::Conv(spec), Some(tiles)) => conv::build(name, spec, tiles, isa),
        (KernelSpec::Conv(spec), None) => conv::build(name, spec, &ConvSchedule::simplest(spec), isa),
        (KernelSpec::MatMul(spec), _) => matmul::build(name, spec, isa),
        (KernelSpec::Pool(spec), _) => pool::build(name, spec, isa),
        (KernelSpec::GlobalPool(spec), _) => pool::build_global(name, spec, isa),
        (KernelSpec::Map(spec), _) => map::build(name, spec, isa),
        (KernelSpec::Softmax(spec), _) => softmax::build(name, spec, isa),
    }
}
