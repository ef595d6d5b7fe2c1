//! Two models in one crate. In a crate of their own, models are compiled once, whatever changes in the code that uses them.

tilewright_runtime::include_model!(pub colours);
tilewright_runtime::include_model!(pub difference);

/// What `colours` tells apart.
pub const LABELS: [&str; 6] = ["red", "green", "blue", "yellow", "white", "black"];
