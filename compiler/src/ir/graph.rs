//! The graph's types: nodes in execution order over typed values of static shape.

use crate::base::feature_map::{FeatureMap, Layout};
use crate::base::limits::Limits;
use crate::base::real::Real;
use crate::base::tensor::{Blob, TensorType};
use crate::ops::Op;

/// Index of a value in [`Graph::values`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct ValueId(pub usize);

/// A network: nodes in an order in which they can run.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Name of the ONNX graph.
    pub name: String,
    /// Topologically sorted.
    pub nodes: Vec<Node>,
    /// Every value; passes may leave values that no node uses.
    pub values: Vec<Value>,
    /// Inputs that the caller gives, in ONNX's order.
    pub inputs: Vec<ValueId>,
    /// Outputs, in ONNX's order.
    pub outputs: Vec<ValueId>,
    /// How large it may become.
    pub limits: Limits,
}

/// One operation with one result.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it computes.
    pub op: Op,
    /// Operands; their number and meaning are documented with the operator.
    pub inputs: Vec<ValueId>,
    /// The result.
    pub output: ValueId,
    /// Names of the ONNX nodes that this one stands for; grows as nodes are fused.
    pub sources: Vec<String>,
}

/// A tensor of the graph.
#[derive(Clone, Debug)]
pub struct Value {
    /// ONNX name, unique in the graph.
    pub name: String,
    /// Element type and shape.
    pub ty: TensorType,
    /// Where it comes from.
    pub def: Def,
    /// How it lies in memory; planar until the layout pass.
    pub layout: Layout,
}

/// Where a value comes from.
#[derive(Clone, Debug)]
pub enum Def {
    /// The caller gives it.
    Input,
    /// A node computes it at run time.
    Node,
    /// Known when packing weights.
    Const(Const),
}

/// A constant: bytes, or how to get them. The source never depends on its numbers.
#[derive(Clone, Debug)]
pub enum Const {
    /// The tensor as the model stores it.
    Data(Blob),
    /// A model without numbers (topology only): enough to compile, not to pack.
    Absent,
    /// Computed from other constants when weights are packed.
    Recipe(Recipe, Vec<ValueId>),
}

/// How the weight packer computes a constant, in f64.
#[derive(Clone, Debug)]
pub enum Recipe {
    /// Run the operator.
    Op(Box<Op>),
    /// `w[o] * gamma[o] / sqrt(var[o] + eps)` for weights `w`, `gamma`, `var`: BatchNormalization folded into a
    /// convolution's weights.
    BnWeight {
        /// epsilon of the BatchNormalization.
        eps: Real,
    },
    /// `beta + (b - mean) * gamma / sqrt(var + eps)` for `gamma`, `beta`, `mean`, `var` and an optional fifth
    /// operand `b`: the bias that goes with [`Recipe::BnWeight`].
    BnBias {
        /// epsilon of the BatchNormalization.
        eps: Real,
    },
    /// `gamma / sqrt(var + eps)` for `gamma`, `var`: a BatchNormalization that stays, as a scale per channel.
    BnScale {
        /// epsilon of the BatchNormalization.
        eps: Real,
    },
    /// Every element is this number; no operands.
    Fill {
        /// The number.
        value: Real,
    },
}

impl Recipe {
    /// Short lower-case name, as graph text prints it.
    pub fn name(&self) -> &'static str {
        match self {
            Recipe::Op(op) => op.name(),
            Recipe::BnWeight { .. } => "bn_weight",
            Recipe::BnBias { .. } => "bn_bias",
            Recipe::BnScale { .. } => "bn_scale",
            Recipe::Fill { .. } => "fill",
        }
    }
}

impl Node {
    /// How messages name the node: its operator and the first ONNX node that it stands for.
    pub fn label(&self) -> String {
        match self.sources.as_slice() {
            [] => self.op.name().to_owned(),
            [first, ..] => format!("{} `{first}`", self.op.name()),
        }
    }
}

impl Graph {
    /// The value.
    pub fn value(&self, id: ValueId) -> &Value {
        &self.values[id.0]
    }

    /// The shape of a value.
    pub fn shape(&self, id: ValueId) -> &[usize] {
        &self.values[id.0].ty.shape
    }

    /// True for a constant.
    pub fn is_const(&self, id: ValueId) -> bool {
        matches!(self.value(id).def, Def::Const(_))
    }

    /// True for a topology alone: the numbers of a constant are missing.
    pub fn is_topology(&self) -> bool {
        self.values.iter().any(|value| matches!(value.def, Def::Const(Const::Absent)))
    }

    /// Adds a value.
    pub fn add_value(&mut self, value: Value) -> ValueId {
        self.values.push(value);
        ValueId(self.values.len() - 1)
    }

    /// How a 4-d value lies in memory; `None` for other ranks.
    pub fn feature_map(&self, id: ValueId) -> Option<FeatureMap> {
        let value = self.value(id);
        let &[n, c, h, w] = value.ty.shape.as_slice() else { return None };
        Some(FeatureMap { n, c, h, w, layout: value.layout })
    }

    /// For each value, the index of the node that computes it.
    pub fn producers(&self) -> Vec<Option<usize>> {
        let mut producers = vec![None; self.values.len()];
        for (index, node) in self.nodes.iter().enumerate() {
            producers[node.output.0] = Some(index);
        }
        producers
    }

    /// For each value, how often nodes and the graph's outputs read it.
    pub fn use_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.values.len()];
        let reads = self.nodes.iter().flat_map(|node| &node.inputs).chain(&self.outputs);
        reads.for_each(|id| counts[id.0] += 1);
        counts
    }
}
