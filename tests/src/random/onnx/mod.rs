//! A random network as an ONNX file, for an engine that shares nothing with ours.
//!
//! Each operator of the graph is written as exporters write it; what ONNX has no operator for is made of several. That the
//! file means the network is no assumption: the exporter of `random_networks` reads it again.

mod elementwise;
mod layers;
mod movement;
mod writer;

use super::Network;
use crate::model::Model;
use tilewright::ir::graph::{Graph, Node};
use tilewright::ops::Op;
use writer::Writer;

/// The file of a network.
///
/// # Panics
/// On operators that the generator does not make.
pub fn model(network: &Network) -> Model {
    let mut writer = Writer::new(&network.graph);
    network.graph.nodes.iter().for_each(|node| write(&mut writer, &network.graph, node));
    writer.finish()
}

fn write(w: &mut Writer, graph: &Graph, node: &Node) {
    let name = |id| graph.value(id).name.as_str();
    let x: Vec<&str> = node.inputs.iter().map(|&id| name(id)).collect();
    let shape = |at: usize| graph.shape(node.inputs[at]);
    let y = name(node.output);
    match &node.op {
        Op::Conv(conv) => layers::conv(w, conv, &x, y),
        Op::MatMul(matmul) => layers::matmul(w, matmul, &x, shape(0).len(), y),
        Op::Pool(pool) => layers::pool(w, pool, x[0], y),
        Op::GlobalAvgPool => w.put("GlobalAveragePool", &x, y, vec![]),
        Op::BatchNorm { eps } => layers::batch_norm(w, *eps, &x, y),
        Op::Lrn(lrn) => layers::lrn(w, lrn, x[0], y),
        Op::Softmax { axis } => w.along("Softmax", &x, *axis, y),
        Op::LogSoftmax { axis } => w.along("LogSoftmax", &x, *axis, y),
        Op::Act(act) => elementwise::act(w, *act, x[0], y),
        Op::Binary(binary) => elementwise::binary(w, binary.kind, &x, y),
        Op::Select => w.put("Where", &x, y, vec![]),
        Op::Reduce(reduce) => elementwise::reduce(w, reduce, x[0], y),
        Op::Along { along, axis } => elementwise::along(w, *along, *axis, x[0], y),
        Op::Pad(pad) => movement::pad(w, pad, x[0], y),
        Op::Concat { axis } => w.along("Concat", &x, *axis, y),
        Op::Take(take) => movement::take(w, take, x[0], shape(0), y),
        Op::Transpose { perm } => movement::transpose(w, perm, x[0], y),
        Op::Reshape => movement::reshape(w, x[0], graph.shape(node.output), y),
        Op::Resample(resample) => {
            let weights = w.numbers(node.inputs[1]);
            movement::resample(w, resample, x[0], &weights, shape(0).len(), y);
        }
        other => panic!("the generator makes no {}", other.name()),
    }
}
