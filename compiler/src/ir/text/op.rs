//! Operators and recipes from their name and attributes.

use std::str::FromStr;

use crate::base::epilogue::{Act, Epilogue};
use crate::base::real::Real;
use crate::base::tensor::DType;
use crate::ir::graph::Recipe;
use crate::ops::{
    Along, Binary, BinaryKind, Conv, Lrn, MatMul, Op, Pad, PadMode, Pool, PoolKind, Rearrange, Reduce,
    ReduceKind, Resample, Take, Window,
};

/// The attributes of one line, taken one by one; what is left is unknown.
pub(super) struct Words<'a>(pub Vec<&'a str>);

/// Parses the operator called `name`. Leaves in `words` what it does not know.
pub(super) fn parse_op(name: &str, words: &mut Words) -> Result<Op, String> {
    if let Some(kind) = BinaryKind::ALL.iter().copied().find(|kind| kind.name() == name) {
        return Ok(Op::Binary(Binary { kind, act: words.act()? }));
    }
    if let Some(kind) = ReduceKind::ALL.into_iter().find(|kind| kind.name() == name) {
        return Ok(Op::Reduce(Reduce { kind, axes: words.list("axes")?, act: words.act()? }));
    }
    Ok(match name {
        "conv" => Op::Conv(Conv {
            window: words.window()?,
            groups: words.value("groups")?.unwrap_or(1),
            epilogue: words.epilogue()?,
        }),
        "matmul" => Op::MatMul(MatMul {
            trans_a: words.flag("trans_a"),
            trans_b: words.flag("trans_b"),
            alpha: Real::new(words.value("alpha")?.unwrap_or(1.0)),
            epilogue: words.epilogue()?,
        }),
        "max_pool" | "sum_pool" | "avg_pool" => {
            let kind = match name {
                "max_pool" => PoolKind::Max,
                "sum_pool" => PoolKind::Sum,
                _ => PoolKind::Average { include_pad: words.flag("include_pad") },
            };
            let window = words.window()?;
            let counted_after = words.numbers("counted", ',')?.unwrap_or(window.pad_after);
            Op::Pool(Pool { kind, window, counted_after })
        }
        "global_avg_pool" => Op::GlobalAvgPool,
        "batch_norm" => Op::BatchNorm { eps: words.real("eps")? },
        "affine" => Op::Affine { act: words.act()? },
        "select" => Op::Select,
        "log_softmax" => Op::LogSoftmax { axis: words.required("axis")? },
        "arg_max" | "arg_min" | "top_values" | "top_indices" | "cum_sum" => {
            Op::Along { along: words.along(name)?, axis: words.required("axis")? }
        }
        "lrn" => Op::Lrn(Lrn {
            size: words.required("size")?,
            alpha: words.real("alpha")?,
            beta: words.real("beta")?,
            bias: words.real("bias")?,
        }),
        "softmax" => Op::Softmax { axis: words.required("axis")? },
        "pad" => {
            let (before, after) = (words.list("before")?, words.list("after")?);
            Op::Pad(Pad { before, after, mode: PadMode::Constant(words.real("value")?) })
        }
        "concat" => Op::Concat { axis: words.required("axis")? },
        "take" => Op::Take(words.take()?),
        "transpose" => Op::Transpose { perm: words.list("perm")? },
        "rearrange" => Op::Rearrange(Rearrange { split: words.list("split")?, perm: words.list("perm")? }),
        "resample" => {
            Op::Resample(Resample { axis: words.required("axis")?, first: words.required("first")? })
        }
        "reshape" => Op::Reshape,
        "cast" => {
            let to: String = words.required("to")?;
            let dtype = DType::ALL.into_iter().find(|dtype| dtype.name() == to);
            Op::Cast { to: dtype.ok_or_else(|| format!("`{to}` is not an element type"))? }
        }
        "reorder" => Op::Reorder,
        "identity" => Op::Identity,
        _ => match Act::parse(name, |parameter| words.real(parameter))? {
            Some(act) => Op::Act(act),
            None => return Err(format!("`{name}` is not an operator")),
        },
    })
}

/// Parses the recipe called `name`.
pub(super) fn parse_recipe(name: &str, words: &mut Words) -> Result<Recipe, String> {
    Ok(match name {
        "bn_weight" => Recipe::BnWeight { eps: words.real("eps")? },
        "bn_bias" => Recipe::BnBias { eps: words.real("eps")? },
        "bn_scale" => Recipe::BnScale { eps: words.real("eps")? },
        "fill" => Recipe::Fill { value: words.real("value")? },
        _ => Recipe::Op(Box::new(parse_op(name, words)?)),
    })
}

