//! Random convolutions, transposed ones and pools over one to three axes, from ONNX nodes: what they become means what
//! ONNX defines, and the kernels compute it.

use tilewright::base::target::ISAS;
use tilewright::ir::reference;
use tilewright::onnx::{LoadOptions, NoExternalData, load};
use tilewright::schedule::choose::Choice;
use tilewright_tests::model::{Attr, Model, floats};
use tilewright_tests::nd::{self, Attributes, Nd, PoolKind};
use tilewright_tests::numbers::Numbers;
use tilewright_tests::plans;

/// Numbers of an attribute.
fn ints(numbers: &[usize]) -> Attr {
    Attr::Ints(numbers.iter().map(|&number| number as i64).collect())
}

fn text(extents: &[usize]) -> String {
    extents.iter().map(usize::to_string).collect::<Vec<_>>().join(" ")
}

fn tensor(shape: &[usize], numbers: &mut Numbers) -> Nd {
    Nd::of(shape, |_| f64::from(numbers.unit()))
}

/// A window over `rank` axes whose padding is narrower than itself.
fn attributes(numbers: &mut Numbers, rank: usize) -> Attributes {
    let mut list =
        |low: usize, high: usize| (0..rank).map(|_| numbers.between(low, high)).collect::<Vec<_>>();
    let (kernel, stride, dilation) = (list(1, 4), list(1, 3), list(1, 2));
    let reach: Vec<usize> = (0..rank).map(|axis| (kernel[axis] - 1) * dilation[axis] + 1).collect();
    let mut pads = || (0..rank).map(|axis| numbers.between(0, (reach[axis] - 1).min(3))).collect::<Vec<_>>();
    let (before, after) = (pads(), pads());
    Attributes { kernel, stride, dilation, before, after }
}

/// Extents over which the window fits.
fn extents(numbers: &mut Numbers, how: &Attributes) -> Vec<usize> {
    let extent = |axis: usize, numbers: &mut Numbers| {
        let reach = (how.kernel[axis] - 1) * how.dilation[axis] + 1;
        let most = if how.kernel.len() == 3 { 5 } else { 9 };
        let least = reach.saturating_sub(how.before[axis] + how.after[axis]).max(1);
        numbers.between(least, least.max(most))
    };
    (0..how.kernel.len()).map(|axis| extent(axis, numbers)).collect()
}

fn described(how: &Attributes) -> Vec<(&'static str, Attr)> {
    vec![
        ("kernel_shape", ints(&how.kernel)),
        ("strides", ints(&how.stride)),
        ("dilations", ints(&how.dilation)),
        ("pads", ints(&[&how.before[..], &how.after[..]].concat())),
    ]
}

/// Runs the model of one input on what the tests feed to every graph, and compares.
fn check(model: &Model, round: usize, want: impl Fn(&Nd) -> Nd) {
    let graph = load("test", model.bytes().into(), &LoadOptions::default(), &NoExternalData);
    let graph = graph.unwrap_or_else(|error| panic!("{error}\n{model:?}"));
    let inputs = plans::tensors(&graph);
    let x = Nd { shape: inputs[0].ty.shape.clone(), data: inputs[0].to_f64() };
    let want = want(&x);
    let got = &reference::evaluate(&graph, &inputs, |_, _| ()).expect("a value")[0];
    assert_eq!(got.ty.shape, want.shape, "{model:?}");
    let largest = want.data.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
    for (got, want) in got.to_f64().iter().zip(&want.data) {
        assert!((got - want).abs() <= 1e-6 * largest, "{got} instead of {want}: {model:?}");
    }
    let isa = ISAS[round % ISAS.len()];
    let apart = plans::difference(&graph, isa, Choice::Fast);
    assert!(apart <= 2e-5, "{}: off by {apart:.1e}: {model:?}", isa.name);
}

fn start(x: &[usize]) -> Model {
    Model::new(22).input("x", &text(x)).output("y")
}

fn constant(model: Model, name: &str, of: &Nd) -> Model {
    let dims: Vec<i64> = of.shape.iter().map(|&extent| extent as i64).collect();
    model.initialiser(floats(name, &dims, &of.data.iter().map(|&x| x as f32).collect::<Vec<_>>()))
}

