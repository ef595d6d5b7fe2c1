//! Which types of elements programs work with. Memory holds f32; a boolean is 0 or 1 there, an integer itself, which is
//! exact up to 2^24.
//!
//! So integers may be compared, chosen, moved and given out, but not computed with: a sum of two of them could leave
//! what is exact without a sign of it. This is the only place that says so.

use super::{Along, Op, ReduceKind};
use crate::base::tensor::{DType, TensorType};

/// Integers up to here are exact in f32.
const EXACT: usize = 1 << 24;

/// Checks that a program can run `op`.
///
/// # Errors
/// The reason, in words.
pub fn at_run_time(op: &Op, inputs: &[&TensorType], output: &TensorType) -> Result<(), String> {
    let computes = match op {
        Op::Binary(binary) => output.dtype != DType::Bool || !binary.act.is_none(),
        Op::Reduce(reduce) => !matches!(reduce.kind, ReduceKind::Max | ReduceKind::Min),
        Op::Along { along, .. } => matches!(along, Along::CumSum { .. }),
        _ => !op.moves(),
    };
    if let (Op::Along { along, axis }, [x]) = (op, inputs)
        && along.counts()
        && x.shape.get(*axis).is_some_and(|&extent| extent > EXACT)
    {
        return Err(format!("it numbers more elements than {EXACT}"));
    }
    let types = || inputs.iter().copied().chain([output]);
    if let Some(ty) = types().find(|ty| !held(ty.dtype)) {
        return Err(format!("it works on {ty}; programs hold f32, i32, i64 and bool"));
    }
    match types().find(|ty| computes && ty.dtype != DType::F32) {
        Some(ty) => Err(format!("it computes with {ty}; programs compute in f32")),
        None => Ok(()),
    }
}

/// True for the types that memory can hold.
pub fn held(dtype: DType) -> bool {
    matches!(dtype, DType::F32 | DType::I32 | DType::I64 | DType::Bool)
}
