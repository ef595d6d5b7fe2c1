//! The arena as a map: buffers by the steps during which they are alive and by where they lie.

use super::summary::name;
use super::svg::{Scale, label, n, ticks};
use super::view::{Row, View};
use crate::report::facts::bytes;
use crate::schedule::plan::{Buffer, BufferId, Place, Plan};
use maud::{Markup, html};
use std::collections::HashMap;

const WIDTH: f64 = 1160.0;
const HEIGHT: f64 = 360.0;
/// Left, top, right and bottom of what is drawn.
const FRAME: [f64; 4] = [56.0, 22.0, 1150.0, 316.0];
const MIB: f64 = 1048576.0;

pub(super) fn body(view: &View) -> Markup {
    let plan = view.subject.plan;
    let Some((peak, floats)) = plan.peak().filter(|_| plan.arena > 0) else {
        return html! { p { "This network needs no arena." } };
    };
    let (arena, alive) = (4 * plan.arena as u64, 4 * floats as u64);
    let row = view.rows.get(peak);
    let [left, top, right, bottom] = FRAME;
    let x = Scale::linear([0.0, plan.steps.len() as f64], [left, right]);
    let y = Scale::linear([0.0, arena as f64 / MIB], [bottom, top]);
    let kinds = kinds(plan);
    let column = [x.at(peak as f64), x.at(peak as f64 + 1.0)];
    html! {
        p {
            "The arena has " strong { (bytes(arena)) } ". Most is alive during "
            @if let Some(row) = row { "step " a href=(format!("#s{peak}")) { (peak) } ", " (name(row.name())) ", " }
            "namely " strong { (bytes(alive)) }
            @if alive < arena { "; the rest is gaps between buffers that other steps need elsewhere" }
            ". Inputs lie in the caller's memory. Each further thread adds " (bytes(4 * plan.scratch as u64)) " of scratch memory."
        }
        ul.legend {
            li { span.swatch.activation {} "results of steps" }
            li { span.swatch.output {} "outputs" }
            li { span.swatch.scratch {} "scratch memory of one step" }
        }
        svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label="Arena by step" {
            @for mark in ticks(arena as f64 / MIB, 6) {
                line.grid x1=(n(left)) x2=(n(right)) y1=(n(y.at(mark))) y2=(n(y.at(mark))) {}
                text.tick x=(n(left - 8.0)) y=(n(y.at(mark) + 4.0)) text-anchor="end" { (label(mark)) }
            }
            @for (id, buffer) in plan.buffers.iter().enumerate() {
                (block(&kinds, BufferId(id), buffer, x, y))
            }
            path.occupancy d=(occupancy(plan, x, y)) {}
            rect.peak x=(n(column[0])) y=(n(top)) width=(n(column[1] - column[0])) height=(n(bottom - top)) {}
            @let near_end = column[1] > 0.7 * WIDTH;
            text.peak x=(n(if near_end { column[1] } else { column[0] })) y=(n(top - 8.0))
                text-anchor=(if near_end { "end" } else { "start" }) { "step " (peak) " sets the peak" }
            line.axis x1=(n(left)) x2=(n(right)) y1=(n(bottom)) y2=(n(bottom)) {}
            @for mark in ticks(plan.steps.len() as f64, 12) {
                line.axis x1=(n(x.at(mark))) x2=(n(x.at(mark))) y1=(n(bottom)) y2=(n(bottom + 5.0)) {}
                text.tick x=(n(x.at(mark))) y=(n(bottom + 19.0)) text-anchor="middle" { (label(mark)) }
            }
            text.note x=(n(right)) y=(n(bottom + 37.0)) text-anchor="end" { "step" }
            text.note x=(n(left)) y=(n(bottom + 37.0)) { "MiB from the start of the arena; the line is what is alive in all" }
        }
        (at_peak(view, peak, row))
    }
}

/// One buffer; parts lie inside of their whole.
fn block(kinds: &HashMap<BufferId, &str>, id: BufferId, buffer: &Buffer, x: Scale, y: Scale) -> Markup {
    let Place::Arena(at) = buffer.place else { return html! {} };
    let [from, to] = [buffer.live.0 as f64, buffer.live.1 as f64 + 1.0].map(|step| x.at(step));
    let [low, high] = [at, at + buffer.len].map(|float| y.at(4.0 * float as f64 / MIB));
    let kind = kinds.get(&id).copied().unwrap_or("activation");
    let class = if buffer.whole.is_some() { "part" } else { kind };
    html! {
        rect class=(format!("block {class}")) x=(n(from)) y=(n(high)) width=(n(to - from)) height=(n((low - high).max(0.75))) {
            title { (buffer.name) "\n" (bytes(4 * buffer.len as u64)) " at " (4 * at) ", steps " (buffer.live.0) " to " (buffer.live.1) }
        }
    }
}

/// Buffers that are no results of steps in the middle.
fn kinds(plan: &Plan) -> HashMap<BufferId, &'static str> {
    let outputs = plan.outputs.iter().map(|&id| (id, "output"));
    let scratch = plan.steps.iter().filter_map(|step| Some((plan.scratch_of(step)?, "scratch")));
    outputs.chain(scratch).collect()
}

/// The line of what is alive in all, as steps.
fn occupancy(plan: &Plan, x: Scale, y: Scale) -> String {
    let point = |(step, floats): (usize, usize)| {
        let height = n(y.at(4.0 * floats as f64 / MIB));
        format!(
            "{}{} {height}H{}",
            if step == 0 { "M" } else { "L" },
            n(x.at(step as f64)),
            n(x.at(step as f64 + 1.0))
        )
    };
    plan.occupancy().into_iter().enumerate().map(point).collect()
}

/// What is alive when most is.
fn at_peak(view: &View, peak: usize, row: Option<&Row>) -> Markup {
    let plan = view.subject.plan;
    let mut alive: Vec<BufferId> = plan.alive(peak);
    alive.sort_by_key(|id| std::cmp::Reverse(plan.buffer(*id).len));
    html! {
        h3 { "Alive during step " (peak) @if let Some(row) = row { ", " code { (row.facts.kernel) } } }
        table {
            thead { tr { th { "buffer" } th { "shape" } th.number { "size" } th.number { "from byte" } th.number { "steps" } } }
            @for id in alive {
                @let buffer = plan.buffer(id);
                tr {
                    td { (name(&buffer.name)) }
                    td { (buffer.shape.iter().map(usize::to_string).collect::<Vec<_>>().join("×")) }
                    td.number { (bytes(4 * buffer.len as u64)) }
                    td.number { @if let Place::Arena(at) = buffer.place { (4 * at) } }
                    td.number { (buffer.live.0) " to " (buffer.live.1) }
                }
            }
        }
    }
}
