//! Windows of convolutions and pools over any number of axes: attributes -> explicit strides, dilations and padding.

use super::site::Site;
use crate::onnx::refusal::Refusal;
use crate::ops::Window;

/// No attribute of a window may be larger; sums and products of two stay far from overflow.
const LIMIT: i64 = 1 << 24;

/// The walk of a window along one axis.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Walk {
    pub kernel: usize,
    pub stride: usize,
    pub dilation: usize,
    /// Padding before, and after; with ceil_mode, the latter includes what the last window reads behind the padding.
    pub before: usize,
    pub after: usize,
    /// The padding after that the attribute says: what a mean may count.
    pub counted: usize,
}

impl Walk {
    /// Along an axis on which nothing happens.
    pub const STILL: Walk = Walk { kernel: 1, stride: 1, dilation: 1, before: 0, after: 0, counted: 0 };

    /// Positions from the first tap to the last, both included.
    pub fn reach(&self) -> usize {
        (self.kernel - 1) * self.dilation + 1
    }

    /// Windows over an axis of `input` positions, in which at least one must fit.
    pub fn output(&self, input: usize) -> usize {
        (self.before + input + self.after - self.reach()) / self.stride + 1
    }
}

/// The window of two walks, (height, width).
pub(super) fn window([y, x]: [Walk; 2]) -> Window {
    Window {
        kernel: [y.kernel, x.kernel],
        stride: [y.stride, x.stride],
        dilation: [y.dilation, x.dilation],
        pad_before: [y.before, x.before],
        pad_after: [y.after, x.after],
    }
}

/// More than three spatial axes.
pub(super) fn too_many_axes() -> Refusal {
    Refusal::unsupported("its window has more than three axes")
}

/// A window attribute of one number an axis, each at least `least`.
pub(super) fn numbers(
    site: &Site,
    name: &str,
    axes: usize,
    least: i64,
) -> Result<Option<Vec<usize>>, Refusal> {
    let Some(numbers) = site.attrs.ints(name) else { return Ok(None) };
    if numbers.len() != axes {
        return Err(Refusal::invalid(format!("{name} = {numbers:?}; {axes} numbers must be given")));
    }
    let fits = |&number: &i64| {
        (least..=LIMIT).contains(&number).then_some(number).and_then(|number| usize::try_from(number).ok())
    };
    let refuse = || Refusal::unsupported(format!("{name} = {numbers:?}; each must be {least} to {LIMIT}"));
    numbers.iter().map(fits).collect::<Option<Vec<usize>>>().map(Some).ok_or_else(refuse)
}

/// The extents of the spatial axes, those behind the first two; there is at least one, and none is 0.
pub(super) fn spatial<'a>(what: &str, shape: &'a [usize]) -> Result<&'a [usize], Refusal> {
    match shape {
        [_, _, extents @ ..] if extents.contains(&0) => {
            Err(Refusal::invalid(format!("{what} has the extents {shape:?}, so no elements")))
        }
        [_, _, extents @ ..] if !extents.is_empty() => Ok(extents),
        _ => Err(Refusal::invalid(format!("{what} has the extents {shape:?}, without a spatial axis"))),
    }
}

/// Strides, dilations and explicit padding of a window with these extents; without padding where `auto_pad` is set.
pub(super) fn explicit(site: &Site, kernel: &[usize]) -> Result<Vec<Walk>, Refusal> {
    let axes = kernel.len();
    let stride = numbers(site, "strides", axes, 1)?;
    let dilation = numbers(site, "dilations", axes, 1)?;
    let pads = if auto_pad(site) == "NOTSET" { numbers(site, "pads", 2 * axes, 0)? } else { None };
    let of = |list: &Option<Vec<usize>>, at: usize, default: usize| {
        list.as_ref().and_then(|list| list.get(at)).copied().unwrap_or(default)
    };
    let walk = |(axis, &kernel): (usize, &usize)| {
        let (before, after) = (of(&pads, axis, 0), of(&pads, axes + axis, 0));
        let (stride, dilation) = (of(&stride, axis, 1), of(&dilation, axis, 1));
        Walk { kernel, stride, dilation, before, after, counted: after }
    };
    Ok(kernel.iter().enumerate().map(walk).collect())
}

/// The attribute `auto_pad`.
pub(super) fn auto_pad(site: &Site) -> String {
    site.attrs.string("auto_pad").unwrap_or_else(|| "NOTSET".to_owned())
}

/// The walks of a node's window of these extents over axes of the extents `input`. With `ceil`, a last window may begin
/// inside the padded axis and end outside, unless it would begin in the padding after it.
pub(super) fn walks(
    site: &Site,
    kernel: &[usize],
    input: &[usize],
    ceil: bool,
) -> Result<Vec<Walk>, Refusal> {
    let mut walks = explicit(site, kernel)?;
    let auto = auto_pad(site);
    for (walk, &size) in walks.iter_mut().zip(input) {
        let (reach, step) = (walk.reach(), walk.stride);
        match auto.as_str() {
            "NOTSET" | "VALID" => {}
            "SAME_UPPER" | "SAME_LOWER" => {
                let total = ((size.div_ceil(step) - 1) * step + reach).saturating_sub(size);
                let small = total / 2;
                walk.before = if auto == "SAME_UPPER" { small } else { total - small };
                walk.after = total - walk.before;
                walk.counted = walk.after;
            }
            _ => return Err(Refusal::invalid(format!("auto_pad = `{auto}`"))),
        }
        let padded = walk.before + size + walk.after;
        if padded < reach {
            return Err(Refusal::invalid(format!(
                "its window spans {reach}, its padded input only {padded}"
            )));
        }
        if ceil && auto == "NOTSET" {
            let mut last = (padded - reach).div_ceil(step);
            if last * step >= walk.before + size {
                // A window that would begin in the padding after the axis is dropped.
                last -= 1;
            }
            walk.after = (last * step + reach).saturating_sub(walk.before + size);
            // No window sees the padding that a dropped one would have.
            walk.counted = walk.counted.min(walk.after);
        }
    }
    Ok(walks)
}
