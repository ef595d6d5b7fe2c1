//! Speed against intensity: what the processor could do at most, and what each step does.

use super::count;
use super::svg::{Scale, fill, label, legend, log_ticks, n};
use super::timeline::tooltip;
use super::view::{Row, View};
use maud::{Markup, html};

const WIDTH: f64 = 1160.0;
const HEIGHT: f64 = 400.0;
/// Left, top, right and bottom of what is drawn.
const FRAME: [f64; 4] = [64.0, 16.0, 1140.0, 352.0];
/// Radii of steps of no time and of all the time.
const RADII: [f64; 2] = [3.5, 26.0];

pub(super) fn body(view: &View) -> Markup {
    let points: Vec<&Row> = view.rows.iter().filter(|row| row.facts.flops > 0 && row.rate() > 0.0).collect();
    let silent = view.rows.len() - points.len();
    if points.is_empty() {
        return html! { p { "No step of this network multiplies." } };
    }
    let widened = |values: &dyn Fn(&Row) -> f64, more: f64| {
        let (low, high) = points
            .iter()
            .fold((more, more), |(low, high), row| (low.min(values(row)), high.max(values(row))));
        [low / 1.6, high * 1.6]
    };
    let ridge = view.peak / bandwidth(view);
    let wide = widened(&|row| row.intensity(), ridge);
    let tall = widened(&|row| row.rate(), view.peak);
    let [left, top, right, bottom] = FRAME;
    let (x, y) = (Scale::log(wide, [left, right]), Scale::log(tall, [bottom, top]));
    html! {
        p {
            "Each step by the operations it does per byte that it reads and writes, and by its " (view.origin())
            " speed; a larger disc takes longer. The level line is the multiply-add peak"
            @if view.measured() { ", measured in the same run" } @else { " of the core that the rules assume" }
            "; the slope is the most bytes per second that any step moves here. Discs above the level line are Winograd's: they do \
             fewer operations than the network defines. "
            @if silent > 0 { (count(silent, "step")) " without arithmetic " @if silent == 1 { "is" } @else { "are" } " left out." }
        }
        (legend(view))
        svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label="Roofline" {
            @for mark in log_ticks(wide) {
                line.grid x1=(n(x.at(mark))) x2=(n(x.at(mark))) y1=(n(top)) y2=(n(bottom)) {}
                text.tick x=(n(x.at(mark))) y=(n(bottom + 18.0)) text-anchor="middle" { (label(mark)) }
            }
            @for mark in log_ticks(tall.map(|rate| rate * 1e-9)) {
                @let at = y.at(mark * 1e9);
                line.grid x1=(n(left)) x2=(n(right)) y1=(n(at)) y2=(n(at)) {}
                text.tick x=(n(left - 8.0)) y=(n(at + 4.0)) text-anchor="end" { (label(mark)) }
            }
            (roof(view, [wide, tall], [x, y]))
            @for row in points {
                a href=(format!("#s{}", row.facts.index)) {
                    circle class=(fill(row.family)) cx=(n(x.at(row.intensity()))) cy=(n(y.at(row.rate()))) r=(n(radius(view, row))) {
                        title { (tooltip(view, row)) "\n" (format!("{:.1}", row.intensity())) " FLOP per byte" }
                    }
                }
            }
            line.axis x1=(n(left)) x2=(n(right)) y1=(n(bottom)) y2=(n(bottom)) {}
            line.axis x1=(n(left)) x2=(n(left)) y1=(n(top)) y2=(n(bottom)) {}
            text.note x=(n(right)) y=(n(bottom + 38.0)) text-anchor="end" { "FLOP per byte" }
            text.note x=(n(left + 6.0)) y=(n(top + 12.0)) { "GFLOP/s, " (view.origin()) }
        }
    }
}

/// Most bytes per second that a step moves.
fn bandwidth(view: &View) -> f64 {
    let rates = view.rows.iter().filter(|row| row.seconds > 0.0);
    rates.map(|row| row.facts.bytes as f64 / row.seconds).fold(1.0, f64::max)
}

/// The two limits, up to where they meet.
fn roof(view: &View, [wide, tall]: [[f64; 2]; 2], [x, y]: [Scale; 2]) -> Markup {
    let bytes = bandwidth(view);
    let ridge = view.peak / bytes;
    // The slope begins at the left edge or at the lower one.
    let start = wide[0].max(tall[0] / bytes);
    html! {
        line.limit x1=(n(x.at(start))) y1=(n(y.at(start * bytes))) x2=(n(x.at(ridge))) y2=(n(y.at(view.peak))) {}
        line.limit x1=(n(x.at(ridge))) y1=(n(y.at(view.peak))) x2=(n(x.at(wide[1]))) y2=(n(y.at(view.peak))) {}
        text.note x=(n(x.at(wide[1]) - 4.0)) y=(n(y.at(view.peak) - 6.0)) text-anchor="end" {
            "peak " (format!("{:.0}", view.peak * 1e-9)) " GFLOP/s"
        }
        @let middle = (start * ridge).sqrt();
        text.note x=(n(x.at(middle) + 12.0)) y=(n(y.at(middle * bytes) + 12.0)) {
            (format!("{:.0}", bytes * 1e-9)) " GB/s"
        }
    }
}

/// Discs have areas like times.
fn radius(view: &View, row: &Row) -> f64 {
    let share = if view.total > 0.0 { row.seconds / view.total } else { 0.0 };
    RADII[0] + (RADII[1] - RADII[0]) * share.sqrt()
}
