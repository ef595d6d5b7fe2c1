//! Small cases with results worked out by hand; the ONNX cases test the rest through import.

use super::*;
use crate::base::tensor::Elements;

fn window(kernel: usize, stride: usize, pad: usize) -> Window {
    Window {
        kernel: [kernel; 2],
        stride: [stride; 2],
        dilation: [1; 2],
        pad_before: [pad; 2],
        pad_after: [pad; 2],
    }
}

fn conv(window: Window, groups: usize) -> Op {
    Op::Conv(Conv { window, groups, epilogue: Epilogue::default() })
}

fn counting(shape: &[usize]) -> Tensor {
    let count: usize = shape.iter().product();
    Tensor::float(shape, (0..count).map(|i| i as f64).collect())
}

fn run(op: &Op, inputs: &[&Tensor]) -> Vec<f64> {
    let types: Vec<_> = inputs.iter().map(|t| &t.ty).collect();
    let output = infer(op, &types).unwrap();
    eval(op, inputs, &output).unwrap().to_f64()
}

/// The definition of a convolution, one output at a time.
fn conv_by_definition(conv: &Conv, x: &Tensor, w: &Tensor, out: &[usize]) -> Vec<f64> {
    let (xs, ws) = (&x.ty.shape, &w.ty.shape);
    let at = |t: &Tensor, i: [usize; 4]| {
        let s = &t.ty.shape;
        t.floats().unwrap()[((i[0] * s[1] + i[1]) * s[2] + i[2]) * s[3] + i[3]]
    };
    let mut result = Vec::new();
    let per_group = ws[0] / conv.groups;
    for (n, m) in (0..out[0]).flat_map(|n| (0..out[1]).map(move |m| (n, m))) {
        for (oy, ox) in (0..out[2]).flat_map(|y| (0..out[3]).map(move |x| (y, x))) {
            let mut sum = 0.0;
            for c in 0..ws[1] {
                for (ky, kx) in (0..ws[2]).flat_map(|y| (0..ws[3]).map(move |x| (y, x))) {
                    let window = conv.window;
                    let y =
                        (oy * window.stride[0] + ky * window.dilation[0]).wrapping_sub(window.pad_before[0]);
                    let z =
                        (ox * window.stride[1] + kx * window.dilation[1]).wrapping_sub(window.pad_before[1]);
                    if y < xs[2] && z < xs[3] {
                        sum += at(x, [n, m / per_group * ws[1] + c, y, z]) * at(w, [m, c, ky, kx]);
                    }
                }
            }
            result.push(sum);
        }
    }
    result
}

#[test]
fn convolution_is_its_definition() {
    let mut odd = window(3, 2, 1);
    odd.dilation = [2, 1];
    odd.pad_after = [0, 2];
    odd.stride = [1, 3];
    let cases =
        [(window(1, 1, 0), 1), (window(3, 1, 1), 2), (window(3, 2, 1), 1), (odd, 4), (window(2, 2, 0), 1)];
    for (window, groups) in cases {
        let op = Conv { window, groups, epilogue: Epilogue::default() };
        let x = counting(&[2, 4, 7, 9]);
        let w = counting(&[8, 4 / groups, window.kernel[0], window.kernel[1]]);
        let out = infer(&Op::Conv(op), &[&x.ty, &w.ty]).unwrap();
        assert_eq!(run(&Op::Conv(op), &[&x, &w]), conv_by_definition(&op, &x, &w, &out.shape), "{op:?}");
    }
}

#[test]
fn a_large_convolution_on_threads_is_its_definition() {
    let op = Conv { window: window(3, 1, 1), groups: 1, epilogue: Epilogue::default() };
    let (x, w) = (counting(&[1, 24, 30, 30]), counting(&[24, 24, 3, 3]));
    assert_eq!(run(&Op::Conv(op), &[&x, &w]), conv_by_definition(&op, &x, &w, &[1, 24, 30, 30]));
}

#[test]
fn epilogue_adds_bias_then_residual_then_activates() {
    let epilogue =
        Epilogue { bias: true, residual: true, act: Act::Clip { lo: Real::new(0.0), hi: Real::new(6.0) } };
    let op = Op::Conv(Conv { window: window(1, 1, 0), groups: 1, epilogue });
    let x = Tensor::float([1, 1, 1, 3], vec![-5.0, 1.0, 9.0]);
    let w = Tensor::float([1, 1, 1, 1], vec![1.0]);
    let bias = Tensor::float([1], vec![1.0]);
    let residual = Tensor::float([1, 1, 1, 3], vec![1.0, 0.5, 1.0]);
    assert_eq!(run(&op, &[&x, &w, &bias, &residual]), [0.0, 2.5, 6.0]);
}

