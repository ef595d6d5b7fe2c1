//! What each kernel computes, by definition: plain loops in f64 over logical tensors, with no layout, no tile and no
//! code of the compiler but the specs.

use tilewright::base::binary::BinaryKind;
use tilewright::base::epilogue::Act;
use tilewright::base::feature_map::FeatureMap;
use tilewright::kernel::spec::{ConvSpec, LrnSpec, MapFn, MatMulSpec, PoolKind, PoolSpec, SoftmaxSpec};

/// A tensor `[n][c][h][w]`.
#[derive(Clone, Debug)]
pub struct Nchw {
    shape: [usize; 4],
    data: Vec<f64>,
}

impl Nchw {
    /// A tensor of the logical shape of a map.
    pub fn of(map: &FeatureMap, mut value: impl FnMut([usize; 4]) -> f64) -> Self {
        let shape = [map.n, map.c, map.h, map.w];
        let mut data = Vec::with_capacity(shape.iter().product());
        for n in 0..map.n {
            for c in 0..map.c {
                for y in 0..map.h {
                    data.extend((0..map.w).map(|x| value([n, c, y, x])));
                }
            }
        }
        Nchw { shape, data }
    }

    /// One element.
    pub fn at(&self, [n, c, y, x]: [usize; 4]) -> f64 {
        let [_, channels, h, w] = self.shape;
        self.data[((n * channels + c) * h + y) * w + x]
    }

    /// One element, `None` in the padding. Rows and columns count from the first of the padding.
    fn padded(&self, [n, c, y, x]: [usize; 4], pad: [usize; 2]) -> Option<f64> {
        let (y, x) = (y.checked_sub(pad[0])?, x.checked_sub(pad[1])?);
        (y < self.shape[2] && x < self.shape[3]).then(|| self.at([n, c, y, x]))
    }
}

/// The activation.
pub fn activate(act: Act, x: f64) -> f64 {
    match act {
        Act::None => x,
        Act::Relu => x.max(0.0),
        Act::Clip { lo, hi } => x.max(f64::from(lo.get())).min(f64::from(hi.get())),
        Act::Func(func, parameters) => func.eval(x, parameters),
    }
}

/// Convolution with weights `[co][ci / groups][kh][kw]`.
pub fn conv(spec: &ConvSpec, x: &Nchw, w: &[f32], bias: Option<&[f32]>, residual: Option<&Nchw>) -> Nchw {
    let [kh, kw] = spec.taps.kernel;
    let (ci, co) = (spec.x.c / spec.groups, spec.y.c / spec.groups);
    Nchw::of(&spec.y, |[n, o, oy, ox]| {
        let mut sum = bias.map_or(0.0, |bias| f64::from(bias[o]));
        for i in 0..ci {
            for ky in 0..kh {
                for kx in 0..kw {
                    let y = oy * spec.taps.stride[0] + ky * spec.taps.dilation[0];
                    let x_ = ox * spec.taps.stride[1] + kx * spec.taps.dilation[1];
                    let value = x.padded([n, o / co * ci + i, y, x_], spec.taps.pad).unwrap_or(0.0);
                    sum += value * f64::from(w[((o * ci + i) * kh + ky) * kw + kx]);
                }
            }
        }
        sum += residual.map_or(0.0, |r| r.at([n, o, oy, ox]));
        activate(spec.epilogue.act, sum)
    })
}

/// Max or average pool.
pub fn pool(spec: &PoolSpec, x: &Nchw) -> Nchw {
    let [kh, kw] = spec.taps.kernel;
    Nchw::of(&spec.y, |[n, c, oy, ox]| {
        let (mut values, mut counted) = (Vec::new(), 0);
        for ky in 0..kh {
            for kx in 0..kw {
                let y = oy * spec.taps.stride[0] + ky * spec.taps.dilation[0];
                let x_ = ox * spec.taps.stride[1] + kx * spec.taps.dilation[1];
                values.extend(x.padded([n, c, y, x_], spec.taps.pad));
                if let PoolKind::AveragePadded([bottom, right]) = spec.kind {
                    let height = spec.taps.pad[0] + spec.x.h + bottom;
                    counted += usize::from(y < height && x_ < spec.taps.pad[1] + spec.x.w + right);
                }
            }
        }
        match spec.kind {
            PoolKind::Max => values.into_iter().fold(f64::NEG_INFINITY, f64::max),
            PoolKind::Sum => values.iter().sum(),
            PoolKind::Average => values.iter().sum::<f64>() / values.len() as f64,
            PoolKind::AveragePadded(_) => values.iter().sum::<f64>() / counted as f64,
        }
    })
}

