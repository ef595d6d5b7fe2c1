//! Convolutions, pools, matrix products, normalisations.

use super::writer::{Attributes, Writer, dims};
use crate::model::Attr::{Float, Int, Ints};
use tilewright::base::real::Real;
use tilewright::ops::{Conv, Lrn, MatMul, Pool, PoolKind, Window};

fn window(window: &Window) -> Attributes {
    let pads = [window.pad_before, window.pad_after].concat();
    let lists = [
        ("kernel_shape", &window.kernel[..]),
        ("strides", &window.stride),
        ("dilations", &window.dilation),
        ("pads", &pads),
    ];
    lists.map(|(name, list)| (name, Ints(dims(list)))).into()
}

/// A convolution.
pub fn conv(w: &mut Writer, conv: &Conv, x: &[&str], y: &str) {
    let group = ("group", Int(conv.groups as i64));
    w.put("Conv", x, y, [window(&conv.window), vec![group]].concat());
}

/// A pool. A sum is a mean over as many elements as the window has.
pub fn pool(w: &mut Writer, pool: &Pool, x: &str, y: &str) {
    let counted = |pad: bool| [window(&pool.window), vec![("count_include_pad", Int(pad.into()))]].concat();
    match pool.kind {
        PoolKind::Max => w.put("MaxPool", &[x], y, window(&pool.window)),
        PoolKind::Average { include_pad } => w.put("AveragePool", &[x], y, counted(include_pad)),
        PoolKind::Sum => {
            let mean = w.step("AveragePool", &[x], counted(true));
            let elements = w.floats(&[], &[pool.window.kernel.iter().product::<usize>() as f32]);
            w.put("Mul", &[&mean, &elements], y, vec![]);
        }
    }
}

/// A matrix product, or many at once.
pub fn matmul(w: &mut Writer, matmul: &MatMul, x: &[&str], rank: usize, y: &str) {
    if rank == 2 {
        let flag = |name, flag: bool| (name, Int(flag.into()));
        let alpha = ("alpha", Float(matmul.alpha.get()));
        w.put("Gemm", x, y, vec![alpha, flag("transA", matmul.trans_a), flag("transB", matmul.trans_b)]);
        return;
    }
    assert!(
        !matmul.trans_b && matmul.alpha.get() == 1.0 && x.len() == 2,
        "the generator makes no such product"
    );
    let mut perm: Vec<i64> = (0..rank as i64).collect();
    perm.swap(rank - 2, rank - 1);
    let turned = matmul.trans_a.then(|| w.step("Transpose", &[x[0]], vec![("perm", Ints(perm))]));
    w.put("MatMul", &[turned.as_deref().unwrap_or(x[0]), x[1]], y, vec![]);
}

/// A normalisation with known statistics.
pub fn batch_norm(w: &mut Writer, eps: Real, x: &[&str], y: &str) {
    w.put("BatchNormalization", x, y, vec![("epsilon", Float(eps.get()))]);
}

/// A local response normalisation.
pub fn lrn(w: &mut Writer, lrn: &Lrn, x: &str, y: &str) {
    let float = |name, number: Real| (name, Float(number.get()));
    let [alpha, beta, bias] = [float("alpha", lrn.alpha), float("beta", lrn.beta), float("bias", lrn.bias)];
    w.put("LRN", &[x], y, vec![alpha, beta, bias, ("size", Int(lrn.size as i64))]);
}
