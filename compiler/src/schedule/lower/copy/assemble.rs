//! From the runs of each axis to the loops of one kernel.

use super::super::Refusal;
use super::level::{Run, too_many};
use super::nest::{Nest, coalesce};
use crate::base::real::Real;
use crate::kernel::spec::movement::{CopySpec, Piece, Source, Walk};

/// More pieces, each counted with its loops, are too much code. A permutation of 2048 channels is as many pieces.
const MOST_CODE: usize = 2048;

type Loop = (usize, [usize; 2]);

/// The copy that every choice of one run per axis makes, for an operand and a result of these many floats.
pub fn assemble(levels: &[Vec<Run>], [y, x]: [usize; 2]) -> Result<CopySpec, Refusal> {
    let pieces = levels.iter().try_fold(1usize, |all, runs| all.checked_mul(runs.len()));
    if pieces.is_none_or(|pieces| pieces > MOST_CODE) {
        return Err(too_many());
    }
    // Axes of one run are loops around everything.
    let alone = |runs: &&Vec<Run>| matches!(runs.as_slice(), [run] if run.fill.is_none());
    let (single, several): (Vec<&Vec<Run>>, Vec<&Vec<Run>>) = levels.iter().partition(alone);
    let mut all = vec![Run { nest: Nest::point([0, 0]), fill: None }];
    for runs in several {
        // A border runs across all of an inner axis at once.
        let across = row(runs);
        let inside = |outer: &Run| match &across {
            Some(row) if outer.fill.is_some() && can_cover(outer, runs) => vec![both(outer, row)],
            _ => runs.iter().map(|run| both(outer, run)).collect(),
        };
        all = all.iter().flat_map(inside).collect();
    }
    let mut outer: Vec<Loop> = Vec::new();
    for run in single.into_iter().flatten() {
        all.iter_mut().for_each(|piece| piece.nest.at = plus(piece.nest.at, run.nest.at));
        outer.extend(&run.nest.loops);
    }
    sort(&mut outer);
    let mut inner = Vec::new();
    // Consecutive elements of either side belong inside of the pieces.
    while let Some(at) = outer.iter().position(|(_, step)| step.contains(&1)) {
        inner.push(outer.remove(at));
    }
    for piece in &mut all {
        piece.nest.loops.extend(&inner);
        sort(&mut piece.nest.loops);
        if piece.fill.is_some() {
            piece.nest.loops.iter_mut().for_each(|(_, step)| step[1] = 0);
        }
    }
    if let [piece] = all.as_mut_slice() {
        // Nothing keeps its loops apart from those around.
        outer.append(&mut piece.nest.loops);
        sort(&mut outer);
        outer = coalesce(outer);
        keep_near(&mut outer);
        let last = outer.split_off(outer.len().saturating_sub(1));
        piece.nest.loops = last;
    }
    let pieces = all.into_iter().map(|run| Piece {
        to: run.nest.at[0],
        from: run.fill.map_or(Source::Operand(run.nest.at[1]), Source::Constant),
        loops: walks(coalesce(run.nest.loops)),
    });
    let pieces: Vec<Piece> = pieces.collect();
    let code: usize = pieces.iter().map(|piece| piece.loops.len().max(1)).sum();
    if code > MOST_CODE {
        return Err(too_many());
    }
    Ok(CopySpec { x, y, outer: walks(coalesce(outer)), pieces, halo: None })
}

/// The whole of an axis whose runs are one behind the other: what a constant fills.
fn row(runs: &[Run]) -> Option<Run> {
    let first = runs.first()?;
    let step = runs.iter().find_map(|run| run.nest.loops.first()).map(|(_, step)| step[0])?;
    let mut count = 0;
    for run in runs {
        let own = match run.nest.loops.as_slice() {
            [] => 1,
            [(count, [by, _])] if *by == step => *count,
            _ => return None,
        };
        if run.nest.at[0] != first.nest.at[0] + count * step {
            return None;
        }
        count += own;
    }
    let at = [first.nest.at[0], 0];
    Some(Run { nest: Nest::point(at).times(count, [step, 0]), fill: None })
}

/// True when a constant stays what it is in every run of an inner axis.
fn can_cover(outer: &Run, runs: &[Run]) -> bool {
    runs.iter().all(|run| both(outer, run).fill == outer.fill)
}

/// One run inside of another. Zeros around the result win over a border of another number.
fn both(outer: &Run, inner: &Run) -> Run {
    let zero = |fill: &Option<Real>| fill.is_some_and(|value| value.get().to_bits() == 0);
    let fill = if zero(&inner.fill) { inner.fill } else { outer.fill.or(inner.fill) };
    let loops = [outer.nest.loops.as_slice(), inner.nest.loops.as_slice()].concat();
    Run { nest: Nest { at: plus(outer.nest.at, inner.nest.at), loops }, fill }
}

fn plus(a: [usize; 2], b: [usize; 2]) -> [usize; 2] {
    [a[0] + b[0], a[1] + b[1]]
}

/// Largest steps of the result outermost.
fn sort(loops: &mut [Loop]) {
    loops.sort_by_key(|(_, step)| std::cmp::Reverse(*step));
}

/// In a transposition, neighbours of the operand come one loop outside of those of the result: a row of lines is then
/// read again while it is near, not the whole plane.
fn keep_near(loops: &mut Vec<Loop>) {
    let Some(last) = loops.len().checked_sub(1) else { return };
    let transposes = matches!(loops[last], (_, [1, from]) if from != 1);
    if transposes && let Some(at) = loops.iter().position(|(_, [_, from])| *from == 1) {
        let near = loops.remove(at);
        loops.insert(last - 1, near);
    }
}

fn walks(loops: Vec<Loop>) -> Vec<Walk> {
    loops.into_iter().map(|(count, [to, from])| Walk { count, to, from }).collect()
}
