//! Decides how every 4-d value lies in memory and copies where two nodes disagree.
//!
//! ```text
//! in %image: f32[1x3x224x224]                in %image: f32[1x3x224x224]
//! %a = conv(%image, ..) pads=3,3,3,3         %image@padded: f32[.. halo=3,3,3,3] = reorder(%image)
//! %b = conv(%a, ..) pads=1,1,1,1        ->   %a: f32[.. nchw16 halo=1,1,1,1] = conv(%image@padded, ..)
//! %c = softmax(%b)                           %b: f32[.. nchw16] = conv(%a, ..)
//!                                            %b@planar: f32[..] = reorder(%b)
//!                                            %c = softmax(%b@planar)
//! ```
//!
//! Convolutions, pools and scales per channel write blocked maps; elementwise operations on maps of one shape are blocked
//! when an operand is, and so are those that put elements elsewhere where it is of use; everything else is planar (the rules are those of `ir::layouts`, which the verifier checks). A
//! map's halo is the union of the padding of all convolutions that read it. A value is copied at most once per order,
//! right before the first node that needs the copy. The graph's inputs and outputs are planar without a halo.

use std::collections::HashSet;

use super::Misses;
use super::edit::Names;
use super::layout_movement as movement;
use crate::base::feature_map::{Halo, Layout, Order};
use crate::ir::graph::{Def, Graph, Node, Value, ValueId};
use crate::ir::layouts::{self, Over, over_blocks, reads_as_planar, reduces_positions};
use crate::ops::Op;

/// Assigns layouts; returns the number of copies.
pub(super) fn run(graph: &mut Graph, misses: &mut Misses) -> usize {
    let orders = orders(graph, misses);
    let halos = halos(graph, &orders);
    for (index, value) in graph.values.iter_mut().enumerate() {
        if orders[index] == Order::Blocked {
            value.layout = Layout::BLOCKED.with_halo(halos[index][Order::Blocked as usize]);
        }
    }
    let nodes = std::mem::take(&mut graph.nodes);
    let before = nodes.len();
    let copies = vec![[None; 2]; graph.values.len()];
    let mut copier = Copier { names: Names::of(graph), graph, halos, copies, outputs: HashSet::new() };
    for mut node in nodes {
        for at in 0..node.inputs.len() {
            if let Some(want) = want(copier.graph, &node, at) {
                node.inputs[at] = copier.given(node.inputs[at], want);
            }
        }
        copier.graph.nodes.push(node);
    }
    for at in 0..copier.graph.outputs.len() {
        copier.give_output(at);
    }
    copier.graph.nodes.len() - before
}

/// The order in which each value is computed, decided forwards.
fn orders(graph: &Graph, misses: &mut Misses) -> Vec<Order> {
    let mut orders = vec![Order::Planar; graph.values.len()];
    let wanted = movement::wanted(graph);
    for node in &graph.nodes {
        let blocked = |id: &ValueId| orders[id.0] == Order::Blocked;
        let order = match (&node.op, node.inputs.as_slice()) {
            (Op::Conv(_) | Op::Pool(_) | Op::GlobalAvgPool | Op::Lrn(_), _) => Order::Blocked,
            (Op::Reduce(_), [x]) if reduces_positions(graph, node) => orders[x.0],
            (Op::Affine { .. }, [x, ..]) if graph.shape(*x).len() == 4 => Order::Blocked,
            (Op::Act(_) | Op::Identity, [x]) => orders[x.0],
            (op, inputs) if layouts::moves(op) || matches!(op, Op::Resample(_)) => {
                let blocked = wanted[node.output.0] && inputs.iter().any(blocked);
                if blocked && movement::keeps_blocks(graph, node) { Order::Blocked } else { Order::Planar }
            }
            (Op::Binary(_) | Op::Select, inputs) if inputs.iter().any(blocked) => {
                elementwise(graph, node, &orders, misses)
            }
            _ => Order::Planar,
        };
        orders[node.output.0] = order;
    }
    orders
}

/// The order of an elementwise result, some operand of which is blocked: blocked, unless an operand cannot be read so,
/// or what fills the whole result is planar already.
fn elementwise(graph: &Graph, node: &Node, orders: &[Order], misses: &mut Misses) -> Order {
    let shape = graph.shape(node.output);
    if node.inputs.iter().any(|&id| over_blocks(graph, id, shape) == Over::Nothing) {
        misses.push(node, "an operand does not broadcast over blocks, so blocked maps are copied for it");
        return Order::Planar;
    }
    let whole = node.inputs.iter().filter(|id| graph.shape(**id) == shape && !graph.is_const(**id));
    let whole: Vec<Order> = whole.map(|id| orders[id.0]).collect();
    if whole.is_empty() || whole.contains(&Order::Blocked) { Order::Blocked } else { Order::Planar }
}

