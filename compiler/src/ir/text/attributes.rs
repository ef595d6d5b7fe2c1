//! Attributes of operators and recipes as words of text.

use crate::base::epilogue::{Act, Epilogue};
use crate::base::real::Real;
use crate::ir::graph::Recipe;
use crate::ops::{Along, Binary, Op, Pad, PadMode, PoolKind, Rearrange, Resample, Window};

/// The attributes of an operator.
pub(super) fn of_op(op: &Op) -> Vec<String> {
    match op {
        Op::Conv(conv) => {
            let groups = (conv.groups != 1).then(|| format!("groups={}", conv.groups));
            of_window(&conv.window).into_iter().chain(groups).chain(of_epilogue(conv.epilogue)).collect()
        }
        Op::MatMul(matmul) => {
            let flags = flags([(matmul.trans_a, "trans_a"), (matmul.trans_b, "trans_b")]);
            let alpha = (matmul.alpha != Real::new(1.0)).then(|| format!("alpha={}", matmul.alpha));
            flags.chain(alpha).chain(of_epilogue(matmul.epilogue)).collect()
        }
        Op::Pool(pool) => {
            let include_pad = pool.kind == PoolKind::Average { include_pad: true };
            let [bottom, right] = pool.counted_after;
            let counted = format!("counted={bottom},{right}");
            let counted = (pool.counted_after != pool.window.pad_after).then_some(counted);
            let window = of_window(&pool.window).into_iter();
            window.chain(flags([(include_pad, "include_pad")])).chain(counted).collect()
        }
        Op::BatchNorm { eps } => vec![format!("eps={eps}")],
        Op::Affine { act } | Op::Binary(Binary { act, .. }) => of_act(*act).into_iter().collect(),
        Op::Softmax { axis } | Op::LogSoftmax { axis } | Op::Concat { axis } => vec![format!("axis={axis}")],
        Op::Reduce(reduce) => [list("axes", &reduce.axes)].into_iter().chain(of_act(reduce.act)).collect(),
        Op::Along { along, axis } => of_along(*along, *axis),
        Op::Lrn(lrn) => vec![
            format!("size={}", lrn.size),
            format!("alpha={}", lrn.alpha),
            format!("beta={}", lrn.beta),
            format!("bias={}", lrn.bias),
        ],
        Op::Take(take) => take.axes.iter().map(|(axis, index)| format!("axis{axis}={index}")).collect(),
        Op::Transpose { perm } => vec![list("perm", perm)],
        Op::Rearrange(Rearrange { split, perm }) => vec![list("split", split), list("perm", perm)],
        Op::Resample(Resample { axis, first }) => vec![format!("axis={axis}"), format!("first={first}")],
        Op::Pad(pad) => of_pad(pad),
        Op::Act(act) => act.parameters().iter().map(|(name, value)| format!("{name}={value}")).collect(),
        Op::Cast { to } => vec![format!("to={}", to.name())],
        Op::GlobalAvgPool | Op::Select | Op::Reshape | Op::Reorder | Op::Identity => Vec::new(),
    }
}

/// The attributes of a recipe.
pub(super) fn of_recipe(recipe: &Recipe) -> Vec<String> {
    match recipe {
        Recipe::Op(op) => of_op(op),
        Recipe::BnWeight { eps } | Recipe::BnBias { eps } | Recipe::BnScale { eps } => {
            vec![format!("eps={eps}")]
        }
        Recipe::Fill { value } => vec![format!("value={value}")],
    }
}

fn of_pad(pad: &Pad) -> Vec<String> {
    let PadMode::Constant(value) = pad.mode;
    vec![list("before", &pad.before), list("after", &pad.after), format!("value={value}")]
}

/// `key=1,2,3`.
fn list(key: &str, numbers: &[usize]) -> String {
    let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
    format!("{key}={}", numbers.join(","))
}

fn of_along(along: Along, axis: usize) -> Vec<String> {
    let mut words = vec![format!("axis={axis}")];
    words.extend(match along {
        Along::ArgMax { last } | Along::ArgMin { last } => last.then(|| "last".to_owned()),
        Along::TopValues { count, .. } | Along::TopIndices { count, .. } => Some(format!("count={count}")),
        Along::CumSum { exclusive } => exclusive.then(|| "exclusive".to_owned()),
    });
    let down =
        matches!(along, Along::TopValues { smallest: true, .. } | Along::TopIndices { smallest: true, .. });
    words.extend(down.then(|| "smallest".to_owned()));
    words
}

fn of_window(window: &Window) -> Vec<String> {
    let pair = |key, [y, x]: [usize; 2]| format!("{key}={y}x{x}");
    let mut words = vec![pair("kernel", window.kernel)];
    if window.stride != [1, 1] {
        words.push(pair("stride", window.stride));
    }
    if window.dilation != [1, 1] {
        words.push(pair("dilation", window.dilation));
    }
    if window.is_padded() {
        let ([top, left], [bottom, right]) = (window.pad_before, window.pad_after);
        words.push(format!("pads={top},{left},{bottom},{right}"));
    }
    words
}

fn of_epilogue(epilogue: Epilogue) -> impl Iterator<Item = String> {
    flags([(epilogue.bias, "+bias"), (epilogue.residual, "+residual")]).chain(of_act(epilogue.act))
}

/// `+relu`, `+clip(0,6)`.
fn of_act(act: Act) -> Option<String> {
    let values: Vec<String> = act.parameters().iter().map(|(_, value)| value.to_string()).collect();
    let values = if values.is_empty() { String::new() } else { format!("({})", values.join(",")) };
    (!act.is_none()).then(|| format!("+{}{values}", act.name()))
}

fn flags<const N: usize>(flags: [(bool, &str); N]) -> impl Iterator<Item = String> {
    flags.into_iter().filter(|(set, _)| *set).map(|(_, flag)| flag.to_owned())
}