/// Mean of each plane.
pub fn global_pool(y: &FeatureMap, x: &Nchw) -> Nchw {
    let [_, _, h, w] = x.shape;
    Nchw::of(y, |[n, c, ..]| {
        let plane = (0..h * w).map(|i| x.at([n, c, i / w, i % w]));
        plane.sum::<f64>() / (h * w) as f64
    })
}

/// Matrix products; `b` is `[batch][k][n]`.
pub fn matmul(spec: &MatMulSpec, a: &[f32], b: &[f32], bias: Option<&[f32]>) -> Vec<f64> {
    let &MatMulSpec { batch, m, k, n, .. } = spec;
    let element = |i: usize| {
        let (one, row, column) = (i / (m * n), i / n % m, i % n);
        let (a, b) = (&a[one * m * k..], &b[one * k * n..]);
        let product = |j: usize| {
            let left = if spec.trans_a { a[j * m + row] } else { a[row * k + j] };
            f64::from(left) * f64::from(b[j * n + column])
        };
        let sum = (0..k).map(product).sum::<f64>() + bias.map_or(0.0, |bias| f64::from(bias[column]));
        activate(spec.epilogue.act, sum)
    };
    (0..batch * m * n).map(element).collect()
}

/// Softmax over the middle axis, or its logarithm.
pub fn softmax(spec: &SoftmaxSpec, x: &[f32]) -> Vec<f64> {
    let element = |i: usize| {
        let (outer, inner) = (i / (spec.len * spec.inner), i % spec.inner);
        let exp = |k: usize| f64::from(x[(outer * spec.len + k) * spec.inner + inner]).exp();
        let share = exp(i / spec.inner % spec.len) / (0..spec.len).map(exp).sum::<f64>();
        if spec.log { share.ln() } else { share }
    };
    (0..spec.outer * spec.len * spec.inner).map(element).collect()
}

/// An elementwise function.
pub fn map(func: MapFn, operands: &[f64]) -> f64 {
    match (func, operands) {
        (MapFn::Copy, [a]) => *a,
        (MapFn::Binary(BinaryKind::Add), [a, b]) => a + b,
        (MapFn::Binary(BinaryKind::Sub), [a, b]) => a - b,
        (MapFn::Binary(BinaryKind::Mul), [a, b]) => a * b,
        (MapFn::Binary(BinaryKind::Div), [a, b]) => a / b,
        (MapFn::Fma, [a, b, c]) => a * b + c,
        (MapFn::Select, [a, b, c]) => {
            if *a != 0.0 {
                *b
            } else {
                *c
            }
        }
        (MapFn::Binary(kind), [a, b]) => kind.float(*a, *b),
        _ => panic!("{func:?} of {} operands", operands.len()),
    }
}

/// Local response normalisation.
pub fn lrn(spec: &LrnSpec, x: &Nchw) -> Nchw {
    let lrn = &spec.lrn;
    let before = (lrn.size - 1) / 2;
    Nchw::of(&spec.y, |[n, c, y, x_]| {
        let window = (c..c + lrn.size).filter(|&at| (before..spec.x.c + before).contains(&at));
        let sum: f64 = window.map(|at| x.at([n, at - before, y, x_]).powi(2)).sum();
        let base = f64::from(lrn.bias.get()) + f64::from(lrn.alpha.get()) / lrn.size as f64 * sum;
        x.at([n, c, y, x_]) / base.powf(lrn.beta.get().into())
    })
}
