//! The arena: every buffer gets a range that no other buffer uses while it is alive.

use super::plan::{Buffer, Place, WholeBuffer};
use crate::base::feature_map::{BLOCK, round_up};

/// Places the buffers that are in the arena and returns its length in floats. Large buffers choose first, each takes
/// the lowest gap between those that live at the same time. Parts go where the buffers are that they are parts of, which
/// come before them in the list.
pub fn place(buffers: &mut [Buffer]) -> usize {
    let alone = |buffer: &Buffer| in_arena(buffer) && buffer.whole.is_none();
    let mut order: Vec<usize> = (0..buffers.len()).filter(|&i| alone(&buffers[i])).collect();
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
    for index in 0..buffers.len() {
        if let Some(WholeBuffer { id, at }) = buffers[index].whole
            && let Place::Arena(whole) = buffers[id.0].place
        {
            buffers[index].place = Place::Arena(whole + at);
        }
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

/// Pairs of buffers that are alive together and overlap in memory, though neither is a part of the other; ranges beyond
/// the arena or beyond the whole; empty when the plan is sound. The generated `unsafe` rests on this.
pub fn verify(buffers: &[Buffer], arena: usize) -> Vec<String> {
    let mut faults: Vec<String> = buffers.iter().filter_map(|buffer| outside(buffer, buffers)).collect();
    let mut sorted: Vec<&Buffer> = buffers.iter().filter(|buffer| in_arena(buffer)).collect();
    sorted.sort_by_key(|buffer| buffer.live.0);
    for (i, a) in sorted.iter().enumerate() {
        let Some((a_from, a_to)) = range(a) else { continue };
        if a_to > arena || !a_from.is_multiple_of(BLOCK) {
            faults.push(format!("buffer {} at {a_from}..{a_to} does not fit the arena of {arena}", a.name));
        }
        if let Some(whole) = a.whole {
            // Whatever overlaps it overlaps the whole; parts of one whole are checked apart.
            faults.extend(misplaced(a, &buffers[whole.id.0]));
            continue;
        }
        let later = sorted[i + 1..].iter().take_while(|b| b.live.0 <= a.live.1);
        for b in later.filter(|b| b.whole.is_none()) {
            if range(b).is_some_and(|(b_from, b_to)| a_from < b_to && b_from < a_to) {
                faults.push(format!("buffers {} and {} overlap while both are alive", a.name, b.name));
            }
        }
    }
    faults
}

/// A part of memory of the caller that leaves it.
fn outside(part: &Buffer, buffers: &[Buffer]) -> Option<String> {
    let WholeBuffer { id, at } = part.whole?;
    let whole = &buffers[id.0];
    let within = whole.place == part.place && at + part.len <= whole.len;
    (!in_arena(part) && !within).then(|| format!("buffer {} is no part of {}", part.name, whole.name))
}

/// A part that leaves its whole, in space or in time.
fn misplaced(part: &Buffer, whole: &Buffer) -> Option<String> {
    let (Place::Arena(at), Place::Arena(from)) = (part.place, whole.place) else {
        return Some(format!("buffer {} is a part of memory of the caller", part.name));
    };
    let inside = at >= from && at + part.len <= from + whole.len;
    let lives = whole.live.0 <= part.live.0 && part.live.1 <= whole.live.1;
    (!inside || !lives).then(|| format!("buffer {} is no part of {}", part.name, whole.name))
}

/// Buffers of one whole that steps write and that overlap: one would destroy what is in the other.
pub fn verify_parts(buffers: &[Buffer], written: &[&Buffer]) -> Vec<String> {
    let mut parts: Vec<(usize, usize, &Buffer)> = Vec::new();
    for &buffer in written {
        if let Place::Arena(at) = buffer.place {
            parts.push((outermost(buffers, buffer), at, buffer));
        }
    }
    parts.sort_by_key(|&(whole, at, buffer)| (whole, at, buffer.len));
    parts.dedup_by_key(|&mut (_, _, buffer)| std::ptr::from_ref(buffer));
    let overlap =
        |pair: &&[(usize, usize, &Buffer)]| pair[0].0 == pair[1].0 && intersect(pair[0].2, pair[1].2);
    let pairs = parts.windows(2).filter(overlap);
    pairs
        .map(|pair| format!("steps write {} and {}, which overlap", pair[0].2.name, pair[1].2.name))
        .collect()
}

/// The buffer that is no part of another, as an address that tells it from others.
fn outermost(buffers: &[Buffer], buffer: &Buffer) -> usize {
    let mut at = buffer;
    while let Some(whole) = at.whole {
        at = &buffers[whole.id.0];
    }
    std::ptr::from_ref(at).addr()
}

/// True when two buffers have floats in common.
pub fn intersect(a: &Buffer, b: &Buffer) -> bool {
    match (a.place, b.place) {
        (Place::Arena(a_from), Place::Arena(b_from)) => a_from < b_from + b.len && b_from < a_from + a.len,
        _ => false,
    }
}
