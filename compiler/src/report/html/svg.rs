//! Scales, ticks and numbers of drawings.

use super::view::{Family, View};
use maud::{Markup, html};

/// Maps numbers to positions in a drawing.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    from: [f64; 2],
    to: [f64; 2],
    log: bool,
}

impl Scale {
    /// Linear from the first range to the second.
    pub fn linear(from: [f64; 2], to: [f64; 2]) -> Self {
        Scale { from, to, log: false }
    }

    /// Logarithmic; the first range lies above 0.
    pub fn log(from: [f64; 2], to: [f64; 2]) -> Self {
        Scale { from: from.map(f64::ln), to, log: true }
    }

    /// The position of a number.
    pub fn at(&self, x: f64) -> f64 {
        let x = if self.log { x.ln() } else { x };
        let width = self.from[1] - self.from[0];
        let share = if width == 0.0 { 0.0 } else { (x - self.from[0]) / width };
        self.to[0] + share * (self.to[1] - self.to[0])
    }
}

/// A number as attributes have it: two decimals at most.
pub(super) fn n(x: f64) -> String {
    let text = format!("{:.2}", if x.is_finite() { x } else { 0.0 });
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// About so many round numbers from 0 to `most`.
pub(super) fn ticks(most: f64, about: usize) -> Vec<f64> {
    if !(1e-12..1e12).contains(&most) {
        return vec![0.0];
    }
    let rough = most / about.max(1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= rough);
    let step = step.unwrap_or(10.0 * power);
    (0..=(most / step).floor() as usize).map(|index| index as f64 * step).collect()
}

/// Round numbers inside of a range, which lies above 0: powers of ten, their double and their half.
pub(super) fn log_ticks(range: [f64; 2]) -> Vec<f64> {
    let [low, high] = [range[0].log10().floor() as i32, range[1].log10().ceil() as i32];
    let round = (low..=high).flat_map(|power| [1.0, 2.0, 5.0].map(|factor| factor * 10f64.powi(power)));
    round.filter(|tick| (range[0]..=range[1]).contains(tick)).collect()
}

/// A tick's number: no more digits than it needs.
pub(super) fn label(x: f64) -> String {
    let text = format!("{x:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The colours of a drawing, with the share of time of each family.
pub(super) fn legend(view: &View) -> Markup {
    html! {
        ul.legend {
            @for (family, seconds) in view.families() {
                li {
                    span class=(format!("swatch {}", family.class())) {}
                    (family.name()) " " span.muted { (share(seconds, view.total)) }
                }
            }
        }
    }
}

/// The class of what is drawn in a family's colour.
pub(super) fn fill(family: Family) -> String {
    format!("fill {}", family.class())
}

/// `12.3 %` of a whole.
pub(super) fn share(part: f64, whole: f64) -> String {
    if whole > 0.0 { format!("{:.1} %", 100.0 * part / whole) } else { "0 %".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks(57.0, 6), [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]);
        assert_eq!(ticks(0.9, 3), [0.0, 0.5]);
        assert_eq!(ticks(0.0, 5), [0.0]);
        assert_eq!(ticks(f64::INFINITY, 5), [0.0]);
        assert_eq!(log_ticks([0.6, 30.0]), [1.0, 2.0, 5.0, 10.0, 20.0]);
    }

    #[test]
    fn numbers_are_short() {
        let cases = [(1.0, "1"), (0.126, "0.13"), (-0.001, "0"), (f64::NAN, "0"), (12.5, "12.5")];
        cases.iter().for_each(|&(x, text)| assert_eq!(n(x), text));
        assert_eq!((label(0.1), label(20.0)), ("0.1".to_owned(), "20".to_owned()));
    }

    #[test]
    fn scales_map_ends_to_ends() {
        let scale = Scale::linear([0.0, 4.0], [10.0, 30.0]);
        assert_eq!([scale.at(0.0), scale.at(1.0), scale.at(4.0)], [10.0, 15.0, 30.0]);
        let scale = Scale::log([1.0, 100.0], [0.0, 2.0]);
        assert!((scale.at(10.0) - 1.0).abs() < 1e-12);
        assert_eq!(Scale::linear([3.0, 3.0], [1.0, 2.0]).at(3.0), 1.0, "no width");
    }
}
