//! Element types.

use super::refusal::Refusal;
use super::schema::tensor_proto::DataType;
use crate::base::tensor::DType;

/// Element types by their number in the file.
const DTYPES: [(DataType, DType); 9] = [
    (DataType::Float, DType::F32),
    (DataType::Double, DType::F64),
    (DataType::Float16, DType::F16),
    (DataType::Bfloat16, DType::BF16),
    (DataType::Int8, DType::I8),
    (DataType::Uint8, DType::U8),
    (DataType::Int32, DType::I32),
    (DataType::Int64, DType::I64),
    (DataType::Bool, DType::Bool),
];

/// The element type with this number in the file.
pub(super) fn dtype(number: i32) -> Result<DType, Refusal> {
    let found = DTYPES.iter().find(|(onnx, _)| *onnx as i32 == number);
    found.map(|(_, dtype)| *dtype).ok_or_else(|| {
        let name = DataType::try_from(number).map_or("unknown", |known| known.as_str_name());
        Refusal::unsupported(format!("its element type is {name} (number {number})"))
    })
}
