//! The walk of a 2-d window over a padded input: extents of the output, and which positions a tap reaches.

use std::ops::Range;

use super::Window;
use crate::base::feature_map::Halo;

/// Names of the spatial axes in messages.
const AXES: [&str; 2] = ["height", "width"];

impl Window {
    /// Positions from the first tap to the last, both included, per axis: `(kernel - 1) * dilation + 1`. For a
    /// window that [`Window::output_extent`] has accepted.
    pub const fn extent(&self) -> [usize; 2] {
        [(self.kernel[0] - 1) * self.dilation[0] + 1, (self.kernel[1] - 1) * self.dilation[1] + 1]
    }

    /// True when there is padding on any side.
    pub fn is_padded(&self) -> bool {
        self.pad_before != [0, 0] || self.pad_after != [0, 0]
    }

    /// The halo that holds the padding.
    pub const fn halo(&self) -> Halo {
        let ([top, left], [bottom, right]) = (self.pad_before, self.pad_after);
        Halo { top, left, bottom, right }
    }

    /// Height and width of the output over an input of height and width `input`:
    /// `(input + pads - extent) / stride + 1`, rounded down.
    ///
    /// # Errors
    /// The reason, in words: a zero among kernel, stride and dilation, a window that does not fit, an overflow.
    pub fn output_extent(&self, input: [usize; 2]) -> Result<[usize; 2], String> {
        Ok([self.output_along(0, input[0])?, self.output_along(1, input[1])?])
    }

    fn output_along(&self, axis: usize, input: usize) -> Result<usize, String> {
        let (kernel, stride, dilation) = (self.kernel[axis], self.stride[axis], self.dilation[axis]);
        for (what, number) in [("kernel", kernel), ("stride", stride), ("dilation", dilation)] {
            if number == 0 {
                return Err(format!("its {what} along the {} is 0", AXES[axis]));
            }
        }
        let too_large = || format!("its window along the {} is too large", AXES[axis]);
        let limit = |n: usize| (n <= isize::MAX as usize).then_some(n);
        let extent = (kernel - 1).checked_mul(dilation).and_then(|n| limit(n + 1)).ok_or_else(too_large)?;
        let padded = [self.pad_before[axis], self.pad_after[axis]]
            .iter()
            .try_fold(input, |sum, &pad| sum.checked_add(pad).and_then(limit))
            .ok_or_else(too_large)?;
        match padded.checked_sub(extent) {
            Some(travel) => Ok(travel / stride + 1),
            None => Err(format!(
                "its window spans {extent} positions along the {}, the padded input has {padded}",
                AXES[axis]
            )),
        }
    }

    /// The output positions along `axis` whose tap number `tap` falls inside an input of `input` positions; the
    /// input position of output `o` is `o * stride + tap * dilation - pad_before`.
    pub fn reached(&self, axis: usize, tap: usize, input: usize, output: usize) -> Range<usize> {
        let (stride, pad) = (self.stride[axis], self.pad_before[axis]);
        let offset = tap * self.dilation[axis];
        let start = pad.saturating_sub(offset).div_ceil(stride);
        let end = (input + pad).saturating_sub(offset).div_ceil(stride).min(output);
        start.min(end)..end
    }

    /// True when some window along `axis` has no tap inside an input of `input` positions.
    pub(super) fn misses_input(&self, axis: usize, input: usize, output: usize) -> bool {
        let (stride, pad, dilation) = (self.stride[axis], self.pad_before[axis], self.dilation[axis]);
        let empty = |o: usize| {
            let tap = pad.saturating_sub(o * stride).div_ceil(dilation);
            tap >= self.kernel[axis] || o * stride + tap * dilation >= pad + input
        };
        // Taps closer than the input is wide cannot straddle it: the outermost windows decide.
        if dilation <= input { empty(0) || empty(output - 1) } else { (0..output).any(empty) }
    }
}
