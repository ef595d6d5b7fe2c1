//! The matrices of Winograd's minimal filtering F(m, 3), by the Toom-Cook construction (Lavin and Gray, 2015; Barabasz et
//! al., 2018, for the choice of points).
//!
//! `y = A^T [(G g) * (B^T d)]` for 3 weights `g`, `m + 2` inputs `d` and `m` outputs `y`. The points are dyadic, so that
//! the entries of `A` and `B` are exact in f32; those of `G` are not, and are used in f64 when weights are packed.

/// Points whose powers stay small; with the point at infinity, which is always there, enough for m up to 4.
const POINTS: [f64; 5] = [0.0, 1.0, -1.0, 0.5, -2.0];

/// Taps of the filter.
pub const TAPS: usize = 3;

/// `B^T`, `G` and `A^T`.
#[derive(Clone, PartialEq, Debug)]
pub struct Matrices {
    /// Input transform: a row for each point, a column for each input.
    pub input: Vec<Vec<f64>>,
    /// Weight transform: `m + 2` rows of 3.
    pub weight: Vec<Vec<f64>>,
    /// Inverse transform: `m` rows, a column for each point.
    pub output: Vec<Vec<f64>>,
}

/// The matrices of `m` outputs of a filter of 3 taps with this stride, for `m` of at most 4; `m = 1` is a plain dot product.
///
/// Of stride 2, outputs read every other input under the outer taps, F(m, 2), and the inputs between under the middle tap,
/// F(m, 1): `2 m + 1` points. The last `m` are the inputs themselves and share the last row of the weights.
pub fn matrices(m: usize, stride: usize) -> Matrices {
    if stride == 1 {
        return toom_cook(m, TAPS);
    }
    let outer = toom_cook(m, 2);
    let unit = |at: usize| (0..m).map(move |k| if k == at { 1.0 } else { 0.0 });
    let spread = |row: &Vec<f64>| row.iter().flat_map(|&x| [x, 0.0]).take(2 * m + 1).collect();
    let between = (0..m).map(|at| (0..=2 * m).map(|k| if k == 2 * at + 1 { 1.0 } else { 0.0 }).collect());
    let weight = outer.weight.iter().map(|row| vec![row[0], 0.0, row[1]]);
    Matrices {
        input: outer.input.iter().map(spread).chain(between).collect(),
        weight: weight.chain([vec![0.0, 1.0, 0.0]]).collect(),
        output: outer
            .output
            .iter()
            .enumerate()
            .map(|(at, row)| row.iter().copied().chain(unit(at)).collect())
            .collect(),
    }
}

/// The matrices of F(m, taps).
fn toom_cook(m: usize, taps: usize) -> Matrices {
    let points = &POINTS[..(m + taps - 2).min(POINTS.len())];
    let n = points.len() + 1;
    let power = |x: f64, k: usize| x.powi(k as i32);
    let others = |j: usize| points.iter().enumerate().filter(move |&(l, _)| l != j).map(|(_, &p)| p);
    let mut input = Vec::with_capacity(n);
    let mut weight = Vec::with_capacity(n);
    for (j, &point) in points.iter().enumerate() {
        input.push(padded(product(others(j)), n));
        let norm: f64 = others(j).map(|other| point - other).product();
        weight.push((0..taps).map(|k| power(point, k) / norm).collect());
    }
    input.push(padded(product(points.iter().copied()), n));
    weight.push((0..taps).map(|k| if k + 1 == taps { 1.0 } else { 0.0 }).collect());
    let output = (0..m)
        .map(|i| {
            let infinity = if i + 1 == m { 1.0 } else { 0.0 };
            points.iter().map(|&point| power(point, i)).chain([infinity]).collect()
        })
        .collect();
    Matrices { input, weight, output }
}

/// Coefficients of the product of `x - root`, lowest power first.
fn product(roots: impl Iterator<Item = f64>) -> Vec<f64> {
    roots.fold(vec![1.0], |poly, root| {
        let mut next = vec![0.0; poly.len() + 1];
        for (k, c) in poly.iter().enumerate() {
            next[k + 1] += c;
            next[k] -= root * c;
        }
        next
    })
}

fn padded(mut row: Vec<f64>, n: usize) -> Vec<f64> {
    row.resize(n, 0.0);
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Correlation of `d` with `g` through the matrices.
    fn filtered(m: usize, stride: usize, d: &[f64], g: &[f64]) -> Vec<f64> {
        let dot = |row: &Vec<f64>, x: &[f64]| row.iter().zip(x).map(|(a, b)| a * b).sum::<f64>();
        let all = matrices(m, stride);
        let weight = |point: usize| &all.weight[point.min(all.weight.len() - 1)];
        let points = all.input.iter().enumerate();
        let products: Vec<f64> = points.map(|(f, row)| dot(weight(f), g) * dot(row, d)).collect();
        all.output.iter().map(|row| dot(row, &products)).collect()
    }

    #[test]
    fn the_matrices_filter() {
        let g = [0.3, -1.7, 2.5];
        for (m, stride) in (1..=4).flat_map(|m| [(m, 1), (m, 2)]) {
            let d: Vec<f64> = (0..stride * (m - 1) + 3).map(|i| ((i * 7 + 3) % 11) as f64 - 4.5).collect();
            for (i, y) in filtered(m, stride, &d, &g).into_iter().enumerate() {
                let want: f64 = (0..3).map(|k| g[k] * d[stride * i + k]).sum();
                assert!(
                    (y - want).abs() < 1e-12,
                    "{m} of stride {stride}, output {i}: {y} instead of {want}"
                );
            }
        }
    }

    #[test]
    fn what_kernels_use_is_exact_in_f32() {
        for (m, stride) in (1..=4).flat_map(|m| [(m, 1), (m, 2)]) {
            let all = matrices(m, stride);
            assert!(all.input.iter().chain(&all.output).flatten().all(|&x| f64::from(x as f32) == x));
        }
    }
}
