//! Operators that put elements elsewhere: Concat, Split, Transpose, Gather, Expand, Tile, DepthToSpace, SpaceToDepth.

use super::builder::LOOKING;
use super::elementwise::same;
use super::site::{Imported, ImportedAll, Site, axis};
use crate::ir::graph::ValueId;
use crate::onnx::dims::check_size;
use crate::onnx::refusal::Refusal;
use crate::ops::index::Index;
use crate::ops::{Op, Take};

/// An index that its operator could not make: the numbers are beyond what can be counted.
pub(super) fn too_large() -> Refusal {
    Refusal::invalid("its extents overflow")
}

/// Some elements along some axes; of a stored constant taken whole, the same bytes.
pub(super) fn take(site: &mut Site, x: ValueId, axes: Vec<(usize, Index)>) -> Imported {
    let shape = site.shape(x);
    let whole =
        |(axis, index): &(usize, Index)| shape.get(*axis).is_some_and(|&extent| index.is_whole(extent));
    let axes: Vec<(usize, Index)> = axes.into_iter().filter(|part| !whole(part)).collect();
    let pieces: usize = axes.iter().map(|(_, index)| index.pieces().len()).sum();
    site.builder.allow_work(LOOKING * pieces as u64)?;
    if axes.is_empty() { same(site, x) } else { site.emit(Op::Take(Take { axes }), vec![x]) }
}

/// Concat; operands without elements, which run-time values never are, are left out.
pub(super) fn concat(site: &mut Site) -> Imported {
    let along = site.attrs.int("axis").ok_or_else(|| Refusal::invalid("attribute `axis` is missing"))?;
    let all: Vec<ValueId> = (0..site.inputs.len()).map(|at| site.input(at)).collect::<Result<_, _>>()?;
    let first = *all.first().ok_or_else(|| Refusal::invalid("it has no inputs"))?;
    let along = axis(along, site.shape(first).len(), false)?;
    let some: Vec<ValueId> = all.iter().copied().filter(|&id| site.ty(id).elements() > 0).collect();
    match some.as_slice() {
        [] => site.emit(Op::Concat { axis: along }, all),
        &[one] => same(site, one),
        _ => site.emit(Op::Concat { axis: along }, some),
    }
}

/// Split: extents as an attribute until opset 12, then as an operand, or equal parts, whose number opset 18 gives.
pub(super) fn split(site: &mut Site) -> ImportedAll {
    let x = site.input(0)?;
    let along = axis(site.attrs.int("axis").unwrap_or(0), site.shape(x).len(), false)?;
    let extent = site.shape(x).get(along).copied().unwrap_or(0);
    let given = match site.attrs.ints("split") {
        Some(split) => Some(split.to_vec()),
        None => site.known_ints(1, "split")?,
    };
    let outputs = site.outputs.len();
    let parts = match given {
        Some(parts) => {
            let parts: Option<Vec<usize>> = parts.iter().map(|&part| usize::try_from(part).ok()).collect();
            parts.ok_or_else(|| Refusal::invalid("a part of it has a negative extent"))?
        }
        None => equal_parts(site, extent, outputs)?,
    };
    let sum = parts.iter().try_fold(0usize, |sum, &part| sum.checked_add(part));
    if sum != Some(extent) || parts.len() != outputs {
        let reason = format!("its parts {parts:?} do not make {extent} in {outputs} outputs");
        return Err(Refusal::invalid(reason));
    }
    let mut start = 0;
    let mut values = Vec::new();
    for part in parts {
        let index = Index::run(start, 1, part).ok_or_else(too_large)?;
        values.push(take(site, x, vec![(along, index)])?);
        start += part;
    }
    Ok(values)
}

/// Equal extents, of which the last may be smaller (it must not before opset 18).
fn equal_parts(site: &Site, extent: usize, outputs: usize) -> Result<Vec<usize>, Refusal> {
    let said = site.attrs.int("num_outputs").map(usize::try_from);
    if said.is_some_and(|said| said != Ok(outputs)) {
        return Err(Refusal::invalid(format!("num_outputs is not its number of outputs, {outputs}")));
    }
    if outputs == 0 || site.opset < 18 && !extent.is_multiple_of(outputs) {
        return Err(Refusal::invalid(format!("{extent} is not divided by {outputs} outputs")));
    }
    let part = extent.div_ceil(outputs);
    let mut left = extent;
    Ok((0..outputs)
        .map(|_| {
            let part = part.min(left);
            left -= part;
            part
        })
        .collect())
}

/// Transpose; without `perm`, the axes in reverse.
pub(super) fn transpose(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    let rank = site.shape(x).len();
    let perm = match site.attrs.ints("perm") {
        Some(perm) => perm.iter().map(|&at| axis(at, rank, false)).collect::<Result<_, _>>()?,
        None => (0..rank).rev().collect(),
    };
    permute(site, x, perm)
}

/// The axes in another order.
pub(super) fn permute(site: &mut Site, x: ValueId, perm: Vec<usize>) -> Imported {
    if perm.iter().copied().eq(0..site.shape(x).len()) {
        return same(site, x);
    }
    site.emit(Op::Transpose { perm }, vec![x])
}

