//! Which arrays a kernel reads and writes, and how long they are.

use super::ir::{Param, Role};
use super::layout::band::BandWeights;
use super::layout::{ConvWeights, MatMulWeights, WinogradWeights};
use super::spec::{GlobalPoolSpec, KernelSpec, PoolSpec, Rhs};

impl KernelSpec {
    /// Parameters of the generated function, the same for every instruction set.
    pub fn params(&self) -> Vec<Param> {
        let mut params = Vec::new();
        let mut add = |name, role, len| params.push(Param { name, role, len });
        match self {
            KernelSpec::Conv(spec)
            | KernelSpec::Depthwise(spec)
            | KernelSpec::Grouped(spec)
            | KernelSpec::Banded(spec) => {
                add("x", Role::Input, spec.x.len());
                let weights = match self {
                    KernelSpec::Depthwise(_) => ConvWeights::depthwise(spec).len(),
                    KernelSpec::Grouped(_) => ConvWeights::grouped(spec).len(),
                    KernelSpec::Banded(_) => BandWeights::of(spec).len(),
                    _ => ConvWeights::of(spec).len(),
                };
                add("w", Role::Weights, weights);
                if let Some(residual) = spec.residual {
                    add("r", Role::Input, residual.len());
                }
                add("y", Role::Output, spec.y.len());
            }
            KernelSpec::Winograd(spec) => {
                add("x", Role::Input, spec.conv.x.len());
                add("w", Role::Weights, WinogradWeights::of(spec).len());
                if let Some(residual) = spec.conv.residual {
                    add("r", Role::Input, residual.len());
                }
                add("s", Role::Scratch, spec.scratch());
                add("y", Role::Output, spec.conv.y.len());
            }
            KernelSpec::MatMul(spec) => {
                add("x", Role::Input, spec.batch * spec.m * spec.k);
                match spec.rhs {
                    Rhs::Packed => add("w", Role::Weights, MatMulWeights::of(spec).len()),
                    Rhs::RowMajor => add("w", Role::Input, spec.batch * spec.k * spec.n),
                }
                add("y", Role::Output, spec.batch * spec.m * spec.n);
            }
            KernelSpec::Pool(PoolSpec { x, y, .. }) | KernelSpec::GlobalPool(GlobalPoolSpec { x, y }) => {
                add("x", Role::Input, x.len());
                add("y", Role::Output, y.len());
            }
            KernelSpec::Map(spec) => {
                const NAMES: [&str; 3] = ["a", "b", "c"];
                for (x, name) in spec.xs.iter().zip(NAMES).filter(|(x, _)| !x.weights) {
                    add(name, Role::Input, x.len);
                }
                if spec.weights > 0 {
                    add("w", Role::Weights, spec.weights);
                }
                add("y", Role::Output, spec.y.len);
            }
            KernelSpec::Copy(spec) => {
                add("x", Role::Input, spec.x);
                add("y", Role::Output, spec.y);
            }
            KernelSpec::Resample(spec) => {
                add("x", Role::Input, spec.x);
                add("w", Role::Weights, spec.weights);
                add("y", Role::Output, spec.y);
            }
            KernelSpec::Reduce(spec) => {
                add("x", Role::Input, spec.x.len);
                add("y", Role::Output, spec.y.len);
            }
            KernelSpec::Along(spec) => {
                let lines = spec.outer * spec.inner;
                add("x", Role::Input, lines * spec.len);
                add("y", Role::Output, lines * spec.along.extent(spec.len));
            }
            KernelSpec::Lrn(spec) => {
                add("x", Role::Input, spec.x.len());
                add("s", Role::Scratch, spec.scratch());
                add("y", Role::Output, spec.y.len());
            }
            KernelSpec::Softmax(spec) => {
                add("x", Role::Input, spec.outer * spec.len * spec.inner);
                add("y", Role::Output, spec.outer * spec.len * spec.inner);
            }
        }
        params
    }
}
