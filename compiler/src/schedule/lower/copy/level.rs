//! One axis of a copy: which elements of the operand, or which constants, make which elements of the result.

use super::super::Refusal;
use super::lie::Lie;
use super::nest::{Nest, join};
use crate::base::feature_map::BLOCK;
use crate::base::real::Real;
use crate::ops::index::{Index, Piece};

/// More single elements of an axis are not looked at one by one.
const MOST_ELEMENTS: usize = 1 << 20;

/// Elements of the result along an axis.
#[derive(Clone, Debug)]
pub enum Span {
    /// These of the operand.
    Of(Index),
    /// As many of a constant.
    Fill(usize, Real),
}

/// Nests of one axis; the addresses are those of result and operand.
#[derive(Clone, Debug)]
pub struct Run {
    /// Where and how often.
    pub nest: Nest<2>,
    /// A constant instead of the operand.
    pub fill: Option<Real>,
}

/// What an axis of the result is made of: `spans` from index `start` on. The zeros around the axis belong to the first
/// and to the last part of it.
pub struct Level<'a> {
    pub to: &'a Lie,
    pub from: &'a Lie,
    pub axis: usize,
    pub start: usize,
    pub spans: &'a [Span],
}

impl Level<'_> {
    /// The runs in order.
    pub fn runs(&self) -> Result<Vec<Run>, Refusal> {
        let (to, axis) = (self.to, self.axis);
        let mut runs = Vec::new();
        let mut at = self.start;
        if at == 0 && to.before[axis] > 0 {
            runs.push(fill(0, to.before[axis], to.strides[axis], Real::new(0.0)));
        }
        for span in self.spans {
            match span {
                Span::Of(index) => {
                    let nests = self.nests(index, at)?;
                    runs.extend(nests.into_iter().map(|nest| Run { nest, fill: None }));
                    at += index.len();
                }
                Span::Fill(count, value) => {
                    runs.extend(self.filled(at, *count, *value));
                    at += count;
                }
            }
        }
        let extent = to.shape[axis];
        if at == extent && to.is_linear(axis) && to.after[axis] > 0 {
            runs.push(fill(to.offset(axis, extent), to.after[axis], to.strides[axis], Real::new(0.0)));
        }
        if at == extent && !to.is_linear(axis) && !extent.is_multiple_of(BLOCK) {
            let rest = BLOCK - extent % BLOCK;
            runs.push(fill(to.offset(axis, extent), rest, 1, Real::new(0.0)));
        }
        Ok(runs)
    }

    fn filled(&self, at: usize, count: usize, value: Real) -> Vec<Run> {
        let (to, axis) = (self.to, self.axis);
        if to.is_linear(axis) {
            return vec![fill(to.offset(axis, at), count, to.strides[axis], value)];
        }
        // From one border of a block to the next.
        let mut runs = Vec::new();
        let mut from = at;
        while from < at + count {
            let next = ((from / BLOCK + 1) * BLOCK).min(at + count);
            runs.push(fill(to.offset(axis, from), next - from, 1, value));
            from = next;
        }
        runs
    }

    fn nests(&self, index: &Index, at: usize) -> Result<Vec<Nest<2>>, Refusal> {
        let (to, from, axis) = (self.to, self.from, self.axis);
        let point = |at: usize, number: usize| [to.offset(axis, at), from.offset(axis, number)];
        if !to.is_linear(axis) || !from.is_linear(axis) {
            if index.len() > MOST_ELEMENTS {
                return Err(too_many());
            }
            let points = index.iter().enumerate().map(|(i, number)| Nest::point(point(at + i, number)));
            return Ok(join(points.collect()));
        }
        let mut nests = Vec::new();
        let mut at = at;
        for &piece in index.pieces() {
            let Piece { start, count, step, times, stride } = piece;
            let strides = (usize::try_from(step), usize::try_from(stride));
            if let (Ok(step), Ok(stride)) = strides {
                let (here, there) = (to.strides[axis], from.strides[axis]);
                let row = Nest::point(point(at, start)).times(count, [here, step * there]);
                nests.push(row.times(times, [count * here, stride * there]));
            } else if count * times > MOST_ELEMENTS {
                return Err(too_many());
            } else {
                // No address goes backwards.
                let points = piece.iter().enumerate().map(|(i, number)| Nest::point(point(at + i, number)));
                nests.extend(points);
            }
            at += count * times;
        }
        Ok(join(nests))
    }
}

fn fill(at: usize, count: usize, step: usize, value: Real) -> Run {
    Run { nest: Nest::point([at, 0]).times(count, [step, 0]), fill: Some(value) }
}

/// A copy that would be more code than it is worth.
pub fn too_many() -> Refusal {
    let reason = "it takes elements in an order of too many pieces".to_owned();
    (reason, "take elements in runs, such as slices or whole channels")
}
