//! Windows over any number of axes by their definition: plain loops over indices, with the attributes as ONNX has them.

/// A tensor of any rank, row-major.
#[derive(Clone, Debug)]
pub struct Nd {
    /// Extents.
    pub shape: Vec<usize>,
    /// Elements.
    pub data: Vec<f64>,
}

/// Attributes of a window, one number an axis.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Attributes {
    pub kernel: Vec<usize>,
    pub stride: Vec<usize>,
    pub dilation: Vec<usize>,
    pub before: Vec<usize>,
    pub after: Vec<usize>,
}

/// What a pool makes of its window.
#[derive(Clone, Copy, PartialEq, Debug)]
#[allow(missing_docs)]
pub enum PoolKind {
    Max,
    Average { include_pad: bool },
    Lp(i32),
}

impl Nd {
    /// Computes every element of a tensor from its index.
    pub fn of(shape: &[usize], mut value: impl FnMut(&[usize]) -> f64) -> Self {
        let mut data = Vec::new();
        each(shape, |index| data.push(value(index)));
        Nd { shape: shape.to_vec(), data }
    }

    fn offset(&self, index: &[usize]) -> usize {
        index.iter().zip(&self.shape).fold(0, |offset, (i, extent)| offset * extent + i)
    }

    /// One element.
    pub fn at(&self, index: &[usize]) -> f64 {
        self.data[self.offset(index)]
    }
}

/// Every index of a shape, in order.
fn each(shape: &[usize], mut visit: impl FnMut(&[usize])) {
    for number in 0..shape.iter().product() {
        let mut rest: usize = number;
        let mut index: Vec<usize> = shape.iter().rev().map(|n| (rest % n, rest /= n).0).collect();
        index.reverse();
        visit(&index);
    }
}

impl Attributes {
    /// Extents of a pool's or convolution's result. A window that `ceil` brings in must begin inside the input or the
    /// padding before it.
    pub fn output(&self, input: &[usize], ceil: bool) -> Vec<usize> {
        let extent = |axis: usize| {
            let reach = (self.kernel[axis] - 1) * self.dilation[axis] + 1;
            let travel = self.before[axis] + input[axis] + self.after[axis] - reach;
            let begins_inside = |o: &usize| o * self.stride[axis] < self.before[axis] + input[axis];
            match ceil {
                false => travel / self.stride[axis] + 1,
                true => (0..=travel.div_ceil(self.stride[axis])).filter(begins_inside).count(),
            }
        };
        (0..input.len()).map(extent).collect()
    }

    /// The position of tap `k` of window `o` along each axis, where the padding before begins at 0.
    fn position(&self, o: &[usize], k: &[usize]) -> Vec<usize> {
        (0..o.len()).map(|axis| o[axis] * self.stride[axis] + k[axis] * self.dilation[axis]).collect()
    }

    /// The index in the input of such a position, if it is inside.
    fn inside(&self, position: &[usize], input: &[usize]) -> Option<Vec<usize>> {
        let along = |axis: usize| {
            let at = position[axis].checked_sub(self.before[axis])?;
            (at < input[axis]).then_some(at)
        };
        (0..input.len()).map(along).collect()
    }
}

/// Conv: `x [N,C,..]`, `w [M,C/groups,..]`, `bias [M]`.
pub fn conv(x: &Nd, w: &Nd, bias: &[f64], groups: usize, how: &Attributes) -> Nd {
    let (input, per_group) = (&x.shape[2..], w.shape[0] / groups);
    let extents = how.output(input, false);
    Nd::of(&[&[x.shape[0], w.shape[0]], &extents[..]].concat(), |index| {
        let (n, m, o) = (index[0], index[1], &index[2..]);
        let mut sum = bias[m];
        for c in 0..w.shape[1] {
            each(&how.kernel, |k| {
                if let Some(at) = how.inside(&how.position(o, k), input) {
                    let channel = m / per_group * w.shape[1] + c;
                    sum += x.at(&[&[n, channel], &at[..]].concat()) * w.at(&[&[m, c], k].concat());
                }
            });
        }
        sum
    })
}

/// ConvTranspose: `x [N,C,..]`, `w [C,M/groups,..]`, `bias [M]`; every product is added where it belongs in the result,
/// whose extents are given.
pub fn conv_transpose(
    x: &Nd,
    w: &Nd,
    bias: &[f64],
    groups: usize,
    how: &Attributes,
    extents: &[usize],
) -> Nd {
    let outputs = w.shape[1];
    let mut y = Nd::of(&[&[x.shape[0], bias.len()], extents].concat(), |index| bias[index[1]]);
    each(&x.shape, |index| {
        let (n, c, i) = (index[0], index[1], &index[2..]);
        for m in 0..outputs {
            each(&how.kernel, |k| {
                if let Some(at) = how.inside(&how.position(i, k), extents) {
                    let channel = c / (x.shape[1] / groups) * outputs + m;
                    let to = y.offset(&[&[n, channel], &at[..]].concat());
                    y.data[to] += x.at(index) * w.at(&[&[c, m], k].concat());
                }
            });
        }
    });
    y
}

/// MaxPool, AveragePool, LpPool.
pub fn pool(x: &Nd, kind: PoolKind, how: &Attributes, ceil: bool) -> Nd {
    let input = &x.shape[2..];
    let extents = how.output(input, ceil);
    Nd::of(&[&x.shape[..2], &extents].concat(), |index| {
        let (mut values, mut counted) = (Vec::new(), 0);
        each(&how.kernel, |k| {
            let position = how.position(&index[2..], k);
            values.extend(how.inside(&position, input).map(|at| x.at(&[&index[..2], &at[..]].concat())));
            let padded = |axis: usize| position[axis] < how.before[axis] + input[axis] + how.after[axis];
            counted += usize::from((0..input.len()).all(padded));
        });
        match kind {
            PoolKind::Max => values.into_iter().fold(f64::NEG_INFINITY, f64::max),
            PoolKind::Average { include_pad: true } => values.iter().sum::<f64>() / counted as f64,
            PoolKind::Average { include_pad: false } => values.iter().sum::<f64>() / values.len() as f64,
            PoolKind::Lp(p) => values.iter().map(|x| x.abs().powi(p)).sum::<f64>().powf(1.0 / f64::from(p)),
        }
    })
}
