//! Which inputs of a case are given at run time.
//!
//! The cases give every input at run time, also those that are initialisers in any model that someone deploys: the weights
//! of a convolution, the axes of a reduction. Where the compiler asks for a constant, the case is tried with constants.

use super::archive::Case;
use std::fmt;
use tilewright::base::diag::Error;
use tilewright::ir::graph::Graph;
use tilewright::onnx::schema::tensor_proto::DataType;
use tilewright::onnx::schema::{ModelProto, TensorProto};
use tilewright::onnx::{LoadOptions, NoExternalData, encode, load};

/// What is an initialiser.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Form {
    /// Nothing.
    AsIs,
    /// Inputs of integers.
    Integers,
    /// All but the first input of floats.
    AllButOne,
}

impl Form {
    /// In the order in which they are tried.
    pub const ALL: [Form; 3] = [Form::AsIs, Form::Integers, Form::AllButOne];

    /// Which inputs are initialisers.
    pub fn constants(self, inputs: &[TensorProto]) -> Vec<bool> {
        let integer = |tensor: &TensorProto| tensor.data_type == Some(DataType::Int64 as i32);
        let first = inputs.iter().position(|tensor| !integer(tensor));
        let constant = |(at, tensor): (usize, &TensorProto)| match self {
            Form::AsIs => false,
            Form::Integers => integer(tensor),
            Form::AllButOne => Some(at) != first,
        };
        inputs.iter().enumerate().map(constant).collect()
    }

    /// The case's model in this form.
    pub fn model(self, case: &Case) -> ModelProto {
        let mut model = case.model.clone();
        let graph = model.graph.get_or_insert_default();
        let constants = self.constants(&case.inputs);
        let named = graph.input.clone().into_iter().zip(&case.inputs).zip(&constants);
        graph.input = named.clone().filter(|(_, constant)| !**constant).map(|((info, _), _)| info).collect();
        for ((info, tensor), _) in named.filter(|(_, constant)| **constant) {
            graph.initializer.push(TensorProto { name: info.name, ..tensor.clone() });
        }
        model
    }

    /// Reads the case's model in this form.
    ///
    /// # Errors
    /// What the importer refuses.
    pub fn load(self, case: &Case) -> Result<Graph, Error> {
        load(&case.name, encode(&self.model(case)).into(), &LoadOptions::default(), &NoExternalData)
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Form::AsIs => "as it is",
            Form::Integers => "integers constant",
            Form::AllButOne => "all but one input constant",
        })
    }
}