#[test]
fn matmul_transposes_scales_and_adds() {
    let x = counting(&[2, 3]);
    let y = counting(&[3, 2]);
    let bias = Tensor::float([2], vec![100.0, 200.0]);
    let plain =
        MatMul { trans_a: false, trans_b: false, alpha: Real::new(1.0), epilogue: Epilogue::default() };
    assert_eq!(run(&Op::MatMul(plain), &[&x, &y]), [10.0, 13.0, 28.0, 40.0]);
    let epilogue = Epilogue { bias: true, ..Epilogue::default() };
    let op = MatMul { trans_b: true, alpha: Real::new(0.5), epilogue, ..plain };
    assert_eq!(run(&Op::MatMul(op), &[&x, &x, &bias]), [102.5, 207.0, 107.0, 225.0]);
    let op = MatMul { trans_a: true, ..plain };
    assert_eq!(run(&Op::MatMul(op), &[&x, &x]), [9.0, 12.0, 15.0, 12.0, 17.0, 22.0, 15.0, 22.0, 29.0]);
}

#[test]
fn pools_clip_their_windows() {
    let x = counting(&[1, 1, 3, 3]);
    let pool = |kind, counted_after| Op::Pool(Pool { kind, window: window(3, 2, 1), counted_after });
    assert_eq!(run(&pool(PoolKind::Max, [1, 1]), &[&x]), [4.0, 5.0, 7.0, 8.0]);
    let average = |include_pad, counted| pool(PoolKind::Average { include_pad }, counted);
    assert_eq!(run(&average(false, [1, 1]), &[&x]), [2.0, 3.0, 5.0, 6.0]);
    assert_eq!(run(&average(true, [1, 1]), &[&x]), [8.0 / 9.0, 12.0 / 9.0, 20.0 / 9.0, 24.0 / 9.0]);
    assert_eq!(run(&average(true, [0, 0]), &[&x]), [8.0 / 9.0, 12.0 / 6.0, 20.0 / 6.0, 24.0 / 4.0]);
    assert_eq!(run(&Op::GlobalAvgPool, &[&x]), [4.0]);
}

#[test]
fn maxima_and_clips_pass_a_nan_on() {
    let x = Tensor::float([1, 1, 1, 2], vec![f64::NAN, 1.0]);
    let mut window = window(1, 1, 0);
    window.kernel = [1, 2];
    assert!(run(&Op::Pool(Pool { kind: PoolKind::Max, window, counted_after: [0, 0] }), &[&x])[0].is_nan());
    assert!(run(&Op::Act(Act::Relu), &[&x])[0].is_nan());
}

#[test]
fn binary_broadcasts() {
    let op = |kind| Op::Binary(Binary { kind, act: Act::None });
    let x = counting(&[1, 2, 1, 2]);
    let c = Tensor::float([2, 1, 1], vec![10.0, 20.0]);
    assert_eq!(run(&op(BinaryKind::Add), &[&x, &c]), [10.0, 11.0, 22.0, 23.0]);
    assert_eq!(run(&op(BinaryKind::Sub), &[&Tensor::float([], vec![1.0]), &x]), [1.0, 0.0, -1.0, -2.0]);
    let outer = run(&op(BinaryKind::Mul), &[&counting(&[3, 1]), &counting(&[2])]);
    assert_eq!(outer, [0.0, 0.0, 0.0, 1.0, 0.0, 2.0]);
}

#[test]
fn integers_are_exact_or_an_error() {
    let op = |kind| Op::Binary(Binary { kind, act: Act::None });
    let big = Tensor::int([1], vec![i64::MAX]);
    let two = Tensor::int([1], vec![2]);
    let ty = big.ty.clone();
    let value = |kind, a, b| eval(&op(kind), &[a, b], &ty).map(|t| t.ints().unwrap().to_vec());
    assert_eq!(value(BinaryKind::Div, &big, &two), Ok(vec![i64::MAX / 2]));
    assert_eq!(value(BinaryKind::Mul, &big, &two), Err("it overflows i64".to_owned()));
    assert!(value(BinaryKind::Div, &two, &Tensor::int([1], vec![0])).is_err());
}

#[test]
fn batch_norm_and_affine() {
    let x = counting(&[1, 2, 2]);
    let t = |a, b| Tensor::float([2], vec![a, b]);
    let bn = Op::BatchNorm { eps: Real::new(0.0) };
    let result = run(&bn, &[&x, &t(1.0, 2.0), &t(0.0, 5.0), &t(0.0, 1.0), &t(4.0, 1.0)]);
    assert_eq!(result, [0.0, 0.5, 7.0, 9.0]);
    assert_eq!(run(&Op::Affine { act: Act::Relu }, &[&x, &t(-1.0, 2.0), &t(0.5, 1.0)]), [0.5, 0.0, 5.0, 7.0]);
}

