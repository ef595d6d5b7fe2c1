//! The arena: every buffer gets a range that no other buffer uses while it is alive.

use super::plan::{Buffer, Place};
use crate::base::feature_map::round_up;

/// Places the buffers that are in the arena and returns its length in floats. Large buffers choose first, each takes
/// the lowest gap between those that live at the same time.
pub fn place(buffers: &mut [Buffer]) -> usize {
    let mut order: Vec<usize> = (0..buffers.len()).filter(|&i| in_arena(&buffers[i])).collect();
    order.sort_by_key(|&i| (std::cmp::Reverse(buffers[i].len), buffers[i].live, i));
    let mut placed: Vec<usize> = Vec::with_capacity(order.len());
    let mut end = 0;
    for index in order {
        let len = round_up(buffers[index].len);
        let mut taken: Vec<(usize, usize)> = placed
            .iter()
            .filter(|&&other| overlap(buffers[other].live, buffers[index].live))
            .filter_map(|&other| range(&buffers[other]))
            .collect();
        taken.sort_unstable();
        let at = taken.iter().fold(0, |at, &(from, to)| if at + len <= from { at } else { at.max(to) });
        buffers[index].place = Place::Arena(at);
        end = end.max(at + len);
        placed.push(index);
    }
    end
}

fn in_arena(buffer: &Buffer) -> bool {
    matches!(buffer.place, Place::Arena(_))
}

fn overlap(a: (usize, usize), b: (usize, usize)) -> bool {
    a.0 <= b.1 && b.0 <= a.1
}

/// First float and the float behind the last.
fn range(buffer: &Buffer) -> Option<(usize, usize)> {
    match buffer.place {
        Place::Arena(at) => Some((at, at + round_up(buffer.len))),
        Place::Input(_) => None,
    }
}

/// Pairs of buffers that are alive together and overlap in memory, or ranges beyond the arena; empty when the plan is
/// sound. The generated `unsafe` rests on this.
pub fn verify(buffers: &[Buffer], arena: usize) -> Vec<String> {
    let mut faults = Vec::new();
    let mut sorted: Vec<&Buffer> = buffers.iter().filter(|buffer| in_arena(buffer)).collect();
    sorted.sort_by_key(|buffer| buffer.live.0);
    for (i, a) in sorted.iter().enumerate() {
        let Some((a_from, a_to)) = range(a) else { continue };
        if a_to > arena || !a_from.is_multiple_of(crate::base::feature_map::BLOCK) {
            faults.push(format!("buffer {} at {a_from}..{a_to} does not fit the arena of {arena}", a.name));
        }
        for b in sorted[i + 1..].iter().take_while(|b| b.live.0 <= a.live.1) {
            if range(b).is_some_and(|(b_from, b_to)| a_from < b_to && b_from < a_to) {
                faults.push(format!("buffers {} and {} overlap while both are alive", a.name, b.name));
            }
        }
    }
    faults
}
