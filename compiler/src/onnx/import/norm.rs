//! BatchNormalization and Softmax.

use super::site::{Imported, Site, axis};
use crate::base::real::Real;
use crate::onnx::refusal::Refusal;
use crate::ops::Op;

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

/// Softmax along one axis, since opset 13.
pub(super) fn softmax(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    let along = axis(site.attrs.int("axis").unwrap_or(-1), site.shape(x).len(), false)?;
    site.emit(Op::Softmax { axis: along }, vec![x])
}

/// Softmax until opset 12: over all axes from `axis` on, taken as one.
pub(super) fn flat_softmax(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    let shape = site.shape(x).to_vec();
    let from = axis(site.attrs.int("axis").unwrap_or(1), shape.len(), false)?;
    let (outer, inner) = shape.split_at(from);
    if inner.len() == 1 {
        return site.emit(Op::Softmax { axis: from }, vec![x]);
    }
    let flat = site.reshape(x, vec![outer.iter().product(), inner.iter().product()])?;
    let soft = site.emit(Op::Softmax { axis: 1 }, vec![flat])?;
    site.reshape(soft, shape)
}
