//! Limits to what a graph becomes on its way to code; those to what a file asks for are checked where it is read.

use super::plan::{Pack, Plan};
use crate::base::diag::Error;
use crate::base::feature_map::{BLOCK, FeatureMap, Order};
use crate::base::limits::{Exceeded, Limit};
use crate::base::tensor::TensorType;
use crate::ir::graph::{Const, Def, Graph, Recipe, ValueId};
use crate::ops;

/// Checks a graph after the passes: nodes, the memory of maps with all that surrounds them, and what computing constants
/// would cost.
///
/// # Errors
/// The first node or constant that is too much.
pub fn check_graph(graph: &Graph) -> Result<(), Error> {
    let limits = &graph.limits;
    let nodes = limits.check(Limit::Nodes, graph.nodes.len() as u64);
    nodes.map_err(|exceeded| {
        let last = usize::try_from(exceeded.most).ok().and_then(|most| graph.nodes.get(most));
        exceeded.at(last.map_or_else(|| graph.name.clone(), |node| node.label()))
    })?;
    let most = limits.most(Limit::Elements).saturating_mul(BLOCK as u64);
    for node in &graph.nodes {
        limits.check_shape(graph.shape(node.output)).map_err(|exceeded| exceeded.at(node.label()))?;
        let Some(map) = graph.feature_map(node.output) else { continue };
        let floats = floats(&map);
        if floats > most {
            let exceeded = Exceeded {
                limit: Limit::Elements,
                found: floats.div_ceil(BLOCK as u64),
                most: most / BLOCK as u64,
            };
            let place = format!("{}, with the padding of what reads it", node.label());
            return Err(exceeded.at(place));
        }
    }
    Ok(())
}

/// Floats of a map in memory, as [`FeatureMap::len`] has them where they do not overflow.
fn floats(map: &FeatureMap) -> u64 {
    let halo = map.layout.halo;
    let planes = match map.layout.order {
        Order::Planar => map.c,
        Order::Blocked => map.c.div_ceil(BLOCK).saturating_mul(BLOCK),
    };
    let sum = |parts: [usize; 3]| parts.into_iter().fold(0, usize::saturating_add);
    let extents = [map.n, planes, sum([halo.top, map.h, halo.bottom]), sum([halo.left, map.w, halo.right])];
    extents.into_iter().fold(1, |all, extent| all.saturating_mul(extent as u64))
}

/// Checks a plan: kernels, packed weights, and what computing the constants in them costs.
///
/// # Errors
/// The first step that is too much.
pub fn check_plan(graph: &Graph, plan: &Plan) -> Result<(), Error> {
    let limits = &graph.limits;
    let step = |which: &dyn Fn(&super::plan::Step) -> bool| {
        let found = plan.steps.iter().find(|step| which(step));
        let node = found.map(|step| step.sources.first().unwrap_or(&step.value));
        format!("node `{}`", node.map_or("", String::as_str))
    };
    let kernels = limits.check(Limit::Kernels, plan.kernels.len() as u64);
    kernels.map_err(|exceeded| exceeded.at(step(&|step| step.kernel.0 as u64 >= exceeded.most)))?;
    let mut costs = Costs::new(graph);
    let most = limits.most(Limit::FoldingWork);
    let (mut bytes, mut work) = (0u64, 0u64);
    for (id, range) in plan.weights.iter().enumerate() {
        let exceeded = |exceeded: Exceeded| {
            exceeded.at(step(&|step| step.weights.is_some_and(|weights| weights.0 == id)))
        };
        bytes = bytes.saturating_add((range.len as u64).saturating_mul(4));
        limits.check(Limit::ConstantBytes, bytes).map_err(exceeded)?;
        let constants = range.pack.constants();
        for &id in &constants {
            work = work.saturating_add(costs.of(id, most));
        }
        limits.check(Limit::FoldingWork, work).map_err(exceeded)?;
    }
    Ok(())
}

/// What evaluating a constant costs besides its elements, in operations: a long chain of small ones is work too.
const EVALUATION: u64 = 256;

/// Walks through what constants are made of; `seen` has the round in which each was counted.
struct Costs<'a> {
    graph: &'a Graph,
    seen: Vec<usize>,
    round: usize,
}

impl<'a> Costs<'a> {
    fn new(graph: &'a Graph) -> Self {
        Costs { graph, seen: vec![0; graph.values.len()], round: 0 }
    }

    /// Operations to compute a constant and all that it is made of, each once, as the evaluator does; stops beyond `most`.
    fn of(&mut self, id: ValueId, most: u64) -> u64 {
        self.round += 1;
        let (mut open, mut sum) = (vec![id], 0u64);
        while let Some(top) = open.pop().filter(|_| sum <= most) {
            if std::mem::replace(&mut self.seen[top.0], self.round) == self.round {
                continue;
            }
            let value = self.graph.value(top);
            let own = match &value.def {
                Def::Const(Const::Recipe(recipe, operands)) => {
                    open.extend(operands);
                    let types: Vec<&TensorType> =
                        operands.iter().map(|&id| &self.graph.value(id).ty).collect();
                    match recipe {
                        Recipe::Op(op) => ops::work(op, &types, &value.ty),
                        _ => value.ty.elements() as u64,
                    }
                }
                _ => value.ty.elements() as u64,
            };
            sum = sum.saturating_add(own).saturating_add(EVALUATION);
        }
        sum
    }
}

impl Pack {
    /// The constants that are packed.
    pub fn constants(&self) -> Vec<ValueId> {
        match self {
            Pack::Conv { weight, bias, .. }
            | Pack::Depthwise { weight, bias, .. }
            | Pack::Grouped { weight, bias, .. }
            | Pack::Banded { weight, bias, .. }
            | Pack::Winograd { weight, bias, .. }
            | Pack::MatMul { weight, bias, .. } => [Some(*weight), *bias].into_iter().flatten().collect(),
            Pack::Raw(values) => values.clone(),
        }
    }
}