/// The halo that convolutions need around each value, by the order in which they read it.
fn halos(graph: &Graph, orders: &[Order]) -> Vec<[Halo; 2]> {
    let mut halos = vec![[Halo::NONE; 2]; graph.values.len()];
    for node in &graph.nodes {
        if let (Op::Conv(conv), [x, ..]) = (&node.op, node.inputs.as_slice()) {
            let halo = &mut halos[x.0][conv_order(graph, node, *x, orders[x.0]) as usize];
            *halo = halo.union(conv.window.halo());
        }
    }
    movement::share_halos(graph, orders, &mut halos);
    halos
}

/// The order in which a convolution reads its input, given the order in which it is computed.
fn conv_order(graph: &Graph, node: &Node, x: ValueId, order: Order) -> Order {
    let channels = graph.shape(x).get(1).copied().unwrap_or_default();
    match &node.op {
        Op::Conv(conv) if order == Order::Planar && conv.reads_planar(channels) => Order::Planar,
        _ => Order::Blocked,
    }
}

/// The least that operand number `at` of a node must be; `None` when anything is right.
fn want(graph: &Graph, node: &Node, at: usize) -> Option<Layout> {
    let x = *node.inputs.get(at)?;
    let value = graph.value(x);
    match (&node.op, at) {
        (Op::Conv(conv), 0) => {
            let order = conv_order(graph, node, x, value.layout.order);
            Some(Layout { order, halo: conv.window.halo() })
        }
        // Weights and bias are constants; what else a convolution reads is the residual.
        (Op::Conv(conv), _) => {
            (conv.epilogue.residual && at + 1 == node.inputs.len()).then_some(Layout::BLOCKED)
        }
        (Op::Pool(_) | Op::GlobalAvgPool | Op::Lrn(_), _) => Some(Layout::BLOCKED),
        (Op::Reduce(_), _) if reduces_positions(graph, node) => None,
        (Op::Affine { .. }, 0) if value.ty.shape.len() == 4 => Some(Layout::BLOCKED),
        (Op::Act(_) | Op::Identity, _) => None,
        (op, _) if layouts::moves(op) => None,
        (Op::Resample(_), 0) => {
            Some(Layout { order: graph.value(node.output).layout.order, halo: Halo::NONE })
        }
        (Op::Binary(_) | Op::Select, _) if graph.value(node.output).layout.order == Order::Blocked => {
            (over_blocks(graph, x, graph.shape(node.output)) == Over::Blocks).then_some(Layout::BLOCKED)
        }
        (Op::Reshape, _) if reads_as_planar(graph, x) => None,
        _ => Some(Layout::PLANAR),
    }
}

struct Copier<'g> {
    graph: &'g mut Graph,
    names: Names,
    halos: Vec<[Halo; 2]>,
    /// For each value, its planar and its blocked copy.
    copies: Vec<[Option<ValueId>; 2]>,
    /// Copies that are outputs.
    outputs: HashSet<ValueId>,
}

impl Copier<'_> {
    /// The value, or a copy of it, as wanted; a new copy is made here.
    fn given(&mut self, id: ValueId, want: Layout) -> ValueId {
        let has = self.graph.value(id).layout;
        if has.order == want.order && has.halo.union(want.halo) == has.halo {
            return id;
        }
        let order = want.order as usize;
        if let Some(copy) = self.copies[id.0][order] {
            return copy;
        }
        let layout = Layout { order: want.order, halo: self.halos[id.0][order] };
        let suffix = match (layout.order, has.order) {
            (Order::Blocked, _) => "nchw16",
            (Order::Planar, Order::Blocked) => "planar",
            (Order::Planar, Order::Planar) => "padded",
        };
        let value = self.graph.value(id);
        let (name, ty) = (self.names.fresh(&value.name, suffix), value.ty.clone());
        let copy = self.graph.add_value(Value { name, ty, def: Def::Node, layout });
        self.graph.nodes.push(Node { op: Op::Reorder, inputs: vec![id], output: copy, sources: Vec::new() });
        self.copies[id.0][order] = Some(copy);
        copy
    }

    /// Makes output number `at` planar. The copy takes the name, which is the one that the user knows.
    fn give_output(&mut self, at: usize) {
        let id = self.graph.outputs[at];
        let copy = self.given(id, Layout::PLANAR);
        if copy != id {
            let name = self.graph.value(id).name.clone();
            if self.outputs.insert(copy) {
                self.graph.values[id.0].name = self.names.fresh(&name, "nchw16");
                self.graph.values[copy.0].name = name;
            }
            self.graph.outputs[at] = copy;
        }
    }
}
