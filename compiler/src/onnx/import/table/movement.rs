//! Elements that change their places or extents, and constants.

use super::row::{ANY, AXIS, F, G, NONE, Row, S, row};
use crate::onnx::import::attrs::Kind::{self, Float, Floats, Int, Ints, String, Tensor};
use crate::onnx::import::fold::math;
use crate::onnx::import::{constant, movement, pad, reshape, resize, slice};

const AXES: &[(&str, Kind)] = &[("axes", Ints)];
const ZERO: &[(&str, Kind)] = &[("allowzero", Int)];
const CONSTANT: &[(&str, Kind)] = &[
    ("value", Tensor),
    ("value_float", Float),
    ("value_floats", Floats),
    ("value_int", Int),
    ("value_ints", Ints),
];

/// Attributes of Resize, in the order in which ONNX introduced them.
const RESIZE: &[(&str, Kind)] = &[
    ("coordinate_transformation_mode", String),
    ("cubic_coeff_a", Float),
    ("exclude_outside", Int),
    ("extrapolation_value", Float),
    ("mode", String),
    ("nearest_mode", String),
    ("antialias", Int),
    ("axes", Ints),
    ("keep_aspect_ratio_policy", String),
];

/// The rows, by name and version.
#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row("CenterCropPad",      18, (2, 2),   AXES,       G(pad::center)).limits("constant shape"),
    row("Concat",              4, (1, ANY), AXIS,       G(movement::concat)),
    row("Constant",            1, (0, 0),   CONSTANT.split_at(1).0, G(constant::constant)),
    row("Constant",           12, (0, 0),   CONSTANT,   G(constant::constant)),
    row("ConstantOfShape",     9, (1, 1),   &[("value", Tensor)], G(constant::constant_of_shape)).limits("constant shape"),
    row("DepthToSpace",        1, (1, 1),   &[("blocksize", Int)], G(movement::depth_to_space)),
    row("DepthToSpace",       11, (1, 1),   &[("blocksize", Int), ("mode", String)], G(movement::depth_to_space)),
    row("Expand",              8, (2, 2),   NONE,       G(movement::expand)).limits("constant shape"),
    row("Flatten",             1, (1, 1),   AXIS,       G(reshape::flatten)),
    row("Gather",              1, (2, 2),   AXIS,       G(movement::gather)).limits("constant indices"),
    row("Pad",                 2, (1, 1),   &[("mode", String), ("pads", Ints), ("value", Float)], G(pad::pad_attributes)),
    row("Pad",                11, (2, 3),   &[("mode", String)], G(pad::pad_inputs)),
    row("Pad",                18, (2, 4),   &[("mode", String)], G(pad::pad_inputs)).limits("constant operands but the first"),
    row("Range",              11, (3, 3),   NONE,       F(math::range)),
    row("Range",              27, (3, 3),   &[("stash_type", Int)], F(math::range)),
    row("Reshape",             5, (2, 2),   NONE,       G(reshape::reshape)),
    row("Reshape",            14, (2, 2),   ZERO,       G(reshape::reshape)).limits("constant shape"),
    row("Resize",             10, (2, 2),   &[("mode", String)], G(resize::upsample)),
    row("Resize",             11, (3, 4),   RESIZE.split_at(6).0, G(resize::resize_11)),
    row("Resize",             13, (1, 4),   RESIZE.split_at(6).0, G(resize::resize_11)),
    row("Resize",             18, (1, 4),   RESIZE,     G(resize::resize_11)).limits("constant roi, scales and sizes"),
    row("Shape",               1, (1, 1),   NONE,       G(constant::shape)),
    row("Shape",              15, (1, 1),   &[("end", Int), ("start", Int)], G(constant::shape)),
    row("Size",                1, (1, 1),   NONE,       G(constant::size)),
    row("Slice",               1, (1, 1),   &[("axes", Ints), ("ends", Ints), ("starts", Ints)], G(slice::attributes)),
    row("Slice",              10, (3, 5),   NONE,       G(slice::operands)).limits("constant operands but the first"),
    row("SpaceToDepth",        1, (1, 1),   &[("blocksize", Int)], G(movement::space_to_depth)),
    row("SpaceToDepth",       28, (1, 1),   &[("blocksize", Int), ("mode", String)], G(movement::space_to_depth)),
    row("Split",               2, (1, 1),   &[("axis", Int), ("split", Ints)], S(movement::split)),
    row("Split",              13, (1, 2),   AXIS,       S(movement::split)),
    row("Split",              18, (1, 2),   &[("axis", Int), ("num_outputs", Int)], S(movement::split)).limits("constant split"),
    row("Squeeze",             1, (1, 1),   AXES,       G(reshape::squeeze)),
    row("Squeeze",            13, (1, 2),   NONE,       G(reshape::squeeze)).limits("constant axes"),
    row("Tile",                6, (2, 2),   NONE,       G(movement::tile)).limits("constant repeats"),
    row("Transpose",           1, (1, 1),   &[("perm", Ints)], G(movement::transpose)),
    row("Unsqueeze",           1, (1, 1),   AXES,       G(reshape::unsqueeze)),
    row("Unsqueeze",          13, (2, 2),   NONE,       G(reshape::unsqueeze)).limits("constant axes"),
    row("Upsample",            7, (1, 1),   &[("mode", String), ("scales", Floats)], G(resize::upsample)),
    row("Upsample",            9, (2, 2),   &[("mode", String)], G(resize::upsample)).limits("constant scales"),
];
