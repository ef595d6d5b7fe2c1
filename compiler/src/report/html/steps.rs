//! Every step with its numbers.

use super::summary::name;
use super::svg::share;
use super::view::{Row, View};
use maud::{Markup, html};

pub(super) fn body(view: &View) -> Markup {
    html! {
        div.scroll {
            table.steps {
                thead {
                    tr {
                        th.number { "step" } th { "node" } th { "algorithm" } th { "tile" }
                        @if view.measured() { th.number { "ms" } }
                        th.number { "% time" } th.number { "GFLOP/s" } th.number { "% peak" } th.number { "MFLOP" }
                        th.number { "kB" } th.number { "FLOP/B" } th.number { "arena kB" }
                    }
                }
                @for row in &view.rows { (step(view, row)) }
            }
        }
    }
}

fn step(view: &View, row: &Row) -> Markup {
    let facts = row.facts;
    let flops = |text: String| if facts.flops == 0 { String::new() } else { text };
    let offset = facts.writes.as_ref().and_then(|memory| memory.offset);
    html! {
        tr id=(format!("s{}", facts.index)) {
            td.number { (facts.index) }
            td { span class=(format!("swatch {}", row.family.class())) {} (name(row.name())) br; code.muted title=(facts.kernel) { (facts.kernel) } }
            td { (facts.algorithm.map_or_else(String::new, |algorithm| algorithm.to_string())) }
            td { (view.tile(row.kernel)) }
            @if view.measured() { td.number { (format!("{:.4}", row.seconds * 1e3)) } }
            td.number { (share(row.seconds, view.total).trim_end_matches(" %")) }
            td.number { (flops(format!("{:.1}", row.rate() * 1e-9))) }
            td.number { (flops(format!("{:.0}", 100.0 * row.rate() / view.peak))) }
            td.number { (flops(format!("{:.1}", facts.flops as f64 * 1e-6))) }
            td.number { (format!("{:.0}", facts.bytes as f64 * 1e-3)) }
            td.number { (flops(format!("{:.1}", row.intensity()))) }
            td.number { (offset.map_or_else(String::new, |offset| format!("{:.0}", offset as f64 * 1e-3))) }
        }
    }
}
