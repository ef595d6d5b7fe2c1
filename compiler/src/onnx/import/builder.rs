//! The graph while it is built: values with unique names; at the end, only what is needed.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};

use crate::base::feature_map::Layout;
use crate::base::limits::{Exceeded, Limit, Limits};
use crate::base::tensor::{DType, Tensor, TensorType};
use crate::ir::graph::{Const, Def, Graph, Node, Value, ValueId};
use crate::onnx::options::DECIDING_FLOATS;

/// Constants of more elements take no part in shape arithmetic, whatever their type.
pub(super) const FOLD_LIMIT: usize = 1 << 16;

/// What it costs to read a number of a constant, in operations.
const READING: u64 = 4;

/// What it costs to look at a number of a list one by one, and perhaps to say in a message what is wrong with it.
pub(super) const LOOKING: u64 = 64;

/// True when the numbers of a constant of this type may decide what the graph computes. It depends on the type alone, so
/// that a model without numbers becomes the same graph.
pub(super) fn decides(ty: &TensorType) -> bool {
    ty.elements() <= if ty.dtype.is_float() { DECIDING_FLOATS } else { FOLD_LIMIT }
}

/// A graph that grows.
pub(super) struct Builder {
    pub graph: Graph,
    /// Every name that is a value's, or will be.
    taken: HashSet<String>,
    /// The number of the next step to each value.
    next: HashMap<String, usize>,
    /// What computing constants has cost so far.
    work: Cell<u64>,
}

impl Builder {
    /// A graph without values; `names` are those that the file gives to its values.
    pub fn new<'m>(name: String, limits: Limits, names: impl Iterator<Item = &'m str>) -> Self {
        let graph = Graph { name, limits, ..Graph::default() };
        Builder { graph, taken: names.map(str::to_owned).collect(), next: HashMap::new(), work: Cell::new(0) }
    }

    /// Allows one more node whose result has these extents.
    pub fn allow(&self, shape: &[usize]) -> Result<(), Exceeded> {
        let limits = &self.graph.limits;
        limits.check_shape(shape)?;
        limits.check(Limit::Nodes, self.graph.nodes.len() as u64 + 1)
    }

    /// Allows so much more work on constants; once it was too much, none, so that what is said of all nodes is one problem.
    pub fn allow_work(&self, work: u64) -> Result<(), Exceeded> {
        let (limits, done) = (&self.graph.limits, self.work.get());
        limits.check(Limit::FoldingWork, done)?;
        self.work.set(done.saturating_add(work));
        limits.check(Limit::FoldingWork, self.work.get())
    }

    /// Adds a value under a name of the file.
    pub fn named(&mut self, name: &str, ty: TensorType, def: Def) -> ValueId {
        self.graph.add_value(Value { name: name.to_owned(), ty, def, layout: Layout::PLANAR })
    }

    /// Adds a value that the file has no name for, as a step on the way to the value `to`.
    pub fn step(&mut self, to: &str, ty: TensorType, def: Def) -> ValueId {
        let next = self.next.entry(to.to_owned()).or_insert(1);
        let mut name = format!("{to}.{next}");
        while !self.taken.insert(name.clone()) {
            *next += 1;
            name = format!("{to}.{next}");
        }
        self.named(&name, ty, def)
    }

    /// Gives a step its name in the file.
    pub fn rename(&mut self, id: ValueId, name: &str) {
        if let Some(value) = self.graph.values.get_mut(id.0) {
            self.taken.remove(&value.name);
            value.name = name.to_owned();
        }
    }

    /// The numbers of a constant that may decide what the graph computes. The half-width floats never do.
    pub fn numbers(&self, id: ValueId) -> Result<Option<Tensor>, Exceeded> {
        let value = self.graph.value(id);
        let Def::Const(Const::Data(blob)) = &value.def else { return Ok(None) };
        let half = matches!(value.ty.dtype, DType::F16 | DType::BF16);
        if half || !decides(&value.ty) {
            return Ok(None);
        }
        self.allow_work(READING * value.ty.elements() as u64)?;
        Ok(Tensor::decode(value.ty.clone(), blob.bytes()))
    }

    /// The graph, without the values that nothing reads (operands of shape arithmetic, bounds, axes).
    pub fn finish(self) -> Graph {
        let mut graph = self.graph;
        let mut needed = vec![false; graph.values.len()];
        let mut open: Vec<ValueId> = graph.inputs.iter().chain(&graph.outputs).copied().collect();
        open.extend(graph.nodes.iter().flat_map(|node| node.inputs.iter().chain([&node.output])));
        while let Some(id) = open.pop() {
            if !std::mem::replace(&mut needed[id.0], true)
                && let Def::Const(Const::Recipe(_, operands)) = &graph.value(id).def
            {
                open.extend(operands);
            }
        }
        let mut kept = Vec::new();
        let mut number = vec![ValueId(usize::MAX); needed.len()];
        for (old, value) in std::mem::take(&mut graph.values).into_iter().enumerate() {
            if needed[old] {
                number[old] = ValueId(kept.len());
                kept.push(value);
            }
        }
        let renumber = |ids: &mut Vec<ValueId>| ids.iter_mut().for_each(|id| *id = number[id.0]);
        for value in &mut kept {
            if let Def::Const(Const::Recipe(_, operands)) = &mut value.def {
                renumber(operands);
            }
        }
        for Node { inputs, output, .. } in &mut graph.nodes {
            renumber(inputs);
            *output = number[output.0];
        }
        renumber(&mut graph.inputs);
        renumber(&mut graph.outputs);
        graph.values = kept;
        graph
    }
}
