//! What passes share: who computes and who reads a value, joining two nodes, new constants.

use std::collections::{HashMap, HashSet};

use crate::base::feature_map::Layout;
use crate::base::real::Real;
use crate::base::tensor::TensorType;
use crate::ir::graph::{Const, Def, Graph, Node, Recipe, Value, ValueId};
use crate::ops::{Binary, BinaryKind, Op};

/// Unique names for new values.
pub(super) struct Names {
    taken: HashSet<String>,
    /// The number to try next for a name that was given without one.
    next: HashMap<String, usize>,
}

/// Most suffixes of a name. What a long chain of rewrites makes of one value is not named after all of them.
const MOST_SUFFIXES: usize = 16;

impl Names {
    pub fn of(graph: &Graph) -> Self {
        let taken = graph.values.iter().map(|value| value.name.clone()).collect();
        Names { taken, next: HashMap::new() }
    }

    /// `base@suffix`, with a number where that is taken.
    pub fn fresh(&mut self, base: &str, suffix: &str) -> String {
        let end = base.match_indices('@').nth(MOST_SUFFIXES).map_or(base.len(), |(at, _)| at);
        let plain = format!("{}@{suffix}", &base[..end]);
        if self.taken.insert(plain.clone()) {
            return plain;
        }
        let next = self.next.entry(plain.clone()).or_insert(2);
        loop {
            let name = format!("{plain}{next}");
            *next += 1;
            if self.taken.insert(name.clone()) {
                return name;
            }
        }
    }
}

/// A graph being rewritten. Node indices stay valid until the editor is dropped, which removes joined nodes.
pub(super) struct Editor<'g> {
    pub graph: &'g mut Graph,
    names: Names,
    producers: Vec<Option<usize>>,
    uses: Vec<usize>,
    removed: Vec<bool>,
}

impl<'g> Editor<'g> {
    pub fn new(graph: &'g mut Graph) -> Self {
        let (names, producers, uses) = (Names::of(graph), graph.producers(), graph.use_counts());
        let removed = vec![false; graph.nodes.len()];
        Editor { graph, names, producers, uses, removed }
    }

    /// A copy of a node that has not been joined to another, with the first of its sources only: of a node that stands for
    /// thousands, a copy of all would be long. [`Editor::set`] puts something else in its place and keeps the sources.
    pub fn node(&self, index: usize) -> Option<Node> {
        let Node { op, inputs, output, sources } = &self.graph.nodes[index];
        let sources = sources.iter().take(1).cloned().collect();
        (!self.removed[index]).then(|| Node {
            op: op.clone(),
            inputs: inputs.clone(),
            output: *output,
            sources,
        })
    }

    /// What a node stands for, all of it.
    pub fn sources(&self, index: usize) -> &[String] {
        &self.graph.nodes[index].sources
    }

    /// Makes the node at a place another operation for the same result and the same sources.
    pub fn set(&mut self, at: usize, op: Op, inputs: Vec<ValueId>) {
        let node = &mut self.graph.nodes[at];
        (node.op, node.inputs) = (op, inputs);
    }

    /// The node that computes `id`, however often that is read, and its place.
    pub fn producer(&self, id: ValueId) -> Option<(usize, Node)> {
        let place = self.producers.get(id.0).copied().flatten()?;
        Some((place, self.node(place)?))
    }

    /// The node that computes `id`, when this is its only use.
    ///
    /// # Errors
    /// Why there is none, for a [`super::Miss`].
    pub fn sole_producer(&self, id: ValueId) -> Result<usize, &'static str> {
        match self.producers.get(id.0) {
            Some(&Some(_)) if self.uses.get(id.0) != Some(&1) => Err("what it reads is read elsewhere too"),
            Some(&Some(index)) => Ok(index),
            _ => Err("no node computes what it reads"),
        }
    }

    /// Joins `first` and `second`, which reads the result of `first`, into one node at the place of `at`, one of the
    /// two.
    pub fn join(&mut self, first: usize, second: usize, at: usize, op: Op, inputs: Vec<ValueId>) {
        let output = self.graph.nodes[second].output;
        let mut sources = std::mem::take(&mut self.graph.nodes[first].sources);
        sources.append(&mut self.graph.nodes[second].sources);
        self.removed[if at == first { second } else { first }] = true;
        self.replace(at, Node { op, inputs, output, sources });
    }

    /// Joins the nodes `before` into the node at `last`, which becomes `op` of `inputs`.
    pub fn join_all(&mut self, before: &[usize], last: usize, op: Op, inputs: Vec<ValueId>) {
        let mut sources = Vec::new();
        let mut places = before.to_vec();
        places.sort_unstable();
        for place in places {
            sources.append(&mut self.graph.nodes[place].sources);
            self.removed[place] = true;
            let read = self.graph.nodes[place].inputs.clone();
            read.iter().for_each(|id| self.uses[id.0] -= 1);
        }
        sources.append(&mut self.graph.nodes[last].sources);
        let output = self.graph.nodes[last].output;
        let read = self.graph.nodes[last].inputs.clone();
        read.iter().for_each(|id| self.uses[id.0] -= 1);
        inputs.iter().for_each(|id| self.uses[id.0] += 1);
        self.replace(last, Node { op, inputs, output, sources });
    }

    /// Puts a node at a place.
    pub fn replace(&mut self, at: usize, node: Node) {
        self.producers[node.output.0] = Some(at);
        self.graph.nodes[at] = node;
    }

    /// A new value that a node will compute, of the type of `like` and named after it.
    pub fn add_result(&mut self, like: ValueId, suffix: &str) -> ValueId {
        let value = self.graph.value(like);
        let (name, ty, layout) = (self.names.fresh(&value.name, suffix), value.ty.clone(), value.layout);
        self.add(Value { name, ty, def: Def::Node, layout }, 1)
    }

    /// A new constant that `recipe` makes of `operands`, named after the value `like`.
    pub fn add_recipe(
        &mut self,
        like: ValueId,
        suffix: &str,
        ty: TensorType,
        recipe: Recipe,
        operands: &[ValueId],
    ) -> ValueId {
        let name = self.names.fresh(&self.graph.value(like).name, suffix);
        let def = Def::Const(Const::Recipe(recipe, operands.to_vec()));
        self.add(Value { name, ty, def, layout: Layout::PLANAR }, 0)
    }

    /// A constant of the type of `like` with every element `value`.
    pub fn add_fill(&mut self, like: ValueId, suffix: &str, value: f32) -> ValueId {
        let ty = self.graph.value(like).ty.clone();
        self.add_recipe(like, suffix, ty, Recipe::Fill { value: Real::new(value) }, &[])
    }

    /// The constant `kind(a, b)` of constants `a` and `b`, of type `ty` and named after `like`.
    pub fn add_binary(
        &mut self,
        like: ValueId,
        suffix: &str,
        ty: TensorType,
        kind: BinaryKind,
        operands: [ValueId; 2],
    ) -> ValueId {
        let op = Op::Binary(Binary { kind, act: Default::default() });
        self.add_recipe(like, suffix, ty, Recipe::Op(Box::new(op)), &operands)
    }

    fn add(&mut self, value: Value, uses: usize) -> ValueId {
        self.producers.push(None);
        self.uses.push(uses);
        self.graph.add_value(value)
    }
}

impl Drop for Editor<'_> {
    fn drop(&mut self) {
        let mut removed = self.removed.iter();
        self.graph.nodes.retain(|_| removed.next() != Some(&true));
    }
}
