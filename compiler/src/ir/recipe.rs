//! What the recipes of constants demand of their operands, and their meaning in f64.

use super::graph::Recipe;
use crate::base::tensor::{Elements, Tensor, TensorType};
use crate::ops;

/// Checks that `recipe` on operands of these types can make a constant of type `output`.
///
/// # Errors
/// The reason, in words.
pub fn check(recipe: &Recipe, operands: &[&TensorType], output: &TensorType) -> Result<(), String> {
    let same = |counts: &[usize]| counts.contains(&operands.len()) && operands.iter().all(|ty| *ty == output);
    let fits = match recipe {
        Recipe::Op(op) => return ops::check_output(op, operands, output),
        Recipe::Fill { .. } => same(&[0]),
        Recipe::BnScale { .. } => same(&[2]),
        Recipe::BnBias { .. } => same(&[4, 5]),
        Recipe::BnWeight { .. } => {
            let channel = output.shape.iter().take(1).copied().collect();
            let channels = TensorType { dtype: output.dtype, shape: channel };
            operands == [output, &channels, &channels]
        }
    };
    if fits && output.dtype.is_float() {
        return Ok(());
    }
    let operands: Vec<String> = operands.iter().map(ToString::to_string).collect();
    Err(format!("its operands are ({}), its result {output}", operands.join(", ")))
}

/// Runs the recipe.
///
/// # Errors
/// The reason, in words: operands that do not fit, or what [`ops::eval`] says.
pub fn eval(recipe: &Recipe, operands: &[&Tensor], output: &TensorType) -> Result<Tensor, String> {
    let types: Vec<&TensorType> = operands.iter().map(|tensor| &tensor.ty).collect();
    check(recipe, &types, output)?;
    if let Recipe::Op(op) = recipe {
        return ops::eval(op, operands, output);
    }
    let floats: Vec<&[f64]> = operands.iter().filter_map(|tensor| tensor.floats()).collect();
    let scale = |gamma: f64, var: f64, eps: f64| gamma / (var + eps).sqrt();
    let elements = match (recipe, floats.as_slice()) {
        (Recipe::BnWeight { eps }, [w, gamma, var]) => {
            let eps = f64::from(eps.get());
            let per_channel = w.len().checked_div(gamma.len()).unwrap_or(0).max(1);
            let channels = w.chunks(per_channel).zip(gamma.iter().zip(*var));
            channels.flat_map(|(w, (&g, &v))| w.iter().map(move |w| w * scale(g, v, eps))).collect()
        }
        (Recipe::BnBias { eps }, [gamma, beta, mean, var, bias @ ..]) => {
            let eps = f64::from(eps.get());
            let bias = |i: usize| bias.first().map_or(0.0, |bias| bias[i]);
            (0..gamma.len()).map(|i| beta[i] + (bias(i) - mean[i]) * scale(gamma[i], var[i], eps)).collect()
        }
        (Recipe::BnScale { eps }, [gamma, var]) => {
            let eps = f64::from(eps.get());
            gamma.iter().zip(*var).map(|(&g, &v)| scale(g, v, eps)).collect()
        }
        (Recipe::Fill { value }, []) => vec![f64::from(value.get()); output.elements()],
        _ => return Err(format!("it has {} operands of floats", floats.len())),
    };
    Ok(Tensor { ty: output.clone(), elements: Elements::Float(elements) })
}
