//! The arena: every buffer gets a range that no other buffer uses while it is alive.

mod time;

use self::time::{Intervals, Skyline};
use super::plan::{Buffer, BufferId, Place, WeightRange, WholeBuffer, roots};
use crate::base::feature_map::{BLOCK, round_up};
use std::collections::BTreeMap;

/// Buffers that are looked at one by one to find gaps, in all. Beyond, as for tens of thousands that live at the same time,
/// the rest goes on top of what is there, which takes no more time per buffer however many there are.
const MOST_LOOKS: usize = 1 << 24;

/// Places the buffers that are in the arena and returns its length in floats. Large buffers choose first, each takes
/// the lowest gap between those that live at the same time. Parts go where the buffers are that they are parts of, which
/// come before them in the list.
pub fn place(buffers: &mut [Buffer]) -> usize {
    let alone = |buffer: &Buffer| in_arena(buffer) && buffer.whole.is_none();
    let mut order: Vec<usize> = (0..buffers.len()).filter(|&i| alone(&buffers[i])).collect();
    order.sort_by_key(|&i| (std::cmp::Reverse(buffers[i].len), buffers[i].live, i));
    let lives: Vec<(usize, usize)> = order.iter().map(|&i| buffers[i].live).collect();
    let mut placed = Intervals::new(&lives);
    let mut meeting = Vec::new();
    let (mut end, mut looks) = (0, 0);
    for (number, &index) in order.iter().enumerate() {
        if looks > MOST_LOOKS {
            end = end.max(stack(buffers, &order, number));
            break;
        }
        let len = round_up(buffers[index].len);
        meeting.clear();
        placed.meeting(buffers[index].live, &mut meeting);
        looks += meeting.len();
        let mut taken: Vec<(usize, usize)> =
            meeting.iter().filter_map(|&other| range(&buffers[order[other]])).collect();
        taken.sort_unstable();
        let at = taken.iter().fold(0, |at, &(from, to)| if at + len <= from { at } else { at.max(to) });
        buffers[index].place = Place::Arena(at);
        end = end.max(at + len);
        placed.enter(number);
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

/// Puts all from the `first` in the order on, each on top of everything that lives at the same time; returns the end.
fn stack(buffers: &mut [Buffer], order: &[usize], first: usize) -> usize {
    let steps = order.iter().map(|&index| buffers[index].live.1 + 1).max().unwrap_or(0);
    let mut skyline = Skyline::new(steps);
    for (number, &index) in order.iter().enumerate() {
        let live = buffers[index].live;
        if number >= first {
            buffers[index].place = Place::Arena(skyline.over(live));
        }
        if let Some((_, top)) = range(&buffers[index]) {
            skyline.raise(live, top);
        }
    }
    skyline.over((0, steps))
}

fn in_arena(buffer: &Buffer) -> bool {
    matches!(buffer.place, Place::Arena(_))
}

/// First float and the float behind the last.
fn range(buffer: &Buffer) -> Option<(usize, usize)> {
    match buffer.place {
        Place::Arena(at) => Some((at, at.saturating_add(round_up(buffer.len)))),
        Place::Input(_) => None,
    }
}

/// Pairs of buffers that are alive together and overlap in memory, though neither is a part of the other; ranges beyond
/// the arena or beyond the whole; empty when the plan is sound. The generated `unsafe` rests on this.
pub fn verify(buffers: &[Buffer], arena: usize) -> Vec<String> {
    let mut faults: Vec<String> = buffers.iter().filter_map(|buffer| outside(buffer, buffers)).collect();
    for (id, buffer) in buffers.iter().enumerate() {
        if buffer.whole.is_some_and(|whole| whole.id.0 >= id) {
            faults.push(format!("buffer {} comes before what it is a part of", buffer.name));
            return faults;
        }
    }
    for buffer in buffers.iter().filter(|buffer| in_arena(buffer)) {
        let Some((from, to)) = range(buffer) else { continue };
        if to > arena || !from.is_multiple_of(BLOCK) {
            faults.push(format!("buffer {} at {from}..{to} does not fit the arena of {arena}", buffer.name));
        }
        if let Some(whole) = buffer.whole {
            // Whatever overlaps it overlaps the whole; parts of one whole are checked apart.
            faults.extend(misplaced(buffer, &buffers[whole.id.0]));
        }
    }
    faults.extend(overlapping(buffers));
    faults
}

/// Walks through time with the ranges that are in use, which are disjoint as long as each new one is disjoint from its two
/// neighbours.
fn overlapping(buffers: &[Buffer]) -> Vec<String> {
    let alone =
        |&(_, buffer): &(usize, &Buffer)| in_arena(buffer) && buffer.whole.is_none() && buffer.len > 0;
    let all: Vec<(usize, &Buffer)> = buffers.iter().enumerate().filter(alone).collect();
    // In each step, what begins comes before what ends: it is alive to the end of its last step.
    let begins = all.iter().map(|&(id, buffer)| (buffer.live.0, false, id));
    let mut events: Vec<(usize, bool, usize)> =
        begins.chain(all.iter().map(|&(id, buffer)| (buffer.live.1, true, id))).collect();
    events.sort_unstable();
    let mut faults = Vec::new();
    let mut used: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    for (_, ends, id) in events {
        let Some((from, to)) = range(&buffers[id]) else { continue };
        if ends {
            if used.get(&from).is_some_and(|&(_, user)| user == id) {
                used.remove(&from);
            }
            continue;
        }
        let before = used.range(..=from).next_back().filter(|&(_, &(end, _))| end > from);
        match before.or_else(|| used.range(from..to).next()) {
            Some((_, &(_, other))) => faults.push(format!(
                "buffers {} and {} overlap while both are alive",
                buffers[other].name, buffers[id].name
            )),
            None => {
                used.insert(from, (to, id));
            }
        }
    }
    faults
}

/// A part of memory of the caller that leaves it.
fn outside(part: &Buffer, buffers: &[Buffer]) -> Option<String> {
    let WholeBuffer { id, at } = part.whole?;
    let whole = &buffers[id.0];
    let within = whole.place == part.place && at.saturating_add(part.len) <= whole.len;
    (!in_arena(part) && !within).then(|| format!("buffer {} is no part of {}", part.name, whole.name))
}

/// A part that leaves its whole, in space or in time.
fn misplaced(part: &Buffer, whole: &Buffer) -> Option<String> {
    let (Place::Arena(at), Place::Arena(from)) = (part.place, whole.place) else {
        return Some(format!("buffer {} is a part of memory of the caller", part.name));
    };
    let start = part.whole.map_or(0, |whole| whole.at);
    let inside = at.checked_sub(from) == Some(start) && start.saturating_add(part.len) <= whole.len;
    let lives = whole.live.0 <= part.live.0 && part.live.1 <= whole.live.1;
    (!inside || !lives).then(|| format!("buffer {} is no part of {}", part.name, whole.name))
}

/// Buffers of one whole that steps write and that overlap: one would destroy what is in the other.
pub fn verify_parts(buffers: &[Buffer], written: &[BufferId]) -> Vec<String> {
    let roots = roots(buffers);
    let mut parts: Vec<(usize, usize, usize, usize)> = Vec::new();
    for &BufferId(id) in written {
        if let Place::Arena(at) = buffers[id].place {
            parts.push((roots[id].0, at, buffers[id].len, id));
        }
    }
    parts.sort_unstable();
    parts.dedup();
    let overlap = |pair: &[(usize, usize, usize, usize)]| {
        let [(whole, .., a), (other, .., b)] = [pair[0], pair[1]];
        (whole == other && intersect(&buffers[a], &buffers[b]))
            .then(|| format!("steps write {} and {}, which overlap", buffers[a].name, buffers[b].name))
    };
    parts.windows(2).filter_map(overlap).collect()
}

/// True when two buffers have floats in common.
pub fn intersect(a: &Buffer, b: &Buffer) -> bool {
    match (a.place, b.place) {
        (Place::Arena(a_from), Place::Arena(b_from)) => a_from < b_from + b.len && b_from < a_from + a.len,
        _ => false,
    }
}

/// Pieces of the packed weights that overlap or are out of order, begin within a line, or leave what is packed.
pub fn verify_weights(ranges: &[WeightRange], floats: usize) -> Vec<String> {
    let (mut end, mut faults) = (0, Vec::new());
    for (number, WeightRange { offset, len, .. }) in ranges.iter().enumerate() {
        let behind = offset.saturating_add(*len);
        if *offset < end || !offset.is_multiple_of(BLOCK) || behind > floats {
            faults.push(format!(
                "weights {number} of {len} floats at {offset} do not fit between {end} and {floats}"
            ));
        }
        end = behind;
    }
    faults
}
