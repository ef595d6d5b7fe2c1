//! MaxPool, AveragePool, GlobalAveragePool, and ReduceMean where it is the latter.

use super::site::{Imported, Site, axis};
use super::window::{pair, window};
use crate::onnx::refusal::Refusal;
use crate::ops::{Op, Pool, PoolKind};

/// MaxPool -> [`Op::Pool`].
pub(super) fn max_pool(site: &mut Site) -> Imported {
    if site.attrs.int("storage_order").unwrap_or(0) != 0 {
        return Err(Refusal::unsupported("storage_order = 1 is not supported"));
    }
    pool(site, PoolKind::Max)
}

/// AveragePool -> [`Op::Pool`].
pub(super) fn average_pool(site: &mut Site) -> Imported {
    let include_pad = site.attrs.int("count_include_pad").unwrap_or(0) != 0;
    pool(site, PoolKind::Average { include_pad })
}

fn pool(site: &mut Site, kind: PoolKind) -> Imported {
    let x = site.input(0)?;
    let [_, _, h, w] = site.feature_map(x)?;
    let kernel = pair(site, "kernel_shape", 1)?;
    let kernel = kernel.ok_or_else(|| Refusal::invalid("attribute `kernel_shape` is missing"))?;
    let ceil = site.attrs.int("ceil_mode").unwrap_or(0) != 0;
    let (window, counted_after) = window(site, kernel, [h, w], ceil)?;
    let reach = |axis: usize| (kernel[axis] - 1) * window.dilation[axis] + 1;
    if (0..2).any(|axis| window.pad_before[axis].max(counted_after[axis]) >= reach(axis)) {
        return Err(Refusal::unsupported(
            "its padding is as wide as its window, so a window would be padding only",
        ));
    }
    site.emit(Op::Pool(Pool { kind, window, counted_after }), vec![x])
}

/// GlobalAveragePool -> [`Op::GlobalAvgPool`].
pub(super) fn global_average_pool(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    site.feature_map(x)?;
    site.emit(Op::GlobalAvgPool, vec![x])
}

/// ReduceMean over the spatial axes; without keepdims a Reshape follows. Axes are an attribute until opset 18, then an
/// operand.
pub(super) fn reduce_mean(site: &mut Site) -> Imported {
    let x = site.input(0)?;
    let rank = site.shape(x).len();
    let axes = match site.attrs.ints("axes") {
        Some(axes) => Some(axes.to_vec()),
        None => site.known_ints(1, "axes")?,
    };
    let mut axes: Vec<usize> =
        axes.unwrap_or_default().iter().map(|&at| axis(at, rank, false)).collect::<Result<_, _>>()?;
    axes.sort_unstable();
    if rank != 4 || axes != [2, 3] {
        return Err(Refusal::unsupported(format!(
            "the mean over axes {axes:?} of {rank} dimensions; only that over the axes 2 and 3 of 4 is done"
        )));
    }
    let mean = site.emit(Op::GlobalAvgPool, vec![x])?;
    if site.attrs.int("keepdims").unwrap_or(1) != 0 {
        return Ok(mean);
    }
    let shape = site.shape(mean).iter().copied().take(2).collect();
    site.reshape(mean, shape)
}