/// Gather along one axis with constant indices, which may count from the end.
pub(super) fn gather(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    let shape = site.shape(x).to_vec();
    let along = axis(site.attrs.int("axis").unwrap_or(0), shape.len(), false)?;
    let extent = shape.get(along).copied().unwrap_or(0);
    let indices = site.input(1)?;
    let middle = site.shape(indices).to_vec();
    let numbers = site.known_ints(1, "indices")?.unwrap_or_default();
    let counted: Vec<usize> = numbers.iter().map(|&at| axis(at, extent, false)).collect::<Result<_, _>>()?;
    let index = Index::of(&counted).ok_or_else(too_large)?;
    let taken = take(site, x, vec![(along, index)])?;
    if middle.len() == 1 {
        return Ok(taken);
    }
    let (outer, inner) = shape.split_at(along);
    let inner = inner.iter().skip(1);
    let shape = outer.iter().chain(&middle).chain(inner).copied().collect();
    site.reshape(taken, shape)
}

/// Extents that an operand says, which must not be negative.
fn extents(site: &Site, position: usize, what: &str) -> Result<Vec<usize>, Refusal> {
    let numbers = site.known_ints(position, what)?.unwrap_or_default();
    let extents: Option<Vec<usize>> = numbers.iter().map(|&number| usize::try_from(number).ok()).collect();
    extents.ok_or_else(|| Refusal::invalid(format!("its {what} {numbers:?} has negative numbers")))
}

/// Expand.
pub(super) fn expand(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    let wanted = extents(site, 1, "shape")?;
    spread(site, x, &wanted)
}

/// Axes of extent 1 repeat as often as `wanted` says, from the last one on; new ones come first.
pub(super) fn spread(site: &mut Site, x: ValueId, wanted: &[usize]) -> Imported {
    check_size(wanted)?;
    let mut shape = site.shape(x).to_vec();
    let rank = shape.len().max(wanted.len());
    shape.splice(0..0, std::iter::repeat_n(1, rank - shape.len()));
    let mut axes = Vec::new();
    for (at, &extent) in wanted.iter().rev().zip((0..rank).rev()).map(|(extent, at)| (at, extent)) {
        match shape.get(at) {
            Some(1) if extent != 1 => axes.push((at, Index::run(0, 0, extent).ok_or_else(too_large)?)),
            Some(&own) if extent == own || extent == 1 => {}
            _ => return Err(Refusal::invalid(format!("the extents {shape:?} do not expand to {wanted:?}"))),
        }
    }
    axes.reverse();
    let x = if shape.len() == site.shape(x).len() { x } else { site.reshape(x, shape)? };
    take(site, x, axes)
}

/// Tile: each axis as often as `repeats` says.
pub(super) fn tile(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    let repeats = extents(site, 1, "repeats")?;
    let shape = site.shape(x).to_vec();
    if repeats.len() != shape.len() {
        return Err(Refusal::invalid(format!("it repeats {} axes of {}", repeats.len(), shape.len())));
    }
    let axes = shape.iter().zip(&repeats).map(|(&extent, &times)| Index::repeated(extent, times));
    let axes: Option<Vec<Index>> = axes.collect();
    take(site, x, axes.ok_or_else(too_large)?.into_iter().enumerate().collect())
}

/// The extents of an image and the block size, of DepthToSpace and SpaceToDepth.
fn blocks(site: &Site) -> Result<([usize; 4], usize), Refusal> {
    let image = site.feature_map(site.input(0)?)?;
    let size =
        site.attrs.int("blocksize").and_then(|size| usize::try_from(size).ok()).filter(|&size| size > 0);
    // No image is wider, so that squares of it do not overflow.
    let size = size.filter(|&size| size < 1 << 16);
    size.map(|size| (image, size)).ok_or_else(|| Refusal::invalid("blocksize must be above 0 and sensible"))
}

/// True where depth is outermost in the channels (mode CRD), false where the block is (DCR).
fn depth_first(site: &Site) -> Result<bool, Refusal> {
    match site.attrs.string("mode").as_deref() {
        None | Some("DCR") => Ok(false),
        Some("CRD") => Ok(true),
        Some(mode) => Err(Refusal::invalid(format!("mode = `{mode}`"))),
    }
}

/// DepthToSpace.
pub(super) fn depth_to_space(site: &mut Site) -> Imported {
    let ([n, c, h, w], size) = blocks(site)?;
    if !c.is_multiple_of(size * size) {
        return Err(Refusal::invalid(format!("{c} channels are no multiple of {size} x {size}")));
    }
    let depth = c / (size * size);
    let (split, perm) = if depth_first(site)? {
        ([n, depth, size, size, h, w], [0, 1, 4, 2, 5, 3])
    } else {
        ([n, size, size, depth, h, w], [0, 3, 4, 1, 5, 2])
    };
    rearrange(site, &split, &perm, vec![n, depth, h * size, w * size])
}

/// SpaceToDepth; the modes are those of DepthToSpace.
pub(super) fn space_to_depth(site: &mut Site) -> Imported {
    let ([n, c, h, w], size) = blocks(site)?;
    if !h.is_multiple_of(size) || !w.is_multiple_of(size) {
        return Err(Refusal::invalid(format!("{h} x {w} is no multiple of {size} x {size}")));
    }
    let split = [n, c, h / size, size, w / size, size];
    let perm = if depth_first(site)? { [0, 1, 3, 5, 2, 4] } else { [0, 3, 5, 1, 2, 4] };
    rearrange(site, &split, &perm, vec![n, c * size * size, h / size, w / size])
}

/// The three steps that a pass makes one again, so that exported shuffles and these are the same.
fn rearrange(site: &mut Site, split: &[usize], perm: &[usize], shape: Vec<usize>) -> Imported {
    let x = site.input(0)?;
    let parts = site.reshape(x, split.to_vec())?;
    let moved = site.emit(Op::Transpose { perm: perm.to_vec() }, vec![parts])?;
    site.reshape(moved, shape)
}
