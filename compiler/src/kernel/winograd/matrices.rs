//! The matrices of Winograd's minimal filtering F(m, 3), by the Toom-Cook construction (Lavin and Gray, 2015; Barabasz et
//! al., 2018, for the choice of points).
//!
//! `y = A^T [(G g) * (B^T d)]` for 3 weights `g`, `m + 2` inputs `d` and `m` outputs `y`. The points are dyadic, so that
//! the entries of `A` and `B` are exact in f32; those of `G` are not, and are used in f64 when weights are packed.

/// Points whose powers stay small; with the point at infinity, which is always there, enough for m up to 4.
const POINTS: [f64; 5] = [0.0, 1.0, -1.0, 0.5, -2.0];

/// Taps of the filter.
pub const TAPS: usize = 3;

/// Rows of `B^T`, `G` and `A^T`.
#[derive(Clone, PartialEq, Debug)]
pub struct Matrices {
    /// Input transform: `m + 2` rows of `m + 2`.
    pub input: Vec<Vec<f64>>,
    /// Weight transform: `m + 2` rows of 3.
    pub weight: Vec<Vec<f64>>,
    /// Inverse transform: `m` rows of `m + 2`.
    pub output: Vec<Vec<f64>>,
}

/// The matrices of F(m, 3), for `m` of at most 4; `m = 1` is a plain dot product.
pub fn matrices(m: usize) -> Matrices {
    let points = &POINTS[..(m + TAPS - 2).min(POINTS.len())];
    let n = points.len() + 1;
    let power = |x: f64, k: usize| x.powi(k as i32);
    let others = |j: usize| points.iter().enumerate().filter(move |&(l, _)| l != j).map(|(_, &p)| p);
    let mut input = Vec::with_capacity(n);
    let mut weight = Vec::with_capacity(n);
    for (j, &point) in points.iter().enumerate() {
        input.push(padded(product(others(j)), n));
        let norm: f64 = others(j).map(|other| point - other).product();
        weight.push((0..TAPS).map(|k| power(point, k) / norm).collect());
    }
    input.push(padded(product(points.iter().copied()), n));
    weight.push((0..TAPS).map(|k| if k + 1 == TAPS { 1.0 } else { 0.0 }).collect());
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
    fn filtered(m: usize, d: &[f64], g: &[f64]) -> Vec<f64> {
        let dot = |row: &Vec<f64>, x: &[f64]| row.iter().zip(x).map(|(a, b)| a * b).sum::<f64>();
        let all = matrices(m);
        let products: Vec<f64> =
            all.weight.iter().zip(&all.input).map(|(w, i)| dot(w, g) * dot(i, d)).collect();
        all.output.iter().map(|row| dot(row, &products)).collect()
    }

    #[test]
    fn the_matrices_filter() {
        let g = [0.3, -1.7, 2.5];
        for m in 1..=4 {
            let d: Vec<f64> = (0..m + 2).map(|i| ((i * 7 + 3) % 11) as f64 - 4.5).collect();
            for (i, y) in filtered(m, &d, &g).into_iter().enumerate() {
                let want: f64 = (0..3).map(|k| g[k] * d[i + k]).sum();
                assert!((y - want).abs() < 1e-12, "F({m},3) output {i}: {y} instead of {want}");
            }
        }
    }

    #[test]
    fn what_kernels_use_is_exact_in_f32() {
        for m in 1..=4 {
            let all = matrices(m);
            assert!(all.input.iter().chain(&all.output).flatten().all(|&x| f64::from(x as f32) == x));
        }
    }
}
