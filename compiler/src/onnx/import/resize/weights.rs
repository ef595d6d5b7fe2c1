//! The weights of linear and cubic resizing (ONNX Resize; cubic after Keys, 1981), with the filter widened by antialias.

use std::collections::BTreeMap;

use super::coordinates::Axis;

/// A separable filter.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Filter {
    /// Coefficient of a cubic filter; `None` for a linear one.
    pub cubic: Option<f64>,
    /// Widen the filter by as much as the result is smaller.
    pub antialias: bool,
    /// Elements beyond the border weigh nothing, instead of being those at the border.
    pub exclude_outside: bool,
}

/// For each element of the result, `taps` weights of consecutive elements of the operand.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Rows {
    pub taps: usize,
    /// The first of these elements.
    pub first: Vec<usize>,
    /// Row by row.
    pub weights: Vec<f64>,
}

impl Filter {
    /// Half the width of the filter, in elements of the operand at scale 1.
    fn radius(&self) -> f64 {
        if self.cubic.is_some() { 2.0 } else { 1.0 }
    }

    /// What the row of one coordinate costs, in elements that are looked at: its entries are kept in a tree.
    pub fn work(&self, axis: &Axis) -> u64 {
        let scale = if self.antialias { axis.scale.min(1.0) } else { 1.0 };
        let taps = (2.0 * self.radius() / scale).ceil() as u64;
        taps.saturating_add(1).saturating_mul(4)
    }

    fn weight(&self, distance: f64) -> f64 {
        let x = distance.abs();
        match self.cubic {
            None => (1.0 - x).max(0.0),
            Some(a) if x <= 1.0 => ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0,
            Some(a) if x < 2.0 => ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a,
            Some(_) => 0.0,
        }
    }

    /// Weights of the elements around one coordinate; each of the elements exists.
    fn row(&self, axis: &Axis, place: f64) -> BTreeMap<usize, f64> {
        let scale = if self.antialias { axis.scale.min(1.0) } else { 1.0 };
        let reach = self.radius() / scale;
        // Elements that are much further away than the axis is long are all its ends.
        let far = axis.from as f64 + 2.0 * reach + 2.0;
        let place = place.clamp(-far, far);
        let (low, high) = ((place - reach).floor() as i64, (place + reach).ceil() as i64);
        let last = axis.from as i64 - 1;
        let mut row = BTreeMap::new();
        for element in low..=high {
            let weight = self.weight((element as f64 - place) * scale);
            let outside = element < 0 || element > last;
            if weight != 0.0 && !(outside && self.exclude_outside) {
                *row.entry(element.clamp(0, last) as usize).or_insert(0.0) += weight;
            }
        }
        // What is left out or sampled makes the sum differ from 1.
        let sum: f64 = row.values().sum();
        if (self.antialias || self.exclude_outside) && sum != 0.0 {
            row.values_mut().for_each(|weight| *weight /= sum);
        }
        row
    }

    /// The weights of every coordinate.
    pub fn rows(&self, axis: &Axis, places: &[f64]) -> Rows {
        let rows: Vec<BTreeMap<usize, f64>> = places.iter().map(|&place| self.row(axis, place)).collect();
        let span = |row: &BTreeMap<usize, f64>| {
            let (first, last) = (row.keys().next()?, row.keys().next_back()?);
            Some((*first, last - first + 1))
        };
        let taps = rows.iter().filter_map(span).map(|(_, count)| count).max().unwrap_or(1);
        // The last rows begin earlier than they need, so that all have as many.
        let begin = |row| span(row).map_or(0, |(first, _)| first).min(axis.from - taps);
        let first: Vec<usize> = rows.iter().map(begin).collect();
        let weight = |row: &BTreeMap<usize, f64>, at: usize| row.get(&at).copied().unwrap_or(0.0);
        let weights = rows
            .iter()
            .zip(&first)
            .flat_map(|(row, &first)| (first..first + taps).map(|at| weight(row, at)).collect::<Vec<f64>>());
        let weights = weights.collect();
        Rows { taps, first, weights }
    }
}

#[cfg(test)]
mod tests {
    use super::super::coordinates::Mode;
    use super::*;

    const LINEAR: Filter = Filter { cubic: None, antialias: false, exclude_outside: false };

    fn axis(from: usize, to: usize) -> Axis {
        Axis { from, to, scale: to as f64 / from as f64, region: [0.0, 1.0] }
    }

    fn rows(filter: Filter, axis: Axis, mode: Mode) -> Rows {
        let places: Vec<f64> = axis.places(mode, false).into_iter().flatten().collect();
        filter.rows(&axis, &places)
    }

    #[test]
    fn doubling_weighs_quarters() {
        let rows = rows(LINEAR, axis(2, 4), Mode::HalfPixel);
        assert_eq!(rows.first, [0, 0, 0, 0]);
        assert_eq!(rows.weights, [1.0, 0.0, 0.75, 0.25, 0.25, 0.75, 0.0, 1.0]);
    }

    #[test]
    fn aligned_corners_keep_both_ends() {
        let rows = rows(LINEAR, axis(3, 5), Mode::AlignCorners);
        assert_eq!(rows.first, [0, 0, 1, 1, 1]);
        assert_eq!(rows.weights, [1.0, 0.0, 0.5, 0.5, 1.0, 0.0, 0.5, 0.5, 0.0, 1.0]);
    }

    #[test]
    fn cubic_weights_are_those_of_keys() {
        let filter = Filter { cubic: Some(-0.75), ..LINEAR };
        // Halfway between two elements: (a / 8, (4 - a) / 8, ..).
        let rows = rows(filter, axis(8, 4), Mode::HalfPixel);
        assert_eq!(rows.taps, 4);
        assert_eq!(rows.weights[4..8], [-0.09375, 0.59375, 0.59375, -0.09375]);
        let ends = Filter { exclude_outside: true, ..filter };
        let sums = ends.rows(&axis(8, 4), &[0.5]);
        assert!((sums.weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn antialias_widens_the_filter() {
        let filter = Filter { antialias: true, ..LINEAR };
        let rows = rows(filter, axis(8, 4), Mode::HalfPixel);
        assert_eq!((rows.taps, rows.first[1]), (4, 1));
        assert_eq!(rows.weights[4..8], [0.125, 0.375, 0.375, 0.125]);
    }
}
