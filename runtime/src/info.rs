//! What a compiled model tells about itself: plain constants that the generated code contains.

use crate::{Isa, Postprocess, Preprocess};

/// Channels per block of the blocked layout.
const BLOCK: usize = 16;

/// A compiled model.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ModelInfo {
    /// Name, as the user gave it or the file had it.
    pub name: &'static str,
    /// SHA-256 of the graph without weight values, in hexadecimal.
    pub graph_sha256: &'static str,
    /// Version of the compiler that generated the code.
    pub tool_version: &'static str,
    /// Floating-point operations of a run as the network defines it (a multiply-add counts 2).
    pub flops: u64,
    /// Bytes of the arena that a run on one thread needs.
    pub arena_bytes: usize,
    /// Bytes that each further thread adds to it.
    pub scratch_bytes: usize,
    /// Bytes of the packed weights.
    pub weight_bytes: usize,
    /// Inputs, in the order of [`Network::run_probed`](crate::Network::run_probed).
    pub inputs: &'static [TensorInfo],
    /// Outputs, by the index of [`Network::output`](crate::Network::output).
    pub outputs: &'static [TensorInfo],
    /// Steps in execution order.
    pub steps: &'static [StepInfo],
    /// Instruction sets that the kernels were generated for.
    pub isas: &'static [Isa],
    /// How a picture becomes the input.
    pub preprocess: Preprocess,
    /// What becomes of the scores of a classifier, its first output.
    pub postprocess: Postprocess,
}

impl ModelInfo {
    /// The tile of a step on one instruction set, in the words of [`StepInfo::tiles`]; empty where there is none.
    pub fn tile(&self, step: &StepInfo, isa: Isa) -> &'static str {
        let number = self.isas.iter().position(|&of| of == isa);
        number.and_then(|number| step.tiles.get(number).copied()).unwrap_or("")
    }

    /// Floats of the arena that a run on so many threads needs.
    pub const fn arena_floats(&self, threads: usize) -> usize {
        let scratch = self.scratch_bytes.saturating_mul(threads.saturating_sub(1));
        self.arena_bytes.saturating_add(scratch) / size_of::<f32>()
    }
}

/// A row-major f32 tensor at the border of a model.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TensorInfo {
    /// Name in the ONNX graph.
    pub name: &'static str,
    /// Extents, outermost first.
    pub shape: &'static [usize],
}

impl TensorInfo {
    /// Number of elements.
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }
}

/// One step: a call of a kernel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StepInfo {
    /// Name of the kernel function.
    pub name: &'static str,
    /// Name of the ONNX value that the step computes.
    pub value: &'static str,
    /// Names of the ONNX nodes that were fused into the step.
    pub nodes: &'static [&'static str],
    /// How a convolution is computed, as `direct` or `winograd 4x4 band 1`; empty for other kernels.
    pub algorithm: &'static str,
    /// Blocks of output channels and register tile of a convolution on each of [`ModelInfo::isas`], as
    /// `blocks 2 tile 1x14`; none for other kernels.
    pub tiles: &'static [&'static str],
    /// Floating-point operations as the network defines them.
    pub flops: u64,
    /// Bytes read and written, weights included, each counted once.
    pub bytes: u64,
    /// Where the value lies when the step has ended.
    pub output: Place,
}

/// Where a value lies in the arena, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// First float in the arena, halo included.
    pub offset: usize,
    /// Extents n, c, h, w in memory; trailing ones for a value of fewer dimensions.
    pub dims: [usize; 4],
    /// Extents as the network has them, outermost first; their product is that of `dims`.
    pub shape: &'static [usize],
    /// True for `[n][c/16][h][w][16]`, false for `[n][c][h][w]`.
    pub blocked: bool,
    /// Positions around each plane: top, left, bottom, right.
    pub halo: [usize; 4],
}

impl Place {
    /// Number of elements of the value.
    pub fn elements(&self) -> usize {
        self.dims.iter().product()
    }

    /// Floats it takes in the arena, halo and channel padding included.
    pub fn floats(&self) -> usize {
        let [n, c, h, w] = self.dims;
        let [top, left, bottom, right] = self.halo;
        let (planes, lanes) = if self.blocked { (c.div_ceil(BLOCK), BLOCK) } else { (c, 1) };
        n * planes * (h + top + bottom) * (w + left + right) * lanes
    }

    /// The value, row-major without halo and padding.
    ///
    /// # Panics
    /// When the arena is too short to hold the value.
    pub fn unpack(&self, arena: &[f32]) -> Vec<f32> {
        let memory = &arena[self.offset..self.offset + self.floats()];
        let [n, c, h, w] = self.dims;
        let [top, left, bottom, right] = self.halo;
        let (planes, lanes) = if self.blocked { (c.div_ceil(BLOCK), BLOCK) } else { (c, 1) };
        let row = (w + left + right) * lanes;
        let plane = (h + top + bottom) * row;
        let mut value = Vec::with_capacity(self.elements());
        for image in 0..n {
            for channel in 0..c {
                let start = (image * planes + channel / lanes) * plane + channel % lanes;
                for y in 0..h {
                    let first = start + (y + top) * row + left * lanes;
                    value.extend((0..w).map(|x| memory[first + x * lanes]));
                }
            }
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The element's own index in each place that `offset` says, NaN elsewhere.
    fn fill(place: &Place, offset: impl Fn([usize; 4]) -> usize) -> Vec<f32> {
        let mut arena = vec![f32::NAN; place.offset + place.floats()];
        let [n, c, h, w] = place.dims;
        for i in 0..place.elements() {
            let at = [i / (c * h * w) % n, i / (h * w) % c, i / w % h, i % w];
            arena[place.offset + offset(at)] = i as f32;
        }
        arena
    }

    #[test]
    fn unpacks_each_layout_to_row_major() {
        let planar = Place {
            offset: 32,
            dims: [2, 3, 4, 5],
            shape: &[2, 3, 4, 5],
            blocked: false,
            halo: [1, 2, 0, 3],
        };
        let blocked = Place { dims: [2, 18, 4, 5], shape: &[2, 18, 4, 5], blocked: true, ..planar };
        let want = |n: usize| (0..n).map(|i| i as f32).collect::<Vec<_>>();
        // Written out by hand: rows of 5 + 2 + 3, planes of 4 + 1 + 0 rows.
        let arena = fill(&planar, |[n, c, y, x]| ((n * 3 + c) * 5 + y + 1) * 10 + x + 2);
        assert_eq!(planar.unpack(&arena), want(120));
        let arena =
            fill(&blocked, |[n, c, y, x]| (((n * 2 + c / 16) * 5 + y + 1) * 10 + x + 2) * 16 + c % 16);
        assert_eq!(blocked.unpack(&arena), want(720));
    }

    #[test]
    fn a_vector_is_itself() {
        let place = Place { offset: 0, dims: [1, 3, 1, 1], shape: &[1, 3], blocked: false, halo: [0; 4] };
        assert_eq!(place.unpack(&[1.0, 2.0, 3.0, 4.0]), [1.0, 2.0, 3.0]);
    }
}
