//! The printer of graph text.

use std::collections::HashSet;

use super::attributes;
use crate::base::feature_map::{Halo, Layout, Order};
use crate::base::tensor::TensorType;
use crate::ir::graph::{Const, Def, Graph, Node, ValueId};

/// The graph as text; see the [module](super) for the grammar.
pub fn print(graph: &Graph) -> String {
    let mut out = format!("graph {} {{\n", quoted(&graph.name));
    for &id in &graph.inputs {
        out += &format!("  in {}\n", declaration(graph, id));
    }
    for id in constants(graph) {
        out += &format!("  con {}{}\n", declaration(graph, id), recipe(graph, id));
    }
    for node in &graph.nodes {
        out += &format!("  {}\n", line(graph, node));
    }
    for &id in &graph.outputs {
        out += &format!("  out {}\n", reference(graph, id));
    }
    out + "}\n"
}

/// One node as a line of text, without indentation.
fn line(graph: &Graph, node: &Node) -> String {
    let call = call(graph, node.op.name(), &node.inputs, attributes::of_op(&node.op));
    let sources: Vec<String> = node.sources.iter().map(|name| quoted(name)).collect();
    let sources = if sources.is_empty() { String::new() } else { format!("   ; {}", sources.join(", ")) };
    format!("{}{call}{sources}", declaration(graph, node.output))
}

fn recipe(graph: &Graph, id: ValueId) -> String {
    match &graph.value(id).def {
        Def::Const(Const::Recipe(recipe, operands)) => {
            call(graph, recipe.name(), operands, attributes::of_recipe(recipe))
        }
        _ => String::new(),
    }
}

/// ` = name(%a, %b) attributes`.
fn call(graph: &Graph, name: &str, operands: &[ValueId], attributes: Vec<String>) -> String {
    let operands: Vec<String> = operands.iter().map(|&id| reference(graph, id)).collect();
    let attributes: String = attributes.iter().map(|word| format!(" {word}")).collect();
    format!(" = {name}({}){attributes}", operands.join(", "))
}

/// The constants that nodes, outputs and recipes refer to, in order of use, operands of recipes first.
fn constants(graph: &Graph) -> Vec<ValueId> {
    enum Visit {
        Enter(ValueId),
        Leave(ValueId),
    }
    let mut order = Vec::new();
    let mut seen = HashSet::new();
    for &root in graph.nodes.iter().flat_map(|node| &node.inputs).chain(&graph.outputs) {
        let mut stack = vec![Visit::Enter(root)];
        while let Some(visit) = stack.pop() {
            match visit {
                Visit::Leave(id) => order.push(id),
                Visit::Enter(id) => {
                    if let (Def::Const(constant), true) = (&graph.value(id).def, seen.insert(id)) {
                        stack.push(Visit::Leave(id));
                        if let Const::Recipe(_, operands) = constant {
                            stack.extend(operands.iter().rev().map(|&operand| Visit::Enter(operand)));
                        }
                    }
                }
            }
        }
    }
    order
}

fn declaration(graph: &Graph, id: ValueId) -> String {
    let value = graph.value(id);
    format!("{}: {}", reference(graph, id), type_text(&value.ty, value.layout))
}

fn reference(graph: &Graph, id: ValueId) -> String {
    format!("%{}", quoted(&graph.value(id).name))
}

/// `f32[1x64x56x56 nchw16 halo=1,1,1,1]`.
fn type_text(ty: &TensorType, layout: Layout) -> String {
    let mut text = ty.to_string();
    text.pop();
    if layout.order == Order::Blocked {
        text += " nchw16";
    }
    if layout.halo != Halo::NONE {
        let Halo { top, left, bottom, right } = layout.halo;
        text += &format!(" halo={top},{left},{bottom},{right}");
    }
    text + "]"
}

/// The name, in quotes where it needs them.
fn quoted(name: &str) -> String {
    if !name.is_empty() && !name.ends_with(':') && name.chars().all(super::scan::is_plain) {
        return name.to_owned();
    }
    let mut text = String::from('"');
    for c in name.chars() {
        match super::scan::ESCAPES.iter().find(|(_, plain)| *plain == c) {
            Some((letter, _)) => text.extend(['\\', *letter]),
            None => text.push(c),
        }
    }
    text + "\""
}
