//! Windows of Conv and the pools: attributes -> explicit strides, dilations and padding.

use super::site::Site;
use crate::onnx::refusal::Refusal;
use crate::ops::Window;

/// No attribute of a window may be larger; sums and products of two stay far from overflow.
const LIMIT: i64 = 1 << 24;

/// A window attribute of two numbers, (height, width), each at least `least`.
pub(super) fn pair(site: &Site, name: &str, least: i64) -> Result<Option<[usize; 2]>, Refusal> {
    let Some(numbers) = site.attrs.ints(name) else { return Ok(None) };
    match checked(name, numbers, least)?.as_slice() {
        &[y, x] => Ok(Some([y, x])),
        _ => Err(Refusal::unsupported(format!("{name} = {numbers:?}; only windows over two axes are done"))),
    }
}

fn checked(name: &str, numbers: &[i64], least: i64) -> Result<Vec<usize>, Refusal> {
    let fits = |&number: &i64| {
        (least..=LIMIT).contains(&number).then_some(number).and_then(|number| usize::try_from(number).ok())
    };
    let refuse = || Refusal::unsupported(format!("{name} = {numbers:?}; each must be {least} to {LIMIT}"));
    numbers.iter().map(fits).collect::<Option<_>>().ok_or_else(refuse)
}

/// The window of a node with kernels of the given extents over planes of the extents `input`, and the padding after the
/// planes as the attribute says. With `ceil`, a last window may begin inside the padded plane and end outside; the
/// padding of the window then includes what it reads there.
pub(super) fn window(
    site: &Site,
    kernel: [usize; 2],
    input: [usize; 2],
    ceil: bool,
) -> Result<(Window, [usize; 2]), Refusal> {
    let stride = pair(site, "strides", 1)?.unwrap_or([1, 1]);
    let dilation = pair(site, "dilations", 1)?.unwrap_or([1, 1]);
    let auto = site.attrs.string("auto_pad").unwrap_or_else(|| "NOTSET".to_owned());
    let explicit = match site.attrs.ints("pads") {
        Some(pads) if auto == "NOTSET" => match checked("pads", pads, 0)?.as_slice() {
            &[top, left, bottom, right] => ([top, left], [bottom, right]),
            _ => return Err(Refusal::unsupported(format!("pads = {pads:?}; only two axes are done"))),
        },
        _ => ([0, 0], [0, 0]),
    };
    let (mut before, mut after) = explicit;
    let mut counted = after;
    for axis in 0..2 {
        let reach = (kernel[axis] - 1) * dilation[axis] + 1;
        let step = stride[axis];
        let size = input[axis];
        match auto.as_str() {
            "NOTSET" | "VALID" => {}
            "SAME_UPPER" | "SAME_LOWER" => {
                let total = ((size.div_ceil(step) - 1) * step + reach).saturating_sub(size);
                let small = total / 2;
                before[axis] = if auto == "SAME_UPPER" { small } else { total - small };
                after[axis] = total - before[axis];
            }
            _ => return Err(Refusal::invalid(format!("auto_pad = `{auto}`"))),
        }
        counted[axis] = after[axis];
        let padded = before[axis] + size + after[axis];
        if padded < reach {
            return Err(Refusal::invalid(format!(
                "its window spans {reach}, its padded input only {padded}"
            )));
        }
        if ceil && auto == "NOTSET" {
            let mut last = (padded - reach).div_ceil(step);
            if last * step >= before[axis] + size {
                // A window that would begin in the padding after the plane is dropped.
                last -= 1;
            }
            after[axis] = (last * step + reach).saturating_sub(before[axis] + size);
            // No window sees the padding that a dropped one would have.
            counted[axis] = counted[axis].min(after[axis]);
        }
    }
    let window = Window { kernel, stride, dilation, pad_before: before, pad_after: after };
    Ok((window, counted))
}
