//! What is alive when: how much of the arena each step needs, and which step sets its size.

use super::plan::{Buffer, BufferId, Place, Plan, Step};
use crate::base::feature_map::BLOCK;
use crate::kernel::ir::Role;
use std::collections::{BTreeSet, HashMap};

impl Plan {
    /// Buffers of the arena that are alive during a step, scratch memory included, and no part of another.
    pub fn alive(&self, step: usize) -> Vec<BufferId> {
        let alive = |id: &BufferId| {
            let buffer = self.buffer(*id);
            let here = matches!(buffer.place, Place::Arena(_)) && buffer.whole.is_none();
            here && (buffer.live.0..=buffer.live.1).contains(&step)
        };
        (0..self.buffers.len()).map(BufferId).filter(alive).collect()
    }

    /// Floats that are alive during each step.
    pub fn occupancy(&self) -> Vec<usize> {
        // What begins and what has ended, by step.
        let mut changes = vec![[0, 0]; self.steps.len() + 1];
        let here = |buffer: &&Buffer| matches!(buffer.place, Place::Arena(_)) && buffer.whole.is_none();
        for Buffer { len, live, .. } in self.buffers.iter().filter(here) {
            let floats = len.div_ceil(BLOCK) * BLOCK;
            for (step, which) in [(live.0, 0), (live.1 + 1, 1)] {
                if let Some(change) = changes.get_mut(step) {
                    change[which] += floats;
                }
            }
        }
        let sum = |alive: &mut usize, [begins, ended]: [usize; 2]| {
            *alive = *alive + begins - ended;
            Some(*alive)
        };
        changes.into_iter().take(self.steps.len()).scan(0, sum).collect()
    }

    /// The first step during which most floats are alive, and how many.
    pub fn peak(&self) -> Option<(usize, usize)> {
        let occupancy = self.occupancy().into_iter().enumerate();
        occupancy.reduce(|most, next| if next.1 > most.1 { next } else { most })
    }

    /// The scratch memory of a step.
    pub fn scratch_of(&self, step: &Step) -> Option<BufferId> {
        let params = self.kernel(step).spec.params();
        let roles = params.iter().map(|param| param.role).filter(|role| *role != Role::Weights);
        roles.zip(&step.args).find(|(role, _)| *role == Role::Scratch).map(|(_, id)| *id)
    }

    /// For each step, the steps whose results it reads, in order.
    pub fn sources(&self) -> Vec<Vec<usize>> {
        // What has been written so far, by the outermost whole that it is a part of.
        let mut written: HashMap<BufferId, Vec<(usize, usize, usize)>> = HashMap::new();
        let of = |(number, step): (usize, &Step)| {
            let Some((&target, reads)) = step.args.split_last() else { return Vec::new() };
            let scratch = self.scratch_of(step);
            let mut found = BTreeSet::new();
            for &id in reads.iter().filter(|id| Some(**id) != scratch) {
                let (root, first, end) = self.range(id);
                let writes = written.get(&root).map_or(&[][..], Vec::as_slice);
                // What was written there last; parts of a whole have been written by several steps.
                for &(writer, from, to) in writes.iter().rev() {
                    if from < end && first < to {
                        found.insert(writer);
                    }
                    if from <= first && end <= to {
                        break;
                    }
                }
            }
            let (root, from, to) = self.range(target);
            written.entry(root).or_default().push((number, from, to));
            found.into_iter().collect()
        };
        self.steps.iter().enumerate().map(of).collect()
    }

    /// The outermost whole of a buffer, its first float there, and the float behind its last.
    fn range(&self, id: BufferId) -> (BufferId, usize, usize) {
        let (root, start) = self.root(id);
        (root, start, start + self.buffer(id).len)
    }
}
