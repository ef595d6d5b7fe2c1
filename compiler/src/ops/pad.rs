//! Padding before and after each axis (ONNX Pad).

use super::check::{self, MISSING};
use crate::base::real::Real;
use crate::base::tensor::{Elements, Tensor, TensorType};

/// Attributes of a padding.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Pad {
    /// Elements that each axis gets before its first.
    pub before: Vec<usize>,
    /// Elements that each axis gets behind its last.
    pub after: Vec<usize>,
    /// What they are.
    pub mode: PadMode,
}

/// What the new elements are.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PadMode {
    /// This number.
    Constant(Real),
}

impl Pad {
    /// True when it adds nothing.
    pub fn is_empty(&self) -> bool {
        self.before.iter().chain(&self.after).all(|&count| count == 0)
    }
}

pub(super) fn infer(pad: &Pad, inputs: &[&TensorType]) -> Result<TensorType, String> {
    let [x] = inputs else { return Err(MISSING.to_owned()) };
    let dtype = check::float(inputs)?;
    let rank = x.shape.len();
    if pad.before.len() != rank || pad.after.len() != rank {
        let given = pad.before.len().max(pad.after.len());
        return Err(format!("it pads {given} axes of {rank}"));
    }
    let sides = pad.before.iter().zip(&pad.after);
    let grown = x
        .shape
        .iter()
        .zip(sides)
        .map(|(&extent, (&before, &after))| extent.checked_add(before)?.checked_add(after));
    let shape = grown.collect::<Option<Vec<usize>>>().ok_or("its padding is too large")?;
    check::tensor_type(dtype, shape)
}

pub(super) fn eval(pad: &Pad, inputs: &[&Tensor], output: &TensorType) -> Result<Elements, String> {
    let [x] = inputs else { return Err(MISSING.to_owned()) };
    let from = check::floats(x)?;
    let PadMode::Constant(fill) = pad.mode;
    let mut index = vec![0usize; output.shape.len()];
    let mut result = Vec::with_capacity(output.elements());
    for _ in 0..output.elements() {
        let inside = |offset: usize, axis: usize| {
            let at = index[axis].checked_sub(pad.before[axis]).filter(|&at| at < x.ty.shape[axis])?;
            Some(offset * x.ty.shape[axis] + at)
        };
        let offset = (0..index.len()).try_fold(0, inside);
        result.push(offset.map_or(f64::from(fill.get()), |offset| from[offset]));
        for (at, &extent) in index.iter_mut().zip(&output.shape).rev() {
            *at += 1;
            if *at < extent {
                break;
            }
            *at = 0;
        }
    }
    Ok(Elements::Float(result))
}
