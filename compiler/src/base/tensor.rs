//! Element types, tensor types, and constant bytes that are shared instead of copied.

use std::fmt;
use std::sync::Arc;

/// The element types that a graph may carry. Kernels compute in f32; integers exist for shape arithmetic.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum DType {
    F32,
    F64,
    F16,
    BF16,
    I8,
    U8,
    I32,
    I64,
    Bool,
}

impl DType {
    /// Every element type.
    pub const ALL: [DType; 9] = [
        DType::F32,
        DType::F64,
        DType::F16,
        DType::BF16,
        DType::I8,
        DType::U8,
        DType::I32,
        DType::I64,
        DType::Bool,
    ];

    /// Bytes of one element as ONNX stores it in `raw_data`.
    pub const fn bytes(self) -> usize {
        match self {
            DType::I8 | DType::U8 | DType::Bool => 1,
            DType::F16 | DType::BF16 => 2,
            DType::F32 | DType::I32 => 4,
            DType::F64 | DType::I64 => 8,
        }
    }

    /// True for the floating-point types.
    pub const fn is_float(self) -> bool {
        matches!(self, DType::F32 | DType::F64 | DType::F16 | DType::BF16)
    }

    /// Lower-case name, as graph text prints it.
    pub const fn name(self) -> &'static str {
        match self {
            DType::F32 => "f32",
            DType::F64 => "f64",
            DType::F16 => "f16",
            DType::BF16 => "bf16",
            DType::I8 => "i8",
            DType::U8 => "u8",
            DType::I32 => "i32",
            DType::I64 => "i64",
            DType::Bool => "bool",
        }
    }
}

/// Element type and static shape. A scalar has an empty shape.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct TensorType {
    /// Element type.
    pub dtype: DType,
    /// Extents, outermost first.
    pub shape: Vec<usize>,
}

impl TensorType {
    /// An f32 tensor type.
    pub fn f32(shape: impl Into<Vec<usize>>) -> Self {
        TensorType { dtype: DType::F32, shape: shape.into() }
    }

    /// Number of elements. Import has checked that this and the byte count do not overflow.
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }
}

impl fmt::Display for TensorType {
    /// `f32[1x64x56x56]`, `i64[]` for a scalar.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dims: Vec<String> = self.shape.iter().map(usize::to_string).collect();
        write!(f, "{}[{}]", self.dtype.name(), dims.join("x"))
    }
}

/// Constant bytes, little-endian, shared with the file they were read from.
#[derive(Clone)]
pub struct Blob(Arc<dyn AsRef<[u8]> + Send + Sync>);

impl Blob {
    /// Shares an owner of bytes.
    pub fn new(owner: impl AsRef<[u8]> + Send + Sync + 'static) -> Self {
        Blob(Arc::new(owner))
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        (*self.0).as_ref()
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob({} bytes)", self.bytes().len())
    }
}

/// The elements of a tensor on the compile-time side: exact integers, or floats in f64.
#[derive(Clone, PartialEq, Debug)]
pub enum Elements {
    /// Floats of any width, widened.
    Float(Vec<f64>),
    /// Integers and booleans (0 or 1).
    Int(Vec<i64>),
}

/// A tensor on the compile-time side (constants, the reference evaluator), row-major.
#[derive(Clone, PartialEq, Debug)]
pub struct Tensor {
    /// Element type and shape.
    pub ty: TensorType,
    /// The elements; as many as the type says.
    pub elements: Elements,
}

impl Tensor {
    /// A float tensor of element type f32.
    pub fn float(shape: impl Into<Vec<usize>>, elements: Vec<f64>) -> Self {
        Tensor { ty: TensorType::f32(shape), elements: Elements::Float(elements) }
    }

    /// An i64 tensor.
    pub fn int(shape: impl Into<Vec<usize>>, elements: Vec<i64>) -> Self {
        Tensor {
            ty: TensorType { dtype: DType::I64, shape: shape.into() },
            elements: Elements::Int(elements),
        }
    }

    /// Decodes little-endian bytes; `None` when their number does not fit the type.
    pub fn decode(ty: TensorType, bytes: &[u8]) -> Option<Self> {
        if bytes.len() != ty.elements().checked_mul(ty.dtype.bytes())? {
            return None;
        }
        let elements = match ty.dtype {
            DType::F32 => Elements::Float(words(bytes, |b| f32::from_le_bytes(b).into())),
            DType::F64 => Elements::Float(words(bytes, f64::from_le_bytes)),
            DType::F16 => Elements::Float(words(bytes, |b| half_to_f64(u16::from_le_bytes(b)))),
            DType::BF16 => Elements::Float(words(bytes, |b| {
                f32::from_bits(u32::from(u16::from_le_bytes(b)) << 16).into()
            })),
            DType::I8 => Elements::Int(words(bytes, |b| i8::from_le_bytes(b).into())),
            DType::U8 => Elements::Int(words(bytes, |b| u8::from_le_bytes(b).into())),
            // Some writers have other bytes for true than 1.
            DType::Bool => Elements::Int(words(bytes, |b| (b != [0]).into())),
            DType::I32 => Elements::Int(words(bytes, |b| i32::from_le_bytes(b).into())),
            DType::I64 => Elements::Int(words(bytes, i64::from_le_bytes)),
        };
        Some(Tensor { ty, elements })
    }

    /// The elements as f64, integers converted.
    pub fn to_f64(&self) -> Vec<f64> {
        match &self.elements {
            Elements::Float(v) => v.clone(),
            Elements::Int(v) => v.iter().map(|&i| i as f64).collect(),
        }
    }

    /// The elements as f64 without a copy, when they are floats.
    pub fn floats(&self) -> Option<&[f64]> {
        match &self.elements {
            Elements::Float(v) => Some(v),
            Elements::Int(_) => None,
        }
    }

    /// The elements as integers, when they are.
    pub fn ints(&self) -> Option<&[i64]> {
        match &self.elements {
            Elements::Int(v) => Some(v),
            Elements::Float(_) => None,
        }
    }
}

fn words<const N: usize, T>(bytes: &[u8], decode: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks::<N>().0.iter().map(|&chunk| decode(chunk)).collect()
}

/// IEEE 754 binary16 to f64, exactly.
fn half_to_f64(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::from((bits >> 10) & 0x1f);
    let fraction = f64::from(bits & 0x3ff);
    sign * match exponent {
        0 => fraction * 2f64.powi(-24),
        0x1f if fraction == 0.0 => f64::INFINITY,
        0x1f => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    }
}
