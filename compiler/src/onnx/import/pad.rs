//! Pad: attributes until opset 10, operands since then.

use super::site::{Imported, Site, axis};
use crate::base::real::Real;
use crate::onnx::refusal::Refusal;
use crate::ops::{Op, Pad, PadMode};

/// Pad with everything in attributes.
pub(super) fn pad_attributes(site: &mut Site) -> Imported {
    let pads = site.attrs.ints("pads").ok_or_else(|| Refusal::invalid("attribute `pads` is missing"))?;
    let value = f64::from(site.attrs.float("value").unwrap_or(0.0));
    pad(site, pads, None, value)
}

/// Pad whose pads, value and (since opset 18) axes are operands, which must be constants.
pub(super) fn pad_inputs(site: &mut Site) -> Imported {
    let pads = site.known_ints(1, "pads")?.ok_or_else(|| Refusal::invalid("its pads are missing"))?;
    let value = site.known_scalar(2, "constant_value")?.unwrap_or(0.0);
    let axes = site.known_ints(3, "axes")?;
    pad(site, &pads, axes, value)
}

/// `pads` are those before each of `axes` (all when absent), then those behind.
fn pad(site: &mut Site, pads: &[i64], axes: Option<Vec<i64>>, value: f64) -> Imported {
    let x = site.input(0)?;
    let rank = site.shape(x).len();
    let axes: Vec<usize> = match axes {
        Some(axes) => axes.iter().map(|&at| axis(at, rank, false)).collect::<Result<_, _>>()?,
        None => (0..rank).collect(),
    };
    if pads.len() != 2 * axes.len() {
        return Err(Refusal::invalid(format!("it has {} pads for {} axes", pads.len(), axes.len())));
    }
    let (starts, ends) = pads.split_at(axes.len());
    let spread = |counts: &[i64]| {
        let mut all = vec![0; rank];
        for (&at, &count) in axes.iter().zip(counts) {
            all[at] = usize::try_from(count)
                .map_err(|_| Refusal::unsupported(format!("pads = {pads:?}; none may be negative")))?;
        }
        Ok::<_, Refusal>(all)
    };
    let (before, after) = (spread(starts)?, spread(ends)?);
    let mode = match site.attrs.string("mode").as_deref() {
        None | Some("constant") => PadMode::Constant(Real::new(value as f32)),
        Some(mode) => return Err(Refusal::unsupported(format!("mode = `{mode}`; only `constant` is done"))),
    };
    site.emit(Op::Pad(Pad { before, after, mode }), vec![x])
}