impl Words<'_> {
    /// Fails when a word was not taken.
    pub(super) fn done(self) -> Result<(), String> {
        match self.0.as_slice() {
            [] => Ok(()),
            [first, ..] => Err(format!("`{first}` is not an attribute here")),
        }
    }

    fn flag(&mut self, flag: &str) -> bool {
        let at = self.0.iter().position(|word| *word == flag);
        at.map(|at| self.0.remove(at)).is_some()
    }

    fn text(&mut self, key: &str) -> Option<String> {
        let strip = |word: &str| word.strip_prefix(key)?.strip_prefix('=').map(str::to_owned);
        let at = self.0.iter().position(|word| strip(word).is_some())?;
        strip(self.0.remove(at))
    }

    fn value<T: FromStr>(&mut self, key: &str) -> Result<Option<T>, String> {
        let parse = |text: String| text.parse().map_err(|_| format!("`{text}` is not a value of {key}"));
        self.text(key).map(parse).transpose()
    }

    fn required<T: FromStr>(&mut self, key: &str) -> Result<T, String> {
        self.value(key)?.ok_or_else(|| format!("it needs {key}=.."))
    }

    fn real(&mut self, key: &str) -> Result<Real, String> {
        self.required(key).map(Real::new)
    }

    fn numbers<const N: usize>(&mut self, key: &str, separator: char) -> Result<Option<[usize; N]>, String> {
        let parse = |text: String| {
            numbers(&text, separator).ok_or_else(|| format!("`{text}` is not {N} numbers of {key}"))
        };
        self.text(key).map(parse).transpose()
    }

    /// Numbers between commas; none where the value is empty.
    fn list(&mut self, key: &str) -> Result<Vec<usize>, String> {
        let text: String = self.required(key)?;
        let numbers = text.split(',').filter(|number| !number.is_empty()).map(str::parse);
        numbers.collect::<Result<_, _>>().map_err(|_| format!("`{text}` is not a list of {key}"))
    }

    /// `axis1=16:32`, for any number of axes.
    fn take(&mut self) -> Result<Take, String> {
        let (named, rest): (Vec<&str>, _) = self.0.iter().partition(|word| word.starts_with("axis"));
        self.0 = rest;
        let axis = |word: &str| {
            let (axis, index) = word.strip_prefix("axis")?.split_once('=')?;
            Some((axis.parse().ok()?, index.parse().ok()?))
        };
        let axes = named.iter().map(|word| axis(word).ok_or_else(|| format!("`{word}` is not axis..=..")));
        Ok(Take { axes: axes.collect::<Result<_, _>>()? })
    }

    fn along(&mut self, name: &str) -> Result<Along, String> {
        Ok(match name {
            "arg_max" => Along::ArgMax { last: self.flag("last") },
            "arg_min" => Along::ArgMin { last: self.flag("last") },
            "top_values" => {
                Along::TopValues { count: self.required("count")?, smallest: self.flag("smallest") }
            }
            "top_indices" => {
                Along::TopIndices { count: self.required("count")?, smallest: self.flag("smallest") }
            }
            _ => Along::CumSum { exclusive: self.flag("exclusive") },
        })
    }

    fn window(&mut self) -> Result<Window, String> {
        let [top, left, bottom, right] = self.numbers("pads", ',')?.unwrap_or([0; 4]);
        Ok(Window {
            kernel: self.numbers("kernel", 'x')?.ok_or("it needs kernel=..")?,
            stride: self.numbers("stride", 'x')?.unwrap_or([1; 2]),
            dilation: self.numbers("dilation", 'x')?.unwrap_or([1; 2]),
            pad_before: [top, left],
            pad_after: [bottom, right],
        })
    }

    fn epilogue(&mut self) -> Result<Epilogue, String> {
        Ok(Epilogue { bias: self.flag("+bias"), residual: self.flag("+residual"), act: self.act()? })
    }

    /// The first word that is an activation, such as `+relu` or `+clip(0,6)`.
    fn act(&mut self) -> Result<Act, String> {
        for at in 0..self.0.len() {
            let Some(call) = self.0[at].strip_prefix('+') else { continue };
            let (name, values) = match call.split_once('(') {
                Some((name, values)) => (name, values.strip_suffix(')').unwrap_or("")),
                None => (call, ""),
            };
            let mut given = values.split(',').filter(|value| !value.is_empty());
            let act = Act::parse(name, |_| {
                given.next().and_then(|text| text.parse().ok()).map(Real::new).ok_or(())
            });
            match act {
                Ok(None) => continue,
                Ok(Some(act)) if given.next().is_none() => {
                    self.0.remove(at);
                    return Ok(act);
                }
                _ => return Err(format!("`{}` is not {}", self.0[at], expected(name))),
            }
        }
        Ok(Act::None)
    }
}

/// How an activation of this name is written: `+clip(lo,hi)`.
fn expected(name: &str) -> String {
    let mut names = Vec::new();
    let _ = Act::parse(name, |parameter| {
        names.push(parameter.to_owned());
        Ok::<_, ()>(Real::new(0.0))
    });
    if names.is_empty() { format!("+{name}") } else { format!("+{name}({})", names.join(",")) }
}

/// Exactly `N` numbers between separators.
pub(super) fn numbers<const N: usize>(text: &str, separator: char) -> Option<[usize; N]> {
    let numbers: Result<Vec<usize>, _> = text.split(separator).map(str::parse).collect();
    numbers.ok()?.try_into().ok()
}
