//! Conv.

use super::site::{Imported, Site};
use super::window::{pair, window};
use crate::base::epilogue::Epilogue;
use crate::onnx::refusal::Refusal;
use crate::ops::{Conv, Op};

/// [`Op::Conv`]: weights and bias must be constants, the window has two axes.
pub(super) fn conv(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    let w = site.weight(1, "weights")?;
    let [_, _, h, width] = site.feature_map(x)?;
    let &[_, _, kh, kw] = site.shape(w) else {
        return Err(Refusal::invalid(format!("its weights have the extents {:?}, not 4", site.shape(w))));
    };
    if let Some(said) = pair(site, "kernel_shape", 1)?
        && said != [kh, kw]
    {
        return Err(Refusal::invalid(format!("kernel_shape = {said:?}, but the weights are {kh}x{kw}")));
    }
    if kh == 0 || kw == 0 {
        return Err(Refusal::invalid("its weights have no elements"));
    }
    let groups = site.attrs.int("group").unwrap_or(1);
    let groups = usize::try_from(groups).ok().filter(|&groups| groups > 0);
    let groups = groups.ok_or_else(|| Refusal::invalid("group must be above 0"))?;
    let (window, _) = window(site, [kh, kw], [h, width], false)?;
    let mut inputs = vec![x, w];
    let bias = site.optional(2).is_some();
    if bias {
        inputs.push(site.weight(2, "bias")?);
    }
    let epilogue = Epilogue { bias, ..Epilogue::default() };
    site.emit(Op::Conv(Conv { window, groups, epilogue }), inputs)
}
