//! A compiled model as the protocol sees it: named tensors in, named tensors out, batches of any length up to a limit.

use std::sync::{Mutex, PoisonError};
use tilewright_runtime::{AlignedBuf, Error, LoadOptions, ModelInfo, Network, TensorInfo};

/// A model that any number of requests may use at once.
pub trait Served: Send + Sync {
    /// What the model is.
    fn info(&self) -> &'static ModelInfo;

    /// Runs the model `runs` times. Each input holds that many inputs of the model one behind the other, and each output
    /// that many of its outputs.
    ///
    /// # Errors
    /// Memory is short, or an input has another length.
    fn infer(&self, inputs: &[Vec<f32>], runs: usize) -> Result<Vec<Vec<f32>>, Error>;
}

/// A model, and the memory of earlier runs for later ones.
pub struct Hosted<N> {
    network: N,
    idle: Mutex<Vec<AlignedBuf>>,
}

impl<N: Network> Hosted<N> {
    /// Loads a model.
    ///
    /// # Errors
    /// As [`Network::load`].
    pub fn load(options: &LoadOptions) -> Result<Self, Error> {
        Ok(Hosted { network: N::load(options)?, idle: Mutex::default() })
    }

    /// Memory of an earlier run, or new memory: never more of it than runs at once.
    fn memory(&self) -> Result<AlignedBuf, Error> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| self.network.new_arena(), Ok)
    }
}

impl<N: Network> Served for Hosted<N> {
    fn info(&self) -> &'static ModelInfo {
        N::INFO
    }

    fn infer(&self, inputs: &[Vec<f32>], runs: usize) -> Result<Vec<Vec<f32>>, Error> {
        let mut arena = self.memory()?;
        let mut outputs: Vec<Vec<f32>> =
            N::INFO.outputs.iter().map(|output| Vec::with_capacity(output.elements() * runs)).collect();
        for run in 0..runs {
            let part = |(input, info): (&'_ Vec<f32>, &TensorInfo)| {
                let from = info.elements() * run;
                from..(from + info.elements()).min(input.len())
            };
            let parts: Vec<&[f32]> =
                inputs.iter().zip(N::INFO.inputs).map(|pair| pair.0.get(part(pair)).unwrap_or(&[])).collect();
            self.network.run(&mut arena, &parts)?;
            for (index, output) in outputs.iter_mut().enumerate() {
                output.extend_from_slice(self.network.output(&arena, index));
            }
        }
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(arena);
        Ok(outputs)
    }
}

/// How many runs a request may ask for, and which shapes that gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Batch {
    /// First extent of every input and output of one run; `None` where they differ, so that requests have the model's shape.
    unit: Option<usize>,
    /// Most runs of one request.
    most: usize,
}

impl Batch {
    /// The batches of a model, of up to `most` runs.
    pub fn of(info: &ModelInfo, most: usize) -> Self {
        let mut first = info.inputs.iter().chain(info.outputs).map(|tensor| tensor.shape.first().copied());
        let unit = first.next().flatten().filter(|unit| *unit > 0);
        let same = first.all(|extent| extent == unit);
        Batch { unit: unit.filter(|_| same && most > 1), most: most.max(1) }
    }

    /// A tensor's shape as metadata says it: -1 where batches differ.
    pub fn advertised(self, tensor: &TensorInfo) -> Vec<i64> {
        let mut shape: Vec<i64> = tensor.shape.iter().map(|&extent| extent as i64).collect();
        if let (Some(_), Some(first)) = (self.unit, shape.first_mut()) {
            *first = -1;
        }
        shape
    }

    /// How many runs a tensor of this shape holds; `None` when it is not one of the model's.
    pub fn runs(self, tensor: &TensorInfo, shape: &[usize]) -> Option<usize> {
        let Some(unit) = self.unit else { return (shape == tensor.shape).then_some(1) };
        let ((first, rest), (_, want)) = (shape.split_first()?, tensor.shape.split_first()?);
        (rest == want && first % unit == 0)
            .then_some(first / unit)
            .filter(|runs| (1..=self.most).contains(runs))
    }

    /// A tensor's shape for so many runs.
    pub fn shape(self, tensor: &TensorInfo, runs: usize) -> Vec<usize> {
        let mut shape = tensor.shape.to_vec();
        if let (Some(unit), Some(first)) = (self.unit, shape.first_mut()) {
            *first = unit * runs;
        }
        shape
    }

    /// The shapes of a tensor that are accepted, in words.
    pub fn accepted(self, tensor: &TensorInfo) -> String {
        match self.unit {
            None => format!("{:?}", tensor.shape),
            Some(1) => {
                format!("{:?} with a batch of 1 to {}", self.advertised(tensor), self.most)
            }
            Some(unit) => {
                format!(
                    "{:?} with a batch of {unit} to {} in steps of {unit}",
                    self.advertised(tensor),
                    unit * self.most
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::colours;

    const INFO: ModelInfo = ModelInfo {
        inputs: &[TensorInfo { name: "x", shape: &[2, 3] }],
        outputs: &[TensorInfo { name: "y", shape: &[2, 5] }],
        ..colours::INFO
    };

    #[test]
    fn batches_are_multiples_of_the_models_own() {
        let batch = Batch::of(&INFO, 4);
        let x = &INFO.inputs[0];
        assert_eq!(batch.advertised(x), [-1, 3]);
        let runs = |shape: &[usize]| batch.runs(x, shape);
        assert_eq!([runs(&[2, 3]), runs(&[8, 3])], [Some(1), Some(4)]);
        for wrong in [&[0, 3][..], &[1, 3], &[3, 3], &[10, 3], &[2, 4], &[2], &[], &[2, 3, 1]] {
            assert_eq!(runs(wrong), None, "{wrong:?}");
        }
        assert_eq!(batch.shape(&INFO.outputs[0], 3), [6, 5]);
    }

    #[test]
    fn tensors_without_a_common_first_extent_have_no_batches() {
        let scalar = ModelInfo { outputs: &[TensorInfo { name: "y", shape: &[] }], ..INFO };
        for batch in [Batch::of(&scalar, 4), Batch::of(&INFO, 1)] {
            let x = &INFO.inputs[0];
            assert_eq!(batch.advertised(x), [2, 3]);
            assert_eq!([batch.runs(x, &[2, 3]), batch.runs(x, &[4, 3])], [Some(1), None]);
        }
    }
}
