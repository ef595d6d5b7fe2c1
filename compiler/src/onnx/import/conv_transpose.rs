//! ConvTranspose as a convolution of stride 1.
//!
//! With stride s, output `q * s + r` is a sum over the taps `t * s + r` of what input `q - t` holds: each remainder r is a
//! convolution of stride 1 of its own. All of them together are one convolution with s times the channels, whose results
//! are interleaved and cut off. No product with an inserted zero is computed, but for windows that s does not divide.

use super::conv::{Operands, planes, row, without_row};
use super::depth::{Depth, over_depth, padded, spread};
use super::movement::{take, too_large};
use super::pool::reshaped;
use super::site::{Imported, Site};
use super::window::{Walk, auto_pad, explicit, numbers, too_many_axes};
use crate::base::tensor::TensorType;
use crate::ir::graph::ValueId;
use crate::onnx::refusal::Refusal;
use crate::ops::index::Index;
use crate::ops::{Op, Rearrange};

/// One axis: its attributes, of which `before` is cut off the result in front, and what the result then keeps.
#[derive(Clone, Copy)]
struct Axis {
    walk: Walk,
    input: usize,
    output: usize,
}

/// How one axis becomes a convolution of stride 1.
struct Phases {
    /// How many there are: the stride.
    count: usize,
    /// The walk of the convolution; its kernel is the taps of a phase.
    walk: Walk,
    /// What is cut off in front after interleaving.
    crop: usize,
}

/// ConvTranspose.
pub(super) fn conv_transpose(site: &mut Site) -> Imported {
    let operands = Operands::of(site)?;
    let Operands { x, w, groups, bias, .. } = operands;
    let (channels, inputs) = (site.shape(x)[1], site.shape(w)[0]);
    if inputs != channels || !channels.is_multiple_of(groups) {
        return Err(Refusal::invalid(format!(
            "its weights take {inputs} channels in {groups} groups, its input has {channels}"
        )));
    }
    match *axes(site, &operands)?.as_slice() {
        [across] => {
            let still = Axis { walk: Walk::STILL, input: 1, output: 1 };
            let (rows, taps) = (row(site, x)?, row(site, w)?);
            let y = transposed(site, [rows, taps], bias, [still, across], groups)?;
            without_row(site, y)
        }
        [down, across] => transposed(site, [x, w], bias, [down, across], groups),
        [depth, down, across] => {
            let depth = Depth::of_transpose(&depth.walk, depth.input, depth.output);
            over_depth(site, [x, w], bias, &depth, |site, operands, bias| {
                transposed(site, operands, bias, [down, across], groups)
            })
        }
        _ => Err(too_many_axes()),
    }
}

/// What the attributes say of each axis (ONNX ConvTranspose-22).
fn axes(site: &Site, operands: &Operands) -> Result<Vec<Axis>, Refusal> {
    let rank = operands.kernel.len();
    let extra = numbers(site, "output_padding", rank, 0)?.unwrap_or_else(|| vec![0; rank]);
    // Some exporters write the whole shape.
    let all = site.attrs.ints("output_shape").is_some_and(|shape| shape.len() == rank + 2);
    let said = numbers(site, "output_shape", if all { rank + 2 } else { rank }, 1)?;
    let said = said.map(|shape| shape[shape.len() - rank..].to_vec());
    let auto = auto_pad(site);
    let mut axes = Vec::new();
    for (at, mut walk) in explicit(site, &operands.kernel)?.into_iter().enumerate() {
        let input = operands.extents[at];
        let whole = (input - 1) * walk.stride + walk.reach() + extra[at];
        let wanted = match (&said, auto.as_str()) {
            (Some(said), _) => Some(said[at]),
            (None, "SAME_UPPER" | "SAME_LOWER") => Some(input * walk.stride),
            (None, "NOTSET" | "VALID") => None,
            (None, other) => return Err(Refusal::invalid(format!("auto_pad = `{other}`"))),
        };
        let output = match wanted {
            Some(wanted) => {
                let total = whole.saturating_sub(wanted);
                walk.before = if auto == "SAME_UPPER" { total / 2 } else { total - total / 2 };
                wanted
            }
            None => whole.saturating_sub(walk.before + walk.after),
        };
        if output == 0 {
            return Err(Refusal::invalid(format!(
                "its padding leaves nothing of the {whole} positions of axis {at}"
            )));
        }
        axes.push(Axis { walk, input, output });
    }
    Ok(axes)
}

