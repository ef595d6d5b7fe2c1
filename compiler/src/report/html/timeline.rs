//! The schedule as a timeline: width is time, height is speed, so that area is work.

use super::svg::{Scale, fill, label, legend, n, share, ticks};
use super::view::{Row, View};
use maud::{Markup, html};

const WIDTH: f64 = 1160.0;
const HEIGHT: f64 = 300.0;
/// Left, top, right and bottom of what is drawn.
const FRAME: [f64; 4] = [56.0, 16.0, 1150.0, 256.0];
/// Height of a step that does no arithmetic.
const STUB: f64 = 5.0;

pub(super) fn body(view: &View) -> Markup {
    let [left, top, right, bottom] = FRAME;
    let fastest = view.rows.iter().map(|row| row.rate() / view.peak).fold(1.0, f64::max);
    let x = Scale::linear([0.0, view.total], [left, right]);
    let y = Scale::linear([0.0, 1.06 * fastest], [bottom, top]);
    let bar = |row: &Row| {
        let [from, to] = [row.start, row.start + row.seconds].map(|time| x.at(time));
        let height = (bottom - y.at(row.rate() / view.peak)).max(STUB);
        // A hair between steps, where they are wide enough to have one.
        let width = if to - from > 3.0 { to - from - 0.75 } else { (to - from).max(0.5) };
        html! {
            a href=(format!("#s{}", row.facts.index)) {
                rect class=(fill(row.family)) x=(n(from)) y=(n(bottom - height)) width=(n(width)) height=(n(height)) {
                    title { (tooltip(view, row)) }
                }
            }
        }
    };
    let time = |seconds: f64| {
        if view.measured() { label(seconds * 1e3) } else { label(100.0 * seconds / view.total) }
    };
    let marks: Vec<f64> = match view.measured() {
        true => ticks(view.total * 1e3, 12).into_iter().map(|ms| ms * 1e-3).collect(),
        false => ticks(100.0, 10).into_iter().map(|percent| percent * 1e-2 * view.total).collect(),
    };
    html! {
        p {
            @if view.measured() { "Each step in the order of execution: its width is the measured time, " }
            @else { "Each step in the order of execution: its width is the " strong { "predicted" } " time, " }
            "its height the speed in units of the multiply-add peak, so its area is the work. Winograd's algorithm needs fewer \
             operations than the network defines, and may exceed 100 %. Steps without arithmetic are stubs."
        }
        (legend(view))
        svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label="Timeline of the steps" {
            @for mark in ticks(100.0 * 1.06 * fastest, 5) {
                @let at = y.at(mark / 100.0);
                line.grid x1=(n(left)) x2=(n(right)) y1=(n(at)) y2=(n(at)) {}
                text.tick x=(n(left - 8.0)) y=(n(at + 4.0)) text-anchor="end" { (label(mark)) " %" }
            }
            @for row in &view.rows { (bar(row)) }
            line.limit x1=(n(left)) x2=(n(right)) y1=(n(y.at(1.0))) y2=(n(y.at(1.0))) {}
            line.axis x1=(n(left)) x2=(n(right)) y1=(n(bottom)) y2=(n(bottom)) {}
            @for mark in marks {
                line.axis x1=(n(x.at(mark))) x2=(n(x.at(mark))) y1=(n(bottom)) y2=(n(bottom + 5.0)) {}
                text.tick x=(n(x.at(mark))) y=(n(bottom + 19.0)) text-anchor="middle" { (time(mark)) }
            }
            text.note x=(n(left)) y=(n(bottom + 37.0)) {
                "100 % are " (format!("{:.0}", view.peak * 1e-9)) " GFLOP/s"
            }
            text.note x=(n(right)) y=(n(bottom + 37.0)) text-anchor="end" {
                @if view.measured() { "milliseconds, measured" } @else { "% of the predicted time" }
            }
        }
        (slowest(view))
    }
}

/// What a step's mark says when pointed at.
pub(super) fn tooltip(view: &View, row: &Row) -> String {
    let facts = row.facts;
    let mut lines = vec![format!("step {}: {}", facts.index, row.name()), facts.kernel.clone()];
    let algorithm = facts.algorithm.map_or_else(String::new, |algorithm| algorithm.to_string());
    let tile = view.tile(row.kernel);
    lines.extend([algorithm, tile].into_iter().filter(|line| !line.is_empty()));
    let share = share(row.seconds, view.total);
    lines.push(match view.measured() {
        true => format!("{:.4} ms measured, {share}", row.seconds * 1e3),
        false => format!("{share} of the predicted time"),
    });
    if facts.flops > 0 {
        let rate =
            format!("{:.1} GFLOP/s, {:.0} % of peak", row.rate() * 1e-9, 100.0 * row.rate() / view.peak);
        lines.push(if view.measured() { rate } else { format!("{rate}, predicted") });
    }
    lines.join("\n")
}

/// The steps that take longest.
fn slowest(view: &View) -> Markup {
    let mut rows: Vec<&Row> = view.rows.iter().collect();
    rows.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    rows.truncate(8);
    let most = rows.first().map_or(1.0, |row| row.seconds);
    html! {
        h3 { "The longest steps" }
        table.bars {
            @for row in rows {
                tr {
                    td.number { a href=(format!("#s{}", row.facts.index)) { (row.facts.index) } }
                    td { (super::summary::name(row.name())) }
                    td.wide {
                        span class=(format!("bar {}", row.family.class())) style=(format!("width:{:.1}%", 100.0 * row.seconds / most)) {}
                    }
                    @if view.measured() { td.number { (format!("{:.3} ms", row.seconds * 1e3)) } }
                    td.number { (share(row.seconds, view.total)) }
                }
            }
        }
    }
}
