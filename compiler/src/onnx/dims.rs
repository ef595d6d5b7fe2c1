//! Extents: from the file's signed numbers to checked ones, symbolic ones fixed by the user.

use std::collections::{BTreeMap, BTreeSet};

use super::dtype::dtype;
use super::options::LoadOptions;
use super::refusal::Refusal;
use super::schema::tensor_shape_proto::{Dimension, dimension::Value};
use super::schema::{ValueInfoProto, type_proto};
use crate::base::limits::Limits;
use crate::base::tensor::{DType, TensorType};

/// No tensor may have more elements: 32 GiB of f32.
const MAX_ELEMENTS: u64 = 1 << 33;

/// Fails when the tensor is too large to be meant, or its size overflows.
pub(super) fn check_size(shape: &[usize]) -> Result<(), Refusal> {
    let elements = shape.iter().try_fold(1u64, |all, &dim| all.checked_mul(u64::try_from(dim).ok()?));
    // A zero among the extents would hide an overflow of the others.
    let nonzero = shape.iter().try_fold(1u64, |all, &dim| all.checked_mul(u64::try_from(dim.max(1)).ok()?));
    match (elements, nonzero) {
        (Some(elements), Some(_)) if elements <= MAX_ELEMENTS => Ok(()),
        _ => Err(Refusal::new(
            format!("extents {shape:?} make a tensor of more than {MAX_ELEMENTS} elements"),
            "check the extents of the model's inputs and initialisers",
        )),
    }
}

/// Extents of a stored tensor; 0 is allowed (an empty list is a tensor too).
pub(super) fn stored(dims: &[i64]) -> Result<Vec<usize>, Refusal> {
    let shape: Option<Vec<usize>> = dims.iter().map(|&dim| usize::try_from(dim).ok()).collect();
    let shape =
        shape.ok_or_else(|| Refusal::invalid(format!("its extents {dims:?} are negative or too large")))?;
    check_size(&shape)?;
    Ok(shape)
}

/// The extents that the user fixed, and which of them were asked for.
pub(super) struct Fixed<'a> {
    given: &'a BTreeMap<String, usize>,
    asked: BTreeSet<String>,
    limits: &'a Limits,
}

impl<'a> Fixed<'a> {
    pub fn new(options: &'a LoadOptions) -> Self {
        Fixed { given: &options.dims, asked: BTreeSet::new(), limits: &options.limits }
    }

    /// The type of a graph input.
    pub fn input(&mut self, info: &ValueInfoProto) -> Result<TensorType, Vec<Refusal>> {
        let Some(type_proto::Value::TensorType(tensor)) =
            info.r#type.as_ref().and_then(|ty| ty.value.as_ref())
        else {
            return Err(vec![Refusal::unsupported("it is not a dense tensor; only f32 tensors are read")]);
        };
        let mut refusals = Vec::new();
        match dtype(tensor.elem_type()) {
            Ok(DType::F32) => {}
            Ok(other) => refusals.push(Refusal::new(
                format!("its element type is {}; programs take f32", other.name()),
                "export the model with f32 inputs",
            )),
            Err(refusal) => refusals.push(refusal),
        }
        let Some(shape) = &tensor.shape else {
            refusals.push(Refusal::new("its rank is not known", "export the model with static shapes"));
            return Err(refusals);
        };
        let mut extents = Vec::new();
        for (axis, dim) in shape.dim.iter().enumerate() {
            match self.extent(info.name(), axis, dim) {
                Ok(extent) => extents.push(extent),
                Err(refusal) => refusals.push(refusal),
            }
        }
        if refusals.is_empty() {
            let size = check_size(&extents).and_then(|()| Ok(self.limits.check_shape(&extents)?));
            refusals.extend(size.err());
        }
        if refusals.is_empty() { Ok(TensorType::f32(extents)) } else { Err(refusals) }
    }

    /// One extent: the number in the file, or what the user says for its name. A dimension without a name is called
    /// `input:axis`.
    fn extent(&mut self, input: &str, axis: usize, dim: &Dimension) -> Result<usize, Refusal> {
        let (flag, said) = match &dim.value {
            Some(Value::DimValue(number)) if *number > 0 => {
                return usize::try_from(*number)
                    .map_err(|_| Refusal::invalid(format!("axis {axis} has the extent {number}")));
            }
            Some(Value::DimValue(number)) => (format!("{input}:{axis}"), format!("is {number}")),
            Some(Value::DimParam(name)) if !name.is_empty() => (name.clone(), format!("is `{name}`")),
            _ => (format!("{input}:{axis}"), "is open".to_owned()),
        };
        let fixed = self.given.get(&flag).copied();
        let remedy = format!(
            "fix it with `--dim {flag}=1`, in a build script `.dim({flag:?}, 1)` (or another number above 0)"
        );
        self.asked.insert(flag);
        match fixed {
            Some(extent) if extent > 0 => Ok(extent),
            Some(_) => Err(Refusal::new(format!("axis {axis} was fixed at 0"), remedy)),
            None => Err(Refusal::new(format!("axis {axis} {said}; shapes must be static"), remedy)),
        }
    }

    /// Names that the user fixed and that no input has: most likely a slip.
    pub fn unknown(self) -> Vec<(String, Refusal)> {
        let names: Vec<String> = self.asked.iter().map(|name| format!("`{name}`")).collect();
        let has = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        let slip = |name: &&String| !self.asked.contains(*name);
        let report = |name: &String| {
            let refusal = Refusal::new(
                "no input has an open dimension of this name",
                format!("the model's open dimensions: {has}"),
            );
            (format!("--dim {name}"), refusal)
        };
        self.given.keys().filter(slip).map(report).collect()
    }
}
