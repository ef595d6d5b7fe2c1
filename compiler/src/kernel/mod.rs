//! Kernels: what they compute ([`spec`]), how they are scheduled ([`tile`]), the loops ([`ir`]) and their builders.
//!
//! A kernel knows numbers, not networks.

pub mod along;
pub mod banded;
pub mod build;
pub mod conv;
mod conv_frame;
pub mod copy;
pub mod depthwise;
pub mod epilogue;
pub mod grouped;
pub mod halo;
pub mod interp;
pub mod ir;
pub mod layout;
pub mod lrn;
pub mod map;
pub mod matmul;
pub mod name;
mod params;
pub mod pool;
pub mod proof;
pub mod reduce;
pub mod resample;
pub mod softmax;
pub mod spec;
pub mod text;
pub mod tile;
pub mod winograd;

use crate::base::target::Isa;
use ir::Kernel;
use spec::KernelSpec;
use tile::ConvSchedule;
use winograd::WinogradSchedule;

/// How a kernel runs on one instruction set.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Schedule {
    /// Of a direct convolution, in groups of any size.
    Conv(ConvSchedule),
    /// Of a convolution of single channels or of small groups; one block at a time.
    Depthwise(ConvSchedule),
    /// Of a Winograd convolution.
    Winograd(WinogradSchedule),
    /// Of a kernel that has nothing to choose.
    Fixed,
}

/// Builds the kernel of a spec for one instruction set. A convolution whose schedule is not one of its own kind runs one
/// position at a time.
pub fn build(name: String, spec: &KernelSpec, schedule: &Schedule, isa: &Isa) -> Kernel {
    match (spec, schedule) {
        (KernelSpec::Conv(spec), Schedule::Conv(tiles)) => conv::build(name, spec, tiles, isa),
        (KernelSpec::Conv(spec), _) => conv::build(name, spec, &ConvSchedule::simplest(spec), isa),
        (KernelSpec::Depthwise(spec), Schedule::Depthwise(tiles)) => depthwise::build(name, spec, tiles, isa),
        (KernelSpec::Depthwise(spec), _) => depthwise::build(name, spec, &ConvSchedule::simplest(spec), isa),
        (KernelSpec::Grouped(spec), Schedule::Depthwise(tiles)) => grouped::build(name, spec, tiles, isa),
        (KernelSpec::Grouped(spec), _) => grouped::build(name, spec, &ConvSchedule::simplest(spec), isa),
        (KernelSpec::Banded(spec), Schedule::Conv(tiles)) => banded::build(name, spec, tiles, isa),
        (KernelSpec::Banded(spec), _) => banded::build(name, spec, &ConvSchedule::simplest(spec), isa),
        (KernelSpec::Winograd(spec), Schedule::Winograd(tiles)) => winograd::build(name, spec, tiles, isa),
        (KernelSpec::Winograd(spec), _) => winograd::build(name, spec, &WinogradSchedule::SIMPLEST, isa),
        (KernelSpec::MatMul(spec), _) => matmul::build(name, spec, isa),
        (KernelSpec::Pool(spec), _) => pool::build(name, spec, isa),
        (KernelSpec::GlobalPool(spec), _) => pool::build_global(name, spec, isa),
        (KernelSpec::Map(spec), _) => map::build(name, spec, isa),
        (KernelSpec::Copy(spec), _) => copy::build(name, spec, isa),
        (KernelSpec::Resample(spec), _) => resample::build(name, spec, isa),
        (KernelSpec::Along(spec), _) => along::build(name, spec, isa),
        (KernelSpec::Lrn(spec), _) => lrn::build(name, spec, isa),
        (KernelSpec::Reduce(spec), _) => reduce::build(name, spec, isa),
        (KernelSpec::Softmax(spec), _) => softmax::build(name, spec, isa),
    }
}
