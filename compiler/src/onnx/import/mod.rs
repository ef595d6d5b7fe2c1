//! From the structs of the file to the graph.
//!
//! First every node is checked against the [`table`], then the nodes are imported in an order in which they can run. A
//! node whose operands failed is skipped, so that each mistake is reported once, and all mistakes are reported.

mod activation;
mod attrs;
mod builder;
mod constant;
mod conv;
mod conv_transpose;
mod depth;
mod einsum;
mod elementwise;
mod fold;
mod logic;
mod matrix;
mod movement;
mod names;
mod norm;
mod normalise;
mod order;
mod pad;
mod pool;
mod reduce;
mod reshape;
mod resize;
mod scope;
mod site;
mod slice;
mod source;
pub mod table;
mod window;

use self::attrs::Attrs;
use self::scope::Scope;
use self::site::{ImportedAll, Site};
use self::table::row::{Import, Row};
use super::options::{OPSETS, TOPOLOGY_KEY};
use super::refusal::{Refusal, Refusals};
use super::schema::NodeProto;
use super::tensor::Stored;
use crate::base::diag::{Error, Problems};
use crate::base::limits::Limit;
use crate::base::tensor::Tensor;
use crate::ir::graph::{Graph, ValueId};
use std::cell::Cell;
use std::collections::HashSet;

pub(super) use self::source::Source;

/// A node that its row allows.
struct Checked<'m> {
    row: &'static Row,
    attrs: Attrs<'m>,
}

/// Imports a graph.
///
/// # Errors
/// Everything that is wrong with it.
pub(super) fn import(source: &Source) -> Result<Graph, Error> {
    let nodes = &source.graph.node;
    let labels: Vec<String> = nodes.iter().enumerate().map(label).collect();
    let topology = source.model.metadata_props.iter().any(|p| p.key() == TOPOLOGY_KEY && p.value() == "1");
    let (limits, bytes) = (source.options.limits, Cell::new(0));
    let stored = Stored { external: source.external, topology, limits: &limits, bytes: &bytes };
    size(source, &labels)?;

    let mut problems = Problems::new();
    names::check(source, &labels, &mut problems)?;
    let mut scope = Scope::new(source, stored, &labels, &mut problems);
    let order = order::sort(nodes);
    if let Err(cycle) = &order {
        let names: Vec<String> = cycle.iter().map(|&at| format!("`{}`", labels[at])).collect();
        let reason = format!("these nodes need each other's results: {}", names.join(" -> "));
        problems.push(source.name, reason, "a graph must be without cycles: export the model again");
    }

    let mut refusals = Refusals::default();
    let mut checked: Vec<Option<Checked>> = Vec::with_capacity(nodes.len());
    for (node, label) in nodes.iter().zip(&labels) {
        let outcome = check(node, source.opset, &scope);
        let report =
            |all: Vec<Refusal>| all.into_iter().for_each(|why| refusals.push(node.op_type(), label, why));
        checked.push(outcome.map_err(report).ok());
    }
    let sorted = order.is_ok();
    for at in order.unwrap_or_default() {
        let (node, label) = (&nodes[at], &labels[at]);
        let operands = scope.operands(node);
        let result = match (checked[at].take(), operands) {
            (Some(Checked { row: Row { import: Import::Fold(_), .. }, .. }), _)
                if scope.at_run_time(node) =>
            {
                let reason = "it is done on constants only (shape arithmetic), not at run time";
                refusals.push(node.op_type(), label, Refusal::unsupported(reason));
                None
            }
            (Some(Checked { row, attrs }), Some(inputs)) => {
                let mut site = Site {
                    builder: &mut scope.builder,
                    attrs,
                    opset: source.opset,
                    stored,
                    inputs,
                    label,
                    output: node.output.first().map_or("", String::as_str),
                    outputs: &node.output,
                };
                run(row, &mut site).map_err(|refusal| refusals.push(node.op_type(), label, refusal)).ok()
            }
            _ => None,
        };
        scope.define(node, &result.unwrap_or_default());
    }
    refusals.report(&mut problems);
    if sorted {
        scope.outputs(source, &mut problems);
    }
    problems.into_result(()).map(|()| scope.builder.finish())
}

