//! Reading ONNX: bytes -> [`schema`] structs -> [`crate::ir::graph::Graph`].
//!
//! [`load()`] does no IO: tensors that a model keeps in files of their own come through [`ExternalData`].
//! [`folder`] is the border where files are read, for the command and for build scripts. Everything that is wrong with a
//! model is reported at once, each problem with the node, the reason and a remedy; no input makes it panic.

mod dims;
mod dtype;
mod external;
pub mod folder;
mod import;
pub mod load;
mod options;
mod refusal;
#[rustfmt::skip]
pub mod schema;
mod tensor;

pub use external::{ExternalData, NoExternalData};
pub use folder::load_file;
pub use import::table::{Operator, operators};
pub use load::{decode, load};
pub use options::{DECIDING_FLOATS, LoadOptions, NEWEST_IR, OPSETS, TOPOLOGY_KEY};

/// The bytes of an ONNX file; the reverse of [`decode`].
pub fn encode(model: &schema::ModelProto) -> Vec<u8> {
    prost::Message::encode_to_vec(model)
}
