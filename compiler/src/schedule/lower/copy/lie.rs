//! How a tensor lies in memory, axis by axis.

use crate::base::feature_map::{BLOCK, FeatureMap, Order};
use crate::ir::graph::{Graph, ValueId};

/// Address of an element: the sum of what its index along each axis adds.
#[derive(Clone, Debug)]
pub struct Lie {
    /// Logical extents.
    pub shape: Vec<usize>,
    /// Elements from one index to the next; of blocked channels, from one block to the next.
    pub strides: Vec<usize>,
    /// Indices of zeros before the first of each axis.
    pub before: Vec<usize>,
    /// Indices of zeros behind the last of each axis.
    pub after: Vec<usize>,
    /// Axis 1 is in blocks.
    pub blocked: bool,
    /// Floats in all.
    pub len: usize,
}

impl Lie {
    /// Row-major.
    pub fn row_major(shape: &[usize]) -> Self {
        let mut strides = vec![1; shape.len()];
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = strides[axis] * shape[axis];
        }
        let none = vec![0; shape.len()];
        let (len, shape) = (shape.iter().product(), shape.to_vec());
        Lie { shape, strides, before: none.clone(), after: none, blocked: false, len }
    }

    /// A map in its layout.
    pub fn of_map(map: &FeatureMap) -> Self {
        let halo = map.layout.halo;
        Lie {
            shape: vec![map.n, map.c, map.h, map.w],
            strides: vec![map.pitch_n(), map.pitch_plane(), map.pitch_y(), map.pitch_x()],
            before: vec![0, 0, halo.top, halo.left],
            after: vec![0, 0, halo.bottom, halo.right],
            blocked: map.layout.order == Order::Blocked,
            len: map.len(),
        }
    }

    /// A value.
    pub fn of(graph: &Graph, value: ValueId) -> Self {
        match graph.feature_map(value) {
            Some(map) => Lie::of_map(&map),
            None => Lie::row_major(graph.shape(value)),
        }
    }

    /// True when the address grows by the stride with the index along the axis.
    pub fn is_linear(&self, axis: usize) -> bool {
        axis != 1 || !self.blocked
    }

    /// What an index along an axis adds to the address.
    pub fn offset(&self, axis: usize, index: usize) -> usize {
        let stride = self.strides[axis];
        if self.is_linear(axis) {
            (self.before[axis] + index) * stride
        } else {
            index / BLOCK * stride + index % BLOCK
        }
    }

    /// The floats of the elements `first..first + count` along an axis, when those are one behind the other and begin at a
    /// multiple of 16: first and number.
    pub fn part(&self, axis: usize, first: usize, count: usize) -> Option<(usize, usize)> {
        let split = self.shape[..axis].iter().any(|&extent| extent != 1);
        if split || self.before[axis] + self.after[axis] > 0 {
            return None;
        }
        let (start, end) = if self.is_linear(axis) {
            (first, first + count)
        } else if first.is_multiple_of(BLOCK)
            && (first + count == self.shape[axis] || count.is_multiple_of(BLOCK))
        {
            (first / BLOCK, (first + count).div_ceil(BLOCK))
        } else {
            return None;
        };
        let at = start * self.strides[axis];
        at.is_multiple_of(BLOCK).then_some((at, (end - start) * self.strides[axis]))
    }

    /// The same memory with fewer elements along an axis.
    #[must_use]
    pub fn shortened(mut self, axis: usize, count: usize) -> Self {
        let last = if self.is_linear(axis) { count } else { count.div_ceil(BLOCK) };
        self.len = self.len / self.extent_in_memory(axis) * (self.before[axis] + last + self.after[axis]);
        self.shape[axis] = count;
        self
    }

    fn extent_in_memory(&self, axis: usize) -> usize {
        let extent = self.shape[axis];
        let own = if self.is_linear(axis) { extent } else { extent.div_ceil(BLOCK) };
        self.before[axis] + own + self.after[axis]
    }

    /// True for whole row-major memory without anything around it.
    pub fn is_row_major(&self) -> bool {
        !self.blocked && self.before.iter().chain(&self.after).all(|&count| count == 0)
    }
}
