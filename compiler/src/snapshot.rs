//! A compiled network as strings for snapshot tests: what was decided, without paths, versions and numbers of weights.
//!
//! They change when a network or what the compiler makes of it changes, and then only where it does: a test that keeps them
//! shows a reviewer what an update did. `examples/snapshots` is such a crate.

use crate::Compiled;
use crate::base::diag::Error;
use crate::base::feature_map;
use crate::base::target;
use crate::ir::reference;
use crate::report::facts::grouped;
use crate::schedule::plan::{BufferId, Place, Step};
use crate::weights::pack;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use tilewright_runtime::Isa;

/// Bytes of a hash that are shown: enough to tell weights apart.
const SHOWN: usize = 8;

impl Compiled {
    /// Names of the kernels, in order of first use.
    pub fn kernels(&self) -> impl Iterator<Item = &str> {
        self.plan.kernels.iter().map(|kernel| kernel.name.as_str())
    }

    /// The source of a kernel for one instruction set, without the lines that say what generated it; `None` when there is no
    /// such kernel, or none for that instruction set.
    pub fn kernel_text(&self, name: &str, isa: Isa) -> Option<String> {
        let module = target::isa(isa.name())?.module;
        let end = format!("kernels/{module}/{name}.rs");
        let path =
            |path: &str| path.strip_suffix(end.as_str()).is_some_and(|rest| ["", "src/"].contains(&rest));
        let file = self.files.iter().find(|file| path(&file.path))?;
        // Of the module doc the first line says what the file is, the others where it comes from.
        let lines = file.text.lines().enumerate();
        let kept = lines.filter(|(number, line)| *number == 0 || !line.starts_with("//!"));
        Some(kept.map(|(_, line)| format!("{line}\n")).collect())
    }

    /// Every step with its kernel, operands, algorithm and tiles.
    pub fn plan_text(&self) -> String {
        let plan = &self.plan;
        let mut text = format!(
            "{}: {} steps, {} kernels, {} FLOP\n",
            plan.name,
            plan.steps.len(),
            plan.kernels.len(),
            plan.flops()
        );
        for (kind, ids) in [("input", &plan.inputs), ("output", &plan.outputs)] {
            ids.iter().for_each(|&id| text.push_str(&format!("{kind} {}\n", self.tensor(id))));
        }
        for (index, step) in plan.steps.iter().enumerate() {
            let _ = write!(text, "{}", self.step_text(index, step));
        }
        text
    }

    /// One step: a line, and one for each thing that it has.
    fn step_text(&self, index: usize, step: &Step) -> String {
        let kernel = self.plan.kernel(step);
        let mut text = format!("{index:3} {} -> `{}`\n", kernel.name, step.value);
        let mut line = |key: &str, value: String| {
            if !value.is_empty() {
                let _ = writeln!(text, "    {key:9} {value}");
            }
        };
        line("nodes", step.sources.join(", "));
        if let Some((_, reads)) = step.args.split_last() {
            line("reads", reads.iter().map(|&id| self.tensor(id)).collect::<Vec<_>>().join(", "));
        }
        line("flop", if step.flops > 0 { grouped_u64(step.flops) } else { String::new() });
        line("algorithm", kernel.algorithm());
        self.plan.isas.iter().zip(kernel.tiles()).for_each(|(isa, tile)| line(isa.name, tile));
        text
    }

    fn tensor(&self, id: BufferId) -> String {
        let buffer = self.plan.buffer(id);
        let shape: Vec<String> = buffer.shape.iter().map(usize::to_string).collect();
        format!("`{}` {}", buffer.name, shape.join("x"))
    }

    /// The arena: each buffer with its place, its life and its layout, in the order of the arena.
    pub fn memory_text(&self) -> String {
        let plan = &self.plan;
        let [arena, scratch] = [plan.arena, plan.scratch].map(|floats| grouped(4 * floats));
        let mut text = format!("arena {arena} bytes, {scratch} more for each further thread\n");
        if let Some((step, floats)) = plan.peak() {
            let value = plan.steps.get(step).map_or("", |step| step.value.as_str());
            let _ = writeln!(text, "peak {} bytes in step {step}, `{value}`", grouped(4 * floats));
        }
        let mut rows = Vec::new();
        for (number, buffer) in plan.buffers.iter().enumerate() {
            let Place::Arena(at) = buffer.place else { continue };
            let layout = buffer.map.map_or_else(String::new, |map| feature_map::describe(&map.layout));
            let layout = if layout.trim().is_empty() { "row-major" } else { layout.trim() };
            let part = if buffer.whole.is_some() { ", a part" } else { "" };
            let (from, to, tensor) = (buffer.live.0, buffer.live.1, self.tensor(BufferId(number)));
            let end = at + buffer.len;
            let row =
                format!("{} to {} in steps {from} to {to}: {tensor}, {layout}{part}\n", 4 * at, 4 * end);
            rows.push((at, buffer.live, number, row));
        }
        rows.sort();
        rows.into_iter().for_each(|(.., row)| text.push_str(&row));
        text
    }

    /// The packed weights: each range with the step that reads it, and a hash in place of its numbers.
    ///
    /// # Errors
    /// A model without numbers.
    pub fn weights_text(&self) -> Result<String, Error> {
        let plan = &self.plan;
        let blob = pack::pack(plan, |id| reference::constant(&self.graph, id))?;
        let mut text = format!("weights {} bytes\n", grouped(4 * plan.weight_floats));
        for (index, step) in plan.steps.iter().enumerate() {
            let Some(range) = step.weights.and_then(|id| plan.weights.get(id.0)) else { continue };
            let floats = blob.get(range.offset..range.offset + range.len).unwrap_or_default();
            let bytes: Vec<u8> = floats.iter().flat_map(|x| x.to_le_bytes()).collect();
            let digest = Sha256::digest(&bytes);
            let hash: String = digest.iter().take(SHOWN).map(|byte| format!("{byte:02x}")).collect();
            let (offset, length) = (4 * range.offset, 4 * range.len);
            let _ = writeln!(text, "{index:3} {offset} + {length} {hash} `{}`", step.value);
        }
        Ok(text)
    }
}

fn grouped_u64(number: u64) -> String {
    usize::try_from(number).map_or_else(|_| number.to_string(), grouped)
}
