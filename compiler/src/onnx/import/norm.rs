//! BatchNormalization, and Softmax and its relatives.

use super::builder::LOOKING;
use super::elementwise::pairwise;
use super::site::{Imported, Site, axis};
use crate::base::real::Real;
use crate::base::tensor::{DType, Tensor};
use crate::ir::graph::ValueId;
use crate::onnx::refusal::Refusal;
use crate::ops::{Along, BinaryKind, Op};

/// BatchNormalization at inference -> [`Op::BatchNorm`].
pub(super) fn batch_norm(site: &mut Site) -> Imported {
    let named = site.outputs.iter().filter(|name| !name.is_empty()).count();
    let training = site.attrs.int("training_mode").unwrap_or(0) != 0 || (site.opset < 14 && named > 1);
    if training {
        return Err(Refusal::new("it is in training mode", "export the model for inference: `model.eval()`"));
    }
    if site.attrs.int("spatial").unwrap_or(1) != 1 {
        return Err(Refusal::unsupported("spatial = 0 is not supported"));
    }
    let eps = Real::new(site.attrs.float("epsilon").unwrap_or(1e-5));
    let mut inputs = vec![site.input(0)?];
    for (position, what) in [(1, "scale"), (2, "bias"), (3, "mean"), (4, "variance")] {
        inputs.push(site.weight(position, what)?);
    }
    site.emit(Op::BatchNorm { eps }, inputs)
}

/// Softmax, LogSoftmax and Hardmax.
#[derive(Clone, Copy)]
pub(super) enum Soft {
    Max,
    LogMax,
    HardMax,
}

impl Soft {
    fn emit(self, site: &mut Site, x: ValueId, axis: usize) -> Imported {
        match self {
            Soft::Max => site.emit(Op::Softmax { axis }, vec![x]),
            Soft::LogMax => site.emit(Op::LogSoftmax { axis }, vec![x]),
            Soft::HardMax => {
                // 1 at the number of the largest.
                let shape = site.shape(x);
                let mut extents = vec![1; shape.len()];
                let count = shape.get(axis).copied().unwrap_or(1);
                site.builder.allow_work(LOOKING * count as u64)?;
                extents.iter_mut().skip(axis).take(1).for_each(|extent| *extent = count);
                let numbers = (0..count).map(|i| i64::try_from(i).unwrap_or(i64::MAX)).collect();
                let numbers = site.tensor(&Tensor::int(extents, numbers))?;
                let along = Along::ArgMax { last: false };
                let largest = site.emit(Op::Along { along, axis }, vec![x])?;
                let equal = pairwise(site, BinaryKind::Equal, vec![largest, numbers])?;
                site.emit(Op::Cast { to: DType::F32 }, vec![equal])
            }
        }
    }
}

/// Along one axis, since opset 13.
pub(super) fn soft(site: &mut Site, kind: Soft) -> Imported {
    let x = site.input(0)?;
    let along = axis(site.attrs.int("axis").unwrap_or(-1), site.shape(x).len(), false)?;
    kind.emit(site, x, along)
}

/// Until opset 12: over all axes from `axis` on, taken as one.
pub(super) fn flat_soft(site: &mut Site, kind: Soft) -> Imported {
    let x = site.input(0)?;
    let shape = site.shape(x).to_vec();
    let from = axis(site.attrs.int("axis").unwrap_or(1), shape.len(), false)?;
    let (outer, inner) = shape.split_at(from);
    if inner.len() == 1 {
        return kind.emit(site, x, from);
    }
    let flat = site.reshape(x, vec![outer.iter().product(), inner.iter().product()])?;
    let soft = kind.emit(site, flat, 1)?;
    site.reshape(soft, shape)
}
