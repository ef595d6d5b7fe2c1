//! Slice.

use super::movement::{take, too_large};
use super::site::{Imported, Site, axis};
use crate::onnx::refusal::Refusal;
use crate::ops::index::Index;

/// Slice with starts, ends and axes as attributes, until opset 9.
pub(super) fn attributes(site: &mut Site) -> Imported {
    let list = |name: &str| {
        let missing = || Refusal::invalid(format!("attribute `{name}` is missing"));
        site.attrs.ints(name).ok_or_else(missing).map(<[i64]>::to_vec)
    };
    let (starts, ends) = (list("starts")?, list("ends")?);
    let axes = site.attrs.ints("axes").map(<[i64]>::to_vec);
    slice(site, &starts, &ends, axes.as_deref(), None)
}

/// Slice with starts, ends, axes and steps as operands, since opset 10.
pub(super) fn operands(site: &mut Site) -> Imported {
    let starts = site.known_ints(1, "starts")?.unwrap_or_default();
    let ends = site.known_ints(2, "ends")?.unwrap_or_default();
    let axes = site.known_ints(3, "axes")?;
    let steps = site.known_ints(4, "steps")?;
    slice(site, &starts, &ends, axes.as_deref(), steps.as_deref())
}

fn slice(
    site: &mut Site,
    starts: &[i64],
    ends: &[i64],
    axes: Option<&[i64]>,
    steps: Option<&[i64]>,
) -> Imported {
    let x = site.input(0)?;
    let count = starts.len();
    let lengths = [ends.len(), axes.map_or(count, <[i64]>::len), steps.map_or(count, <[i64]>::len)];
    if lengths != [count; 3] {
        return Err(Refusal::invalid("its starts, ends, axes and steps differ in number"));
    }
    let shape = site.shape(x).to_vec();
    let mut taken: Vec<(usize, Index)> = Vec::new();
    for (at, (&start, &end)) in starts.iter().zip(ends).enumerate() {
        let named = axes.and_then(|axes| axes.get(at).copied()).or_else(|| i64::try_from(at).ok());
        let along = axis(named.unwrap_or(i64::MAX), shape.len(), false)?;
        if taken.iter().any(|(known, _)| *known == along) {
            return Err(Refusal::invalid(format!("it slices axis {along} twice")));
        }
        let step = steps.and_then(|steps| steps.get(at).copied()).unwrap_or(1);
        let extent = shape.get(along).and_then(|&extent| i64::try_from(extent).ok()).unwrap_or(0);
        let (first, length) = range(start, end, step, extent)?;
        let numbers = (usize::try_from(first), isize::try_from(step), usize::try_from(length));
        let (Ok(first), Ok(step), Ok(length)) = numbers else { return Err(too_large()) };
        taken.push((along, Index::run(first, step, length).ok_or_else(too_large)?));
    }
    taken.sort_by_key(|(axis, _)| *axis);
    take(site, x, taken)
}

/// First index and number of indices of a slice along an axis; bounds are clamped as the ONNX specification says.
fn range(start: i64, end: i64, step: i64, extent: i64) -> Result<(i64, i64), Refusal> {
    let count = |at: i64| if at < 0 { at.saturating_add(extent) } else { at };
    let (start, end) = (count(start), count(end));
    match step {
        0 => Err(Refusal::invalid("a step is 0")),
        1.. => {
            let (start, end) = (start.clamp(0, extent), end.clamp(0, extent));
            Ok((start, (end - start).max(0) / step + i64::from((end - start).max(0) % step != 0)))
        }
        _ => {
            let (start, end) = (start.clamp(0, (extent - 1).max(0)), end.clamp(-1, extent - 1));
            let span = (start - end).max(0);
            // `span <= extent`, so a step beyond it takes one element at most.
            let step = step.max(-extent.max(1)).abs();
            Ok((start, if extent == 0 { 0 } else { span / step + i64::from(span % step != 0) }))
        }
    }
}
