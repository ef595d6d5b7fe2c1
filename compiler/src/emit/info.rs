//! `info.rs`: what the model tells about itself. Text: rows of a table.

use super::table::variant;
use super::{EmitOptions, Header, hex};
use crate::base::feature_map::{FeatureMap, Layout, Order};
use crate::schedule::plan::{Buffer, BufferId, Place, Plan};
use std::fmt::Write;

/// The file.
pub fn info(plan: &Plan, options: &EmitOptions, head: &Header) -> String {
    let mut text = head.doc("What the model tells about itself.");
    let isas: Vec<String> = plan.isas.iter().map(|isa| format!("Isa::{}", variant(isa))).collect();
    let tensors = |ids: &[BufferId]| -> String {
        let row = |&id: &BufferId| {
            let Buffer { name, shape, .. } = plan.buffer(id);
            format!("TensorInfo {{ name: {name:?}, shape: &{shape:?} }}")
        };
        ids.iter().map(row).collect::<Vec<_>>().join(", ")
    };
    let (p, scores) = (&options.preprocess, &options.scores);
    let _ = write!(
        text,
        "\nuse tilewright_runtime::{{\n    ChannelOrder, Filter, Isa, ModelInfo, Place, Postprocess, Preprocess, StepInfo, TensorInfo,\n}};\n\n\
         /// Description of the model.\npub const INFO: ModelInfo = ModelInfo {{\n    \
         name: {:?},\n    graph_sha256: \"{}\",\n    tool_version: {:?},\n    flops: {},\n    \
         arena_bytes: {},\n    scratch_bytes: {},\n    weight_bytes: {},\n    inputs: &[{}],\n    outputs: &[{}],\n    steps: STEPS,\n    \
         isas: &[{}],\n    preprocess: Preprocess {{ resize_short: {}, crop: {}, filter: Filter::{:?}, mean: {:?}, std: {:?}, order: ChannelOrder::{:?} }},\n    \
         postprocess: Postprocess {{ softmax: {}, top: {}, labels: {} }},\n}};\n\n\
         /// The steps, in order.\nconst STEPS: &[StepInfo] = &[\n",
        options.name,
        hex(&plan.graph_hash),
        env!("CARGO_PKG_VERSION"),
        plan.flops(),
        4 * plan.arena,
        4 * plan.scratch,
        4 * plan.weight_floats,
        tensors(&plan.inputs),
        tensors(&plan.outputs),
        isas.join(", "),
        p.resize_short,
        p.crop,
        p.filter,
        p.mean,
        p.std,
        p.order,
        scores.softmax,
        scores.top,
        if scores.labels.is_empty() { "&[]" } else { "LABELS" },
    );
    for step in &plan.steps {
        let kernel = plan.kernel(step);
        let output = step.args.last().map(|&id| place(plan.buffer(id))).unwrap_or_default();
        let _ = writeln!(
            text,
            "    StepInfo {{\n        name: {:?},\n        value: {:?},\n        nodes: &{:?},\n        \
             algorithm: {:?},\n        tiles: &{:?},\n        flops: {},\n        bytes: {},\n        \
             output: {output},\n    }},",
            kernel.name,
            step.value,
            step.sources,
            kernel.algorithm(),
            kernel.tiles(),
            step.flops,
            kernel.spec.bytes(),
        );
    }
    text.push_str("];\n");
    if !scores.labels.is_empty() {
        text.push_str("\n/// Names of the classes.\nconst LABELS: &[&str] = &[\n");
        scores.labels.iter().for_each(|label| text.push_str(&format!("    {label:?},\n")));
        text.push_str("];\n");
    }
    text
}

fn place(buffer: &Buffer) -> String {
    let at = match buffer.place {
        Place::Arena(at) => at,
        Place::Input(_) => 0,
    };
    let flat = FeatureMap { n: 1, c: 1, h: 1, w: buffer.len, layout: Layout::PLANAR };
    let FeatureMap { n, c, h, w, layout } = buffer.map.unwrap_or(flat);
    let blocked = layout.order == Order::Blocked;
    let halo = layout.halo;
    format!(
        "Place {{ offset: {at}, dims: [{n}, {c}, {h}, {w}], shape: &{:?}, blocked: {blocked}, halo: [{}, {}, {}, {}] }}",
        buffer.shape, halo.top, halo.left, halo.bottom, halo.right
    )
}
