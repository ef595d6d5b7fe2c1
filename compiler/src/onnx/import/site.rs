//! What the importer of an operator sees of its node, and how it answers: values, attributes, `emit`.

use super::attrs::Attrs;
use super::builder::{Builder, FOLD_LIMIT, LOOKING};
use crate::base::real::Real;
use crate::base::tensor::{DType, Tensor, TensorType};
use crate::ir::graph::{Const, Def, Node, Recipe, ValueId};
use crate::onnx::dims;
use crate::onnx::refusal::Refusal;
use crate::onnx::tensor::{Stored, encode};
use crate::ops::{self, Op};

/// The value that stands for the node's first output, or why there is none.
pub(super) type Imported = Result<ValueId, Refusal>;

/// The values that stand for the node's outputs by position, each made for this node alone; or why there are none.
pub(super) type ImportedAll = Result<Vec<ValueId>, Refusal>;

/// One node on its way into the graph.
pub(super) struct Site<'a, 'm> {
    pub builder: &'a mut Builder,
    pub attrs: Attrs<'m>,
    pub opset: i64,
    pub stored: Stored<'a>,
    /// Operands by position; an absent optional one is `None`.
    pub inputs: Vec<Option<ValueId>>,
    /// The node's name, or one made for it.
    pub label: &'a str,
    /// Name of the first output.
    pub output: &'m str,
    /// Names of all outputs; that of one which nothing reads may be empty.
    pub outputs: &'m [String],
}

impl Site<'_, '_> {
    /// An operand that may be absent.
    pub fn optional(&self, position: usize) -> Option<ValueId> {
        self.inputs.get(position).copied().flatten()
    }

    /// An operand that must be there.
    pub fn input(&self, position: usize) -> Imported {
        let missing = || Refusal::invalid(format!("input {position} is missing"));
        self.optional(position).ok_or_else(missing)
    }

    /// A constant operand, called `what` in messages.
    pub fn weight(&self, position: usize, what: &str) -> Imported {
        let id = self.input(position)?;
        if self.builder.graph.is_const(id) {
            return Ok(id);
        }
        let name = &self.builder.graph.value(id).name;
        Err(Refusal::new(
            format!("its {what} `{name}` is computed at run time"),
            format!("export the model with the {what} as an initialiser"),
        ))
    }

    pub fn ty(&self, id: ValueId) -> &TensorType {
        &self.builder.graph.value(id).ty
    }

    pub fn shape(&self, id: ValueId) -> &[usize] {
        self.builder.graph.shape(id)
    }

    /// Extents of an operand that must be `[N,C,H,W]`.
    pub fn feature_map(&self, id: ValueId) -> Result<[usize; 4], Refusal> {
        let shape = self.shape(id);
        let refuse =
            |_| Refusal::unsupported(format!("its input has the extents {shape:?}; only 4-d ones are done"));
        shape.try_into().map_err(refuse)
    }

    /// The integers of an operand that must be known at import; `None` when it is absent.
    pub fn known_ints(&self, position: usize, what: &str) -> Result<Option<Vec<i64>>, Refusal> {
        let Some(id) = self.optional(position) else { return Ok(None) };
        match self.builder.numbers(id)?.as_ref().map(Tensor::ints) {
            Some(Some(ints)) => {
                self.builder.allow_work(LOOKING * ints.len() as u64)?;
                Ok(Some(ints.to_vec()))
            }
            Some(None) => Err(Refusal::invalid(format!("its {what} must be integers"))),
            None => Err(self.not_known(id, what)),
        }
    }

    /// The number of a scalar operand that must be known at import; `None` when it is absent.
    pub fn known_scalar(&self, position: usize, what: &str) -> Result<Option<f64>, Refusal> {
        let Some(id) = self.optional(position) else { return Ok(None) };
        let tensor = self.builder.numbers(id)?.ok_or_else(|| self.not_known(id, what))?;
        match tensor.to_f64().as_slice() {
            [number] => Ok(Some(*number)),
            numbers => Err(Refusal::invalid(format!("its {what} has {} elements, not one", numbers.len()))),
        }
    }

    fn not_known(&self, id: ValueId, what: &str) -> Refusal {
        let name = &self.builder.graph.value(id).name;
        Refusal::new(
            format!("its {what} `{name}` is not a constant"),
            format!("export the model so that the {what} is an initialiser, for instance with static shapes"),
        )
    }

    /// The result of an operator on these operands; a constant when they all are.
    pub fn emit(&mut self, op: Op, inputs: Vec<ValueId>) -> Imported {
        let types: Vec<&TensorType> = inputs.iter().map(|&id| self.ty(id)).collect();
        let ty = ops::infer(&op, &types).map_err(|reason| unfit(&types, reason))?;
        self.emit_as(op, inputs, ty)
    }

