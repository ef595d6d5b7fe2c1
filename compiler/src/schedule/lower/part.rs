//! Buffers that are a part of another: operands of a concatenation in their place, slices as they lie.

use super::super::plan::{Buffer, BufferId, Place, WholeBuffer};
use super::state::State;
use crate::base::feature_map::FeatureMap;
use crate::ir::graph::{Node, ValueId};
use crate::kernel::spec::KernelSpec;

impl State<'_> {
    /// The buffer of a result that steps write, perhaps only parts of it.
    pub fn written(&mut self, value: ValueId) -> BufferId {
        match self.buffer_of(value) {
            Some(id) => id,
            None => self.new_buffer(value, Place::Arena(0)),
        }
    }

    /// True for a value that has been computed in this place.
    pub fn lies_at(&self, value: ValueId, whole: BufferId, at: usize) -> bool {
        let buffer = self.buffer_of(value).map(|id| &self.buffers[id.0]);
        buffer.is_some_and(|buffer| buffer.whole == Some(WholeBuffer { id: whole, at }))
    }

    /// A new buffer for `len` floats of another from float `at` on.
    pub fn part(
        &mut self,
        whole: BufferId,
        name: &str,
        shape: Vec<usize>,
        map: Option<FeatureMap>,
        (at, len): (usize, usize),
    ) -> BufferId {
        let now = self.steps.len();
        let place = match self.buffers[whole.0].place {
            Place::Input(number) => Place::Input(number),
            Place::Arena(_) => Place::Arena(0),
        };
        let (name, live) = (name.to_owned(), (now, now));
        let whole = Some(WholeBuffer { id: whole, at });
        self.buffers.push(Buffer { name, shape, map, len, place, live, whole });
        BufferId(self.buffers.len() - 1)
    }

    /// Makes the result of a node memory of its operand, from float `at` on. False where that cannot be: constants have no
    /// parts.
    pub fn view(&mut self, node: &Node, (at, len): (usize, usize)) -> bool {
        if self.buffer_of(node.inputs[0]).is_none() {
            return false;
        }
        let whole = self.read(node.inputs[0]);
        let value = self.graph.value(node.output);
        let (name, shape) = (value.name.clone(), value.ty.shape.clone());
        let map = self.graph.feature_map(node.output);
        let part = self.part(whole, &name, shape, map, (at, len));
        self.set_buffer(node.output, part);
        true
    }

    /// How a part of a value lies that has `count` of its elements along an axis.
    pub fn map_of_part(&self, value: ValueId, axis: usize, count: usize) -> Option<FeatureMap> {
        let map = self.graph.feature_map(value)?;
        Some(match axis {
            0 => FeatureMap { n: count, ..map },
            1 => FeatureMap { c: count, ..map },
            2 => FeatureMap { h: count, ..map },
            _ => FeatureMap { w: count, ..map },
        })
    }

    /// Adds a step that computes `value` of a node from `reads` into a buffer.
    pub fn call_into(
        &mut self,
        node: &Node,
        spec: KernelSpec,
        reads: &[ValueId],
        to: BufferId,
        value: String,
    ) {
        let mut args: Vec<BufferId> = reads.iter().map(|&value| self.read(value)).collect();
        args.push(to);
        self.push(spec, args, None, value, node.sources.clone(), 0);
    }

    /// Lets outputs live to the end, and every buffer as long as its parts do.
    pub fn finish_lives(&mut self) {
        let last = self.steps.len().saturating_sub(1);
        for output in &self.outputs {
            self.buffers[output.0].live.1 = last;
        }
        // Parts come behind what they are parts of.
        for index in (0..self.buffers.len()).rev() {
            let Buffer { whole: Some(WholeBuffer { id, .. }), live, .. } = self.buffers[index] else {
                continue;
            };
            let whole = &mut self.buffers[id.0].live;
            *whole = (whole.0.min(live.0), whole.1.max(live.1));
        }
    }
}
