//! What puts elements elsewhere, and weighted sums of neighbours.

use super::writer::{Writer, dims};
use crate::model::Attr::{Int, Ints, Text};
use tilewright::ops::index::{Index, Piece};
use tilewright::ops::{Pad, PadMode, Resample, Take};

/// More elements of one number.
pub fn pad(w: &mut Writer, pad: &Pad, x: &str, y: &str) {
    let PadMode::Constant(number) = pad.mode;
    let pads = w.ints(&[dims(&pad.before), dims(&pad.after)].concat());
    let number = w.floats(&[], &[number.get()]);
    w.put("Pad", &[x, &pads, &number], y, vec![]);
}

/// Some elements of an axis: a slice, each twice, or any.
pub fn take(w: &mut Writer, take: &Take, x: &str, shape: &[usize], y: &str) {
    let [(axis, index)] = &take.axes[..] else { panic!("the generator takes from one axis") };
    match index.pieces() {
        [Piece { start, count, step, times: 1, .. }] if *step != 0 => {
            let end = *start as i64 + *count as i64 * *step as i64;
            let ends = if end < 0 { i64::MIN } else { end };
            let operands = [*start as i64, ends, *axis as i64, *step as i64].map(|number| w.ints(&[number]));
            let [start, end, axis, step] = &operands;
            w.put("Slice", &[x, start, end, axis, step], y, vec![]);
        }
        [Piece { start: 0, count: 2, step: 0, times, stride: 1 }] if *times == shape[*axis] => {
            let factor = |at| if at == *axis { 2.0 } else { 1.0 };
            let scales = w.floats(&[shape.len()], &(0..shape.len()).map(factor).collect::<Vec<_>>());
            let how = [("coordinate_transformation_mode", "asymmetric"), ("nearest_mode", "floor")];
            let how = how.map(|(name, text)| (name, Text(text)));
            w.put("Resize", &[x, "_", &scales], y, how.into());
        }
        _ => gather(w, x, index, 0, *axis, y),
    }
}

fn gather(w: &mut Writer, x: &str, index: &Index, moved: usize, axis: usize, y: &str) {
    let indices = w.ints(&index.iter().map(|number| (number + moved) as i64).collect::<Vec<_>>());
    w.put("Gather", &[x, &indices], y, vec![("axis", Int(axis as i64))]);
}

/// Axes in another order.
pub fn transpose(w: &mut Writer, perm: &[usize], x: &str, y: &str) {
    w.put("Transpose", &[x], y, vec![("perm", Ints(dims(perm)))]);
}

/// The same elements in another shape.
pub fn reshape(w: &mut Writer, x: &str, shape: &[usize], y: &str) {
    let shape = w.ints(&dims(shape));
    w.put("Reshape", &[x, &shape], y, vec![]);
}

/// Weighted sums of neighbours: each tap gathered and multiplied, and all of them added.
pub fn resample(w: &mut Writer, resample: &Resample, x: &str, weights: &[f32], rank: usize, y: &str) {
    let rows = resample.first.len();
    let taps = weights.len() / rows;
    let shape: Vec<usize> = (0..rank).map(|axis| if axis == resample.axis { rows } else { 1 }).collect();
    let mut one = |tap: usize| {
        let gathered = w.fresh();
        gather(w, x, &resample.first, tap, resample.axis, &gathered);
        let column: Vec<f32> = weights.iter().skip(tap).step_by(taps).copied().collect();
        let factors = w.floats(&shape, &column);
        w.step("Mul", &[&gathered, &factors], vec![])
    };
    let terms: Vec<String> = (0..taps).map(&mut one).collect();
    w.put("Sum", &terms.iter().map(String::as_str).collect::<Vec<_>>(), y, vec![]);
}
