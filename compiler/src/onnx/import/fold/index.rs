//! Gather, Concat, Slice, Transpose on known numbers.

use super::super::site::{Site, axis};
use super::{Operands, ints, offset, operand, pick, size};
use crate::base::tensor::{Elements, Tensor, TensorType};
use crate::onnx::refusal::Refusal;

/// Gather along one axis; indices may count from the end.
pub(in super::super) fn gather(site: &Site, operands: Operands) -> Result<Tensor, Refusal> {
    let data = operand(operands, 0)?;
    let indices = operand(operands, 1)?;
    let numbers = ints(operands, 1, "indices")?.unwrap_or_default();
    let along = axis(site.attrs.int("axis").unwrap_or(0), data.ty.shape.len(), false)?;
    let (outer, rest) = data.ty.shape.split_at(along);
    let (extent, inner) = rest.split_first().map_or((0, rest), |(extent, inner)| (*extent, inner));
    let counted: Vec<usize> = numbers.iter().map(|&i| axis(i, extent, false)).collect::<Result<_, _>>()?;
    let middle = &indices.ty.shape;
    let shape: Vec<usize> = outer.iter().chain(middle).chain(inner).copied().collect();
    pick(data, shape, |index| {
        let (before, rest) = index.split_at_checked(along)?;
        let (chosen, after) = rest.split_at_checked(middle.len())?;
        let at = *counted.get(offset(middle, chosen.iter().copied())?)?;
        offset(&data.ty.shape, before.iter().copied().chain([at]).chain(after.iter().copied()))
    })
}

/// Concat of tensors of one type along one axis.
pub(in super::super) fn concat(site: &Site, operands: Operands) -> Result<Tensor, Refusal> {
    let first = operand(operands, 0)?;
    let rank = first.ty.shape.len();
    let along = site.attrs.int("axis").ok_or_else(|| Refusal::invalid("attribute `axis` is missing"))?;
    let along = axis(along, rank, false)?;
    let mut shape = first.ty.shape.clone();
    let mut total = 0usize;
    for position in 0..operands.len() {
        let ty = &operand(operands, position)?.ty;
        let mut same = ty.clone();
        let (Some(extent), Some(expected)) = (same.shape.get_mut(along), first.ty.shape.get(along)) else {
            return Err(Refusal::invalid(format!("{ty} and {} do not join", first.ty)));
        };
        total = total.saturating_add(std::mem::replace(extent, *expected));
        if same != first.ty {
            return Err(Refusal::invalid(format!("{ty} and {} do not join along axis {along}", first.ty)));
        }
    }
    shape.iter_mut().skip(along).take(1).for_each(|extent| *extent = total);
    size(&shape)?;
    let outer: usize = shape.iter().take(along).product();
    let mut floats = Vec::new();
    let mut integers = Vec::new();
    for row in 0..outer {
        for tensor in operands.iter().flatten() {
            let length: usize = tensor.ty.shape.iter().skip(along).product();
            let part = row * length..(row + 1) * length;
            match &tensor.elements {
                Elements::Float(all) => floats.extend_from_slice(all.get(part).unwrap_or_default()),
                Elements::Int(all) => integers.extend_from_slice(all.get(part).unwrap_or_default()),
            }
        }
    }
    let elements = match &first.elements {
        Elements::Float(_) => Elements::Float(floats),
        Elements::Int(_) => Elements::Int(integers),
    };
    Ok(Tensor { ty: TensorType { dtype: first.ty.dtype, shape }, elements })
}

/// Slice with starts, ends and axes as attributes, until opset 9.
pub(in super::super) fn slice_attributes(site: &Site, operands: Operands) -> Result<Tensor, Refusal> {
    let missing = |name: &str| Refusal::invalid(format!("attribute `{name}` is missing"));
    let starts = site.attrs.ints("starts").ok_or_else(|| missing("starts"))?;
    let ends = site.attrs.ints("ends").ok_or_else(|| missing("ends"))?;
    slice(operand(operands, 0)?, starts, ends, site.attrs.ints("axes"), None)
}

/// Slice with starts, ends, axes and steps as operands, since opset 10.
pub(in super::super) fn slice_inputs(_: &Site, operands: Operands) -> Result<Tensor, Refusal> {
    let data = operand(operands, 0)?;
    operand(operands, 1)?;
    operand(operands, 2)?;
    let starts = ints(operands, 1, "starts")?.unwrap_or_default();
    let ends = ints(operands, 2, "ends")?.unwrap_or_default();
    slice(data, starts, ends, ints(operands, 3, "axes")?, ints(operands, 4, "steps")?)
}

fn slice(
    data: &Tensor,
    starts: &[i64],
    ends: &[i64],
    axes: Option<&[i64]>,
    steps: Option<&[i64]>,
) -> Result<Tensor, Refusal> {
    let count = starts.len();
    let lengths = [ends.len(), axes.map_or(count, <[i64]>::len), steps.map_or(count, <[i64]>::len)];
    if lengths != [count; 3] {
        return Err(Refusal::invalid("its starts, ends, axes and steps differ in number"));
    }
    let old = &data.ty.shape;
    let mut shape = old.clone();
    // Per axis: the first index taken, and the step.
    let mut walk = vec![(0i64, 1i64); old.len()];
    for (at, (&start, &end)) in starts.iter().zip(ends).enumerate() {
        let named = axes.and_then(|axes| axes.get(at).copied()).or_else(|| i64::try_from(at).ok());
        let along = axis(named.unwrap_or(i64::MAX), old.len(), false)?;
        let step = steps.and_then(|steps| steps.get(at).copied()).unwrap_or(1);
        let extent = old.get(along).and_then(|&extent| i64::try_from(extent).ok()).unwrap_or(0);
        let (first, length) = range(start, end, step, extent)?;
        if let (Some(slot), Some(out)) = (walk.get_mut(along), shape.get_mut(along)) {
            *slot = (first, step);
            *out = usize::try_from(length).unwrap_or(0);
        }
    }
    pick(data, shape, |index| {
        let source = index.iter().zip(&walk).map(|(&i, (first, step))| {
            let i = i64::try_from(i).ok()?;
            usize::try_from(step.checked_mul(i)?.checked_add(*first)?).ok()
        });
        offset(old, source.collect::<Option<Vec<usize>>>()?)
    })
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

/// Transpose; without `perm`, the axes in reverse.
pub(in super::super) fn transpose(site: &Site, operands: Operands) -> Result<Tensor, Refusal> {
    let data = operand(operands, 0)?;
    let old = &data.ty.shape;
    let perm: Vec<usize> = match site.attrs.ints("perm") {
        Some(perm) => perm.iter().map(|&at| axis(at, old.len(), false)).collect::<Result<_, _>>()?,
        None => (0..old.len()).rev().collect(),
    };
    let mut sorted = perm.clone();
    sorted.sort_unstable();
    if !sorted.iter().copied().eq(0..old.len()) {
        return Err(Refusal::invalid(format!("perm = {perm:?} is no order of {} axes", old.len())));
    }
    let shape = perm.iter().filter_map(|&at| old.get(at).copied()).collect();
    pick(data, shape, |index| {
        let mut source = vec![0; old.len()];
        for (&at, &i) in perm.iter().zip(index) {
            *source.get_mut(at)? = i;
        }
        offset(old, source)
    })
}