/// Refuses what has too many nodes, inputs or outputs to look at them one by one.
fn size(source: &Source, labels: &[String]) -> Result<(), Error> {
    let (limits, graph) = (&source.options.limits, source.graph);
    limits.check(Limit::Nodes, graph.node.len() as u64).map_err(|exceeded| {
        let last = usize::try_from(exceeded.most).ok().and_then(|most| labels.get(most));
        exceeded.at(format!("node `{}`", last.map_or("", String::as_str)))
    })?;
    let constants: HashSet<&str> = graph.initializer.iter().map(|tensor| tensor.name()).collect();
    let inputs = graph.input.iter().filter(|info| !constants.contains(info.name())).count();
    let ports = limits.check(Limit::Ports, (inputs + graph.output.len()) as u64);
    ports.map_err(|exceeded| exceeded.at(source.name))
}

/// The node's name; one without is called by its operator and its place in the file, which is stable.
fn label((index, node): (usize, &NodeProto)) -> String {
    if node.name().is_empty() { format!("{}_{index}", node.op_type()) } else { node.name().to_owned() }
}

/// Everything about a node that needs no shapes.
fn check<'m>(node: &'m NodeProto, opset: i64, scope: &Scope) -> Result<Checked<'m>, Vec<Refusal>> {
    if !matches!(node.domain(), "" | "ai.onnx") {
        let reason =
            format!("operator `{}` of the domain `{}` is not supported", node.op_type(), node.domain());
        return Err(vec![Refusal::unsupported(reason)]);
    }
    let Some(row) = table::find(node.op_type(), opset) else {
        return Err(vec![unknown(node.op_type(), opset)]);
    };
    let mut refusals = Vec::new();
    let (least, most) = row.operands;
    let count = node.input.len();
    if count < least || count > most || node.input.iter().take(least).any(String::is_empty) {
        let wanted = if least == most { least.to_string() } else { format!("{least} to {most}") };
        refusals.push(Refusal::invalid(format!("it has {count} inputs; {wanted} must be given")));
    }
    if node.output.first().is_none_or(String::is_empty) {
        refusals.push(Refusal::invalid("its first output has no name"));
    }
    let several = matches!(row.import, Import::Several(_));
    for name in node.output.iter().skip(1).filter(|name| !several && scope.is_read(name)) {
        refusals.push(Refusal::unsupported(format!(
            "its output `{name}` is used; only the first output is done"
        )));
    }
    if !node.overload().is_empty() {
        let reason =
            format!("it calls the function `{}` of the overload `{}`", node.op_type(), node.overload());
        refusals.push(Refusal::unsupported(reason));
    }
    match Attrs::check(node, row.attributes) {
        Ok(attrs) if refusals.is_empty() => Ok(Checked { row, attrs }),
        Ok(_) => Err(refusals),
        Err(more) => Err(refusals.into_iter().chain(more).collect()),
    }
}

fn unknown(op: &str, opset: i64) -> Refusal {
    match table::find(op, *OPSETS.end()) {
        None => Refusal::unsupported("the operator is not supported"),
        Some(later) => Refusal::invalid(format!(
            "the operator does not exist in operator set {opset}; the first one read is {}",
            later.since
        )),
    }
}

/// Imports a node whose operands are known; the results carry the names of the file.
fn run(row: &Row, site: &mut Site) -> ImportedAll {
    let results = match row.import {
        Import::Graph(import) => vec![import(site)?],
        Import::Binary(kind) => vec![elementwise::binary(site, kind)?],
        Import::Unary(func, defaults) => vec![activation::function(site, func, defaults)?],
        Import::Several(import) => import(site)?,
        Import::Fold(fold) => {
            let operands = numbers(site)?;
            let tensor = fold(site, &operands)?;
            vec![site.tensor(&tensor)?]
        }
    };
    for (&result, name) in results.iter().zip(site.outputs).filter(|(_, name)| !name.is_empty()) {
        site.builder.rename(result, name);
    }
    Ok(results)
}

/// The numbers of all operands.
fn numbers(site: &Site) -> Result<Vec<Option<Tensor>>, Refusal> {
    let number = |id: &Option<ValueId>| {
        let Some(id) = *id else { return Ok(None) };
        site.builder.numbers(id)?.map(Some).ok_or_else(|| {
            let value = site.builder.graph.value(id);
            Refusal::unsupported(format!(
                "it is done on small constants only (shape arithmetic); `{}` is {}",
                value.name, value.ty
            ))
        })
    };
    site.inputs.iter().map(number).collect()
}
