//! Transposes, and reshapes around them, in one copy.
//!
//! The factors into which the axes split are loops. Where an axis is in blocks, the address is not affine in them: then
//! the factors of that axis are enumerated together and joined again to what loops there are.

use super::super::Refusal;
use super::level::{Run, too_many};
use super::lie::Lie;
use super::nest::{Nest, join};
use crate::ops::Rearrange;

/// More elements are not enumerated.
const MOST_ELEMENTS: usize = 1 << 20;

/// The runs of each independent set of factors, and the first of them for where the elements begin.
pub fn levels(to: &Lie, from: &Lie, how: &Rearrange) -> Result<Vec<Vec<Run>>, Refusal> {
    let moved: Vec<usize> = how.perm.iter().map(|&at| how.split[at]).collect();
    // Row-major memory has any shape.
    let plain =
        |lie: &Lie, shape: &[usize]| if lie.is_row_major() { Lie::row_major(shape) } else { lie.clone() };
    let (from, to) = (plain(from, &how.split), plain(to, &moved));
    let misfit = || ("its reshape joins channels with other axes".to_owned(), "report this as a bug");
    let x_axes = how.axes_of(&from.shape).ok_or_else(misfit)?;
    let y_axes = how.axes_of_result(&to.shape).ok_or_else(misfit)?;
    let sides = Sides { to: &to, from: &from, split: &how.split, y_axes: &y_axes, x_axes: &x_axes };
    let origin = [first(&to), first(&from)];
    let mut levels = vec![vec![Run { nest: Nest::point(origin), fill: None }]];
    for factors in components(&sides, &how.perm) {
        let nests = sides.nests(&factors)?;
        levels.push(nests.into_iter().map(|nest| Run { nest, fill: None }).collect());
    }
    Ok(levels)
}

/// Address of the first element.
fn first(lie: &Lie) -> usize {
    (0..lie.shape.len()).map(|axis| lie.offset(axis, 0)).sum()
}

struct Sides<'a> {
    to: &'a Lie,
    from: &'a Lie,
    split: &'a [usize],
    /// For each axis of the result and of the operand, its factors, outermost first.
    y_axes: &'a [Vec<usize>],
    x_axes: &'a [Vec<usize>],
}

impl Sides<'_> {
    fn nests(&self, factors: &[usize]) -> Result<Vec<Nest<2>>, Refusal> {
        if let &[factor] = factors
            && !self.bends(factor)
        {
            let one = self.address(&[(factor, 1)]);
            return Ok(vec![Nest::point([0, 0]).times(self.split[factor], one)]);
        }
        let count = factors.iter().try_fold(1usize, |all, &factor| all.checked_mul(self.split[factor]));
        let count = count.filter(|&count| count <= MOST_ELEMENTS).ok_or_else(too_many)?;
        let points = (0..count).map(|number| {
            let mut rest = number;
            let mut digits = Vec::new();
            for &factor in factors.iter().rev() {
                digits.push((factor, rest % self.split[factor]));
                rest /= self.split[factor];
            }
            Nest::point(self.address(&digits))
        });
        Ok(join(points.collect()))
    }

    /// True when an address is not affine in the index of this factor.
    fn bends(&self, factor: usize) -> bool {
        let of = |lie: &Lie, axes: &[Vec<usize>]| lie.blocked && axes[1].contains(&factor);
        of(self.to, self.y_axes) || of(self.from, self.x_axes)
    }

    /// What these factors' indices add to both addresses.
    fn address(&self, digits: &[(usize, usize)]) -> [usize; 2] {
        [self.side(self.to, self.y_axes, digits), self.side(self.from, self.x_axes, digits)]
    }

    fn side(&self, lie: &Lie, axes: &[Vec<usize>], digits: &[(usize, usize)]) -> usize {
        let digit =
            |factor: &usize| digits.iter().find(|(at, _)| at == factor).map_or(0, |&(_, index)| index);
        let along = axes.iter().enumerate().map(|(axis, factors)| {
            let index = factors.iter().fold(0, |index, factor| index * self.split[*factor] + digit(factor));
            lie.offset(axis, index) - lie.offset(axis, 0)
        });
        along.sum()
    }
}

/// Sets of factors that depend on each other, each in the order of the result; factors of 1 are nowhere.
fn components(sides: &Sides, perm: &[usize]) -> Vec<Vec<usize>> {
    let mut of: Vec<usize> = (0..sides.split.len()).collect();
    let blocked = [(sides.to, sides.y_axes), (sides.from, sides.x_axes)];
    for (lie, axes) in blocked {
        for (_, factors) in axes.iter().enumerate().filter(|(axis, _)| !lie.is_linear(*axis)) {
            for pair in factors.windows(2) {
                let (a, b) = (of[pair[0]], of[pair[1]]);
                of.iter_mut().filter(|set| **set == b).for_each(|set| *set = a);
            }
        }
    }
    let mut sets: Vec<Vec<usize>> = vec![Vec::new(); of.len()];
    for &factor in perm.iter().filter(|&&factor| sides.split[factor] != 1) {
        sets[of[factor]].push(factor);
    }
    let mut sets: Vec<Vec<usize>> = sets.into_iter().filter(|set| !set.is_empty()).collect();
    sets.sort();
    sets
}
