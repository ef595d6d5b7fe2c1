//! The ONNX package's own cases of single operators, recorded in `tests/conformance`.
//!
//! [`archive`] reads them; [`form`] decides which of a case's inputs a program takes at run time; [`run`] holds what the
//! compiler makes of a case against what was recorded; [`page`] lists it all; [`scope`] says which operators a
//! convolutional network is made of.

pub mod archive;
pub mod form;
pub mod page;
pub mod run;
pub mod scope;