    /// As [`Site::emit`], for an operator whose result type its operands do not tell.
    pub fn emit_as(&mut self, op: Op, inputs: Vec<ValueId>, ty: TensorType) -> Imported {
        dims::check_size(&ty.shape)?;
        self.builder.allow(&ty.shape)?;
        if inputs.iter().all(|&id| self.builder.graph.is_const(id)) {
            return self.constant_result(op, inputs, ty);
        }
        let types: Vec<&TensorType> = inputs.iter().map(|&id| self.ty(id)).collect();
        ops::at_run_time(&op, &types, &ty)
            .map_err(|reason| Refusal::new(reason, "export the model in f32"))?;
        if ty.elements() == 0 {
            return Err(Refusal::unsupported(format!("its result {ty} has no elements")));
        }
        let output = self.builder.step(self.output, ty, Def::Node);
        let sources = vec![self.label.to_owned()];
        self.builder.graph.nodes.push(Node { op, inputs, output, sources });
        Ok(output)
    }

    /// Numbers when those of all operands are known (shape arithmetic), else a recipe for the weight packer.
    fn constant_result(&mut self, op: Op, inputs: Vec<ValueId>, ty: TensorType) -> Imported {
        let half = matches!(ty.dtype, DType::F16 | DType::BF16);
        let numbers: Result<Option<Vec<Tensor>>, _> = inputs
            .iter()
            .map(|&id| self.builder.numbers(id).transpose())
            .collect::<Option<Result<_, _>>>()
            .transpose();
        match numbers? {
            Some(numbers) if !half && ty.elements() <= FOLD_LIMIT => {
                let operands: Vec<&Tensor> = numbers.iter().collect();
                let types: Vec<&TensorType> = operands.iter().map(|tensor| &tensor.ty).collect();
                self.builder.allow_work(ops::work(&op, &types, &ty))?;
                let result = ops::eval(&op, &operands, &ty).map_err(Refusal::invalid)?;
                self.tensor(&result)
            }
            _ => Ok(self.constant(ty, Const::Recipe(Recipe::Op(Box::new(op)), inputs))),
        }
    }

    /// The same elements with other extents; a stored constant shares its bytes.
    pub fn reshape(&mut self, id: ValueId, shape: Vec<usize>) -> Imported {
        dims::check_size(&shape)?;
        self.builder.graph.limits.check_shape(&shape)?;
        let from = self.ty(id).clone();
        let ty = TensorType { dtype: from.dtype, shape };
        if from.elements() != ty.elements() {
            return Err(Refusal::invalid(format!(
                "{from} cannot become {ty}: the numbers of elements differ"
            )));
        }
        match &self.builder.graph.value(id).def {
            Def::Const(data @ (Const::Data(_) | Const::Absent)) => {
                let data = data.clone();
                Ok(self.constant(ty, data))
            }
            _ => self.emit_as(Op::Reshape, vec![id], ty),
        }
    }

    /// A new constant.
    pub fn constant(&mut self, ty: TensorType, data: Const) -> ValueId {
        self.builder.step(self.output, ty, Def::Const(data))
    }

    /// A new f32 constant whose elements are all the same number.
    pub fn filled(&mut self, number: f32, shape: Vec<usize>) -> ValueId {
        let recipe = Recipe::Fill { value: Real::new(number) };
        self.constant(TensorType::f32(shape), Const::Recipe(recipe, Vec::new()))
    }

    /// A new constant of known numbers, which counts as one that is stored.
    pub fn tensor(&mut self, tensor: &Tensor) -> Imported {
        self.stored.allow((tensor.ty.elements() * tensor.ty.dtype.bytes()) as u64)?;
        let refuse = || Refusal::unsupported(format!("constants of the type {} are not computed", tensor.ty));
        let blob = encode(tensor).ok_or_else(refuse)?;
        Ok(self.constant(tensor.ty.clone(), Const::Data(blob)))
    }
}

/// An axis that may count from the end, as one that counts from 0. `rank` itself is allowed where `ends` says so.
pub(super) fn axis(axis: i64, rank: usize, ends: bool) -> Result<usize, Refusal> {
    let counted =
        if axis < 0 { i64::try_from(rank).ok().and_then(|rank| axis.checked_add(rank)) } else { Some(axis) };
    let limit = if ends { rank + 1 } else { rank };
    let found = counted.and_then(|axis| usize::try_from(axis).ok()).filter(|&axis| axis < limit);
    found.ok_or_else(|| Refusal::invalid(format!("axis {axis} does not exist in {rank} dimensions")))
}

/// Operands that an operator does not take. ONNX has most operators for integers too, which is not the model's fault.
fn unfit(operands: &[&TensorType], reason: String) -> Refusal {
    let first = operands.first().map(|ty| ty.dtype);
    match operands.iter().all(|ty| Some(ty.dtype) == first) && first != Some(DType::F32) {
        true => Refusal::unsupported(reason),
        false => Refusal::invalid(reason),
    }
}
