//! Reading ONNX: bytes -> [`schema`] structs -> [`crate::ir::graph::Graph`].
//!
//! [`load()`] does no IO: tensors that a model keeps in files of their own come through [`ExternalData`].
//! [`folder`] is the border where files are read, for the command and for build scripts. Everything that is wrong with a
//! model is reported at once, each problem with the node, the reason and a remedy; no input makes it panic.

mod dims;
mod external;
pub mod folder;
mod import;
pub mod load;
mod refusal;
#[rustfmt::skip]
pub mod schema;
mod tensor;

pub use external::{ExternalData, NoExternalData};
pub use folder::load_file;
pub use import::table::{Operator, operators};
pub use load::{LoadOptions, decode, load};

/// The metadata key that marks a model without numbers; its value is `1`. Float tensors of such a model have extents
/// and no data: enough to generate code, not to pack weights.
pub const TOPOLOGY_KEY: &str = "tilewright.topology";

/// Float tensors up to this many elements may decide what the graph computes (a bound of Clip, a scale), so their
/// numbers are read at import and a model without numbers keeps them.
pub const DECIDING_FLOATS: usize = 16;

/// The oldest and the newest version of the default operator set that is read.
pub const OPSETS: std::ops::RangeInclusive<i64> = 7..=28;

/// The newest version of the file format (`ir_version`) that is read.
pub const NEWEST_IR: i64 = 14;

/// The bytes of an ONNX file; the reverse of [`decode`].
pub fn encode(model: &schema::ModelProto) -> Vec<u8> {
    prost::Message::encode_to_vec(model)
}
