//! What copies and resamplings must write, one element at a time.

use crate::case::Want;
use tilewright::kernel::spec::movement::{CopySpec, ResampleSpec, Source, Steps, Walk};

/// The addresses that loops make of one.
fn spread<const N: usize>(at: [usize; N], loops: &[(usize, [usize; N])]) -> Vec<[usize; N]> {
    let mut all = vec![at];
    for &(count, step) in loops {
        let advance = |at: [usize; N], i: usize| std::array::from_fn(|side| at[side] + i * step[side]);
        all = all.iter().flat_map(|&at| (0..count).map(move |i| advance(at, i))).collect();
    }
    all
}

fn of_walks(walks: &[Walk]) -> Vec<(usize, [usize; 2])> {
    walks.iter().map(|walk| (walk.count, [walk.to, walk.from])).collect()
}

fn nothing(halo: bool, len: usize) -> Vec<Want> {
    vec![if halo { Want::Zero } else { Want::Untouched }; len]
}

/// The result of a copy of `x`.
pub(crate) fn copy(spec: &CopySpec, x: &[f32]) -> Vec<Want> {
    let mut want = nothing(spec.halo.is_some(), spec.y);
    let mut written = vec![false; spec.y];
    for piece in &spec.pieces {
        let from = if let Source::Operand(from) = piece.from { from } else { 0 };
        let loops = [of_walks(&spec.outer), of_walks(&piece.loops)].concat();
        for [to, from] in spread([piece.to, from], &loops) {
            assert!(!std::mem::replace(&mut written[to], true), "element {to} is written twice");
            want[to] = Want::Value(match piece.from {
                Source::Operand(_) => x[from].into(),
                Source::Constant(value) => value.get().into(),
            });
        }
    }
    want
}

/// The result of a resampling of `x` with weights `w`.
pub(crate) fn resample(spec: &ResampleSpec, x: &[f32], w: &[f32]) -> Vec<Want> {
    let mut want = nothing(spec.halo.is_some(), spec.y);
    for rows in &spec.rows {
        let inner: Steps = (spec.inner, [1, 1, 0]);
        let loops = [spec.outer.as_slice(), &rows.loops, &[inner]].concat();
        for [to, from, row] in spread(rows.at, &loops) {
            let term = |tap: usize| f64::from(w[row + tap]) * f64::from(x[from + tap * spec.tap]);
            want[to] = Want::Value((0..spec.taps).map(term).sum());
        }
    }
    want
}