#[test]
fn softmax_sums_to_one_along_its_axis() {
    let x = counting(&[2, 3, 2]);
    for (axis, step) in [(1, 2), (2, 1)] {
        let y = run(&Op::Softmax { axis }, &[&x]);
        let ratio = f64::exp(step as f64);
        assert!((y[step] / y[0] - ratio).abs() < 1e-12, "{y:?}");
        let sum: f64 = (0..x.ty.shape[axis]).map(|i| y[i * step]).sum();
        assert!((sum - 1.0).abs() < 1e-12);
    }
}

#[test]
fn casts_round_truncate_and_refuse() {
    let cast = |to, x: &[f64]| {
        let x = Tensor::float([x.len()], x.to_vec());
        eval(&Op::Cast { to }, &[&x], &TensorType { dtype: to, shape: x.ty.shape.clone() })
            .map(|t| t.elements)
    };
    assert_eq!(cast(DType::I32, &[-1.9, 2.9]), Ok(Elements::Int(vec![-1, 2])));
    assert!(cast(DType::U8, &[256.0]).is_err() && cast(DType::I64, &[f64::NAN]).is_err());
    assert_eq!(cast(DType::Bool, &[0.0, -3.0]), Ok(Elements::Int(vec![0, 1])));
    let halves = [1.0 + 2f64.powi(-11), 65519.0, 65520.0, 2f64.powi(-25), 3.0 * 2f64.powi(-25)];
    let rounded = vec![1.0, 65504.0, f64::INFINITY, 0.0, 2f64.powi(-23)];
    assert_eq!(cast(DType::F16, &halves), Ok(Elements::Float(rounded)));
}

#[test]
fn infer_refuses_in_words() {
    let ty = |shape: &[usize]| TensorType::f32(shape);
    let refuse = |op: &Op, inputs: &[&TensorType]| infer(op, inputs).unwrap_err();
    let (x, w) = (ty(&[1, 3, 8, 8]), ty(&[16, 3, 3, 3]));
    let c3 = conv(window(3, 1, 1), 1);
    assert_eq!(refuse(&c3, &[&x]), "it has 1 operands and takes 2");
    assert_eq!(refuse(&c3, &[&ty(&[3, 8]), &w]), "the input has 2 axes and needs 4");
    assert_eq!(
        refuse(&c3, &[&ty(&[1, 4, 8, 8]), &w]),
        "its weights take 3 input channels a group, the input has 4"
    );
    assert_eq!(refuse(&conv(window(3, 0, 1), 1), &[&x, &w]), "its stride along the height is 0");
    let narrow = ty(&[1, 3, 8, 0]);
    let reason = refuse(&c3, &[&narrow, &w]);
    assert_eq!(reason, "its window spans 3 positions along the width, the padded input has 2");
    let mut huge = window(3, 1, 1);
    huge.dilation = [usize::MAX; 2];
    assert_eq!(refuse(&conv(huge, 1), &[&x, &w]), "its window along the height is too large");
    huge = window(3, 1, usize::MAX);
    assert_eq!(refuse(&conv(huge, 1), &[&x, &w]), "its window along the height is too large");
    let vast = ty(&[1 << 40, 1]);
    let add = Op::Binary(Binary { kind: BinaryKind::Add, act: Act::None });
    assert!(refuse(&add, &[&vast, &ty(&[1 << 40])]).ends_with("is too large"));
    let pool = Op::Pool(Pool { kind: PoolKind::Max, window: window(2, 2, 2), counted_after: [2, 2] });
    assert_eq!(refuse(&pool, &[&x]), "one of its windows lies entirely in the padding");
    assert!(check_output(&Op::Reshape, &[&x], &ty(&[3, 64])).is_ok());
    assert!(check_output(&Op::Reshape, &[&x], &ty(&[3, 63])).is_err());
}

#[test]
fn padding_goes_around_each_axis() {
    let pad = |before: &[usize], after: &[usize]| {
        let mode = PadMode::Constant(Real::new(-1.0));
        Op::Pad(Pad { before: before.to_vec(), after: after.to_vec(), mode })
    };
    let x = counting(&[2, 2]);
    assert_eq!(run(&pad(&[1, 0], &[0, 1]), &[&x]), [-1., -1., -1., 0., 1., -1., 2., 3., -1.]);
    assert_eq!(run(&pad(&[0, 0], &[0, 0]), &[&x]), [0., 1., 2., 3.]);
    assert_eq!(run(&pad(&[], &[]), &[&counting(&[])]), [0.]);
    assert!(infer(&pad(&[0], &[0]), &[&x.ty]).is_err());
    assert!(infer(&pad(&[0, usize::MAX], &[0, 0]), &[&x.ty]).is_err());
    assert!(infer(&pad(&[0, 1 << 62], &[0, 0]), &[&x.ty]).is_err());
}
