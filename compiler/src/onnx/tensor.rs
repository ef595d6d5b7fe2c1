//! Stored tensors: from any of the forms that ONNX has for their data to a typed constant.

use super::dims;
use super::dtype::dtype;
use super::external::{self, ExternalData};
use super::options::TOPOLOGY_KEY;
use super::refusal::Refusal;
use super::schema::TensorProto;
use super::schema::tensor_proto::DataLocation;
use crate::base::limits::{Exceeded, Limit, Limits};
use crate::base::tensor::{Blob, DType, Elements, Tensor, TensorType};
use crate::ir::graph::Const;
use std::cell::Cell;

/// What a tensor's data may depend on besides the tensor.
#[derive(Clone, Copy)]
pub(super) struct Stored<'a> {
    /// Where external data comes from.
    pub external: &'a dyn ExternalData,
    /// The model is marked as one without numbers.
    pub topology: bool,
    /// How much there may be.
    pub limits: &'a Limits,
    /// Bytes of all constants so far.
    pub bytes: &'a Cell<u64>,
}

impl Stored<'_> {
    /// Allows so many more bytes of constants.
    pub fn allow(self, bytes: u64) -> Result<(), Exceeded> {
        let sum = self.bytes.get().saturating_add(bytes);
        self.limits.check(Limit::ConstantBytes, sum).map(|()| self.bytes.set(sum))
    }

    /// The type and the data of a stored tensor. Raw data is shared with the file.
    pub fn constant(self, proto: &TensorProto) -> Result<(TensorType, Const), Refusal> {
        let dtype = dtype(proto.data_type())?;
        let ty = TensorType { dtype, shape: dims::stored(&proto.dims)? };
        self.limits.check_shape(&ty.shape)?;
        let length = ty.elements() * dtype.bytes();
        // Before external data is read: the model may name one file many times.
        self.allow(length as u64)?;
        let blob = if proto.data_location() == DataLocation::External {
            external::read(proto, length as u64, self.external)?
        } else if let Some(raw) = &proto.raw_data {
            check_bytes(&ty, raw.len(), length)?;
            Blob::new(raw.clone())
        } else {
            let bytes = typed_data(proto, dtype);
            if bytes.is_empty() && length > 0 && self.topology && dtype.is_float() {
                return Ok((ty, Const::Absent));
            }
            if bytes.is_empty() && length > 0 {
                let remedy = format!("a model without numbers carries the metadata `{TOPOLOGY_KEY}` = `1`");
                return Err(Refusal::new(format!("{ty} has no data"), remedy));
            }
            check_bytes(&ty, bytes.len(), length)?;
            Blob::new(bytes)
        };
        Ok((ty, Const::Data(blob)))
    }
}

fn check_bytes(ty: &TensorType, found: usize, wanted: usize) -> Result<(), Refusal> {
    if found == wanted {
        return Ok(());
    }
    let reason = format!("its data has {found} bytes, {ty} needs {wanted}");
    Err(Refusal::new(reason, "the file is damaged: export it again"))
}

/// The data of the fields that hold one number per element, as little-endian bytes. Narrow types, and the bits of the
/// half-width floats, are kept in `int32_data`.
fn typed_data(proto: &TensorProto, dtype: DType) -> Vec<u8> {
    let narrow = &proto.int32_data;
    match dtype {
        DType::F32 => proto.float_data.iter().flat_map(|x| x.to_le_bytes()).collect(),
        DType::F64 => proto.double_data.iter().flat_map(|x| x.to_le_bytes()).collect(),
        DType::I64 => proto.int64_data.iter().flat_map(|x| x.to_le_bytes()).collect(),
        DType::I32 => narrow.iter().flat_map(|x| x.to_le_bytes()).collect(),
        DType::F16 | DType::BF16 => narrow.iter().flat_map(|&x| (x as u16).to_le_bytes()).collect(),
        DType::I8 | DType::U8 => narrow.iter().map(|&x| x as u8).collect(),
        DType::Bool => narrow.iter().map(|&x| (x != 0).into()).collect(),
    }
}

/// The bytes of a tensor of the compile-time side; `None` for the half-width floats, which nothing here computes.
pub(super) fn encode(tensor: &Tensor) -> Option<Blob> {
    let bytes: Vec<u8> = match (&tensor.elements, tensor.ty.dtype) {
        (Elements::Float(v), DType::F32) => v.iter().flat_map(|&x| (x as f32).to_le_bytes()).collect(),
        (Elements::Float(v), DType::F64) => v.iter().flat_map(|x| x.to_le_bytes()).collect(),
        (Elements::Int(v), DType::I64) => v.iter().flat_map(|x| x.to_le_bytes()).collect(),
        (Elements::Int(v), DType::I32) => v.iter().flat_map(|&x| (x as i32).to_le_bytes()).collect(),
        (Elements::Int(v), DType::I8 | DType::U8 | DType::Bool) => v.iter().map(|&x| x as u8).collect(),
        _ => return None,
    };
    Some(Blob::new(bytes))
}
