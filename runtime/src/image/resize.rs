//! Antialiased resizing, bit by bit as Pillow (and so torchvision) does it.
//!
//! A network gets to see the very pixels that it was trained on; a library of vectorised resizing was tried and differs
//! by a level in a fifth of the pixels, more at the border of the range.

use super::Picture;
use crate::Filter;
use std::ops::Range;

/// Bits behind the point of a coefficient: 32 less 8 of a byte, a sign, and one for sums above 1.
const BITS: u32 = 22;

/// What one output position takes: input positions from `first` on, with these factors.
struct Taps {
    first: usize,
    factors: Vec<i32>,
}

impl Taps {
    fn end(&self) -> usize {
        self.first + self.factors.len()
    }
}

/// The window `columns` x `rows` of the picture scaled to `size` (width, height); RGB, row by row.
pub(super) fn resize(
    picture: &Picture,
    size: (u64, u64),
    columns: Range<u64>,
    rows: Range<u64>,
    filter: Filter,
) -> Vec<u8> {
    let across = taps(picture.width, size.0, columns, filter);
    let down = taps(picture.height, size.1, rows, filter);
    let first = down.iter().map(|taps| taps.first).min().unwrap_or(0);
    let end = down.iter().map(Taps::end).max().unwrap_or(0);
    // Across first, rounded to bytes in between, of the rows that the second pass reads.
    let width = picture.width as usize * 3;
    let source = &picture.rgb[first * width..end * width];
    let narrow: Vec<u8> = source.chunks_exact(width).flat_map(|row| shrink_row(row, &across)).collect();
    let width = across.len() * 3;
    down.iter()
        .flat_map(|taps| {
            let lines =
                narrow[(taps.first - first) * width..(taps.end() - first) * width].chunks_exact(width);
            let mut sums = vec![1i32 << (BITS - 1); width];
            for (line, &factor) in lines.zip(&taps.factors) {
                for (sum, &byte) in sums.iter_mut().zip(line) {
                    *sum += i32::from(byte) * factor;
                }
            }
            sums.into_iter().map(to_byte)
        })
        .collect()
}

fn shrink_row<'a>(row: &'a [u8], across: &'a [Taps]) -> impl Iterator<Item = u8> + 'a {
    let pixels = row.as_chunks::<3>().0;
    across.iter().flat_map(|taps| {
        let mut sums = [1i32 << (BITS - 1); 3];
        for (pixel, &factor) in pixels[taps.first..taps.end()].iter().zip(&taps.factors) {
            for (sum, &byte) in sums.iter_mut().zip(pixel) {
                *sum += i32::from(byte) * factor;
            }
        }
        sums.map(to_byte)
    })
}

fn to_byte(sum: i32) -> u8 {
    (sum >> BITS).clamp(0, 255) as u8
}

/// The taps of the output positions `window` of one axis that goes from `from` to `to` positions.
///
/// A kernel centred on each output position, widened by the scale when shrinking, cut at the border, its sum 1.
fn taps(from: u32, to: u64, window: Range<u64>, filter: Filter) -> Vec<Taps> {
    if u64::from(from) == to {
        return window.map(|i| Taps { first: i as usize, factors: vec![1 << BITS] }).collect();
    }
    let (radius, kernel): (f64, fn(f64) -> f64) = match filter {
        Filter::Bilinear => (1.0, triangle),
        Filter::Bicubic => (2.0, cubic),
    };
    let scale = f64::from(from) / to as f64;
    let widening = scale.max(1.0);
    let reach = radius * widening;
    let one = |i: u64| {
        let centre = (i as f64 + 0.5) * scale;
        let first = (centre - reach + 0.5).max(0.0) as usize;
        let end = ((centre + reach + 0.5) as usize).min(from as usize);
        let weights: Vec<f64> =
            (first..end).map(|k| kernel((k as f64 - centre + 0.5) * (1.0 / widening))).collect();
        let total: f64 = weights.iter().sum();
        let fixed = |weight: &f64| (weight / total * f64::from(1u32 << BITS)).round() as i32;
        Taps { first, factors: weights.iter().map(fixed).collect() }
    };
    window.map(one).collect()
}

fn triangle(x: f64) -> f64 {
    (1.0 - x.abs()).max(0.0)
}

/// Keys' cubic convolution with a = -1/2 (IEEE Transactions on Acoustics, Speech, and Signal Processing 29, 1981).
fn cubic(x: f64) -> f64 {
    match x.abs() {
        x if x < 1.0 => (1.5 * x - 2.5) * x * x + 1.0,
        x if x < 2.0 => ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0,
        _ => 0.0,
    }
}