#[test]
fn pools() {
    let mut numbers = Numbers::new(21);
    for round in 0..120 {
        let how = attributes(&mut numbers, 1 + round % 3);
        let shape =
            [&[numbers.between(1, 2), numbers.between(1, 20)], &extents(&mut numbers, &how)[..]].concat();
        let ceil = numbers.between(0, 1) == 1;
        let include_pad = numbers.between(0, 1) == 1;
        let (op, kind, extra) = match numbers.between(0, 2) {
            0 => ("MaxPool", PoolKind::Max, Vec::new()),
            1 => (
                "AveragePool",
                PoolKind::Average { include_pad },
                vec![("count_include_pad", Attr::Int(include_pad.into()))],
            ),
            _ => {
                let p = numbers.between(1, 3);
                ("LpPool", PoolKind::Lp(p as i32), vec![("p", Attr::Int(p as i64))])
            }
        };
        let rounded = vec![("ceil_mode", Attr::Int(ceil.into()))];
        let model = start(&shape).node_with(op, "x", "y", [described(&how), extra, rounded].concat());
        // A dilated window may step over the whole input; the maximum or mean of nothing is not defined.
        let of_something =
            nd::pool(&Nd::of(&shape, |_| 1.0), kind, &how, ceil).data.iter().all(|x| x.is_finite());
        if of_something {
            check(&model, round, |x| nd::pool(x, kind, &how, ceil));
        }
    }
}

#[test]
fn convolutions() {
    let mut numbers = Numbers::new(22);
    for round in 0..90 {
        let rank = 1 + round % 3;
        let how = attributes(&mut numbers, rank);
        let groups = numbers.pick(&[1, 1, 2, 3]);
        let (per_input, per_output) = (numbers.between(1, 9), numbers.between(1, 9));
        let (c, m) = (groups * per_input, groups * per_output);
        let shape = [&[numbers.between(1, 2), c], &extents(&mut numbers, &how)[..]].concat();
        let w = tensor(&[&[m, per_input], &how.kernel[..]].concat(), &mut numbers);
        let b = tensor(&[m], &mut numbers);
        let group = vec![("group", Attr::Int(groups as i64))];
        let model = constant(constant(start(&shape), "w", &w), "b", &b);
        let model = model.node_with("Conv", "x w b", "y", [described(&how), group].concat());
        check(&model, round, |x| nd::conv(x, &w, &b.data, groups, &how));
    }
}

#[test]
fn transposed_convolutions() {
    let mut numbers = Numbers::new(23);
    for round in 0..120 {
        let rank = 1 + round % 3;
        let how = attributes(&mut numbers, rank);
        let groups = numbers.pick(&[1, 1, 2, 4]);
        let (per_input, per_output) = (numbers.between(1, 6), numbers.between(1, 6));
        let (c, m) = (groups * per_input, groups * per_output);
        let most = if rank == 3 { 3 } else { 6 };
        let input: Vec<usize> = (0..rank).map(|_| numbers.between(1, most)).collect();
        let extra: Vec<usize> =
            (0..rank).map(|axis| numbers.between(0, how.stride[axis].max(how.dilation[axis]) - 1)).collect();
        let extent = |axis: usize| {
            let reach = (how.kernel[axis] - 1) * how.dilation[axis] + 1;
            let whole = (input[axis] - 1) * how.stride[axis] + reach + extra[axis];
            whole.checked_sub(how.before[axis] + how.after[axis]).filter(|&extent| extent > 0)
        };
        let Some(extents) = (0..rank).map(extent).collect::<Option<Vec<usize>>>() else { continue };
        let w = tensor(&[&[c, per_output], &how.kernel[..]].concat(), &mut numbers);
        let b = tensor(&[m], &mut numbers);
        let more = vec![("group", Attr::Int(groups as i64)), ("output_padding", ints(&extra))];
        let shape = [&[numbers.between(1, 2), c], &input[..]].concat();
        let model = constant(constant(start(&shape), "w", &w), "b", &b);
        let model = model.node_with("ConvTranspose", "x w b", "y", [described(&how), more].concat());
        check(&model, round, |x| nd::conv_transpose(x, &w, &b.data, groups, &how, &extents));
    }
}
