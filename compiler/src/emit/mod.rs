//! From plan to files: the only user of quote, syn and prettyplease.

pub mod format;
pub mod kernel;