impl Axis {
    fn phases(&self) -> Phases {
        let Axis { walk, input, output } = self;
        let count = walk.stride;
        let (kernel, dilation) =
            if count == 1 { (walk.kernel, walk.dilation) } else { (walk.reach().div_ceil(count), 1) };
        let span = (kernel - 1) * dilation;
        let first = (walk.before / count).min(span);
        let crop = walk.before - first * count;
        let wanted = (crop + output).div_ceil(count);
        let before = span - first;
        let after = (wanted + span).saturating_sub(input + before);
        let walk = Walk { kernel, stride: 1, dilation, before, after, counted: after };
        Phases { count, walk, crop }
    }
}

/// A transposed convolution of planes.
fn transposed(
    site: &mut Site,
    [x, w]: [ValueId; 2],
    bias: Option<ValueId>,
    axes: [Axis; 2],
    groups: usize,
) -> Imported {
    let phases = axes.map(|axis| axis.phases());
    let number = phases[0].count.checked_mul(phases[1].count).ok_or_else(too_large)?;
    let w = weights(site, w, &axes, &phases, groups)?;
    let bias = match bias {
        Some(bias) => Some(repeated(site, bias, number)?),
        None => None,
    };
    let y = planes(site, [x, w], bias, [phases[0].walk, phases[1].walk], groups)?;
    let y = interleaved(site, y, &phases)?;
    let kept = |at: usize| {
        let index = Index::run(phases[at].crop, 1, axes[at].output).ok_or_else(too_large)?;
        Ok::<_, Refusal>((2 + at, index))
    };
    let kept = vec![kept(0)?, kept(1)?];
    take(site, y, kept)
}

/// `[C, M/groups, kh, kw]` as the weights of the convolution, `[M * phases, C/groups, taps down, taps across]`: taps in
/// reverse, and the phases of an output channel side by side.
fn weights(
    site: &mut Site,
    mut w: ValueId,
    axes: &[Axis; 2],
    [down, across]: &[Phases; 2],
    groups: usize,
) -> Imported {
    let &[inputs, outputs, ..] = site.shape(w) else { return Err(too_many_axes()) };
    for (at, (axis, phases)) in axes.iter().zip([down, across]).enumerate() {
        if phases.count > 1 {
            w = spread(site, w, 2 + at, axis.walk.dilation)?;
            let behind = phases.walk.kernel * phases.count - axis.walk.reach();
            w = padded(site, w, 2 + at, 0, behind)?;
        }
    }
    let (ty, tx) = (down.walk.kernel, across.walk.kernel);
    let split = vec![groups, inputs / groups, outputs, ty, down.count, tx, across.count];
    let split = reshaped(site, w, split)?;
    let back = |taps: usize| Index::run(taps - 1, -1, taps).ok_or_else(too_large);
    let flipped = take(site, split, vec![(3, back(ty)?), (5, back(tx)?)])?;
    let ordered = site.emit(Op::Transpose { perm: vec![0, 2, 4, 6, 1, 3, 5] }, vec![flipped])?;
    let all = groups * outputs * down.count * across.count;
    reshaped(site, ordered, vec![all, inputs / groups, ty, tx])
}

/// Every element `times` times.
fn repeated(site: &mut Site, bias: ValueId, times: usize) -> Imported {
    let count = site.ty(bias).elements();
    let column = reshaped(site, bias, vec![count, 1])?;
    let index = Index::repeated(1, times).ok_or_else(too_large)?;
    let rows = take(site, column, vec![(1, index)])?;
    reshaped(site, rows, vec![count * times])
}

/// `[N, M * phases, H, W]` as `[N, M, H * phases down, W * phases across]`.
fn interleaved(site: &mut Site, y: ValueId, [down, across]: &[Phases; 2]) -> Imported {
    if down.count * across.count == 1 {
        return Ok(y);
    }
    let &[n, channels, h, w] = site.shape(y) else { return Err(too_many_axes()) };
    let m = channels / (down.count * across.count);
    let split = vec![n, m, down.count, across.count, h, w];
    let shape = vec![n, m, h * down.count, w * across.count];
    let ty = TensorType { dtype: site.ty(y).dtype, shape };
    site.emit_as(Op::Rearrange(Rearrange { split, perm: vec![0, 1, 4, 2, 5, 3] }), vec![y], ty)
}
