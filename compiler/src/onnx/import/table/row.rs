//! One row of the table.

use crate::base::binary::BinaryKind;
use crate::base::functions::Func;
use crate::onnx::import::attrs::Kind::{self, Int};
use crate::onnx::import::fold::Fold;
use crate::onnx::import::site::{Imported, ImportedAll, Site};

/// One definition of an operator.
pub(in crate::onnx::import) struct Row {
    pub name: &'static str,
    /// The version of the operator set from which the row holds, until the operator's next row.
    pub since: i64,
    /// Least and greatest number of operands.
    pub operands: (usize, usize),
    /// Attributes that are read, or that mean nothing at inference.
    pub attributes: &'static [(&'static str, Kind)],
    pub import: Import,
    /// What of the definition is not done, for listings; empty when all of it is.
    pub limits: &'static str,
}

impl Row {
    /// The row with what is not done.
    pub(super) const fn limits(self, limits: &'static str) -> Row {
        Row { limits, ..self }
    }
}

/// How an operator gets into the graph.
#[derive(Clone, Copy)]
pub(in crate::onnx::import) enum Import {
    /// By nodes, or by constants where its operands are.
    Graph(fn(&mut Site) -> Imported),
    /// The same for an operator with several outputs.
    Several(fn(&mut Site) -> ImportedAll),
    /// As a function of one element; the numbers are defaults of its parameters, which are attributes of their names.
    Unary(Func, [f32; 2]),
    /// As a function of two elements.
    Binary(BinaryKind),
    /// On known numbers only.
    Fold(Fold),
}

pub(super) use Import::{Binary as B, Fold as F, Graph as G, Several as S, Unary as U};

pub(super) const ANY: usize = usize::MAX;
pub(super) const NONE: &[(&str, Kind)] = &[];
pub(super) const AXIS: &[(&str, Kind)] = &[("axis", Int)];

pub(super) const fn row(
    name: &'static str,
    since: i64,
    operands: (usize, usize),
    attributes: &'static [(&'static str, Kind)],
    import: Import,
) -> Row {
    Row { name, since, operands, attributes, import, limits: "" }
}

/// A function without parameters.
pub(super) const fn plain(func: Func) -> Import {
    U(func, [0.0; 2])
}
