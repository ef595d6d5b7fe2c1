//! Conv over one, two or three spatial axes.

use super::depth::{Depth, over_depth};
use super::pool::reshaped;
use super::site::{Imported, Site};
use super::window::{Walk, numbers, spatial, too_many_axes, walks, window};
use crate::base::epilogue::Epilogue;
use crate::ir::graph::ValueId;
use crate::onnx::refusal::Refusal;
use crate::ops::{self, Op};

/// What Conv and ConvTranspose have in common.
pub(super) struct Operands {
    pub x: ValueId,
    /// Spatial extents of the input.
    pub extents: Vec<usize>,
    /// Constant.
    pub w: ValueId,
    /// Spatial extents of the weights, none of them 0.
    pub kernel: Vec<usize>,
    pub groups: usize,
    /// Constant.
    pub bias: Option<ValueId>,
}

impl Operands {
    /// Reads and checks them.
    pub fn of(site: &Site) -> Result<Self, Refusal> {
        let x = site.input(0)?;
        let w = site.weight(1, "weights")?;
        let extents = spatial("its input", site.shape(x))?.to_vec();
        let kernel = spatial("its weights", site.shape(w))?.to_vec();
        if kernel.len() != extents.len() {
            return Err(Refusal::invalid(format!(
                "its weights have {} spatial axes, its input has {}",
                kernel.len(),
                extents.len()
            )));
        }
        if let Some(said) = numbers(site, "kernel_shape", kernel.len(), 1)?
            && said != kernel
        {
            return Err(Refusal::invalid(format!("kernel_shape = {said:?}, but the weights are {kernel:?}")));
        }
        if site.ty(w).elements() == 0 {
            return Err(Refusal::invalid("its weights have no elements"));
        }
        let groups = site.attrs.int("group").unwrap_or(1);
        let groups = usize::try_from(groups).ok().filter(|&groups| groups > 0);
        let groups = groups.ok_or_else(|| Refusal::invalid("group must be above 0"))?;
        let bias = site.optional(2).map(|_| site.weight(2, "bias")).transpose()?;
        Ok(Operands { x, extents, w, kernel, groups, bias })
    }
}

/// Conv -> [`Op::Conv`], with a row of one pixel height for one axis, and a sum over the taps of the depth for three.
pub(super) fn conv(site: &mut Site) -> Imported {
    let operands = Operands::of(site)?;
    let Operands { x, w, groups, bias, .. } = operands;
    match *walks(site, &operands.kernel, &operands.extents, false)?.as_slice() {
        [across] => {
            let (rows, taps) = (row(site, x)?, row(site, w)?);
            let y = planes(site, [rows, taps], bias, [Walk::STILL, across], groups)?;
            without_row(site, y)
        }
        [down, across] => planes(site, [x, w], bias, [down, across], groups),
        [depth, down, across] => {
            let depth = Depth::of_conv(&depth, operands.extents[0]);
            over_depth(site, [x, w], bias, &depth, |site, operands, bias| {
                planes(site, operands, bias, [down, across], groups)
            })
        }
        _ => Err(too_many_axes()),
    }
}

/// `[A,B,L]` as `[A,B,1,L]`.
pub(super) fn row(site: &mut Site, x: ValueId) -> Imported {
    let mut shape = site.shape(x).to_vec();
    shape.insert(2, 1);
    reshaped(site, x, shape)
}

/// `[A,B,1,L]` as `[A,B,L]`.
pub(super) fn without_row(site: &mut Site, y: ValueId) -> Imported {
    let mut shape = site.shape(y).to_vec();
    shape.remove(2);
    reshaped(site, y, shape)
}

/// A convolution of planes: input and weights have two spatial axes.
pub(super) fn planes(
    site: &mut Site,
    operands: [ValueId; 2],
    bias: Option<ValueId>,
    walks: [Walk; 2],
    groups: usize,
) -> Imported {
    let epilogue = Epilogue { bias: bias.is_some(), ..Epilogue::default() };
    let conv = ops::Conv { window: window(walks), groups, epilogue };
    site.emit(Op::Conv(conv), operands.into_iter().chain(bias).collect())
}
